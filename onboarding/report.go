package onboarding

import "time"

// report folds a provider's webhook: told apart are, in this order, a replay that
// a later report has overtaken, words that are not known, a report that says
// nothing, a duplicate, a late one and a held one; every other is believed at once.
func (f *fold) report() Verdict {
	r := f.in.Report
	c := f.said(r.Check)
	words := merged(*c, r)
	m := meaningOf(r, words.Attempt)
	switch {
	case f.in.Overtaken || f.old(c):
		f.ask(r.Check)
		return Verdict{Outcome: Noted, Reason: codeOvertaken}
	case !m.known:
		f.isOdd, f.odd = true, r.Check
		if f.s.Stage == StageApproved {
			f.tell("unrecognised:" + string(r.Check))
		}
		return Verdict{Outcome: Unrecognised, Reason: "unknown_status"}
	case !m.says:
		f.ask(r.Check)
		return Verdict{Outcome: Noted, Reason: "null_status"}
	case words.equal(c.Words) && !f.anotherFile(c):
		return Verdict{Outcome: Duplicate}
	}
	if m.odd {
		f.isOdd, f.odd = true, r.Check
	}
	switch {
	case f.late(c, m):
		if !f.ask(r.Check) && !c.LateTold {
			c.LateTold = true
			f.tell("late_report:" + string(r.Check))
		}
		return Verdict{Outcome: Late}
	case m.status == StatusPassed && f.stale(r.Check, c):
		f.withhold(r.Check, c)
		return Verdict{Outcome: Held}
	}
	reversed := c.Reversed()
	f.verifiedBefore(c, r)
	if f.unconfirmed(r.Check, c, m.status) {
		f.believe(c, words, StatusInReview, false)
		c.Unconfirmed = true
		f.replayedAsks(c)
		f.ask(r.Check)
	} else {
		f.believe(c, words, m.status, m.inProgress)
	}
	if c.Reversed() && !reversed {
		f.ask(r.Check)
	}
	f.contradicts(r.Check, m.status)
	if r.Check == HighRisk {
		c.BeforeFlag = nil
		if m.status == StatusPassed {
			f.passKYC()
		}
	}
	return Verdict{Outcome: Applied}
}

// said returns the state of a check by the provider's words: beneath an operator's
// override where one stands.
func (f *fold) said(check Check) *CheckState {
	c := f.s.Checks.At(check)
	if c.Override != nil {
		return &c.Override.Beneath
	}
	return c
}

// verifiedBefore takes an EXPIRED of a user of whom nothing was known as what it
// says: the provider had verified the user before Admit heard of it.
func (f *fold) verifiedBefore(c *CheckState, r Report) {
	if r.Check == KYC && r.Status == wordExpired && c.none() {
		c.PassedBefore, c.LostAt, f.s.ApprovedBefore = true, f.in.Received, true
	}
}

// codeOvertaken is the reason of a verdict on a replay or a deadline that
// something later has made void.
const codeOvertaken = "overtaken"

// old says whether the input is a replay from before what is known of the check,
// be it by another webhook or by an operator: it does not rewrite the present.
func (f *fold) old(c *CheckState) bool { return f.in.Replay && c.ReportedAt.After(f.in.Received) }

// believe gives a check its new words and status.
func (f *fold) believe(c *CheckState, w Words, status Status, inProgress bool) {
	c.Words, c.HeldReport = w, false
	if f.in.Received.After(c.ReportedAt) {
		c.ReportedAt = f.in.Received
	}
	c.Unconfirmed, c.Asked, c.Said, c.Unanswered, c.UnansweredTold = false, 0, nil, "", false
	c.become(status, f.in.Received, inProgress)
	f.s.Abandoned, f.progress = false, true
	switch {
	case f.s.Closed:
		f.tell("report_while_closed")
	case f.s.OnHold:
		f.tell("report_while_on_hold")
	}
}

// become moves a check to a status and keeps the times that late and held
// reports are measured against.
func (c *CheckState) become(status Status, at time.Time, inProgress bool) {
	was := c.Get()
	if status != was {
		c.Since = at
	}
	c.Status = status
	if status == StatusPassed {
		if was != StatusPassed {
			c.LateTold = false
		}
		c.PassedBefore, c.PassedAt, c.LostAt, c.Moving = true, at, time.Time{}, false
		return
	}
	if was == StatusPassed || status == StatusFailed && was != StatusFailed {
		c.LostAt, c.Moving = at, false
	}
	if inProgress && !at.Before(c.LostAt) {
		c.Moving = true // not by one that was received before the loss and folded after it
	}
	// Work in progress mends nothing yet: a pass from before it is still one too many.
	lost := c.Reversed() || c.Is(StatusFailed, StatusInReview, StatusAwaitingUser)
	if !lost || c.LostAt.IsZero() {
		c.LostAt, c.Moving = time.Time{}, false
	}
}

// passKYC carries a high-risk verdict of OK over to kyc, as the provider means
// it: the user is now verified. Not for a kyc that was reversed or that waits for
// the user to mend something.
func (f *fold) passKYC() {
	k := f.said(KYC)
	if k.PassedBefore || !k.Is(StatusNone, StatusAwaitingUser, StatusInReview) || f.old(k) {
		return
	}
	if f.older(KYC, k) {
		f.withhold(KYC, k)
		return
	}
	w := k.Words
	w.ProviderStatus = wordVerified
	f.contradicts(KYC, StatusPassed)
	if f.unconfirmed(KYC, k, StatusPassed) {
		f.believe(k, w, StatusInReview, false)
		k.Unconfirmed = true
		f.replayedAsks(k)
		f.ask(KYC)
		return
	}
	f.believe(k, w, StatusPassed, false)
}

// anotherFile says whether a repeat of kyc_files is a second document: P100
// sends the same body for each, so only the time tells.
func (f *fold) anotherFile(c *CheckState) bool {
	return f.in.Report.Check == KYCFiles && !within(f.in.Received, c.ReportedAt, f.policy.LateWindow.of(KYCFiles))
}

// late says whether the report was overtaken by a pass, be it confirmed or not:
// work in progress that ended before the pass came.
func (f *fold) late(c *CheckState, m meaning) bool {
	passed, at := c.Is(StatusPassed), c.PassedAt
	if c.Unconfirmed {
		passed, at = true, c.ReportedAt
	}
	return passed && m.inProgress && (m.harmless || within(f.in.Received, at, f.policy.LateWindow.of(f.in.Report.Check)))
}

// stale says whether a pass may be older than the reversal or the failure that it
// follows: it must not let in a user who was shut out.
func (f *fold) stale(check Check, c *CheckState) bool {
	return f.older(check, c) ||
		(c.Reversed() || c.Is(StatusFailed)) && !c.Moving && within(f.in.Received, c.LostAt, f.policy.HeldWindow.of(check))
}

// older says whether a pass is older than what is known of the check and speaks
// against it, which was folded first because it was stored first. Work in progress
// does not speak against it unless the check was lost: both are on the way up.
func (f *fold) older(check Check, c *CheckState) bool {
	if !f.in.Received.Before(c.ReportedAt) {
		return false
	}
	switch c.Get() {
	case StatusNone, StatusPassed:
		return false
	case StatusInReview:
		return !c.LostAt.IsZero() || c.BeforeFlag != nil
	case StatusAwaitingUser:
		return !c.LostAt.IsZero() || check == KYC // P100 says so of no progress, XGateway does
	}
	return true
}

// withhold keeps that a pass was not believed: the API is asked or, without one, a
// reviewer told.
func (f *fold) withhold(check Check, c *CheckState) {
	if !f.ask(check) && !c.HeldReport {
		f.tell("held_report:" + string(check))
	}
	c.HeldReport = true
}

// within says whether t is at most the window after from; a t before from is.
func within(t, from time.Time, window time.Duration) bool { return t.Sub(from) <= window }

// of returns the window of the provider that reports the check.
func (w Windows) of(c Check) time.Duration {
	if c == SEPAKYC {
		return w.XGateway.D()
	}
	return w.P100.D()
}
