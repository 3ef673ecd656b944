package onboarding

// Why an override, or the end of one, is refused.
const (
	RefusedNoCheck       = "unknown_check"
	RefusedNoStatus      = "unknown_status"
	RefusedNotTheUsers   = "not_the_users" // the check is not the user's to repeat
	RefusedUntilPast     = "until_past"
	RefusedUntilTooFar   = "until_too_far"
	RefusedOverridden    = "already_overridden"
	RefusedNotOverridden = "not_overridden"
)

// override gives a check an operator's status, over the provider's words, which go
// on being folded beneath it.
func (f *fold) override() string {
	cmd := f.in.Command
	until := f.overrideUntil()
	switch {
	case f.s.Closed:
		return RefusedClosed
	case !cmd.Check.Valid():
		return RefusedNoCheck
	case cmd.Status == StatusNone || !cmd.Status.Valid():
		return RefusedNoStatus
	case cmd.Check == HighRisk && (cmd.Status == StatusActionRequired || cmd.Status == StatusExpired):
		return RefusedNotTheUsers // the user would be asked for it, and so told of it
	case !until.After(f.now):
		return RefusedUntilPast
	case until.Sub(f.now) > maxDuration:
		return RefusedUntilTooFar
	}
	c := f.s.Checks.At(cmd.Check)
	o := Override{Status: cmd.Status, Until: until, Beneath: *c}
	if c.Override != nil {
		if c.Override.Status == o.Status && c.Override.Until.Equal(o.Until) {
			return RefusedOverridden
		}
		o.Beneath = c.Override.Beneath
	}
	f.progress = f.progress || c.Get() != o.Status
	c.become(o.Status, f.in.Received, o.Status == StatusInReview)
	c.Override = &o
	return ""
}

func (f *fold) liftOverride() string {
	cmd := f.in.Command
	switch {
	case !cmd.Check.Valid():
		return RefusedNoCheck
	case f.s.Checks.At(cmd.Check).Override == nil:
		return RefusedNotOverridden
	}
	f.endOverride(cmd.Check)
	return ""
}

// endOverride makes a check what the provider's words say. What an override passed
// and they do not is reversed: since now or, where a later override took the pass
// away, since then.
func (f *fold) endOverride(check Check) {
	c, at := f.s.Checks.At(check), f.in.Received
	stood := *c
	*c = stood.Override.Beneath
	c.PassedBefore = c.PassedBefore || stood.PassedBefore
	c.ReliedOn = stood.ReliedOn
	if c.Reversed() && c.LostAt.IsZero() {
		c.LostAt, c.Moving = stood.LostAt, c.Is(StatusInReview)
	}
	if c.Get() == stood.Get() {
		return
	}
	f.progress = true
	c.Since = at
	if stood.Is(StatusPassed) {
		c.LostAt, c.Moving = at, c.Is(StatusInReview)
		f.ask(check)
	}
}

// contradicts has a reviewer told that the provider's words came to say another
// status than the override over them.
func (f *fold) contradicts(check Check, status Status) {
	if o := f.s.Checks.At(check).Override; o != nil && o.Status != status {
		f.tell("contradicts_override:" + string(check))
	}
}

// overlay shows the provider's words, which a report may just have changed beneath
// an override, beside the operator's status.
func (c *CheckState) overlay() {
	if c.Override == nil {
		return
	}
	stands := *c
	*c = stands.Override.Beneath
	c.Override = stands.Override
	c.Status, c.Since, c.ReliedOn = stands.Status, stands.Since, stands.ReliedOn
	c.PassedBefore, c.PassedAt, c.LostAt, c.Moving = stands.PassedBefore, stands.PassedAt, stands.LostAt, stands.Moving
}
