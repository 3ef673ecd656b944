package onboarding

import "slices"

// Reasons of verdicts on a provider API's answer; the codes are part of the
// timeline.
const (
	answerEarlier   = "asked_before_report" // something was reported since the question
	answerAgrees    = "agrees"
	answerFirst     = "first_answer" // it moves the check when a second one says the same
	answerTooSoon   = "too_soon"     // it came before a second answer counts
	answerMoved     = "second_answer"
	answerConfirmed = "confirmed"
	answerNoPass    = "failed_stays_failed"
	answerOtherwise = "verified_otherwise" // not verified as far as this API knows, which never said that it was
	answerNobody    = "unknown_user"
	answerUseless   = "unusable"
)

// answer folds what a provider's API said. One answer confirms the latest report;
// anything else takes two that say the same, some time apart. It is never late or
// held and asks nothing itself.
func (f *fold) answer() Verdict {
	a := f.in.Answer
	c := f.said(a.Check)
	noted := func(reason string) Verdict { return Verdict{Outcome: Noted, Reason: reason} }
	if a.Asked.Before(c.ReportedAt) {
		return noted(answerEarlier)
	}
	words := merged(*c, a.Report)
	m := meaningOf(a.Report, words.Attempt)
	switch {
	case a.Kind == AnswerUnknown:
		f.unanswered(c, a.Code)
		return noted(answerNobody)
	case a.Kind == AnswerUnusable || a.Report.Check != a.Check || !m.known || !m.says:
		f.unanswered(c, a.Code)
		return noted(answerUseless)
	}
	if m.status == StatusPassed {
		c.APIPassed = true
	}
	stands := c.Get()
	if c.Unconfirmed {
		stands = StatusPassed
	}
	switch {
	case m.status == stands && c.Unconfirmed:
		f.believe(c, c.Words, StatusPassed, false)
		return Verdict{Outcome: Applied, Reason: answerConfirmed}
	case m.status == stands || stands == StatusNone && m.status == StatusAwaitingUser:
		c.Said, c.Unanswered, c.UnansweredTold = nil, "", false
		return noted(answerAgrees)
	case m.status == StatusPassed && c.Is(StatusFailed):
		f.contradicted(a.Check, c, answerNoPass)
		return noted(answerNoPass)
	case a.Kind == AnswerNotVerified && stands == StatusPassed && !c.APIPassed:
		f.contradicted(a.Check, c, answerOtherwise)
		return noted(answerOtherwise)
	case c.Said == nil || c.Said.Status != m.status:
		c.Said = &Said{Words: words, Status: m.status, AgreeAt: f.in.Received.Add(f.policy.AgreeAfter.D())}
		return noted(answerFirst)
	case a.Asked.Before(c.Said.AgreeAt):
		return noted(answerTooSoon)
	}
	f.verifiedBefore(c, a.Report)
	f.believe(c, words, m.status, m.inProgress)
	f.contradicts(a.Check, m.status)
	return Verdict{Outcome: Applied, Reason: answerMoved}
}

// unanswered keeps that the API was of no use: a reviewer is told at the next
// deadline. Of a check that nobody has reported on that is as it should be: the
// user has not come that far, or goes another way.
func (f *fold) unanswered(c *CheckState, code string) {
	if c.none() || c.Unanswered == code {
		return
	}
	c.Unanswered, c.UnansweredTold = code, false
}

// tellUnanswered tells a reviewer, at a deadline, of the answers that were of no
// use.
func (f *fold) tellUnanswered() {
	for _, check := range Checks {
		if c := f.said(check); c.Unanswered != "" && !c.UnansweredTold {
			c.UnansweredTold = true
			f.tell("unanswered:" + string(check) + ":" + c.Unanswered)
		}
	}
}

// contradicted tells a reviewer, once, that the API says what it cannot decide.
func (f *fold) contradicted(check Check, c *CheckState, code string) {
	c.Said = nil
	if c.Unanswered != code {
		c.Unanswered, c.UnansweredTold = code, true
		f.tell("api_contradicts:" + string(check) + ":" + code)
	}
}

// ask has the provider's API asked about a check, and says whether there is one.
func (f *fold) ask(check Check) bool {
	if !slices.Contains(f.policy.APIs, check) {
		return false
	}
	if !slices.Contains(f.asks, check) {
		f.asks = append(f.asks, check)
	}
	return true
}

// questions turns what is to be asked into effects. Nothing is asked about a user
// whose onboarding an operator closed.
func (f *fold) questions() {
	for _, check := range f.asks {
		switch {
		case f.s.Closed:
		case check == KYC:
			f.effects = append(f.effects, Effect{Name: EffectAskP100})
		case check == SEPAKYC:
			f.effects = append(f.effects, Effect{Name: EffectAskXGateway})
		}
	}
}

// asksAbout returns the checks that a reconcile of the stage asks about: those in
// the lists whose provider's API answers for them and that are not passed, in
// approved all of them. An unconfirmed pass has its own deadlines.
func asksAbout(s *State, p Policy) []Check {
	var in []Check
	for _, check := range p.APIs {
		c := s.Checks.At(check)
		listed := p.lists(check) || c.ReliedOn
		if listed && !c.Unconfirmed && (s.Stage == StageApproved || c.Override != nil || !c.Is(StatusPassed)) {
			in = append(in, check)
		}
	}
	return in
}

// unconfirmed says whether a pass waits for the API to say so as well. A check
// that is passed stays so.
func (f *fold) unconfirmed(check Check, c *CheckState, status Status) bool {
	return status == StatusPassed && slices.Contains(f.policy.Confirm, check) && !c.Is(StatusPassed)
}

// fitConfirm passes what a changed policy does not want confirmed any more.
func (f *fold) fitConfirm() {
	for _, check := range Checks {
		if c := f.said(check); c.Unconfirmed && !slices.Contains(f.policy.Confirm, check) {
			c.Unconfirmed, c.Asked = false, 0
			c.become(StatusPassed, c.ReportedAt, false)
		}
	}
}
