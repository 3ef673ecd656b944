package workflows_test

import (
	"context"
	"strings"
	"testing"
	"time"

	sdkpb "go.temporal.io/api/sdk/v1"
	"go.temporal.io/sdk/testsuite"

	"admit/onboarding"
	"admit/workflows"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// details returns what the UI shows on top of the run now, with plain blanks and
// without those that keep its columns apart.
func details(t *testing.T, env *testsuite.TestWorkflowEnvironment) string {
	t.Helper()
	got, err := env.QueryWorkflow("__temporal_workflow_metadata")
	if err != nil {
		t.Error(err)
		return ""
	}
	var meta sdkpb.WorkflowMetadata
	if err := got.Get(&meta); err != nil {
		t.Error(err)
	}
	return strings.NewReplacer("\u00a0\u00a0", "", "\u00a0", " ").Replace(meta.GetCurrentDetails())
}

func TestCurrentDetails(t *testing.T) {
	t.Parallel()
	b := newBook()
	b.deadline, b.in, b.due = noon.Add(time.Hour), time.Hour, onboarding.DeadlineRemind
	b.summary = onboarding.Summary{
		Stage: onboarding.StageSuspended, BlockedOn: onboarding.User, Access: onboarding.AccessRevoked, Version: 7,
		Stalled: true, Reversed: true, Since: noon,
		Checks: onboarding.CheckStatuses{KYC: onboarding.StatusExpired, SEPAKYC: onboarding.StatusPassed},
		Recent: []onboarding.LogLine{
			{Seq: 7, At: noon, Input: "p100/kyc|verification\n", Outcome: onboarding.Applied, Stage: onboarding.StageSuspended},
		},
	}
	env := setup(t, b)
	env.SetStartTime(noon)
	var text string
	at(env, time.Minute, func() { text = details(t, env) })
	finish(env, b, time.Hour)
	in := workflows.Input{UserID: "user`|1"}
	run(t, env, in)
	want := `**The user was approved, is so no longer, and is shut out (kyc has expired); it waits for the user, and next, at 2026-03-01 13:00:00 UTC, the user is reminded.**

| user | ` + "`user'\\|1`" + ` |
|:--|:--|
| stage | suspended since 2026-03-01 12:00:00 UTC |
| blocked on | user |
| access | revoked |
| kyc | expired |
| sepa_kyc | passed |
| marks | stalled (reminded or escalated without progress since), reversed (what had passed is passed no longer) |
| next | 2026-03-01 13:00:00 UTC: the user is reminded |
| version | 7 |

| log | at (UTC) | input | outcome: stage after |
|:--|:--|:--|:--|
| 7 | 2026-03-01 12:00:00 | p100/kyc\|verification  | applied: suspended |

What is sent from this page changes nothing. Send commands to the admin API, ` + "`POST /v1/onboardings/{userId}/commands`, or with `admit command USER COMMAND --reason TEXT`.\n"
	if text != want {
		t.Errorf("details:\n%s\nwant:\n%s", text, want)
	}
}

// The details follow the lanes from one Advance to the next.
func TestDetailsFollowTheLanes(t *testing.T) {
	t.Parallel()
	b := newBook()
	b.add("core", onboarding.LaneAccess, onboarding.EffectGranted)
	b.add(onboarding.MailTarget, onboarding.LaneNotify, onboarding.NotifyApproved)
	b.send = func(_ context.Context, e effect) error {
		if e.tries < 2 {
			return again(time.Hour)
		}
		return nil
	}
	env := setup(t, b)
	env.SetStartTime(noon)
	var during, after string
	at(env, time.Minute, func() { during = details(t, env) })
	at(env, 2*time.Hour, func() { after = details(t, env) })
	finish(env, b, 3*time.Hour)
	run(t, env, input())
	completed(t, env)
	since := " since 2026-03-01 12:00:00 UTC"
	if want := "| being sent | core (access)" + since + ", mail to the user" + since + " |\n"; !strings.Contains(during, want) {
		t.Errorf("the details lack %q:\n%s", want, during)
	}
	if after == "" || strings.Contains(after, "being sent") {
		t.Errorf("the details still name lanes:\n%s", after)
	}
}

// While Advance fails the details say so, with what was known before below.
func TestDetailsWhileAdvanceFails(t *testing.T) {
	t.Parallel()
	b := newBook()
	b.fold = func(_ *book, call int) error {
		if call < 8 || call > 9 && call < 20 {
			return errAway
		}
		return nil
	}
	env := setup(t, b)
	env.SetStartTime(noon)
	type look struct {
		name    string
		after   time.Duration
		failing bool
		want    string
		text    string
	}
	looks := []*look{
		{name: "in a new run", after: 10 * time.Second, failing: true, want: "Where the user stands is not known to this run yet."},
		{name: "after it", after: time.Hour, want: "| stage | collecting |"},
		{name: "in a run that knew", after: 2*time.Hour + 10*time.Second, failing: true, want: "| stage | collecting |"},
		{name: "after that", after: 3 * time.Hour, want: "| stage | collecting |"},
	}
	for _, l := range looks {
		at(env, l.after, func() { l.text = details(t, env) })
	}
	at(env, 90*time.Minute, ring(env))
	at(env, 2*time.Hour, ring(env))
	finish(env, b, 4*time.Hour)
	run(t, env, input())
	completed(t, env)
	for _, l := range looks {
		if failing := strings.Contains(l.text, "**Advance has been failing since 2026-03-01 1"); failing != l.failing || !strings.Contains(l.text, l.want) {
			t.Errorf("%s the details are:\n%s", l.name, l.text)
		}
	}
}

// inWords are summaries of users, with the sentence that the details begin with.
var inWords = []struct {
	name  string
	s     onboarding.Summary
	due   onboarding.DeadlineKind // "none" for nothing
	check onboarding.Check
	want  string
}{
	{
		name: "collecting", s: onboarding.Summary{Stage: onboarding.StageCollecting, BlockedOn: onboarding.User}, due: onboarding.DeadlineRemind,
		want: "The user has not handed in everything yet; it waits for the user, and next, at 2026-03-01 13:00:00 UTC, the user is reminded.",
	},
	{
		name: "in review", s: onboarding.Summary{Stage: onboarding.StageInReview, BlockedOn: onboarding.Provider, Checks: onboarding.CheckStatuses{
			KYC: onboarding.StatusPassed, POA: onboarding.StatusInReview, SEPAKYC: onboarding.StatusAwaitingUser,
		}}, due: onboarding.DeadlineReconcile,
		want: "A provider looks at what the user handed in (poa is in review, sepa_kyc is awaited from the user); " +
			"it waits for the provider, and next, at 2026-03-01 13:00:00 UTC, the provider is asked.",
	},
	{
		name: "high risk", s: onboarding.Summary{Stage: onboarding.StageHighRiskReview, BlockedOn: onboarding.Compliance, Checks: onboarding.CheckStatuses{HighRisk: onboarding.StatusInReview}},
		due:  onboarding.DeadlineEscalate,
		want: "The user is being reviewed as a high risk (high_risk is in review); it waits for compliance, and next, at 2026-03-01 13:00:00 UTC, a reviewer is told.",
	},
	{
		name: "action required", s: onboarding.Summary{Stage: onboarding.StageActionRequired, BlockedOn: onboarding.User, Checks: onboarding.CheckStatuses{KYC: onboarding.StatusActionRequired}},
		due:  onboarding.DeadlineAbandon,
		want: "The user has to hand something in again (kyc needs another try); it waits for the user, and next, at 2026-03-01 13:00:00 UTC, the user is given up.",
	},
	{
		name: "approved", s: onboarding.Summary{Stage: onboarding.StageApproved, BlockedOn: onboarding.Nobody, Checks: onboarding.CheckStatuses{KYC: onboarding.StatusPassed}},
		due: onboarding.DeadlineOverride, check: onboarding.KYC,
		want: "The user is approved; it waits for nobody, and next, at 2026-03-01 13:00:00 UTC, an operator's override of kyc ends.",
	},
	{
		name: "suspended", s: onboarding.Summary{Stage: onboarding.StageSuspended, BlockedOn: onboarding.User, Checks: onboarding.CheckStatuses{KYC: onboarding.StatusExpired}},
		due: onboarding.DeadlineAgree, check: onboarding.KYC,
		want: "The user was approved, is so no longer, and is shut out (kyc has expired); it waits for the user, and next, at 2026-03-01 13:00:00 UTC, the provider is asked once more about kyc.",
	},
	{
		name: "on hold", s: onboarding.Summary{Stage: onboarding.StageOnHold, BlockedOn: onboarding.Compliance}, due: onboarding.DeadlineProposal,
		want: "An operator holds the user, who is shut out meanwhile; it waits for compliance, and next, at 2026-03-01 13:00:00 UTC, a proposed command lapses unless a second person approves it.",
	},
	{
		name: "rejected", s: onboarding.Summary{Stage: onboarding.StageRejected, BlockedOn: onboarding.Nobody, Checks: onboarding.CheckStatuses{SEPAKYC: onboarding.StatusFailed}}, due: "none",
		want: "The user is rejected, and only a new report or a command leads on (sepa_kyc has failed); it waits for nobody, and nothing becomes due.",
	},
	{
		name: "abandoned", s: onboarding.Summary{Stage: onboarding.StageAbandoned, BlockedOn: onboarding.Nobody}, due: "none",
		want: "The user was given up for want of progress, and only a new report or the command reopen leads on; it waits for nobody, and nothing becomes due.",
	},
	{
		name: "closed", s: onboarding.Summary{Stage: onboarding.StageClosed, BlockedOn: onboarding.Nobody, Checks: onboarding.CheckStatuses{KYC: onboarding.StatusExpired}}, due: "none",
		want: "An operator has closed the onboarding, and only the command reopen leads on; it waits for nobody, and nothing becomes due.",
	},
	{
		name: "of a later build", s: onboarding.Summary{Stage: "napping", BlockedOn: "cat", Checks: onboarding.CheckStatuses{KYC: "asleep"}},
		want: "The stage is napping (kyc is asleep); it waits for cat, and next, at 2026-03-01 13:00:00 UTC, Admit looks at what is due.",
	},
}

func TestInWords(t *testing.T) {
	t.Parallel()
	for _, tt := range inWords {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBook()
			b.summary, b.due, b.dueCheck = tt.s, tt.due, tt.check
			if tt.due != "none" {
				b.deadline, b.in = noon.Add(time.Hour), time.Hour
			}
			env := setup(t, b)
			env.SetStartTime(noon)
			var v workflows.View
			at(env, time.Minute, func() {
				got, err := env.QueryWorkflow(onboarding.QueryState)
				if err != nil {
					t.Error(err)
					return
				}
				if err := got.Get(&v); err != nil {
					t.Error(err)
				}
			})
			finish(env, b, 10*time.Minute)
			run(t, env, input())
			if v.InWords != tt.want {
				t.Errorf("in words:\n%s\nwant:\n%s", v.InWords, tt.want)
			}
		})
	}
}
