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
	if stall.Abandon > 0 && !s.Abandoned && canAbandon(s.Stage) {
		ds = append(ds, Deadline{Kind: DeadlineAbandon, Due: dueAt(s, p, stall.Abandon.D())})
	}
	return ds
}

func dueAt(s State, p Policy, after time.Duration) time.Time {
	return s.ClockAt.Add(after + spread(p.Jitter.D(), s.UserID)).Truncate(time.Microsecond)
}

// canAbandon says whether a user in that stage can be given up: in any other the
// stage would not become abandoned.
func canAbandon(s Stage) bool {
	return s == StageCollecting || s == StageActionRequired || s == StageInReview || s == StageHighRiskReview
}

// maxAfter is how long after the clock's start a list that repeats goes on.
const maxAfter = 100 * 365 * 24 * time.Hour

// stepAfter returns how long after the clock's start the given step of a list is
// due. Behind its end a list that repeats goes on at the distance of its last two
// steps, a single step at its own length.
func stepAfter(list []Duration, step int, repeats bool) (time.Duration, bool) {
	n := len(list)
	if n == 0 || step < 0 {
		return 0, false
	}
	if step < n {
		return list[step].D(), true
	}
	last, gap := list[n-1].D(), gapOf(list)
	if more := time.Duration(step - n + 1); repeats && gap > 0 && last <= maxAfter && more <= (maxAfter-last)/gap {
		return last + more*gap, true
	}
	return 0, false
}

// gapOf returns the distance at which a list repeats its last step.
func gapOf(list []Duration) time.Duration {
	if n := len(list); n > 1 {
		return list[n-1].D() - list[n-2].D()
	}
	return list[0].D()
}

// stepsBy returns how many steps of a list are due by the given time after the
// clock's start.
func stepsBy(list []Duration, after time.Duration, repeats bool) int {
	due := 0
	for _, d := range list {
		if d.D() <= after {
			due++
		}
	}
	if due < len(list) || due == 0 || !repeats || gapOf(list) <= 0 {
		return due
	}
	return due + int((after-list[len(list)-1].D())/gapOf(list))
}

// fitSteps fits the counters of done steps to a changed policy, whose lists are
// others: no step of the new list that lies ahead counts as done, and of those
// that have passed one at most is left to act.
func (f *fold) fitSteps() {
	stall := f.policy.Stall.At(f.s.Stage)
	since := f.now.Sub(f.s.ClockAt) - spread(f.policy.Jitter.D(), f.s.UserID)
	fit := func(done int, list []Duration) int {
		passed := stepsBy(list, since, stall.Abandon == 0)
		return min(max(done, passed-1), passed)
	}
	f.s.Reminded, f.s.Escalated = fit(f.s.Reminded, stall.Remind), fit(f.s.Escalated, stall.Escalate)
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
		// Who has had every reminder is not forgotten in silence either.
		return f.step(f.s.BlockedOn != User || f.s.Reminders >= f.policy.MaxReminders, overtaken, f.escalate)
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
