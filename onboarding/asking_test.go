package onboarding_test

import (
	"testing"
	"time"

	"admit/onboarding"
)

// asked is a story under a policy whose providers' APIs can both be asked.
func asked(t *testing.T, confirm ...onboarding.Check) *story {
	t.Helper()
	s := newStory(t)
	s.policy.APIs = []onboarding.Check{onboarding.KYC, onboarding.SEPAKYC}
	s.policy.Confirm = confirm
	return s
}

// answered folds an answer to a question asked right now.
func (s *story) answered(r onboarding.Report) *story {
	s.t.Helper()
	return s.hears(onboarding.Answer{Check: r.Check, Kind: onboarding.AnswerStatus, Report: r})
}

func (s *story) hears(a onboarding.Answer) *story {
	s.t.Helper()
	if a.Asked.IsZero() {
		a.Asked = s.at
	}
	return s.apply(onboarding.Input{Kind: onboarding.InputAnswer, Answer: a})
}

// want compares the outcome and the reason of the last verdict.
func (s *story) want(outcome onboarding.Outcome, reason string) *story {
	s.t.Helper()
	if s.verdict != (onboarding.Verdict{Outcome: outcome, Reason: reason}) {
		s.t.Fatalf("verdict %s (%s), want %s (%s)", s.verdict.Outcome, s.verdict.Reason, outcome, reason)
	}
	return s
}

var (
	notVerified = onboarding.Answer{Check: onboarding.KYC, Kind: onboarding.AnswerNotVerified, Code: "P459", Report: kyc("NOT_VERIFIED", "")}
	unknown     = onboarding.Answer{Check: onboarding.KYC, Kind: onboarding.AnswerUnknown, Code: "P445"}
	useless     = onboarding.Answer{Check: onboarding.KYC, Kind: onboarding.AnswerUnusable, Code: "P403"}
)

func TestTwoAnswersMoveACheck(t *testing.T) {
	t.Parallel()
	s := asked(t).report(kyc("NOT_VERIFIED", "PENDING")).after(10 * time.Minute)
	s.due()
	s.wantEffects("ask.p100", "ask.xgateway")
	s.answered(kyc("VERIFIED", ""))
	s.want(onboarding.Noted, "first_answer").wantStage(onboarding.StageInReview, onboarding.Provider)
	d, _ := onboarding.Next(s.state, s.policy)
	if d.Kind != onboarding.DeadlineAgree || d.Check != onboarding.KYC || !d.Due.Equal(s.at.Add(5*time.Minute)) {
		t.Fatalf("next is %+v", d)
	}
	s.after(time.Minute).answered(kyc("VERIFIED", "")).want(onboarding.Noted, "too_soon")
	s.after(4 * time.Minute).due()
	s.wantEffects("ask.p100")
	s.after(time.Second).answered(kyc("VERIFIED", "")).want(onboarding.Applied, "second_answer")
	s.wantStage(onboarding.StageApproved, onboarding.Nobody).wantEffects("access.granted", "onboarding.approved", "check.changed:kyc", "notify.approved")
}

func TestTheSecondAnswerSaysAnother(t *testing.T) {
	t.Parallel()
	s := asked(t).report(kyc("NOT_VERIFIED", "PENDING")).after(time.Hour)
	s.answered(kyc("VERIFIED", "")).after(6*time.Minute).answered(kyc("NOT_VERIFIED", "REJECTED_BY_PROVIDER")).want(onboarding.Noted, "first_answer")
	s.after(6*time.Minute).answered(kyc("NOT_VERIFIED", "REJECTED_BY_PROVIDER")).want(onboarding.Applied, "second_answer")
	s.wantStage(onboarding.StageActionRequired, onboarding.User)
	s.answered(kyc("VERIFIED", "")).report(kyc("NOT_VERIFIED", "VERIFICATION"))
	s.after(6*time.Minute).answered(kyc("VERIFIED", "")).want(onboarding.Noted, "first_answer") // a report came in between
}

func TestALostReversalIsFound(t *testing.T) {
	t.Parallel()
	s := asked(t).report(approved).after(169 * time.Hour)
	s.due()
	s.wantEffects("ask.p100", "ask.xgateway")
	s.answered(kyc("EXPIRED", "")).want(onboarding.Noted, "first_answer").wantAccess(onboarding.AccessGranted, 1)
	s.after(5*time.Minute).answered(kyc("EXPIRED", "")).want(onboarding.Applied, "second_answer").wantAccess(onboarding.AccessRevoked, 2)
	s.wantStage(onboarding.StageSuspended, onboarding.User).wantTold("reversed:kyc")
}

func TestAnswersThatChangeNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		given  []onboarding.Report
		answer onboarding.Answer
		reason string
	}{
		"it says what is known":              {[]onboarding.Report{approved}, answer(kyc("VERIFIED", "")), "agrees"},
		"an attempt it does not speak of":    {[]onboarding.Report{kyc("NOT_VERIFIED", "PENDING")}, answer(kyc("NOT_VERIFIED", "")), "agrees"},
		"reasons it does not give":           {[]onboarding.Report{softFailed}, answer(sepa("SOFT_KYC_FAILED", "")), "agrees"},
		"not verified, of a new user":        {nil, notVerified, "agrees"},
		"not verified, of whom it never was": {[]onboarding.Report{approved}, notVerified, "verified_otherwise"},
		"a pass of a failed check":           {[]onboarding.Report{sepa("HARD_KYC_FAILED", "")}, answer(sepa("FULL_USER", "")), "failed_stays_failed"},
		"it does not know a new user":        {nil, unknown, "unknown_user"},
		"it does not know a known user":      {[]onboarding.Report{approved}, unknown, "unknown_user"},
		"it cannot be read":                  {[]onboarding.Report{approved}, useless, "unusable"},
		"a word that is not known":           {[]onboarding.Report{approved}, answer(kyc("PAUSED", "")), "unusable"},
		"it answers for another check":       {[]onboarding.Report{approved}, onboarding.Answer{Check: onboarding.SEPAKYC, Kind: onboarding.AnswerStatus, Report: kyc("EXPIRED", "")}, "unusable"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := asked(t).apply(onboarding.Input{Kind: onboarding.InputStart}).report(c.given...).after(time.Hour)
			before := s.state.Checks.Statuses()
			clock := s.state.ClockAt
			for range 3 {
				s.after(6*time.Minute).hears(c.answer).want(onboarding.Noted, c.reason)
			}
			if s.state.Checks.Statuses() != before || !s.state.ClockAt.Equal(clock) {
				t.Fatalf("%v became %v, the clock %s", before, s.state.Checks.Statuses(), s.state.ClockAt)
			}
		})
	}
}

var softFailed = onboarding.Report{Check: onboarding.SEPAKYC, Status: "SOFT_KYC_FAILED", Reasons: []string{"BAD_SELFIE"}, DocsMissing: []string{"SELFIE"}}

func answer(r onboarding.Report) onboarding.Answer {
	return onboarding.Answer{Check: r.Check, Kind: onboarding.AnswerStatus, Report: r}
}

func TestNotVerifiedOfAUserItHadVerified(t *testing.T) {
	t.Parallel()
	s := asked(t).report(approved).after(time.Hour).answered(kyc("VERIFIED", "")).want(onboarding.Noted, "agrees")
	s.after(time.Hour).hears(notVerified).want(onboarding.Noted, "first_answer")
	s.after(time.Hour).hears(notVerified).want(onboarding.Applied, "second_answer").wantStage(onboarding.StageSuspended, onboarding.User)
}

func TestAContradictionIsToldOnce(t *testing.T) {
	t.Parallel()
	s := asked(t).report(approved).after(time.Hour).hears(notVerified).wantTold("api_contradicts:kyc:verified_otherwise")
	s.after(time.Hour).hears(notVerified).wantTold()
	s.answered(kyc("VERIFIED", "")).want(onboarding.Noted, "agrees")
	s.report(kyc("NOT_VERIFIED", "SUCCESSFUL")).wantOutcome(onboarding.Late).wantEffects("ask.p100")
}

func TestAnUnknownUserIsToldAtTheNextDeadline(t *testing.T) {
	t.Parallel()
	s := asked(t).report(kyc("NOT_VERIFIED", "PENDING")).after(5 * time.Minute)
	s.due()
	s.hears(unknown).wantTold()
	s.after(25 * time.Minute).due()
	s.wantTold("unanswered:kyc:P445")
	s.hears(unknown).after(2 * time.Hour).due()
	s.wantTold()
	s.hears(useless).after(6 * time.Hour).due() // another answer of no use
	s.wantTold("unanswered:kyc:P403")
}

func TestAnAnswerToAnOldQuestion(t *testing.T) {
	t.Parallel()
	s := asked(t).report(approved).after(time.Hour)
	asking := s.at
	s.after(time.Second).report(kyc("EXPIRED", "")).wantEffects("access.revoked", "onboarding.suspended", "check.changed:kyc", "check.reversed:kyc",
		"onboarding.escalated", "notify.suspended", "ask.p100")
	old := answer(kyc("VERIFIED", ""))
	old.Asked = asking
	s.after(time.Second).hears(old).want(onboarding.Noted, "asked_before_report")
}

func TestAPIIsAskedInsteadOfAReviewer(t *testing.T) {
	t.Parallel()
	s := asked(t).report(approved).after(time.Minute).report(kyc("NOT_VERIFIED", "PENDING")).wantOutcome(onboarding.Late).wantEffects("ask.p100")
	s.after(time.Hour).report(kyc("EXPIRED", "")).after(time.Minute).report(kyc("VERIFIED", "")).wantOutcome(onboarding.Held).wantEffects("ask.p100")
	s.wantStage(onboarding.StageSuspended, onboarding.Compliance)
	s.answered(kyc("VERIFIED", "")).after(5*time.Minute).answered(kyc("VERIFIED", "")).wantStage(onboarding.StageApproved, onboarding.Nobody)

	s = asked(t).report(sepa("FULL_USER", "")).after(time.Hour).report(sepaNull("")).want(onboarding.Noted, "null_status").wantEffects("ask.xgateway")
	s.report(sepaNull("VERIFICATION_IN_PROGRESS")).wantOutcome(onboarding.Late).wantEffects("ask.xgateway").wantCheck(onboarding.SEPAKYC, onboarding.StatusPassed)
	s.apply(onboarding.Input{Kind: onboarding.InputReport, Report: sepa("KYC_PENDING", ""), Replay: true, Overtaken: true}).wantEffects("ask.xgateway")
	s.report(poa("APPROVED")).after(time.Minute).report(poa("WAITING")).wantOutcome(onboarding.Late).wantTold("late_report:poa") // it has no API
}

func TestConfirm(t *testing.T) {
	t.Parallel()
	full := sepa("FULL_USER", "")
	t.Run("one answer that agrees passes it", func(t *testing.T) {
		t.Parallel()
		s := asked(t, onboarding.SEPAKYC).report(full).wantOutcome(onboarding.Applied).wantStage(onboarding.StageInReview, onboarding.Provider)
		s.wantEffects("onboarding.started", "onboarding.in_review", "check.changed:sepa_kyc", "ask.xgateway")
		s.report(full).wantOutcome(onboarding.Duplicate)
		s.after(time.Second).answered(full).want(onboarding.Applied, "confirmed").wantStage(onboarding.StageApproved, onboarding.Nobody)
		s.after(time.Hour).report(sepa("FULL_USER", "VERIFICATION_IN_PROGRESS")).wantStage(onboarding.StageApproved, onboarding.Nobody)
	})
	t.Run("asked about by the in_review list, whatever the stage", func(t *testing.T) {
		t.Parallel()
		s := asked(t, onboarding.SEPAKYC).report(approved).after(time.Hour).report(full).wantStage(onboarding.StageApproved, onboarding.Nobody)
		for i, wait := range []time.Duration{5 * time.Minute, 25 * time.Minute, 90 * time.Minute, 4 * time.Hour, 4 * time.Hour} {
			if s.after(wait - time.Second).due(); len(s.effects) != 0 {
				t.Fatalf("step %d: %v", i, names(s.effects))
			}
			s.after(time.Second).due()
			s.wantEffects("ask.xgateway")
		}
	})
	t.Run("two that contradict take it back", func(t *testing.T) {
		t.Parallel()
		s := asked(t, onboarding.SEPAKYC).report(full).after(time.Minute).answered(sepa("SOFT_KYC_FAILED", "")).want(onboarding.Noted, "first_answer")
		s.after(5*time.Minute).answered(sepa("SOFT_KYC_FAILED", "")).wantStage(onboarding.StageActionRequired, onboarding.User)
	})
	t.Run("an overtaken report does not take it back", func(t *testing.T) {
		t.Parallel()
		s := asked(t, onboarding.SEPAKYC).report(full).after(time.Minute).report(sepa("KYC_PENDING", "")).wantOutcome(onboarding.Late)
		s.answered(full).want(onboarding.Applied, "confirmed")
	})
	t.Run("a policy that trusts again passes it", func(t *testing.T) {
		t.Parallel()
		s := asked(t, onboarding.SEPAKYC).report(full)
		s.policy.Confirm = nil
		s.apply(onboarding.Input{Kind: onboarding.InputPolicy}).wantStage(onboarding.StageApproved, onboarding.Nobody)
	})
	t.Run("a verdict of OK on high risk passes kyc no sooner", func(t *testing.T) {
		t.Parallel()
		s := asked(t, onboarding.KYC).command(onboarding.CommandFlagHighRisk).report(highRisk("OK")).wantCheck(onboarding.KYC, onboarding.StatusInReview)
		s.after(time.Second).answered(kyc("VERIFIED", "")).want(onboarding.Applied, "confirmed").wantStage(onboarding.StageApproved, onboarding.Nobody)
	})
	t.Run("what was passed needs no confirming", func(t *testing.T) {
		t.Parallel()
		s := asked(t).report(full)
		s.policy.Confirm = []onboarding.Check{onboarding.SEPAKYC}
		s.apply(onboarding.Input{Kind: onboarding.InputPolicy}).wantStage(onboarding.StageApproved, onboarding.Nobody)
	})
}

// TestUnconfirmedIsAskedAboutWhateverHappens holds that an unconfirmed pass is
// neither forgotten nor asked about in floods.
func TestUnconfirmedIsAskedAboutWhateverHappens(t *testing.T) {
	t.Parallel()
	full, day := sepa("FULL_USER", ""), 24*time.Hour
	minutely := []onboarding.Duration{onboarding.Duration(time.Minute)}
	t.Run("beneath an override", func(t *testing.T) {
		t.Parallel()
		s := asked(t, onboarding.SEPAKYC).report(approved, full).orders(overrideTo(onboarding.SEPAKYC, onboarding.StatusPassed))
		for range 3 {
			s.after(6 * time.Hour).due()
			s.wantEffects("ask.xgateway")
		}
	})
	t.Run("by a list that came to be shorter", func(t *testing.T) {
		t.Parallel()
		s := asked(t, onboarding.SEPAKYC).report(approved, full).after(5 * day)
		s.due()
		s.policy.Stall.InReview.Reconcile = minutely
		s.apply(onboarding.Input{Kind: onboarding.InputPolicy}).wantDue(1)
	})
	t.Run("by a list that came to be longer", func(t *testing.T) {
		t.Parallel()
		s := asked(t, onboarding.SEPAKYC)
		longer := s.policy.Stall.InReview.Reconcile
		s.policy.Stall.InReview.Reconcile = minutely
		s.report(approved, full).after(12 * time.Hour).due()
		s.policy.Stall.InReview.Reconcile = longer
		s.apply(onboarding.Input{Kind: onboarding.InputPolicy})
		if next, _ := onboarding.Next(s.state, s.policy); next.Check != onboarding.SEPAKYC || next.Due.After(s.at.Add(6*time.Hour)) {
			t.Fatalf("next is %+v at %s", next, s.at)
		}
	})
	t.Run("closed for long", func(t *testing.T) {
		t.Parallel()
		s := asked(t, onboarding.SEPAKYC).report(approved, full).command(onboarding.CommandClose).after(300 * day).command(onboarding.CommandReopen)
		s.wantDue(1).wantEffects("ask.xgateway")
	})
	t.Run("replayed long after", func(t *testing.T) {
		t.Parallel()
		s := asked(t, onboarding.SEPAKYC).report(approved)
		s.apply(onboarding.Input{Kind: onboarding.InputReport, Report: full, Replay: true, Received: s.at.Add(-300 * day)})
		s.wantEffects("check.changed:sepa_kyc", "ask.xgateway").wantDue(1)
	})
}

// wantDue folds what is due and compares how many deadlines that were.
func (s *story) wantDue(want int) *story {
	s.t.Helper()
	if n := s.due(); n != want {
		s.t.Fatalf("%d deadlines at once, want %d", n, want)
	}
	return s
}

func TestAskedBeforeGivingUp(t *testing.T) {
	t.Parallel()
	h := func(hours ...int) (ds []onboarding.Duration) {
		for _, n := range hours {
			ds = append(ds, onboarding.Duration(time.Duration(n)*time.Hour))
		}
		return ds
	}
	for name, list := range map[string][]onboarding.Duration{
		"no list": nil, "a short list": h(1), "a list that ends with the stage": h(1, 24), "a list that ends later": h(1, 30, 48), "a list too late": h(48),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := asked(t)
			s.policy.Stall.Collecting = onboarding.StageStall{Reconcile: list, Abandon: onboarding.Duration(24 * time.Hour)}
			s.apply(onboarding.Input{Kind: onboarding.InputStart}).after(2 * time.Hour).due()
			s.after(21*time.Hour + 44*time.Minute).wantDue(0)
			s.after(time.Minute).wantDue(1).wantEffects("ask.p100", "ask.xgateway")
			s.after(15 * time.Minute).wantDue(1).wantEffects("onboarding.abandoned")
		})
	}
}

func TestEveryReversalIsAskedAbout(t *testing.T) {
	t.Parallel()
	for name, reversed := range map[string]func(*testing.T) *story{
		"by a report":        func(t *testing.T) *story { return asked(t).report(approved, kyc("EXPIRED", "")) },
		"of an unknown user": func(t *testing.T) *story { return asked(t).report(kyc("EXPIRED", "")) },
		"by an override's end": func(t *testing.T) *story {
			s := asked(t).orders(overrideTo(onboarding.KYC, onboarding.StatusPassed))
			return s.orders(onboarding.Command{Name: onboarding.CommandLiftOverride, Check: onboarding.KYC})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := reversed(t)
			if got := names(s.effects); s.state.Stage != onboarding.StageSuspended || got[len(got)-1] != onboarding.EffectAskP100 {
				t.Fatalf("stage %s, effects %v", s.state.Stage, got)
			}
		})
	}
}
