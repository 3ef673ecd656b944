package onboarding_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"admit/onboarding"
)

// blurred and cut are rejections that a better photo mends.
var (
	blurred = kyc("NOT_VERIFIED", "REJECTED_BY_PROVIDER", "DOC_TOO_BLURRY")
	cut     = kyc("NOT_VERIFIED", "REJECTED_BY_PROVIDER", "DOC_NOT_FULLY_VISIBLE")
)

// said returns the one message to the user among the effects of the last input.
func (s *story) said() onboarding.Effect {
	s.t.Helper()
	var found []onboarding.Effect
	for _, e := range s.effects {
		if e.Notify() {
			found = append(found, e)
		}
	}
	if len(found) != 1 {
		s.t.Fatalf("%d messages to the user, want one: %v", len(found), names(s.effects))
	}
	return found[0]
}

func TestOneMessageSaysAllThatIsAsked(t *testing.T) {
	t.Parallel()
	s := newStory(t).report(blurred)
	if e := s.said(); e.About() != "kyc" || e.Settle != time.Minute {
		t.Errorf("about %s, settles %v", e.About(), e.Settle)
	}
	s.report(poa("REJECTED"))
	if e := s.said(); e.Name != onboarding.NotifyActionRequired || e.About() != "poa,kyc" || e.Asks[1].Reasons[0] != "DOC_TOO_BLURRY" {
		t.Errorf("%s about %s: %+v", e.Name, e.About(), e.Asks)
	}
	s.report(kyc("EXPIRED", ""))
	if e := s.said(); e.About() != "kyc,poa" || e.Asks[0].Status != onboarding.StatusExpired {
		t.Errorf("about %s: %+v", e.About(), e.Asks)
	}
}

// TestAnotherReasonIsSaid holds that a second rejection with another reason is a
// new thing to say, and the same one is not.
func TestAnotherReasonIsSaid(t *testing.T) {
	t.Parallel()
	s := newStory(t).report(blurred).report(cut)
	if e := s.said(); e.Asks[0].Reasons[0] != "DOC_NOT_FULLY_VISIBLE" {
		t.Errorf("says %+v", e.Asks)
	}
	s.report(cut).wantOutcome(onboarding.Duplicate).wantEffects()
}

func TestGoodNewsDoesNotWait(t *testing.T) {
	t.Parallel()
	s := newStory(t).report(approved)
	if e := s.said(); e.Settle != 0 || len(e.Asks) != 0 {
		t.Errorf("an approval settles %v and asks %v", e.Settle, e.Asks)
	}
	s.after(time.Hour).report(kyc("EXPIRED", ""))
	if e := s.said(); e.Name != onboarding.NotifySuspended || e.About() != "kyc" || e.Settle == 0 {
		t.Errorf("a suspension %s about %s settles %v", e.Name, e.About(), e.Settle)
	}
}

// TestWhyAVerdict holds that the codes of the checks that were lost or failed choose
// the words of a suspension and of a rejection, and those of no other check do.
func TestWhyAVerdict(t *testing.T) {
	t.Parallel()
	failed := sepa("HARD_KYC_FAILED", "")
	failed.Reasons = []string{"FACE_BLACKLISTED", "BAD_SELFIE"}
	beside := onboarding.Report{Check: onboarding.POA, Status: "REJECTED", Reasons: []string{"DOC_EXPIRED"}}
	for name, c := range map[string]struct {
		reports []onboarding.Report
		message string
		want    []string
	}{
		"suspended": {[]onboarding.Report{approved, beside, blurred}, onboarding.NotifySuspended, blurred.Reasons},
		"rejected":  {[]onboarding.Report{failed}, onboarding.NotifyRejected, failed.Reasons},
	} {
		s := newStory(t)
		for _, r := range c.reports {
			s.after(time.Hour).report(r)
		}
		if e := s.said(); e.Name != c.message || !slices.Equal(e.Reasons, c.want) {
			t.Errorf("%s: %s for %q, want %s for %q", name, e.Name, e.Reasons, c.message, c.want)
		}
	}
}

// TestSilenceIsNotBroken holds that what a user under review in silence is told of
// a check does not say that the account is paused.
func TestSilenceIsNotBroken(t *testing.T) {
	t.Parallel()
	s := newStory(t).report(approved).command(onboarding.CommandFlagHighRisk).report(poa("REJECTED"))
	s.wantStage(onboarding.StageSuspended, onboarding.Compliance)
	if m := s.said().Message(s.state); m.Stage != onboarding.StageActionRequired {
		t.Errorf("the message tells of the stage %s", m.Stage)
	}
	s = newStory(t).report(approved).report(kyc("EXPIRED", "")).report(poa("REJECTED"))
	if m := s.said().Message(s.state); m.Stage != onboarding.StageSuspended {
		t.Errorf("a suspension that was told of is hidden: %s", m.Stage)
	}
}

// TestNothingIsAskedWhereAllIsOver holds that who is rejected or closed is asked for
// nothing more, and that who is looked at does not read it out of a message.
func TestNothingIsAskedWhereAllIsOver(t *testing.T) {
	t.Parallel()
	newStory(t).report(kyc("NOT_VERIFIED", "")).command(onboarding.CommandClose).report(blurred).
		wantEffects("check.changed:kyc", "onboarding.escalated")
	newStory(t).report(highRisk("REJECTED")).report(poa("REJECTED")).wantEffects("check.changed:poa")
	s := newStory(t).report(kyc("NOT_VERIFIED", "")).command(onboarding.CommandHold).report(blurred)
	if m := s.said().Message(s.state); m.Stage != onboarding.StageActionRequired {
		t.Errorf("the message tells of the stage %s", m.Stage)
	}
}

func TestFreeText(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		allowed []onboarding.Check
		report  onboarding.Report
		want    bool

		override bool
	}{
		"not beside an operator's word":      {override: true},
		"not unless the policy allows it":    {nil, blurred, false, false},
		"of a check that it names":           {[]onboarding.Check{onboarding.KYC}, blurred, true, false},
		"not of another":                     {[]onboarding.Check{onboarding.POA}, blurred, false, false},
		"without any reason":                 {[]onboarding.Check{onboarding.POA}, poa("REJECTED"), true, false},
		"not beside a reason that is hidden": {[]onboarding.Check{onboarding.KYC}, kyc("NOT_VERIFIED", "REJECTED_BY_PROVIDER", "DOC_FAKE"), false, false},
		"not beside one that is unknown":     {[]onboarding.Check{onboarding.KYC}, kyc("NOT_VERIFIED", "REJECTED_BY_PROVIDER", "NEVER_HEARD_OF"), false, false},
	} {
		s := newStory(t)
		s.policy.FreeText = c.allowed
		if c.override {
			s.policy.FreeText = onboarding.Checks[:]
			s.report(poa("WAITING")).orders(overrideTo(onboarding.POA, onboarding.StatusActionRequired))
			if s.said().Asks[0].FreeText {
				t.Errorf("%s: it is shown", name)
			}
			continue
		}
		if got := s.report(c.report).said().Asks[0].FreeText; got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestTheLastReminder(t *testing.T) {
	t.Parallel()
	const day = onboarding.Duration(24 * time.Hour)
	for name, c := range map[string]struct {
		remind  []onboarding.Duration
		abandon onboarding.Duration
		most    int
		want    []bool
	}{
		"the last of the list":              {[]onboarding.Duration{day, 3 * day}, 9 * day, 10, []bool{false, true}},
		"the one before a step too late":    {[]onboarding.Duration{day, 30 * day}, 9 * day, 10, []bool{true}},
		"the most that there are":           {[]onboarding.Duration{day, 3 * day}, 9 * day, 1, []bool{true}},
		"none where nobody is given up":     {[]onboarding.Duration{day, 3 * day}, 0, 10, []bool{false, false, false}},
		"none but the tenth if it goes on":  {[]onboarding.Duration{day}, 0, 2, []bool{false, false}},
		"each counts in its own stay there": {[]onboarding.Duration{day}, 9 * day, 10, []bool{true}},
	} {
		s := newStory(t)
		s.policy.Jitter = 0
		s.policy.MaxReminders = c.most
		s.policy.Stall.Collecting = onboarding.StageStall{Remind: c.remind, Abandon: c.abandon}
		s.report(kyc("NOT_VERIFIED", ""))
		for i, want := range c.want {
			d, _ := onboarding.Next(s.state, s.policy)
			s.at = d.Due
			s.apply(onboarding.Input{Kind: onboarding.InputDeadline, Deadline: d})
			if e := s.said(); e.Last != want || e.Settle != 0 || e.Number != i+1 {
				t.Errorf("%s: reminder %d: last %v, number %d, settles %v", name, i+1, e.Last, e.Number, e.Settle)
			}
		}
	}
}

// TestHookNews holds that a hook's failing stands in the log, is told to others,
// and changes nothing about the user.
func TestHookNews(t *testing.T) {
	t.Parallel()
	s := newStory(t).report(approved)
	before := s.state
	news := onboarding.HookNews{Name: "crm", State: onboarding.HookFailing, Since: t0, Answer: "410"}
	s.after(time.Hour).apply(onboarding.Input{Kind: onboarding.InputHook, Hook: news}).want(onboarding.Noted, "hook_failing").wantEffects("hook.failing")
	for _, c := range onboarding.Diff(before, s.state) {
		if c.Path != "version" {
			t.Errorf("it changed %s", c.Path)
		}
	}
	text, err := json.Marshal(s.effects[0].Payload(s.state, s.at, onboarding.Target{Name: "ops"}).Data.Hook)
	if want := `{"name":"crm","state":"failing","since":"2026-03-01T09:00:00Z","answer":"410"}`; err != nil || string(text) != want {
		t.Errorf("%s, %v, want %s", text, err, want)
	}
	news.State = onboarding.HookWorking
	s.apply(onboarding.Input{Kind: onboarding.InputHook, Hook: news}).want(onboarding.Noted, "hook_working").wantEffects("hook.working")
}

func TestPayloadInFull(t *testing.T) {
	t.Parallel()
	s := newStory(t).report(blurred)
	p := s.effects[0].Payload(s.state, t0, onboarding.Target{Name: "core", Full: true})
	if p.Data.Details == nil || p.Data.Details.KYC.Reasons[0] != "DOC_TOO_BLURRY" || p.Data.Details.KYC.Message != "" {
		t.Errorf("details %+v", p.Data.Details)
	}
	if p := s.effects[0].Payload(s.state, t0, onboarding.Target{Name: "core"}); p.Data.Details != nil {
		t.Error("the words go to a hook that is not told in full")
	}
	if p := s.said().Payload(s.state, t0, onboarding.Target{Name: "push"}); p.Data.Message == nil || p.Data.Message.Template != "action_required" {
		t.Errorf("a message at a hook: %+v", p.Data.Message)
	}
}
