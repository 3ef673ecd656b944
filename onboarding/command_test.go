package onboarding_test

import (
	"testing"
	"time"

	"admit/onboarding"
)

func TestCommands(t *testing.T) {
	t.Parallel()
	const refused, applied = onboarding.Refused, onboarding.Applied
	type cs = []string
	for _, c := range []struct {
		name    string
		before  cs
		command string
		want    onboarding.Outcome
		reason  string
		stage   onboarding.Stage
	}{
		{"hold", nil, "hold", applied, "", onboarding.StageOnHold},
		{"hold twice", cs{"hold"}, "hold", refused, onboarding.RefusedOnHold, onboarding.StageOnHold},
		{"hold when closed", cs{"close"}, "hold", refused, onboarding.RefusedClosed, onboarding.StageClosed},
		{"lift", cs{"hold"}, "lift", applied, "", onboarding.StageApproved},
		{"lift nothing", nil, "lift", refused, onboarding.RefusedNotOnHold, onboarding.StageApproved},
		{"lift when closed", cs{"hold", "close"}, "lift", refused, onboarding.RefusedClosed, onboarding.StageClosed},
		{"a hold outlives closing", cs{"hold", "close"}, "reopen", applied, "", onboarding.StageOnHold},
		{"flag", nil, "flag_high_risk", applied, "", onboarding.StageSuspended},
		{"flag twice", cs{"flag_high_risk"}, "flag_high_risk", refused, onboarding.RefusedFlagged, onboarding.StageSuspended},
		{"flag when closed", cs{"close"}, "flag_high_risk", applied, "", onboarding.StageClosed},
		{"clear", cs{"flag_high_risk"}, "clear_high_risk", applied, "", onboarding.StageApproved},
		{"clear nothing", nil, "clear_high_risk", refused, onboarding.RefusedNotFlagged, onboarding.StageApproved},
		{"close", nil, "close", applied, "", onboarding.StageClosed},
		{"close twice", cs{"close"}, "close", refused, onboarding.RefusedAlreadyClosed, onboarding.StageClosed},
		{"reopen", cs{"close"}, "reopen", applied, "", onboarding.StageApproved},
		{"reopen what is open", nil, "reopen", refused, onboarding.RefusedNotClosed, onboarding.StageApproved},
		{"unknown", nil, "promote", refused, "unknown_command", onboarding.StageApproved},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStory(t).report(approved)
			for _, b := range c.before {
				s.after(time.Minute).command(b).wantOutcome(applied)
			}
			s.after(time.Minute).command(c.command).wantOutcome(c.want)
			if s.verdict.Reason != c.reason || s.state.Stage != c.stage {
				t.Fatalf("reason %q stage %s, want %q %s", s.verdict.Reason, s.state.Stage, c.reason, c.stage)
			}
		})
	}
}

func TestClearPutsBackWhatWasBeforeTheFlag(t *testing.T) {
	t.Parallel()
	for _, before := range []string{"", "OK", "REJECTED"} {
		s := newStory(t).report(kyc("NOT_VERIFIED", ""))
		if before != "" {
			s.report(highRisk(before))
		}
		was := s.state.Checks.HighRisk
		s.after(time.Hour).command(onboarding.CommandFlagHighRisk).wantCheck(onboarding.HighRisk, onboarding.StatusInReview)
		s.after(time.Hour).command(onboarding.CommandClearHighRisk)
		if is := s.state.Checks.HighRisk; is.Get() != was.Get() || is.ProviderStatus != was.ProviderStatus || is.BeforeFlag != nil || is.PassedBefore != was.PassedBefore {
			t.Errorf("%q: cleared to %+v, want %+v", before, is, was)
		}
	}
	// A verdict ends the flag: there is nothing to clear then.
	s := newStory(t).report(approved).command(onboarding.CommandFlagHighRisk).report(highRisk("REJECTED"))
	s.command(onboarding.CommandClearHighRisk).wantOutcome(onboarding.Refused)
}

func TestReportsWhileClosed(t *testing.T) {
	t.Parallel()
	s := newStory(t).report(kyc("NOT_VERIFIED", "")).command(onboarding.CommandClose)
	s.report(approved).wantOutcome(onboarding.Applied).wantStage(onboarding.StageClosed, onboarding.Nobody)
	s.wantTold("report_while_closed").wantCheck(onboarding.KYC, onboarding.StatusPassed)
	s.command(onboarding.CommandReopen).wantStage(onboarding.StageApproved, onboarding.Nobody)
}
