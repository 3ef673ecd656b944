package onboarding_test

import (
	"slices"
	"testing"
	"time"

	"admit/onboarding"
)

// The tests here hold where two rules meet.

func TestAReversalCountsThoughThePolicyStoppedListingTheCheck(t *testing.T) {
	t.Parallel()
	s := newStory(t).report(approved)
	s.policy.RequireAny = []onboarding.Check{onboarding.SEPAKYC}
	s.after(time.Hour).apply(onboarding.Input{Kind: onboarding.InputPolicy}).wantStage(onboarding.StageApproved, onboarding.Nobody)
	s.after(time.Hour).report(kyc("NOT_VERIFIED", "REJECTED_BY_PROVIDER", "DOC_FAKE"))
	s.wantAccess(onboarding.AccessRevoked, 2).wantTold("reversed:kyc")
	if s.state.Stage != onboarding.StageSuspended {
		t.Fatalf("stage %s, want suspended", s.state.Stage)
	}
	// From then on the new lists alone decide.
	s.after(time.Hour).report(sepa("FULL_USER", "")).wantStage(onboarding.StageApproved, onboarding.Nobody)
}

func TestProgressFromBeforeTheLossIsNoProgressSince(t *testing.T) {
	t.Parallel()
	s := newStory(t).report(approved).after(time.Hour).report(kyc("NOT_VERIFIED", ""))
	s.after(-time.Millisecond).report(kyc("NOT_VERIFIED", "PENDING"))
	s.after(time.Second).report(approved).wantOutcome(onboarding.Held)
}

func TestAChangedPolicyNeitherSilencesNorFloods(t *testing.T) {
	t.Parallel()
	d := func(v time.Duration) []onboarding.Duration { return []onboarding.Duration{onboarding.Duration(v)} }
	for _, c := range []struct {
		name     string
		old, new []onboarding.Duration
		stay     time.Duration
		acts     int           // deadlines that are due at once under the new list
		most     time.Duration // the next one comes within this time
	}{
		{"from hours to days", d(time.Hour), []onboarding.Duration{onboarding.Duration(24 * time.Hour), onboarding.Duration(96 * time.Hour)}, 240 * time.Hour, 0, 72 * time.Hour},
		{"from minutes to weeks", d(time.Minute), d(168 * time.Hour), 480 * time.Hour, 0, 168 * time.Hour},
		{"from weeks to minutes", d(168 * time.Hour), d(time.Minute), 1344 * time.Hour, 1, time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStory(t)
			s.policy.Stall.OnHold.Escalate = c.old
			s.report(approved).command(onboarding.CommandHold)
			start := s.at
			walk(s, c.stay)
			s.at = start.Add(c.stay)
			s.policy.Stall.OnHold.Escalate = c.new
			s.apply(onboarding.Input{Kind: onboarding.InputPolicy})
			if n := s.due(); n > c.acts {
				t.Errorf("%d deadlines at once, want at most %d", n, c.acts)
			}
			if next, ok := onboarding.Next(s.state, s.policy); !ok || !next.Due.After(s.at) || next.Due.After(s.at.Add(c.most)) {
				t.Errorf("next %v %v, want within %v of %v", next, ok, c.most, s.at)
			}
		})
	}
}

func TestAListInSecondsRepeatsForYears(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.policy.Stall.OnHold.Escalate = []onboarding.Duration{onboarding.Duration(time.Second)}
	s.report(approved).command(onboarding.CommandHold)
	s.state.Escalated = 30 * 365 * 24 * 3600
	if next, ok := onboarding.Next(s.state, s.policy); !ok || next.Due.Year() != t0.Year()+30 {
		t.Fatalf("next %v %v", next, ok)
	}
	s.state.Escalated = 1 << 60
	if next, ok := onboarding.Next(s.state, s.policy); ok {
		t.Fatalf("next %v, want none beyond a century", next)
	}
}

func TestRejectedAgainIsToldAgain(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	for _, status := range []string{"HARD_KYC_FAILED", "KYC_PENDING", "SOFT_KYC_FAILED", "HARD_KYC_FAILED"} {
		s.after(time.Hour).report(sepa(status, ""))
	}
	if !slices.Contains(names(s.effects), onboarding.NotifyRejected) {
		t.Fatalf("effects %v lack %s", names(s.effects), onboarding.NotifyRejected)
	}
}

func TestSuspendedIsBlockedOnWhatIsInTheWay(t *testing.T) {
	t.Parallel()
	type rs = []onboarding.Report
	for _, c := range []struct {
		name       string
		requireAll []onboarding.Check
		reports    rs
		on         onboarding.Party
	}{
		{"not a check that failed beside the point", nil, rs{approved, sepa("HARD_KYC_FAILED", ""), kyc("EXPIRED", "")}, onboarding.User},
		{"the provider that looks at what is reversed", nil, rs{approved, sepa("KYC_PENDING", ""), kyc("NOT_VERIFIED", "PENDING")}, onboarding.Provider},
		{"the provider that looks at poa, not an idle second kyc", nil, rs{approved, kyc("NOT_VERIFIED", "PENDING"), poa("WAITING"), sepa("CREATED", ""), approved}, onboarding.Provider},
		{"the user who has not begun what is required", []onboarding.Check{onboarding.Account}, rs{kyc("EXPIRED", ""), kyc("EXPIRED", "PENDING"), approved, sepa("KYC_PENDING", "")}, onboarding.User},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStory(t)
			s.policy.RequireAll = c.requireAll
			for _, r := range c.reports {
				s.after(time.Hour).report(r)
			}
			s.wantStage(onboarding.StageSuspended, c.on)
		})
	}
}

func TestWhoHadEveryReminderIsEscalated(t *testing.T) {
	t.Parallel()
	s := newStory(t).report(approved, kyc("NOT_VERIFIED", ""))
	last := ""
	for _, d := range walk(s, 2*8760*time.Hour) {
		last = d
	}
	if s.state.Reminders != 10 || len(last) < 9 || last[:9] != "escalate@" {
		t.Fatalf("%d reminders, last deadline %s", s.state.Reminders, last)
	}
}

func TestHighRiskRejectedEndsItInAnyPolicy(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.policy.RequireIfStarted = nil
	s.report(approved, highRisk("REJECTED")).wantStage(onboarding.StageSuspended, onboarding.Compliance)
	s = newStory(t)
	s.policy.RequireIfStarted = nil
	s.report(kyc("NOT_VERIFIED", ""), highRisk("REJECTED")).wantStage(onboarding.StageRejected, onboarding.Nobody)
}

func TestUnknownWordsOfLateAndHeldReportsAreTold(t *testing.T) {
	t.Parallel()
	s := newStory(t).report(approved).report(kyc("NOT_VERIFIED", "FRAUD_REVIEW")).wantOutcome(onboarding.Late)
	s.wantEffects("onboarding.escalated", "event.unrecognised:kyc")
	s = newStory(t).report(approved, kyc("NOT_VERIFIED", "")).report(kyc("VERIFIED", "NEW_WORD")).wantOutcome(onboarding.Held)
	s.wantEffects("onboarding.escalated", "event.unrecognised:kyc")
}

func TestNoProviderCanSilenceAdmit(t *testing.T) {
	t.Parallel()
	for _, r := range onboarding.ReasonCodes() {
		if r.Speech != onboarding.SpeechSilent {
			continue
		}
		s := newStory(t).report(kyc("NOT_VERIFIED", "REJECTED_BY_PROVIDER", r.Code))
		if !slices.Contains(names(s.effects), "notify.action_required") {
			t.Errorf("%s: the user is not told", r.Code)
		}
	}
}

func TestReopenNeedsAnEndedStage(t *testing.T) {
	t.Parallel()
	s := newStory(t).report(kyc("NOT_VERIFIED", ""))
	walk(s, 720*time.Hour)
	s.command(onboarding.CommandHold).command(onboarding.CommandReopen).wantOutcome(onboarding.Refused)
	s.command(onboarding.CommandLift).wantStage(onboarding.StageAbandoned, onboarding.Nobody)
	s.command(onboarding.CommandReopen).wantStage(onboarding.StageCollecting, onboarding.User)
}
