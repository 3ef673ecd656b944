package postgres

import "admit/onboarding"

// effectRow is a row of the ledger about to be written.
type effectRow struct {
	effect  onboarding.Effect
	key     string // ends in the target
	target  string // "" for those whom another process may know: see insert_elsewhere.sql
	version int64
	seq     int64
	payload []byte
	state   onboarding.EffectState
	answer  string
}

// tell adds what follows from an input to the ledger, for each target that wants
// it. Who was told of this user's access goes on being told of it, also where this
// process does not know the target: a hook may be new, or missing here by mistake.
func (f *fold) tell(effects []onboarding.Effect) {
	for _, e := range effects {
		f.overtake(e)
	}
	for _, e := range effects {
		for _, t := range f.store.opts.Targets {
			if t.Wants(e) && !(e.Ask() && f.asked(t.Name)) {
				f.effects = append(f.effects, f.row(e, t))
			}
		}
		if e.Lane() == onboarding.LaneAccess {
			f.effects = append(f.effects, f.row(e, onboarding.Target{}))
		}
	}
}

// overtake supersedes the waiting effects that e overtakes. It comes before the
// effects of e's own input are added.
func (f *fold) overtake(e onboarding.Effect) {
	kept := f.waiting[:0]
	for _, w := range f.waiting {
		if e.Overtakes(onboarding.Waits{Name: w.name, About: w.about}, f.state) {
			f.superseded = append(f.superseded, w.id)
		} else {
			kept = append(kept, w)
		}
	}
	f.waiting = kept
	for i := range f.effects {
		r := &f.effects[i]
		if r.state == onboarding.EffectWaiting && e.Overtakes(onboarding.Waits{Name: r.effect.Name, About: r.effect.About()}, f.state) {
			r.state = onboarding.EffectSuperseded
		}
	}
}

// asked says whether a question to the target waits that nobody has taken: its
// answer will be of after this input. One in flight may have been asked before.
func (f *fold) asked(target string) bool {
	for _, w := range f.waiting {
		if w.target == target && !w.inFlight {
			return true
		}
	}
	for _, r := range f.effects {
		if r.target == target && r.state == onboarding.EffectWaiting {
			return true
		}
	}
	return false
}

// row returns the ledger's row of an effect at a target. Questions to the
// providers' APIs are asked in shadow mode, too: they tell nobody anything.
func (f *fold) row(e onboarding.Effect, t onboarding.Target) effectRow {
	r := effectRow{
		effect: e, key: e.Key(f.state.UserID, f.state.Version, t.Name), target: t.Name,
		version: f.state.Version, seq: f.lastSeq, state: onboarding.EffectWaiting,
	}
	var payload any = e.Payload(f.state, f.now, t)
	if t.Name == onboarding.MailTarget {
		payload = e.Message(f.state)
	}
	r.payload = encoded(payload)
	o := f.store.opts
	switch {
	case o.Shadow && !e.Ask():
		r.state = onboarding.EffectShadow
	case t.Name == onboarding.MailTarget && !f.hasContact():
		r.state, r.answer = onboarding.EffectParked, answerNoContact
	case o.Digest && t.Name == onboarding.ReviewersTarget && e.Name == onboarding.EffectEscalated:
		r.state = onboarding.EffectCollected
	}
	return r
}
