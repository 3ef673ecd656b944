package onboarding

// obey does what a command asks for and returns "", or the stable code of why it is
// refused: what the rules do not allow and what would change nothing.
func (f *fold) obey() string {
	switch f.in.Command.Name {
	case CommandHold:
		return f.hold()
	case CommandLift:
		return f.lift()
	case CommandFlagHighRisk:
		return f.flag()
	case CommandClearHighRisk:
		return f.clear()
	case CommandOverride:
		return f.override()
	case CommandLiftOverride:
		return f.liftOverride()
	case CommandExtend:
		return f.extend()
	case CommandReconcile:
		return f.reconcile()
	case CommandRemind:
		return f.remindNow()
	case CommandClose:
		return f.close()
	case CommandReopen:
		return f.reopen()
	case CommandErase:
		return "" // the store does it; there is nothing of it in the state
	}
	return RefusedUnknown
}

// Why a command is refused; the codes are part of the admin API.
const (
	RefusedUnknown       = "unknown_command"
	RefusedClosed        = "closed"
	RefusedOnHold        = "already_on_hold"
	RefusedNotOnHold     = "not_on_hold"
	RefusedFlagged       = "already_flagged"
	RefusedNotFlagged    = "not_flagged"
	RefusedAlreadyClosed = "already_closed"
	RefusedNotClosed     = "not_closed"
	RefusedNoTime        = "by_missing"
	RefusedTooLong       = "by_too_long"
	RefusedNoDeadline    = "no_deadline"
	RefusedNoAPI         = "no_api"
	RefusedNotOnUser     = "not_blocked_on_user"
	RefusedReminded      = "max_reminders"
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
	c := f.said(HighRisk)
	if c.BeforeFlag != nil {
		return RefusedFlagged
	}
	before := *c
	f.contradicts(HighRisk, StatusInReview)
	f.believe(c, Words{ProviderStatus: wordFlagged}, StatusInReview, true)
	c.BeforeFlag = &before
	return ""
}

// clear puts high_risk back to what it was before the flag and passes nothing
// else.
func (f *fold) clear() string {
	c := f.said(HighRisk)
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
	f.fitAllAsked()
	return ""
}

// extend moves all steps of the stage by the same time.
func (f *fold) extend() string {
	by := f.in.Command.By
	switch {
	case f.s.Closed:
		return RefusedClosed
	case by <= 0:
		return RefusedNoTime
	case by.D() > maxDuration || f.s.Extended.D() > maxDuration-by.D():
		return RefusedTooLong
	case len(steps(f.s, f.policy)) == 0:
		return RefusedNoDeadline
	}
	f.s.Extended += by
	return ""
}

// reconcile asks every provider whose API answers for a check in the lists.
func (f *fold) reconcile() string {
	if f.s.Closed {
		return RefusedClosed
	}
	asked := false
	for _, c := range f.policy.listed() {
		asked = f.ask(c) || asked
	}
	if !asked {
		return RefusedNoAPI
	}
	return ""
}

// remindNow reminds the user although no step is due.
func (f *fold) remindNow() string {
	switch {
	case f.s.Closed:
		return RefusedClosed
	case f.s.BlockedOn != User:
		return RefusedNotOnUser
	case f.s.Reminders >= f.policy.MaxReminders:
		return RefusedReminded
	}
	f.remind()
	return ""
}
