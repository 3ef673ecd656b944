package postgres

import (
	"encoding/json"
	"slices"
	"time"

	"admit/onboarding"
)

// Answers that the ledger itself gives to effects that it parks or supersedes.
const (
	answerNoContact = "no contact"
	answerNoTarget  = "target not configured"
	answerFailing   = "hook failing"
	answerMoot      = "nothing left to say"
	answerOvertaken = "overtaken before it was replayed"
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
	surge onboarding.Surge

	logs       []logRow
	effects    []effectRow // new ones
	superseded []int64     // waiting ones that a new one overtakes
	stray      []int64     // waiting ones whose target has not been configured for too long
	muted      []int64     // waiting messages to a user who is not to be, or cannot be, told of them any more
	erasing    *erasing
	reversed   bool // the user was newly reversed
	alarmed    bool // a person is called for the users reversed of late
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

// fold decides: a changed policy first, then the events in the order of their
// IDs, then what is due, unless events are left. Of a user who is left to a newer
// policy it decides nothing. It leaves w as it is.
func (s *Store) fold(w work, surge onboarding.Surge) *fold {
	f := &fold{work: w, store: s, surge: surge, newest: map[webhook]inboxEvent{}}
	f.waiting = slices.Clone(w.waiting)
	if !f.hasContact() {
		f.mute(func(e waitingEffect) bool { return e.target == onboarding.MailTarget })
	}
	for _, e := range w.waiting {
		if !s.configured(e.target) && !w.now.Before(e.created.Add(targetGrace)) {
			f.stray = append(f.stray, e.id)
		}
	}
	if w.left {
		if w.nextDue != nil {
			f.next, f.hasNext = onboarding.Deadline{Due: *w.nextDue}, true
		}
		return f
	}
	if w.lastSeq > 0 && w.state.PolicyHash != s.policyHash {
		f.apply(input{Input: onboarding.Input{Kind: onboarding.InputPolicy, Received: w.now}, label: "policy/changed", queued: w.now})
	}
	for _, e := range w.inbox {
		e.overtaken = e.overtaken || f.later(e)
		if f.erased(e) {
			e.Body = nil
		}
		f.apply(readInput(s.opts.Decoder, e))
		if e.webhook() {
			f.understood(e)
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
	in.Surge = f.surge
	after, verdict, effects := onboarding.Apply(before, in.Input, f.store.opts.Policy, f.now)
	f.state = after
	f.lastSeq++
	f.logs = append(f.logs, logRow{
		kind: in.Kind, seq: f.lastSeq, eventID: in.eventID, input: in.label, outcome: verdict.Outcome, code: verdict.Reason,
		version: after.Version, stage: after.Stage, changes: encodedChanges(before, after), actor: in.actor,
		received: in.Received, queued: in.queued,
	})
	f.tell(effects)
	if after.Reversed && !before.Reversed {
		f.reversed = true
	}
	if slices.ContainsFunc(effects, func(e onboarding.Effect) bool { return e.Name == onboarding.EffectSurge }) {
		f.alarmed, f.surge.Told = true, true
	}
	if in.Kind == onboarding.InputCommand && in.Command.Name == onboarding.CommandErase && verdict.Outcome == onboarding.Applied {
		f.erase(in)
	}
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
