package onboarding_test

import (
	"errors"
	"testing"
	"time"

	"admit/onboarding"
)

// replay folds an old report again, received so long ago.
func (s *story) replay(r onboarding.Report, ago time.Duration, overtaken bool) *story {
	s.t.Helper()
	return s.apply(onboarding.Input{
		Kind: onboarding.InputReport, Report: r, Received: s.at.Add(-ago), Replay: true, Overtaken: overtaken,
	})
}

func TestOvertakenReplayDoesNothing(t *testing.T) {
	t.Parallel()
	for _, r := range append(alphabet(), kyc("SUSPENDED", ""), onboarding.Report{Check: "horoscope"}) {
		t.Run(string(r.Check)+" "+r.Status+" "+r.Attempt, func(t *testing.T) {
			t.Parallel()
			s := newStory(t).report(approved, highRisk("REJECTED")).after(time.Hour)
			before := s.state
			s.replay(r, time.Hour, true).wantOutcome(onboarding.Noted).wantEffects()
			if s.verdict.Reason != "overtaken" {
				t.Errorf("reason %q", s.verdict.Reason)
			}
			before.Version++
			if diff := onboarding.Diff(before, s.state); len(diff) != 0 {
				t.Errorf("it changed %v", diff)
			}
		})
	}
}

// TestReplay holds how a replay that no later report has overtaken is judged: like
// any report that was received when the old one was.
func TestReplay(t *testing.T) {
	t.Parallel()
	const hour, day = time.Hour, 24 * time.Hour
	for _, c := range []struct {
		name   string
		before func(*story)
		report onboarding.Report
		ago    time.Duration
		want   onboarding.Outcome
		check  onboarding.Status
	}{
		{"of a new user", nil, kyc("VERIFIED", ""), day, onboarding.Applied, onboarding.StatusPassed},
		{"a pass of a user in review", func(s *story) { s.report(kyc("NOT_VERIFIED", "PENDING")).after(day) }, kyc("VERIFIED", ""), hour, onboarding.Applied, onboarding.StatusPassed},
		{"a reversal", func(s *story) { s.report(approved).after(day) }, kyc("EXPIRED", ""), hour, onboarding.Applied, onboarding.StatusExpired},
		{"the same words", func(s *story) { s.report(kyc("VERIFIED", "")).after(day) }, kyc("VERIFIED", ""), hour, onboarding.Duplicate, onboarding.StatusPassed},
		{"still unknown", func(s *story) { s.report(approved).after(day) }, kyc("SUSPENDED", ""), hour, onboarding.Unrecognised, onboarding.StatusPassed},
		{"received in the late window", func(s *story) { s.report(approved).after(day) }, kyc("NOT_VERIFIED", "PENDING"), day - time.Minute, onboarding.Late, onboarding.StatusPassed},
		{"received behind the late window", func(s *story) { s.report(approved).after(day) }, kyc("NOT_VERIFIED", "PENDING"), day - hour, onboarding.Applied, onboarding.StatusInReview},
		{"received in the held window", func(s *story) { s.report(approved, kyc("NOT_VERIFIED", "")).after(day) }, approved, day - time.Minute, onboarding.Held, onboarding.StatusAwaitingUser},
		{"received before what is known", func(s *story) { s.report(approved).after(day) }, kyc("NOT_VERIFIED", ""), 2 * day, onboarding.Noted, onboarding.StatusPassed},
		{"passed since by the high-risk verdict", func(s *story) { s.report(highRisk("OK")).after(day) }, kyc("NOT_VERIFIED", ""), 2 * day, onboarding.Noted, onboarding.StatusPassed},
		{"a verdict from before the flag", func(s *story) { s.report(approved).command(onboarding.CommandFlagHighRisk).after(day) }, highRisk("OK"), 2 * day, onboarding.Noted, onboarding.StatusInReview},
		{"a verdict from behind the flag", func(s *story) { s.report(approved).command(onboarding.CommandFlagHighRisk).after(day) }, highRisk("OK"), hour, onboarding.Applied, onboarding.StatusPassed},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStory(t)
			if c.before != nil {
				c.before(s)
			}
			s.replay(c.report, c.ago, false).wantOutcome(c.want).wantCheck(c.report.Check, c.check)
			if c.want == onboarding.Applied {
				if got := s.state.Checks.At(c.report.Check).ReportedAt; !got.Equal(s.at.Add(-c.ago)) {
					t.Errorf("reported at %s, want when the old one was received", got)
				}
			}
		})
	}
}

// A high-risk OK passes kyc too, but not a kyc that had its own report since.
func TestReplayedVerdictLeavesALaterKYC(t *testing.T) {
	t.Parallel()
	s := newStory(t).report(kyc("NOT_VERIFIED", "")).after(time.Hour)
	s.replay(highRisk("OK"), 2*time.Hour, false).wantOutcome(onboarding.Applied).wantCheck(onboarding.KYC, onboarding.StatusAwaitingUser)
	s = newStory(t).report(kyc("NOT_VERIFIED", "")).after(2 * time.Hour)
	s.replay(highRisk("OK"), time.Hour, false).wantCheck(onboarding.KYC, onboarding.StatusPassed)
}

// A user whose report nobody understood for months has the whole time to act on
// it, and is not abandoned by the replay.
func TestReplayStartsTheClock(t *testing.T) {
	t.Parallel()
	s := newStory(t).report(kyc("NOT_VERIFIED", "PENDING")).after(90 * 24 * time.Hour)
	s.replay(kyc("NOT_VERIFIED", "REJECTED_BY_PROVIDER", "BAD_SELFIE"), 80*24*time.Hour, false)
	s.wantStage(onboarding.StageActionRequired, onboarding.User)
	if !s.state.StageSince.Equal(s.at) || !s.state.Checks.KYC.Since.Equal(s.at.Add(-80*24*time.Hour)) {
		t.Errorf("stage since %s, check since %s", s.state.StageSince, s.state.Checks.KYC.Since)
	}
	if n := s.due(); n != 0 {
		t.Errorf("%d deadlines are due at once", n)
	}
}

func TestReplayRefusal(t *testing.T) {
	t.Parallel()
	var err error = onboarding.ReplayErased
	var refusal onboarding.ReplayRefusal
	if !errors.Is(err, onboarding.ErrNotReplayable) || errors.Is(err, onboarding.ErrNoEvent) || !errors.As(err, &refusal) || refusal != "erased" {
		t.Errorf("%v", err)
	}
	if onboarding.EventState("").Valid() || !onboarding.EventMalformed.Valid() || !onboarding.EventUnrecognised.Valid() {
		t.Error("the states of events")
	}
}
