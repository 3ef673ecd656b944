package postgres

import (
	"encoding/json"
	"time"

	"admit/onboarding"
)

// Answers that the ledger itself gives to effects that it parks.
const (
	answerNoContact = "no contact"
	answerNoTarget  = "target not configured"
)

// An effect that waits for a target that this configuration does not name is
// parked when it has waited for targetGrace: until then the configuration may be
// one that is being replaced, and another process knows the target. strayLook is
// how often its user is looked at meanwhile, and strayWait what a sender is told
// that met it.
const (
	targetGrace = 10 * time.Minute
	strayLook   = 30 * time.Second
	strayWait   = 10 * time.Second
)

// fold is a user's work being folded: what was read, and what is to be written.
type fold struct {
	work
	store *Store

	logs       []logRow
	effects    []effectRow // new ones
	superseded []int64     // waiting ones that a new one overtakes
	stray      []int64     // waiting ones whose target has not been configured for too long
	next       onboarding.Deadline
	hasNext    bool
	newest     map[webhook]inboxEvent // the latest reports understood in this fold
}

// webhook is a provider's webhook.
type webhook struct{ provider, route string }

// logRow is a row of the log about to be written.
type logRow struct {
	kind     onboarding.InputKind
	seq      int64
	eventID  *int64
	input    string
	outcome  onboarding.Outcome
	code     string
	version  int64
	stage    onboarding.Stage
	changes  []byte
	actor    string
	received time.Time
	queued   time.Time
}

// effectRow is a row of the ledger about to be written.
type effectRow struct {
	effect  onboarding.Effect
	key     string
	target  string
	version int64
	seq     int64
	payload []byte
	state   onboarding.EffectState
	answer  string
}

// fold decides: a changed policy first, then the events in the order of their
// IDs, then what is due, unless events are left.
func (s *Store) fold(w work) *fold {
	f := &fold{work: w, store: s, newest: map[webhook]inboxEvent{}}
	for _, e := range w.waiting {
		if !s.configured(e.target) && !w.now.Before(e.created.Add(targetGrace)) {
			f.stray = append(f.stray, e.id)
		}
	}
	if w.lastSeq > 0 && w.state.PolicyHash != s.policyHash {
		f.apply(input{Input: onboarding.Input{Kind: onboarding.InputPolicy, Received: w.now}, label: "policy/changed", queued: w.now})
	}
	for _, e := range w.inbox {
		e.overtaken = e.overtaken || f.later(e)
		f.apply(readInput(s.opts.Decoder, e))
		f.understood(e)
		if e.Provider != onboarding.SourceOperator && e.Provider != onboarding.SourceMerchant {
			f.events++
		}
	}
	f.next, f.hasNext = onboarding.Next(f.state, s.opts.Policy)
	for range maxDeadlines {
		if f.more || !f.due() {
			break
		}
		in := onboarding.Input{Kind: onboarding.InputDeadline, Received: f.now, Deadline: f.next}
		f.apply(input{Input: in, label: "deadline/" + string(f.next.Kind), queued: f.now})
		f.next, f.hasNext = onboarding.Next(f.state, s.opts.Policy)
	}
	f.more = f.more || f.due()
	return f
}

// later says whether e is a replay, and this fold has understood a later report of
// the same webhook: what take_inbox.sql asks of the log.
func (f *fold) later(e inboxEvent) bool {
	newest, ok := f.newest[webhook{e.Provider, e.Route}]
	return ok && e.replayOf != 0 && newest.after(e)
}

// understood keeps e in mind where it was, and is the latest of its webhook.
func (f *fold) understood(e inboxEvent) {
	if f.logs[len(f.logs)-1].outcome == onboarding.Unrecognised {
		return
	}
	at := webhook{e.Provider, e.Route}
	if newest, ok := f.newest[at]; !ok || e.after(newest) {
		f.newest[at] = e
	}
}

func (f *fold) due() bool { return f.hasNext && !f.next.Due.After(f.now) }

// apply folds one input.
func (f *fold) apply(in input) {
	before := f.state
	after, verdict, effects := onboarding.Apply(before, in.Input, f.store.opts.Policy, f.now)
	f.state = after
	f.lastSeq++
	f.logs = append(f.logs, logRow{
		kind: in.Kind, seq: f.lastSeq, eventID: in.eventID, input: in.label, outcome: verdict.Outcome, code: verdict.Reason,
		version: after.Version, stage: after.Stage, changes: encodedChanges(before, after), actor: in.actor,
		received: in.Received, queued: in.queued,
	})
	for _, e := range effects {
		f.overtake(e)
	}
	for _, e := range effects {
		for _, t := range f.store.opts.Targets {
			if t.Wants(e) {
				f.effects = append(f.effects, f.row(e, t))
			}
		}
	}
}

// overtake supersedes the waiting effects that e overtakes. It comes before the
// effects of e's own input are added.
func (f *fold) overtake(e onboarding.Effect) {
	kept := f.waiting[:0]
	for _, w := range f.waiting {
		if e.Overtakes(w.name, w.check) {
			f.superseded = append(f.superseded, w.id)
		} else {
			kept = append(kept, w)
		}
	}
	f.waiting = kept
	for i := range f.effects {
		r := &f.effects[i]
		if r.state == onboarding.EffectWaiting && e.Overtakes(r.effect.Name, r.effect.Check) {
			r.state = onboarding.EffectSuperseded
		}
	}
}

// row returns the ledger's row of an effect at a target.
func (f *fold) row(e onboarding.Effect, t onboarding.Target) effectRow {
	r := effectRow{
		effect: e, key: e.Key(f.state.UserID, f.state.Version, t.Name), target: t.Name,
		version: f.state.Version, seq: f.lastSeq, state: onboarding.EffectWaiting,
	}
	var payload any = e.Payload(f.state, f.now)
	if t.Name == onboarding.MailTarget {
		payload = e.Message(f.state)
	}
	r.payload = encoded(payload)
	switch {
	case f.store.opts.Shadow:
		r.state = onboarding.EffectShadow
	case e.Notify() && !f.hasContact:
		r.state, r.answer = onboarding.EffectParked, answerNoContact
	}
	return r
}

// encodedChanges returns what changed as the log keeps it: a JSON array, empty
// when nothing did.
func encodedChanges(before, after onboarding.State) []byte {
	changes := onboarding.Diff(before, after)
	if changes == nil {
		changes = []onboarding.Change{}
	}
	return encoded(changes)
}

// encoded returns v as JSON. It is for the types of onboarding, which cannot fail
// to encode.
func encoded(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		return []byte("null")
	}
	return text
}
