package onboarding

import (
	"slices"
	"time"
)

// Apply folds one input into a state and says what follows from it. It decides
// everything there is to decide about a user, and nothing else does.
//
// The zero State with a UserID is a user that nothing was folded for yet. now is
// the database's clock at the time of folding; events are judged by the time they
// were received. Apply is total: every input has an outcome, whatever the state,
// and none panics.
func Apply(s State, in Input, p Policy, now time.Time) (State, Verdict, []Effect) {
	now = stamp(now)
	if in.Received = stamp(in.Received); in.Received.IsZero() {
		in.Received = now
	}
	f := fold{before: s, s: s.own(), in: in, policy: p, now: now}
	fresh := s.Version == 0
	if fresh {
		f.start()
	}
	verdict := f.input()
	if verdict.Outcome == Duplicate {
		return s, verdict, nil
	}
	f.s.Version++
	f.settle(fresh)
	return f.s, verdict, f.effects
}

// stamp brings a time to the form in which states hold it: UTC, in the
// microseconds that the database keeps.
func stamp(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// fold is one input being applied: the state as it becomes, and what was found.
type fold struct {
	before State
	s      State
	in     Input
	policy Policy
	now    time.Time

	progress bool     // a report was applied: the stall clock starts again
	causes   []string // why a reviewer is told
	stall    []Effect // reminders and the like, from a deadline
	odd      Check    // the check of an unknown word
	isOdd    bool
	asks     []Check // whose provider's API is asked
	lost     []Check // the reversed checks for which approval is lost
	effects  []Effect
}

// own returns a copy of s of which a fold may change every part.
func (s State) own() State {
	s.Proposals = slices.Clone(s.Proposals)
	for _, check := range Checks {
		c := s.Checks.At(check)
		if c.Override != nil {
			o := *c.Override
			c.Override = &o
			o.Beneath.ownSaid()
		}
		c.ownSaid()
	}
	return s
}

func (c *CheckState) ownSaid() {
	if c.Said != nil {
		said := *c.Said
		c.Said = &said
	}
}

// start fills in what every user has from the first input on.
func (f *fold) start() {
	f.s.StartedAt = f.in.Received
	f.s.Stage, f.s.Access, f.s.BlockedOn = StageCollecting, AccessNone, User
	f.s.PolicyHash = f.policy.Hash()
}

func (f *fold) input() Verdict {
	switch f.in.Kind {
	case InputReport:
		return f.report()
	case InputStart:
		if f.before.Version == 0 {
			return Verdict{Outcome: Applied}
		}
		return Verdict{Outcome: Noted, Reason: "exists"}
	case InputCommand:
		return f.order()
	case InputDeadline:
		return f.deadline()
	case InputAnswer:
		return f.answer()
	case InputImport:
		return f.imported()
	case InputHook:
		return f.hook()
	case InputPolicy:
		f.s.PolicyHash = f.policy.Hash()
		f.fitSteps()
		f.fitConfirm()
		return Verdict{Outcome: Applied}
	}
	f.tell("undecodable")
	f.isOdd = true
	return Verdict{Outcome: Unrecognised, Reason: "undecodable"}
}

// tell has a reviewer told of a cause: a stable code, ":check" behind it where
// it is about one.
func (f *fold) tell(cause string) {
	if !slices.Contains(f.causes, cause) {
		f.causes = append(f.causes, cause)
	}
}

// settle derives everything that follows from the checks and the marks of
// operators and deadlines, and collects the effects.
func (f *fold) settle(fresh bool) {
	s, p := &f.s, f.policy
	for _, c := range Checks {
		s.Checks.At(c).overlay()
	}
	f.approval()
	s.Stage = stageOf(s, p)
	s.BlockedOn = blockedOn(s, p)
	s.Reversed = len(reversedIn(s, p)) > 0
	entered, at := fresh || s.Stage != f.before.Stage, f.in.Received
	if f.in.Replay {
		at = f.now // nobody could act on it before, so the user's time begins now
	}
	if entered {
		s.StageSince, s.Reminders = at, 0
	}
	if entered || f.progress {
		s.ClockAt, s.Reminded, s.Escalated, s.Stalled = at, 0, 0, false
		s.Reconciled, s.Extended = 0, 0
	}
	f.access()
	f.stages(fresh)
	f.checks()
	f.effects = append(f.effects, f.stall...)
	f.losses()
	if len(f.causes) > 0 {
		f.effects = append(f.effects, Effect{Name: EffectEscalated, Reasons: f.causes})
	}
	if f.isOdd {
		f.effects = append(f.effects, Effect{Name: EffectUnrecognised, Check: f.odd})
	}
	f.notices()
	f.questions()
	if f.in.Kind == InputImport {
		f.effects = slices.DeleteFunc(f.effects, func(e Effect) bool { return e.Lane() != LaneAccess || !f.in.Import.SendAccess })
	}
}

// losses has a reviewer told why a user is shut out, and a person called when too
// many users are.
func (f *fold) losses() {
	s := &f.s
	if s.Stage == StageSuspended && f.before.Stage != StageSuspended {
		for _, c := range f.lost {
			f.tell("reversed:" + string(c))
		}
		if !s.Checks.HighRisk.Is(StatusNone, StatusPassed) && !s.Checks.HighRisk.Reversed() {
			f.tell("suspended:" + string(HighRisk))
		}
	}
	surge, limit := f.in.Surge, f.policy.ReversalsPerHour
	if limit > 0 && s.Reversed && !f.before.Reversed && !surge.Told && surge.Users+1 > limit {
		f.effects = append(f.effects, Effect{Name: EffectSurge, Number: surge.Users + 1, Limit: limit})
	}
}

// approval judges whether approval is won or lost, and keeps which checks it
// rests on: a reversal of one of them counts although the policy may have
// stopped listing it.
func (f *fold) approval() {
	s, p := &f.s, f.policy
	switch {
	case won(s, p):
		s.Approved, s.ApprovedBefore = true, true
		for _, c := range Checks {
			k := s.Checks.At(c)
			k.ReliedOn = p.lists(c) && k.Is(StatusPassed)
		}
	case lost(s, p):
		s.Approved, f.lost = false, reversedIn(s, p)
		for _, c := range Checks {
			s.Checks.At(c).ReliedOn = false
		}
	}
}
