package onboarding

import (
	"slices"
	"time"
)

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

// upcoming returns the next step of each list and the ends of what stands for a
// time, in the order in which what is due at the same time acts.
func upcoming(s State, p Policy) []Deadline { return append(ends(s, p), steps(s, p)...) }

// steps returns the next step of each of the stage's lists.
func steps(s State, p Policy) []Deadline {
	stall := p.Stall.At(s.Stage)
	var ds []Deadline
	add := func(kind DeadlineKind, list []Duration, step int) {
		if after, ok := stepAfter(list, step, stall.Abandon == 0); ok {
			ds = append(ds, Deadline{Kind: kind, Step: step, Due: dueAt(s, p, after)})
		}
	}
	if len(asksAbout(&s, p)) > 0 {
		add(DeadlineReconcile, stall.reconciles(p), s.Reconciled)
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

// reconciles returns the stage's reconcile list up to when the user is given up,
// with one step more before that: early enough for two answers.
func (s StageStall) reconciles(p Policy) []Duration {
	list := s.Reconcile
	if s.Abandon == 0 {
		return list
	}
	for len(list) > 0 && list[len(list)-1] >= s.Abandon {
		list = list[:len(list)-1]
	}
	last := max(s.Abandon-3*p.AgreeAfter, s.Abandon/2)
	if n := len(list); n > 0 && last-list[n-1] < Duration(minStep) || last < Duration(minStep) {
		return list
	}
	return append(slices.Clip(list), last)
}

// ends returns when what stands for a time ends: an unconfirmed pass is asked about
// again, a first answer waits for its second, overrides and proposals run out.
func ends(s State, p Policy) []Deadline {
	var ds []Deadline
	for _, check := range Checks {
		c := s.Checks.At(check)
		if c.Override != nil {
			ds = append(ds, Deadline{Kind: DeadlineOverride, Check: check, Due: c.Override.Until})
		}
		if s.Closed || !slices.Contains(p.APIs, check) {
			continue
		}
		if c.Said != nil && !c.Said.AskedAgain {
			ds = append(ds, Deadline{Kind: DeadlineAgree, Check: check, Due: c.Said.AgreeAt})
		}
		if after, ok := stepAfter(p.Stall.InReview.Reconcile, c.Asked, true); ok && c.Unconfirmed {
			due := c.ReportedAt.Add(after + spread(p.Jitter.D(), s.UserID)).Truncate(time.Microsecond)
			ds = append(ds, Deadline{Kind: DeadlineReconcile, Check: check, Step: c.Asked, Due: due})
		}
	}
	for _, proposal := range s.Proposals {
		ds = append(ds, Deadline{Kind: DeadlineProposal, Due: proposal.Expires})
	}
	return ds
}

func dueAt(s State, p Policy, after time.Duration) time.Time {
	return s.ClockAt.Add(after + s.Extended.D() + spread(p.Jitter.D(), s.UserID)).Truncate(time.Microsecond)
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
	since := f.now.Sub(f.s.ClockAt) - f.s.Extended.D() - spread(f.policy.Jitter.D(), f.s.UserID)
	fit := func(done int, list []Duration) int {
		return fitted(done, stepsBy(list, since, stall.Abandon == 0))
	}
	f.s.Reminded, f.s.Escalated = fit(f.s.Reminded, stall.Remind), fit(f.s.Escalated, stall.Escalate)
	f.s.Reconciled = fit(f.s.Reconciled, stall.reconciles(f.policy))
	f.fitAllAsked()
}

// fitAllAsked fits what is counted of asking about the unconfirmed passes.
func (f *fold) fitAllAsked() {
	for _, check := range Checks {
		if c := f.said(check); c.Unconfirmed {
			f.fitAsked(c)
		}
	}
}

// fitAsked fits the done steps of asking about an unconfirmed pass where these do
// not follow one upon the other: a policy that changed, an old report that is
// replayed, a user who was closed meanwhile.
func (f *fold) fitAsked(c *CheckState) {
	since := f.now.Sub(c.ReportedAt) - spread(f.policy.Jitter.D(), f.s.UserID)
	c.Asked = fitted(c.Asked, stepsBy(f.policy.Stall.InReview.Reconcile, since, true))
}

// replayedAsks begins the steps of asking about an old pass now: nobody could take
// them before.
func (f *fold) replayedAsks(c *CheckState) {
	if f.in.Replay {
		f.fitAsked(c)
	}
}

// fitted returns how many steps count as done when so many have passed: all of
// these but one at most, and none that lies ahead.
func fitted(done, passed int) int { return min(max(done, passed-1), passed) }

// deadline folds one thing that is due. A step acts only when its condition holds
// and nothing that is due as well has overtaken it.
func (f *fold) deadline() Verdict {
	d, current := f.in.Deadline, false
	var abandoned bool
	for _, u := range upcoming(f.s, f.policy) {
		if u.Kind == d.Kind && u.Check == d.Check && u.Step == d.Step && u.Due.Equal(d.Due) {
			current = !d.Due.After(f.now)
		} else if u.Kind == DeadlineAbandon && !u.Due.After(f.now) {
			abandoned = true
		}
	}
	if !current {
		return Verdict{Outcome: Noted, Reason: "not_due"}
	}
	f.tellUnanswered()
	switch d.Kind {
	case DeadlineRemind:
		f.s.Reminded++
		return f.step(f.s.BlockedOn == User, abandoned, f.stalls(f.remind))
	case DeadlineEscalate:
		f.s.Escalated++
		// Who has had every reminder is not forgotten in silence either.
		return f.step(f.s.BlockedOn != User || f.s.Reminders >= f.policy.MaxReminders, abandoned, f.stalls(f.escalate))
	case DeadlineReconcile:
		return f.reconcileStep(d.Check)
	case DeadlineAbandon:
		f.s.Abandoned = true
	case DeadlineAgree:
		f.said(d.Check).Said.AskedAgain = true
		f.ask(d.Check)
	case DeadlineOverride:
		f.tell("override_ended:" + string(d.Check)) // nobody did it, and it may have let the user in
		f.endOverride(d.Check)
	case DeadlineProposal:
		f.expireProposals()
	}
	return Verdict{Outcome: Applied}
}

// reconcileStep asks what the stage is to ask, or about the unconfirmed pass of one
// check. It does so also right before the user is given up: an answer revives.
func (f *fold) reconcileStep(check Check) Verdict {
	if check != "" {
		f.said(check).Asked++
		f.s.Checks.At(check).overlay() // what is due next is read there
		return f.step(true, false, func() { f.ask(check) })
	}
	f.s.Reconciled++
	return f.step(true, false, func() {
		for _, c := range asksAbout(&f.s, f.policy) {
			f.ask(c)
		}
	})
}

// step acts unless its condition does not hold, the list's next step is due as
// well, or the user is being abandoned.
func (f *fold) step(holds, overtaken bool, act func()) Verdict {
	for _, u := range upcoming(f.s, f.policy) {
		overtaken = overtaken || u.Kind == f.in.Deadline.Kind && u.Check == f.in.Deadline.Check && !u.Due.After(f.now)
	}
	switch {
	case overtaken:
		return Verdict{Outcome: Noted, Reason: codeOvertaken}
	case !holds:
		return Verdict{Outcome: Noted, Reason: "blocked_on_" + string(f.s.BlockedOn)}
	}
	act()
	return Verdict{Outcome: Applied}
}

// stalls marks the user as stalled before it acts.
func (f *fold) stalls(act func()) func() {
	return func() {
		if !f.s.Stalled {
			f.s.Stalled = true
			f.stall = append(f.stall, Effect{Name: EffectStalled})
		}
		act()
	}
}

// remind tells the user what is missing, and until when.
func (f *fold) remind() {
	f.s.Reminders++
	e := Effect{Name: NotifyReminder, Number: f.s.Reminders, Asks: f.asksOfUser(nil)}
	if stall := f.policy.Stall.At(f.s.Stage); stall.Abandon > 0 && canAbandon(f.s.Stage) {
		e.AbandonAt = dueAt(f.s, f.policy, stall.Abandon.D())
		next, more := stepAfter(stall.Remind, f.s.Reminded, false)
		e.Last = f.s.Reminders >= f.policy.MaxReminders || !more || next >= stall.Abandon.D()
	}
	f.stall = append(f.stall, Effect{Name: EffectReminder, Number: f.s.Reminders}, e)
}

func (f *fold) escalate() { f.tell("stalled:" + string(f.s.Stage)) }
