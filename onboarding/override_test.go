package onboarding_test

import (
	"testing"
	"time"

	"admit/onboarding"
)

// orders folds a command of alice's, or of whoever it names.
func (s *story) orders(c onboarding.Command) *story {
	s.t.Helper()
	if c.Actor == "" {
		c.Actor = "alice"
	}
	return s.apply(onboarding.Input{Kind: onboarding.InputCommand, Command: c})
}

func overrideTo(c onboarding.Check, status onboarding.Status) onboarding.Command {
	return onboarding.Command{Name: onboarding.CommandOverride, Check: c, Status: status}
}

func TestOverrideStandsOverTheWords(t *testing.T) {
	t.Parallel()
	s := newStory(t).report(kyc("NOT_VERIFIED", "REJECTED_BY_PROVIDER", "DOC_DAMAGED")).orders(overrideTo(onboarding.KYC, onboarding.StatusPassed))
	s.wantStage(onboarding.StageApproved, onboarding.Nobody).wantAccess(onboarding.AccessGranted, 1)
	s.after(time.Hour).report(kyc("NOT_VERIFIED", "VERIFICATION")).wantOutcome(onboarding.Applied).wantTold("contradicts_override:kyc")
	s.wantStage(onboarding.StageApproved, onboarding.Nobody)
	if got := s.state.Checks.KYC; got.Attempt != "VERIFICATION" || got.Override.Beneath.Get() != onboarding.StatusInReview {
		t.Fatalf("the words are not kept: %+v", got)
	}
	s.report(kyc("NOT_VERIFIED", "VERIFICATION")).wantOutcome(onboarding.Duplicate)
	s.report(kyc("VERIFIED", "")).wantOutcome(onboarding.Applied).wantTold() // it agrees
}

func TestOverrideEnds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		given  []onboarding.Report
		status onboarding.Status
		after  []onboarding.Report // while it stands
		want   onboarding.Status
		stage  onboarding.Stage
	}{
		"nothing was said":           {nil, onboarding.StatusPassed, nil, onboarding.StatusNone, onboarding.StageSuspended},
		"the words say less":         {[]onboarding.Report{kyc("NOT_VERIFIED", "")}, onboarding.StatusPassed, nil, onboarding.StatusAwaitingUser, onboarding.StageSuspended},
		"the words came to agree":    {nil, onboarding.StatusPassed, []onboarding.Report{approved}, onboarding.StatusPassed, onboarding.StageApproved},
		"it kept a user out":         {[]onboarding.Report{approved}, onboarding.StatusFailed, nil, onboarding.StatusPassed, onboarding.StageApproved},
		"the words were taken back":  {[]onboarding.Report{approved}, onboarding.StatusPassed, []onboarding.Report{kyc("EXPIRED", "")}, onboarding.StatusExpired, onboarding.StageSuspended},
		"it sent the user elsewhere": {nil, onboarding.StatusActionRequired, []onboarding.Report{kyc("NOT_VERIFIED", "PENDING")}, onboarding.StatusInReview, onboarding.StageInReview},
	} {
		for _, lifted := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s := newStory(t).report(c.given...).after(time.Hour).orders(overrideTo(onboarding.KYC, c.status)).wantOutcome(onboarding.Applied)
				s.after(time.Hour).report(c.after...)
				if lifted {
					s.orders(onboarding.Command{Name: onboarding.CommandLiftOverride, Check: onboarding.KYC}).wantOutcome(onboarding.Applied)
				} else {
					s.after(30 * 24 * time.Hour).due()
				}
				s.wantCheck(onboarding.KYC, c.want)
				if s.state.Stage != c.stage || s.state.Checks.KYC.Override != nil {
					t.Fatalf("stage %s, want %s; %+v", s.state.Stage, c.stage, s.state.Checks.KYC.Override)
				}
			})
		}
	}
}

// TestStalePassBeneathAnOverride holds that an override's end does not let in by a
// pass that was held while it stood.
func TestStalePassBeneathAnOverride(t *testing.T) {
	t.Parallel()
	s := newStory(t).report(approved).after(time.Hour).report(kyc("EXPIRED", "")).orders(overrideTo(onboarding.KYC, onboarding.StatusFailed))
	s.after(time.Minute).report(kyc("VERIFIED", "")).wantOutcome(onboarding.Held)
	s.orders(onboarding.Command{Name: onboarding.CommandLiftOverride, Check: onboarding.KYC}).wantStage(onboarding.StageSuspended, onboarding.Compliance)
}

// TestPassAfterAnOverride holds that what an override had passed is reversed at its
// end like any other pass, and passes again by a fresh report.
func TestPassAfterAnOverride(t *testing.T) {
	t.Parallel()
	s := newStory(t).orders(overrideTo(onboarding.KYC, onboarding.StatusPassed)).after(30 * 24 * time.Hour)
	s.due()
	s.wantStage(onboarding.StageSuspended, onboarding.User).wantAccess(onboarding.AccessRevoked, 2).wantTold("override_ended:kyc", "reversed:kyc")
	s.after(time.Hour).report(approved).wantStage(onboarding.StageApproved, onboarding.Nobody)
}

// TestPassAfterTwoOverrides holds that an operator who takes back what another had
// passed shuts the user out like a report that does: a stale pass does not let in.
func TestPassAfterTwoOverrides(t *testing.T) {
	t.Parallel()
	s := newStory(t).orders(overrideTo(onboarding.KYC, onboarding.StatusPassed)).after(time.Hour).orders(overrideTo(onboarding.KYC, onboarding.StatusFailed))
	s.orders(onboarding.Command{Name: onboarding.CommandLiftOverride, Check: onboarding.KYC}).wantStage(onboarding.StageSuspended, onboarding.User)
	s.after(time.Minute).report(approved).wantOutcome(onboarding.Held)
	s.after(5*time.Minute).report(approved).wantStage(onboarding.StageApproved, onboarding.Nobody)
}

// TestWhateverContradictsAnOverrideIsTold holds it of answers and of a verdict on
// another check, too.
func TestWhateverContradictsAnOverrideIsTold(t *testing.T) {
	t.Parallel()
	s := asked(t).report(approved).orders(overrideTo(onboarding.KYC, onboarding.StatusPassed)).after(time.Hour)
	s.answered(kyc("EXPIRED", "")).wantTold()
	s.after(5*time.Minute).answered(kyc("EXPIRED", "")).want(onboarding.Applied, "second_answer").wantTold("contradicts_override:kyc")
	s.wantStage(onboarding.StageApproved, onboarding.Nobody)

	s = newStory(t).orders(overrideTo(onboarding.KYC, onboarding.StatusFailed)).command(onboarding.CommandFlagHighRisk)
	s.report(highRisk("OK")).wantTold("contradicts_override:kyc").wantCheck(onboarding.KYC, onboarding.StatusFailed)
}

func TestOverrideOfHighRisk(t *testing.T) {
	t.Parallel()
	s := newStory(t).report(approved).orders(overrideTo(onboarding.HighRisk, onboarding.StatusPassed)).wantStage(onboarding.StageApproved, onboarding.Nobody)
	s.command(onboarding.CommandFlagHighRisk).wantOutcome(onboarding.Applied).wantTold("contradicts_override:high_risk").wantStage(onboarding.StageApproved, onboarding.Nobody)
	s.orders(onboarding.Command{Name: onboarding.CommandLiftOverride, Check: onboarding.HighRisk}).wantStage(onboarding.StageSuspended, onboarding.Compliance)
}

func TestOverrideIsRefused(t *testing.T) {
	t.Parallel()
	passed := overrideTo(onboarding.KYC, onboarding.StatusPassed)
	past, far := passed, passed
	past.Until, far.Until = t0, t0.Add(20*365*24*time.Hour)
	for name, c := range map[string]struct {
		given   []onboarding.Command
		command onboarding.Command
		want    string
	}{
		"no check":         {nil, overrideTo("", onboarding.StatusPassed), onboarding.RefusedNoCheck},
		"an unknown check": {nil, overrideTo("mood", onboarding.StatusPassed), onboarding.RefusedNoCheck},
		"a high-risk review for the user to repeat": {nil, overrideTo(onboarding.HighRisk, onboarding.StatusActionRequired), onboarding.RefusedNotTheUsers},
		"no status":        {nil, overrideTo(onboarding.KYC, ""), onboarding.RefusedNoStatus},
		"the status none":  {nil, overrideTo(onboarding.KYC, onboarding.StatusNone), onboarding.RefusedNoStatus},
		"until now":        {nil, past, onboarding.RefusedUntilPast},
		"for 20 years":     {nil, far, onboarding.RefusedUntilTooFar},
		"the same again":   {[]onboarding.Command{passed}, passed, onboarding.RefusedOverridden},
		"closed":           {[]onboarding.Command{{Name: onboarding.CommandClose}}, passed, onboarding.RefusedClosed},
		"lift of nothing":  {nil, onboarding.Command{Name: onboarding.CommandLiftOverride, Check: onboarding.KYC}, onboarding.RefusedNotOverridden},
		"lift of no check": {nil, onboarding.Command{Name: onboarding.CommandLiftOverride}, onboarding.RefusedNoCheck},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStory(t).report(kyc("NOT_VERIFIED", ""))
			for _, g := range c.given {
				s.orders(g).wantOutcome(onboarding.Applied)
			}
			s.orders(c.command).want(onboarding.Refused, c.want)
		})
	}
}
