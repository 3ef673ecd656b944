package onboarding_test

import (
	"testing"
	"time"

	"admit/onboarding"
)

func TestDuplicateDoesNothing(t *testing.T) {
	t.Parallel()
	s := newStory(t).report(kyc("NOT_VERIFIED", "PENDING")).after(24 * time.Hour)
	before := s.state
	s.report(kyc("NOT_VERIFIED", "PENDING")).wantOutcome(onboarding.Duplicate).wantEffects()
	if len(onboarding.Diff(before, s.state)) != 0 {
		t.Fatalf("a duplicate changed %v", onboarding.Diff(before, s.state))
	}
}

func TestSecondFile(t *testing.T) {
	t.Parallel()
	s := newStory(t).report(files("ADDED"))
	s.after(5 * time.Minute).report(files("ADDED")).wantOutcome(onboarding.Duplicate)
	s.after(time.Second).report(files("ADDED")).wantOutcome(onboarding.Applied)
	s.after(time.Minute).report(files("ADDED")).wantOutcome(onboarding.Duplicate)
	s.report(files("ERROR")).wantOutcome(onboarding.Applied)
}

// TestLate holds which reports are overtaken by a pass, and for how long.
func TestLate(t *testing.T) {
	t.Parallel()
	const (
		soon = time.Minute
		p100 = 5 * time.Minute
		xg   = 15 * time.Minute
		year = 365 * 24 * time.Hour
	)
	for _, c := range []struct {
		name   string
		pass   onboarding.Report
		after  time.Duration
		report onboarding.Report
		want   onboarding.Outcome
	}{
		{"kyc PENDING soon", approved, soon, kyc("NOT_VERIFIED", "PENDING"), onboarding.Late},
		{"kyc PENDING at the window's end", approved, p100, kyc("NOT_VERIFIED", "PENDING"), onboarding.Late},
		{"kyc PENDING behind the window", approved, p100 + time.Microsecond, kyc("NOT_VERIFIED", "PENDING"), onboarding.Applied},
		{"kyc PENDING received before the pass", approved, -time.Second, kyc("NOT_VERIFIED", "PENDING"), onboarding.Late},
		{"kyc VERIFICATION soon", approved, soon, kyc("NOT_VERIFIED", "VERIFICATION"), onboarding.Late},
		{"kyc unknown attempt soon", approved, soon, kyc("NOT_VERIFIED", "PAUSED"), onboarding.Late},
		{"kyc EXPIRED PENDING soon", approved, soon, kyc("EXPIRED", "PENDING"), onboarding.Late},
		{"kyc EXPIRED SUCCESSFUL soon", approved, soon, kyc("EXPIRED", "SUCCESSFUL"), onboarding.Late},
		{"kyc EXPIRED SUCCESSFUL after a year", approved, year, kyc("EXPIRED", "SUCCESSFUL"), onboarding.Applied},
		{"kyc EXPIRED VERIFICATION soon", approved, soon, kyc("EXPIRED", "VERIFICATION"), onboarding.Late},
		{"kyc EXPIRED unknown attempt soon", approved, soon, kyc("EXPIRED", "PAUSED"), onboarding.Late},
		{"kyc SUCCESSFUL after a year", approved, year, kyc("NOT_VERIFIED", "SUCCESSFUL"), onboarding.Late},
		{"kyc REJECTED_BY_PROVIDER soon is believed", approved, soon, kyc("NOT_VERIFIED", "REJECTED_BY_PROVIDER", "DOC_FAKE"), onboarding.Applied},
		{"kyc NOT_VERIFIED soon is believed", approved, soon, kyc("NOT_VERIFIED", ""), onboarding.Applied},
		{"kyc EXPIRED soon is believed", approved, soon, kyc("EXPIRED", ""), onboarding.Applied},
		{"poa WAITING soon", poa("APPROVED"), soon, poa("WAITING"), onboarding.Late},
		{"poa WAITING after a year", poa("APPROVED"), year, poa("WAITING"), onboarding.Late},
		{"poa REJECTED soon is believed", poa("APPROVED"), soon, poa("REJECTED"), onboarding.Applied},
		{"sepa CREATED soon", sepa("FULL_USER", ""), soon, sepa("CREATED", ""), onboarding.Late},
		{"sepa KYC_NEEDED soon", sepa("FULL_USER", ""), soon, sepa("KYC_NEEDED", ""), onboarding.Late},
		{"sepa PENDING_KYC_DATA soon", sepa("FULL_USER", ""), soon, sepa("PENDING_KYC_DATA", ""), onboarding.Late},
		{"sepa KYC_PENDING at the window's end", sepa("FULL_USER", ""), xg, sepa("KYC_PENDING", ""), onboarding.Late},
		{"sepa KYC_PENDING behind the window", sepa("FULL_USER", ""), xg + time.Second, sepa("KYC_PENDING", ""), onboarding.Applied},
		{"sepa null processing after a year", sepa("FULL_USER", ""), year, sepaNull("VERIFICATION_IN_PROGRESS"), onboarding.Late},
		{"sepa SOFT_KYC_FAILED soon is believed", sepa("FULL_USER", ""), soon, sepa("SOFT_KYC_FAILED", ""), onboarding.Applied},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStory(t).report(c.pass).after(c.after).report(c.report).wantOutcome(c.want)
			if c.want != onboarding.Late {
				return
			}
			// Changes nothing, and a reviewer is told once per pass.
			s.wantCheck(c.pass.Check, onboarding.StatusPassed).wantTold("late_report:" + string(c.pass.Check))
			s.report(c.report).wantOutcome(onboarding.Late).wantTold()
		})
	}
}

// TestLateIsToldOncePerPass holds that a reviewer hears of a late report again once
// the check was lost and has passed again.
func TestLateIsToldOncePerPass(t *testing.T) {
	t.Parallel()
	pending := kyc("NOT_VERIFIED", "PENDING")
	s := newStory(t).report(approved).after(time.Minute).report(pending).wantTold("late_report:kyc")
	s.after(time.Minute).report(pending).wantOutcome(onboarding.Late).wantTold()
	s.after(time.Hour).report(pending).wantOutcome(onboarding.Applied).after(time.Minute).report(approved).wantOutcome(onboarding.Applied)
	s.after(time.Minute).report(pending).wantOutcome(onboarding.Late).wantTold("late_report:kyc")
}

// TestHeld holds which passes are too close behind a reversal or a failure.
func TestHeld(t *testing.T) {
	t.Parallel()
	const (
		soon = time.Minute
		p100 = 5 * time.Minute
		xg   = 24 * time.Hour
	)
	type step struct {
		after  time.Duration
		report onboarding.Report
	}
	full := sepa("FULL_USER", "")
	for _, c := range []struct {
		name  string
		story []step
		want  onboarding.Outcome
	}{
		{"kyc reversed, pass soon", []step{{0, approved}, {time.Hour, kyc("NOT_VERIFIED", "")}, {soon, approved}}, onboarding.Held},
		{"kyc reversed, pass at the window's end", []step{{0, approved}, {time.Hour, kyc("NOT_VERIFIED", "")}, {p100, approved}}, onboarding.Held},
		{"kyc reversed, pass behind the window", []step{{0, approved}, {time.Hour, kyc("NOT_VERIFIED", "")}, {p100 + time.Second, approved}}, onboarding.Applied},
		{"kyc expired, pass received before it", []step{{0, approved}, {time.Hour, kyc("EXPIRED", "")}, {-time.Second, approved}}, onboarding.Held},
		{"kyc reversed by work in progress", []step{{0, approved}, {time.Hour, kyc("NOT_VERIFIED", "PENDING")}, {soon, approved}}, onboarding.Applied},
		{"kyc reversed, work in progress since", []step{{0, approved}, {time.Hour, kyc("EXPIRED", "")}, {soon, kyc("EXPIRED", "PENDING")}, {soon, approved}}, onboarding.Applied},
		{"sepa failed, pass soon", []step{{0, sepa("HARD_KYC_FAILED", "")}, {soon, full}}, onboarding.Held},
		{"sepa failed, pass within a day", []step{{0, sepa("HARD_KYC_FAILED", "")}, {xg, full}}, onboarding.Held},
		{"sepa failed, pass after a day", []step{{0, sepa("HARD_KYC_FAILED", "")}, {xg + time.Second, full}}, onboarding.Applied},
		{"sepa failed, work in progress since", []step{{0, sepa("HARD_KYC_FAILED", "")}, {soon, sepa("KYC_PENDING", "")}, {soon, full}}, onboarding.Applied},
		{"sepa reversed, then failed: the window begins anew", []step{{0, full}, {time.Hour, sepa("SOFT_KYC_FAILED", "")}, {xg, sepa("HARD_KYC_FAILED", "")}, {soon, full}}, onboarding.Held},
		{"sepa in progress, then failed: that progress is no excuse", []step{{0, full}, {time.Hour, sepa("KYC_PENDING", "")}, {time.Hour, sepa("HARD_KYC_FAILED", "")}, {soon, full}}, onboarding.Held},
		{"high risk rejected, OK soon", []step{{0, highRisk("REJECTED")}, {soon, highRisk("OK")}}, onboarding.Held},
		{"high risk rejected, OK later", []step{{0, highRisk("REJECTED")}, {time.Hour, highRisk("OK")}}, onboarding.Applied},
		{"poa withdrawn, APPROVED soon", []step{{0, poa("APPROVED")}, {time.Hour, poa("REJECTED")}, {soon, poa("APPROVED")}}, onboarding.Held},
		{"poa withdrawn, WAITING since", []step{{0, poa("APPROVED")}, {time.Hour, poa("REJECTED")}, {soon, poa("WAITING")}, {soon, poa("APPROVED")}}, onboarding.Applied},
		{"a first pass is not held", []step{{0, poa("REJECTED")}, {soon, poa("APPROVED")}}, onboarding.Applied},
		// Folded as they were stored, which is not as they were received.
		{"kyc reversed by work in progress, pass received before it", []step{{0, approved}, {time.Hour, kyc("NOT_VERIFIED", "PENDING")}, {-time.Second, approved}}, onboarding.Held},
		{"kyc reversed, work in progress since, pass received before that", []step{{0, approved}, {time.Hour, kyc("EXPIRED", "")}, {time.Hour, kyc("EXPIRED", "PENDING")}, {-time.Second, approved}}, onboarding.Held},
		{"kyc reversed, pass received before that and after what was folded last", []step{{0, approved}, {time.Hour, kyc("NOT_VERIFIED", "PENDING")}, {-2 * time.Second, kyc("NOT_VERIFIED", "VERIFICATION")}, {time.Second, approved}}, onboarding.Held},
		{"kyc rejected, first pass received before it", []step{{0, kyc("NOT_VERIFIED", "REJECTED_BY_PROVIDER", "FRAUD")}, {-time.Second, approved}}, onboarding.Held},
		{"kyc rejected, first pass received with it", []step{{0, kyc("NOT_VERIFIED", "REJECTED_BY_PROVIDER", "FRAUD")}, {0, approved}}, onboarding.Applied},
		{"kyc expired, first pass received before it", []step{{0, kyc("EXPIRED", "PENDING")}, {-time.Second, approved}}, onboarding.Held},
		{"kyc not verified, first pass received before it", []step{{0, kyc("NOT_VERIFIED", "")}, {-time.Second, approved}}, onboarding.Held},
		{"kyc in progress, first pass received before it", []step{{0, kyc("NOT_VERIFIED", "PENDING")}, {-time.Second, approved}}, onboarding.Applied},
		{"sepa failed, pass received before it", []step{{0, sepa("HARD_KYC_FAILED", "")}, {-time.Second, full}}, onboarding.Held},
		{"sepa failed, work in progress since, pass received before that", []step{{0, sepa("HARD_KYC_FAILED", "")}, {time.Hour, sepa("KYC_PENDING", "")}, {-time.Second, full}}, onboarding.Held},
		{"sepa to be mended, first pass received before it", []step{{0, softFailed}, {-time.Second, full}}, onboarding.Held},
		{"sepa in progress, first pass received before it", []step{{0, sepa("KYC_NEEDED", "")}, {-time.Second, full}}, onboarding.Applied},
		{"poa rejected, first pass received before it", []step{{0, poa("REJECTED")}, {-time.Second, poa("APPROVED")}}, onboarding.Held},
		{"high risk rejected, first OK received before it", []step{{0, highRisk("REJECTED")}, {-time.Second, highRisk("OK")}}, onboarding.Held},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStory(t)
			for _, st := range c.story {
				s.after(st.after).report(st.report)
			}
			s.wantOutcome(c.want)
			check := c.story[len(c.story)-1].report.Check
			if c.want != onboarding.Held {
				s.wantCheck(check, onboarding.StatusPassed)
				return
			}
			s.wantTold("held_report:" + string(check))
			if held := s.state.View().Held; len(held) != 1 || held[0] != check {
				t.Fatalf("held %v, want %s", held, check)
			}
			s.report(c.story[len(c.story)-1].report).wantOutcome(onboarding.Held).wantTold()
		})
	}
}

// TestAnOlderOK holds that a high-risk verdict from before a flag does not take it
// away, and one from before a NOT_VERIFIED does not pass kyc.
func TestAnOlderOK(t *testing.T) {
	t.Parallel()
	s := newStory(t).report(approved).after(time.Hour).command(onboarding.CommandFlagHighRisk).wantStage(onboarding.StageSuspended, onboarding.Compliance)
	s.after(-time.Second).report(highRisk("OK")).wantOutcome(onboarding.Held).wantTold("held_report:high_risk").wantAccess(onboarding.AccessRevoked, 2)

	s = newStory(t).report(kyc("NOT_VERIFIED", "")).after(-time.Second).report(highRisk("OK")).wantOutcome(onboarding.Applied)
	s.wantCheck(onboarding.KYC, onboarding.StatusAwaitingUser).wantTold("held_report:kyc").wantAccess(onboarding.AccessNone, 0)
}

// TestOnlyAReportIsOlder holds that what an operator or an API says passes a check
// all the same, and that a replay is judged as ever.
func TestOnlyAReportIsOlder(t *testing.T) {
	t.Parallel()
	rejected := kyc("NOT_VERIFIED", "REJECTED_BY_PROVIDER", "FRAUD")
	s := asked(t).report(rejected).after(-time.Second)
	s.report(approved).wantOutcome(onboarding.Held).wantEffects("ask.p100")
	s.apply(onboarding.Input{Kind: onboarding.InputReport, Report: approved, Replay: true}).want(onboarding.Noted, "overtaken").wantEffects("ask.p100")
	s.orders(overrideTo(onboarding.KYC, onboarding.StatusPassed)).wantStage(onboarding.StageApproved, onboarding.Nobody)

	s = asked(t).report(rejected).after(-time.Second).report(approved).after(time.Second)
	s.answered(kyc("VERIFIED", "")).want(onboarding.Noted, "first_answer")
	s.after(5*time.Minute).answered(kyc("VERIFIED", "")).want(onboarding.Applied, "second_answer").wantStage(onboarding.StageApproved, onboarding.Nobody)
}

func TestFlagCountsAsProgress(t *testing.T) {
	t.Parallel()
	s := newStory(t).report(highRisk("OK")).after(time.Hour).command(onboarding.CommandFlagHighRisk).wantStage(onboarding.StageSuspended, onboarding.Compliance)
	s.after(time.Second).report(highRisk("OK")).wantOutcome(onboarding.Applied).wantStage(onboarding.StageApproved, onboarding.Nobody)

	s = newStory(t).report(highRisk("REJECTED")).after(time.Second).command(onboarding.CommandFlagHighRisk)
	s.after(time.Second).report(highRisk("OK")).wantOutcome(onboarding.Applied).wantStage(onboarding.StageApproved, onboarding.Nobody)
}

func TestHeldReportIsForgottenAtTheNextAppliedOne(t *testing.T) {
	t.Parallel()
	s := newStory(t).report(approved).after(time.Hour).report(kyc("NOT_VERIFIED", "")).after(time.Second).report(approved)
	s.wantOutcome(onboarding.Held).wantStage(onboarding.StageSuspended, onboarding.Compliance)
	s.report(kyc("NOT_VERIFIED", "PENDING")).wantStage(onboarding.StageSuspended, onboarding.Provider)
	if s.state.Checks.KYC.HeldReport {
		t.Fatal("the held report still stands")
	}
}
