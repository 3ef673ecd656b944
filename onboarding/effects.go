package onboarding

import "slices"

// access decides whether downstream is to let the user in or to shut the user
// out.
func (f *fold) access() {
	s, was := &f.s, f.before
	switch {
	case s.Stage == StageApproved && was.Stage != StageApproved:
		f.setAccess(AccessGranted, EffectGranted)
	case s.Stage == was.Stage:
	case was.Stage == StageApproved:
		f.setAccess(AccessRevoked, EffectRevoked)
	case s.Access != AccessRevoked && shuts(s.Stage):
		f.setAccess(AccessRevoked, EffectRevoked)
	}
}

// shuts says whether a stage gives downstream a definite no, also for a user who
// was never let in.
func shuts(s Stage) bool {
	return s == StageSuspended || s == StageOnHold || s == StageRejected || s == StageClosed
}

func (f *fold) setAccess(a Access, effect string) {
	f.s.Access = a
	f.s.AccessVersion++
	f.effects = append(f.effects, Effect{Name: effect})
}

// stages tells of a new stage; a new user in collecting is onboarding.started
// alone.
func (f *fold) stages(fresh bool) {
	if fresh {
		f.effects = append(f.effects, Effect{Name: EffectStarted})
	}
	if f.s.Stage == f.before.Stage || fresh && f.s.Stage == StageCollecting {
		return
	}
	f.effects = append(f.effects, Effect{Name: "onboarding." + string(f.s.Stage)})
	if f.before.Stage == StageSuspended && f.s.Stage == StageApproved {
		f.effects = append(f.effects, Effect{Name: EffectReinstated})
	}
}

// checks tells of each check that moved, and of each that is newly reversed.
func (f *fold) checks() {
	for _, c := range Checks {
		was, is := f.before.Checks.At(c), f.s.Checks.At(c)
		if was.Get() != is.Get() {
			f.effects = append(f.effects, Effect{Name: EffectCheckChanged, Check: c, Was: was.Get()})
		}
		if is.Reversed() && !was.Reversed() {
			f.effects = append(f.effects, Effect{Name: EffectCheckLost, Check: c, Was: was.Get()})
		}
	}
}

// notices decides what the user is told: one message for an input, which says all
// that there is to do.
func (f *fold) notices() {
	var fresh []Check
	name := NotifyExpired
	for _, c := range Checks {
		is := f.s.Checks.At(c)
		if !is.asksUser() || !counts(&f.s, f.policy, c) || sameAsked(f.before.Checks.At(c), is) {
			continue
		}
		fresh = append(fresh, c)
		if is.Is(StatusActionRequired) {
			name = NotifyActionRequired
		}
	}
	if f.verdictNotice(fresh) && f.s.Stage != StageApproved || len(fresh) == 0 {
		return
	}
	if f.s.Stage == StageRejected || f.s.Stage == StageClosed {
		return // there is nothing more for the user to do
	}
	f.say(Effect{Name: name, Asks: f.asksOfUser(fresh)})
}

// asksUser says whether a check is the user's to repeat or to renew.
func (c *CheckState) asksUser() bool { return c.Is(StatusActionRequired, StatusExpired) }

// sameAsked says whether a check asks of the user what it asked before.
func sameAsked(was, is *CheckState) bool {
	return was.Get() == is.Get() && slices.Equal(was.reasons(), is.reasons())
}

// asksOfUser returns what the user is asked to do, the given checks first.
func (f *fold) asksOfUser(first []Check) []Asked {
	var all []Asked
	for _, c := range slices.Concat(first, Checks[:]) {
		k := f.s.Checks.At(c)
		if !k.asksUser() || !counts(&f.s, f.policy, c) || slices.ContainsFunc(all, func(a Asked) bool { return a.Check == c }) {
			continue
		}
		all = append(all, Asked{Check: c, Status: k.Get(), Reasons: k.reasons(), FreeText: slices.Contains(f.policy.FreeText, c) && k.Override == nil && frank(k.Reasons)})
	}
	return all
}

// frank says whether each of the reasons may be said: a provider's text beside one
// that may not could give it away.
func frank(reasons []string) bool {
	return !slices.ContainsFunc(reasons, func(r string) bool { return SpeechOf(r) != SpeechSay })
}

// verdictNotice tells the user of an approval, a suspension or a rejection that
// the user was not told of yet, and says whether it did; fresh are the checks that
// ask something new. What happened in silence ends in silence: a user who was never
// told of a suspension is not told of its end.
func (f *fold) verdictNotice(fresh []Check) bool {
	s := &f.s
	if s.Told == s.Stage {
		return false
	}
	e := Effect{Reasons: verdictReasons(s, f.policy)}
	switch s.Stage {
	case StageApproved:
		e.Name, e.Reasons = NotifyApproved, nil
		if s.Told == StageSuspended {
			e.Name = NotifyReinstated
		}
	case StageSuspended:
		e.Name, e.Asks = NotifySuspended, f.asksOfUser(fresh)
	case StageRejected:
		e.Name = NotifyRejected
	case StageOnHold, StageClosed:
		return false
	default:
		if s.Told == StageRejected {
			s.Told = "" // the user has a new chance, and is told again if it fails
		}
		return false
	}
	if !f.say(e) {
		return false
	}
	s.Told = s.Stage
	return true
}

// say adds a message to the user unless one of its reasons forbids to speak. Bad
// news waits a little for more of it.
func (f *fold) say(e Effect) bool {
	if silent(e.Reasons) {
		return false
	}
	if e.Name != NotifyApproved && e.Name != NotifyReinstated {
		e.Settle = f.policy.Settle.D()
	}
	f.effects = append(f.effects, e)
	return true
}

// reasons returns the provider's reasons for the check's status; there are none for
// an operator's.
func (c *CheckState) reasons() []string {
	if c.Override != nil {
		return nil
	}
	return c.Reasons
}

// verdictReasons returns why a user is suspended or rejected.
func verdictReasons(s *State, p Policy) []string {
	var reasons []string
	switch {
	case s.Checks.HighRisk.Is(StatusInReview):
		reasons = append(reasons, ReasonHighRiskReview)
	case s.Checks.HighRisk.Is(StatusFailed):
		reasons = append(reasons, ReasonHighRiskRejected)
	}
	for _, c := range p.listed() {
		if k := s.Checks.At(c); k.Reversed() || k.Is(StatusFailed) {
			reasons = append(reasons, k.reasons()...)
		}
	}
	return reasons
}
