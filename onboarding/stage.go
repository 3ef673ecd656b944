package onboarding

// listed returns the checks in the policy's lists, each once, in the order of
// Checks.
func (p Policy) listed() []Check {
	var in []Check
	for _, c := range Checks {
		if has(p.RequireAny, c) || has(p.RequireAll, c) || has(p.RequireIfStarted, c) {
			in = append(in, c)
		}
	}
	return in
}

func has(list []Check, c Check) bool {
	for _, k := range list {
		if k == c {
			return true
		}
	}
	return false
}

// reversedIn returns the checks in the lists that have passed before and are
// not passed now.
func reversedIn(s *State, p Policy) []Check {
	var in []Check
	for _, c := range p.listed() {
		if s.Checks.At(c).Reversed() {
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

// failed says whether no report but a reversal of the failure can lead on.
func failed(s *State, p Policy) bool {
	for _, c := range p.listed() {
		must := has(p.RequireAll, c) || has(p.RequireIfStarted, c)
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
	return has(p.RequireAny, c) || has(p.RequireAll, c) || has(p.RequireIfStarted, c)
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

// suspendedOn says who can end a suspension: compliance where risk, a failed
// check or a held report is the cause; the provider while it looks at all that is
// reversed (or, when nothing is any more, at all that is not passed yet); else the
// user.
func suspendedOn(s *State, p Policy) Party {
	if !s.Checks.HighRisk.Is(StatusNone, StatusPassed) {
		return Compliance
	}
	waiting := reversedIn(s, p)
	reversed := len(waiting) > 0
	for _, c := range p.listed() {
		k := s.Checks.At(c)
		if k.Is(StatusFailed) || k.HeldReport {
			return Compliance
		}
		if !reversed && !k.Is(StatusNone, StatusPassed) {
			waiting = append(waiting, c)
		}
	}
	for _, c := range waiting {
		if !s.Checks.At(c).Is(StatusInReview) {
			return User
		}
	}
	if len(waiting) == 0 {
		return User
	}
	return Provider
}
