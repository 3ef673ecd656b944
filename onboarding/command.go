package onboarding

// command folds an operator's command. What the rules do not allow and what
// would change nothing is refused with a stable code.
func (f *fold) command() Verdict {
	refusal := "unknown_command"
	switch f.in.Command.Name {
	case CommandHold:
		refusal = f.hold()
	case CommandLift:
		refusal = f.lift()
	case CommandFlagHighRisk:
		refusal = f.flag()
	case CommandClearHighRisk:
		refusal = f.clear()
	case CommandClose:
		refusal = f.close()
	case CommandReopen:
		refusal = f.reopen()
	}
	if refusal != "" {
		return Verdict{Outcome: Refused, Reason: refusal}
	}
	return Verdict{Outcome: Applied}
}

// Why a command is refused; the codes are part of the admin API.
const (
	RefusedClosed        = "closed"
	RefusedOnHold        = "already_on_hold"
	RefusedNotOnHold     = "not_on_hold"
	RefusedFlagged       = "already_flagged"
	RefusedNotFlagged    = "not_flagged"
	RefusedAlreadyClosed = "already_closed"
	RefusedNotClosed     = "not_closed"
)

func (f *fold) hold() string {
	switch {
	case f.s.Closed:
		return RefusedClosed
	case f.s.OnHold:
		return RefusedOnHold
	}
	f.s.OnHold = true
	return ""
}

func (f *fold) lift() string {
	switch {
	case f.s.Closed:
		return RefusedClosed
	case !f.s.OnHold:
		return RefusedNotOnHold
	}
	f.s.OnHold = false
	return ""
}

// flag puts high_risk in review. It counts as an in-progress report of that
// check, so a verdict that follows is believed at once.
func (f *fold) flag() string {
	c := &f.s.Checks.HighRisk
	if c.BeforeFlag != nil {
		return RefusedFlagged
	}
	before := *c
	f.believe(c, Words{ProviderStatus: wordFlagged}, StatusInReview, true)
	c.BeforeFlag = &before
	return ""
}

// clear puts high_risk back to what it was before the flag and passes nothing
// else.
func (f *fold) clear() string {
	c := &f.s.Checks.HighRisk
	if c.BeforeFlag == nil {
		return RefusedNotFlagged
	}
	*c = *c.BeforeFlag
	return ""
}

func (f *fold) close() string {
	if f.s.Closed {
		return RefusedAlreadyClosed
	}
	f.s.Closed = true
	return ""
}

func (f *fold) reopen() string {
	if f.s.Stage != StageClosed && f.s.Stage != StageAbandoned {
		return RefusedNotClosed
	}
	f.s.Closed, f.s.Abandoned = false, false
	return ""
}
