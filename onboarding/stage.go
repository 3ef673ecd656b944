package onboarding

import "slices"

// lists says whether the check is in one of the policy's lists.
func (p Policy) lists(c Check) bool {
	return slices.Contains(p.RequireAny, c) || slices.Contains(p.RequireAll, c) || slices.Contains(p.RequireIfStarted, c)
}

// listed returns the checks in the policy's lists, each once, in the order of
// Checks.
func (p Policy) listed() []Check {
	var in []Check
	for _, c := range Checks {
		if p.lists(c) {
			in = append(in, c)
		}
	}
	return in
}

// reversedIn returns the checks in the lists, and those that the user's approval
// rests on, that have passed before and are not passed now.
func reversedIn(s *State, p Policy) []Check {
	var in []Check
	for _, c := range Checks {
		if k := s.Checks.At(c); k.Reversed() && (p.lists(c) || k.ReliedOn) {
			in = append(in, c)
		}
	}
	return in
}

// won says whether approval is won: the three lists hold, nothing in them is
// reversed, and nobody doubts the user's risk. A policy that requires nothing
// approves nobody.
func won(s *State, p Policy) bool {
	if len(p.RequireAny)+len(p.RequireAll) == 0 || lost(s, p) {
		return false
	}
	holds := len(p.RequireAny) == 0
	for _, c := range p.RequireAny {
		holds = holds || s.Checks.At(c).Is(StatusPassed)
	}
	for _, c := range p.RequireAll {
		holds = holds && s.Checks.At(c).Is(StatusPassed)
	}
	for _, c := range p.RequireIfStarted {
		holds = holds && s.Checks.At(c).Is(StatusPassed, StatusNone)
	}
	return holds
}

// lost says whether approval is lost. What lies between won and lost keeps an
// approved user approved.
func lost(s *State, p Policy) bool {
	return len(reversedIn(s, p)) > 0 || !s.Checks.HighRisk.Is(StatusNone, StatusPassed)
}

// stageOf derives the stage; the first rule that matches wins.
func stageOf(s *State, p Policy) Stage {
	switch {
	case s.Closed:
		return StageClosed
	case s.OnHold:
		return StageOnHold
	case s.Approved:
		return StageApproved
	case s.ApprovedBefore:
		return StageSuspended
	case failed(s, p):
		return StageRejected
	case s.Abandoned:
		return StageAbandoned
	case s.Checks.HighRisk.Is(StatusInReview):
		return StageHighRiskReview
	case anyCounts(s, p, StatusActionRequired, StatusExpired):
		return StageActionRequired
	case anyCounts(s, p, StatusInReview):
		return StageInReview
	}
	return StageCollecting
}

// failed says whether no report but a reversal of the failure can lead on. A
// high-risk verdict of REJECTED does so in any list or none, for nobody is
// approved against it.
func failed(s *State, p Policy) bool {
	if s.Checks.HighRisk.Is(StatusFailed) {
		return true
	}
	for _, c := range p.listed() {
		must := slices.Contains(p.RequireAll, c) || slices.Contains(p.RequireIfStarted, c)
		if must && s.Checks.At(c).Is(StatusFailed) {
			return true
		}
	}
	one := false
	for _, c := range p.RequireAny {
		if !s.Checks.At(c).Is(StatusNone, StatusFailed) {
			return false
		}
		one = one || s.Checks.At(c).Is(StatusFailed)
	}
	return one
}

// anyCounts says whether a check that counts has one of the statuses: those in
// the lists, and kyc_files while kyc has nothing to say.
func anyCounts(s *State, p Policy, statuses ...Status) bool {
	for _, c := range Checks {
		if counts(s, p, c) && s.Checks.At(c).Is(statuses...) {
			return true
		}
	}
	return false
}

func counts(s *State, p Policy, c Check) bool {
	if c == KYCFiles && s.Checks.KYC.Is(StatusNone, StatusAwaitingUser) {
		return true
	}
	return p.lists(c)
}

// blockedOn derives who has to move next.
func blockedOn(s *State, p Policy) Party {
	switch s.Stage {
	case StageCollecting, StageActionRequired:
		return User
	case StageInReview:
		return Provider
	case StageHighRiskReview, StageOnHold:
		return Compliance
	case StageSuspended:
		return suspendedOn(s, p)
	}
	return Nobody
}

// suspendedOn says who can end a suspension. What stands in the way are the
// reversed checks or, when none is any more, what keeps the lists from holding:
// compliance where one of these failed or has a held report, or where risk is the
// cause; the provider while it looks at all of them; else the user.
func suspendedOn(s *State, p Policy) Party {
	if !s.Checks.HighRisk.Is(StatusNone, StatusPassed) {
		return Compliance
	}
	inTheWay := reversedIn(s, p)
	if len(inTheWay) == 0 {
		inTheWay = lacking(s, p)
	}
	on := Provider
	for _, c := range inTheWay {
		k := s.Checks.At(c)
		switch {
		case k.Is(StatusFailed) || k.HeldReport:
			return Compliance
		case !k.Is(StatusInReview):
			on = User
		}
	}
	if len(inTheWay) == 0 {
		return User
	}
	return on
}

// lacking returns the checks that keep the lists from holding. Of the checks of
// which one must pass, those that were started count, and all of them when none
// was.
func lacking(s *State, p Policy) []Check {
	var lack, started []Check
	passed := false
	for _, c := range p.RequireAny {
		k := s.Checks.At(c)
		passed = passed || k.Is(StatusPassed)
		if !k.Is(StatusNone) {
			started = append(started, c)
		}
	}
	switch {
	case passed:
	case len(started) > 0:
		lack = started
	default:
		lack = append(lack, p.RequireAny...)
	}
	for _, c := range p.RequireAll {
		if !s.Checks.At(c).Is(StatusPassed) {
			lack = append(lack, c)
		}
	}
	for _, c := range p.RequireIfStarted {
		if !s.Checks.At(c).Is(StatusNone, StatusPassed) {
			lack = append(lack, c)
		}
	}
	return lack
}
