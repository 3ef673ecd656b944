package onboarding

import "time"

// Next returns the earliest deadline of a user, due or not, and whether there is
// one. It follows from the state and the policy alone, so a changed policy moves
// it.
func Next(s State, p Policy) (Deadline, bool) {
	if s.StartedAt.IsZero() {
		return Deadline{}, false
	}
	var first Deadline
	found := false
	for _, d := range upcoming(s, p) {
		if !found || d.Due.Before(first.Due) {
			first, found = d, true
		}
	}
	return first, found
}

// Ended says whether nothing more is expected of the user: only a report, a
// command or a changed policy leads on from here.
func (s State) Ended() bool {
	return s.Stage == StageRejected || s.Stage == StageAbandoned || s.Stage == StageClosed
}

// upcoming returns the next step of each list, in the order in which steps due
// at the same time act.
func upcoming(s State, p Policy) []Deadline {
	stall := p.Stall.At(s.Stage)
	var ds []Deadline
	add := func(kind DeadlineKind, list []Duration, step int) {
		if after, ok := stepAfter(list, step, stall.Abandon == 0); ok {
			ds = append(ds, Deadline{Kind: kind, Step: step, Due: dueAt(s, p, after)})
		}
	}
	if s.Reminders < p.MaxReminders {
		add(DeadlineRemind, stall.Remind, s.Reminded)
	}
	add(DeadlineEscalate, stall.Escalate, s.Escalated)
	if stall.Abandon > 0 && !s.Abandoned {
		ds = append(ds, Deadline{Kind: DeadlineAbandon, Due: dueAt(s, p, stall.Abandon.D())})
	}
	return ds
}

func dueAt(s State, p Policy, after time.Duration) time.Time {
	return s.ClockAt.Add(after + spread(p.Jitter.D(), s.UserID)).Truncate(time.Microsecond)
}

// maxRepeats bounds how often a last step repeats, so that no product of a
// policy's durations overflows: centuries even for a policy in seconds.
const maxRepeats = 1 << 24

// stepAfter returns how long after the clock's start the given step of a list is
// due. Behind its end a list that repeats goes on at the distance of its last two
// steps, a single step at its own length.
func stepAfter(list []Duration, step int, repeats bool) (time.Duration, bool) {
	n := len(list)
	switch {
	case n == 0 || step < 0:
		return 0, false
	case step < n:
		return list[step].D(), true
	case !repeats || step-n >= maxRepeats:
		return 0, false
	}
	gap := list[n-1].D()
	if n > 1 {
		gap -= list[n-2].D()
	}
	if gap <= 0 {
		return 0, false
	}
	return list[n-1].D() + time.Duration(step-n+1)*gap, true
}

// deadline folds one due step. It acts only when its condition holds and nothing
// that is due as well has overtaken it.
func (f *fold) deadline() Verdict {
	d, current := f.in.Deadline, false
	var overtaken bool
	for _, u := range upcoming(f.s, f.policy) {
		if u == d || u.Kind == d.Kind && u.Step == d.Step && u.Due.Equal(d.Due) {
			current = !d.Due.After(f.now)
		} else if u.Kind == DeadlineAbandon && !u.Due.After(f.now) {
			overtaken = true
		}
	}
	if !current {
		return Verdict{Outcome: Noted, Reason: "not_due"}
	}
	switch d.Kind {
	case DeadlineRemind:
		f.s.Reminded++
		return f.step(f.s.BlockedOn == User, overtaken, f.remind)
	case DeadlineEscalate:
		f.s.Escalated++
		return f.step(f.s.BlockedOn != User, overtaken, f.escalate)
	}
	f.s.Abandoned = true
	return Verdict{Outcome: Applied}
}

// step acts unless its condition does not hold, the list's next step is due as
// well, or the user is being abandoned.
func (f *fold) step(holds, overtaken bool, act func()) Verdict {
	for _, u := range upcoming(f.s, f.policy) {
		overtaken = overtaken || u.Kind == f.in.Deadline.Kind && !u.Due.After(f.now)
	}
	switch {
	case overtaken:
		return Verdict{Outcome: Noted, Reason: codeOvertaken}
	case !holds:
		return Verdict{Outcome: Noted, Reason: "blocked_on_" + string(f.s.BlockedOn)}
	}
	if !f.s.Stalled {
		f.s.Stalled = true
		f.stall = append(f.stall, Effect{Name: EffectStalled})
	}
	act()
	return Verdict{Outcome: Applied}
}

func (f *fold) remind() {
	f.s.Reminders++
	f.stall = append(f.stall, Effect{Name: EffectReminder, Number: f.s.Reminders}, Effect{Name: NotifyReminder, Number: f.s.Reminders})
}

func (f *fold) escalate() { f.tell("stalled:" + string(f.s.Stage)) }
