package postgres

import (
	"cmp"
	"encoding/json"
	"errors"
	"time"

	"admit/onboarding"
)

// input is an input of Apply with what its log row says of it.
type input struct {
	onboarding.Input
	eventID *int64
	label   string // "p100/kyc-verification", "operator/hold"
	actor   string
	queued  time.Time // since when it waited to be folded: of a replay later than Received
}

// inboxEvent is an event that waits to be folded.
type inboxEvent struct {
	onboarding.Event
	queued    time.Time
	replayOf  int64  // the event that this one is a replay of, 0 for none
	actor     string // of a replay
	overtaken bool   // it is a replay, and the log has a later report of the same webhook
}

// origin returns the ID of the first event of that body.
func (e inboxEvent) origin() int64 {
	if e.replayOf != 0 {
		return e.replayOf
	}
	return e.ID
}

// after says whether e was received after d. Events of one commit share their
// received time.
func (e inboxEvent) after(d inboxEvent) bool {
	return cmp.Or(e.Received.Compare(d.Received), cmp.Compare(e.origin(), d.origin())) > 0
}

// readInput turns an event into an input. A body that this build cannot read is
// an input of its own kind: it never stops the user's log.
func readInput(d Decoder, e inboxEvent) input {
	in := input{
		Input: onboarding.Input{
			Kind: onboarding.InputUndecodable, Received: e.Received.UTC(), Replay: e.replayOf != 0, Overtaken: e.overtaken,
		},
		eventID: &e.ID, label: clean(e.Provider+"/"+e.Route, maxWord), actor: e.actor, queued: e.queued,
	}
	switch e.Provider {
	case onboarding.SourceOperator:
		var c onboarding.Command
		if json.Unmarshal(e.Body, &c) == nil && c.Name != "" {
			in.Kind, in.Command = onboarding.InputCommand, c
			in.label = clean(e.Provider+"/"+c.Name, maxWord)
		}
		in.actor = clean(c.Actor, maxWord)
	case onboarding.SourceMerchant:
		var b startBody
		if json.Unmarshal(e.Body, &b) == nil {
			in.Kind = onboarding.InputStart
		}
		in.actor = clean(b.Actor, maxWord)
	default:
		if r, err := decode(d, e.Event); err == nil {
			in.Kind, in.Report = onboarding.InputReport, r
		}
	}
	return in
}

// errNoReport stands for every way in which a body cannot be read.
var errNoReport = errors.New("the body cannot be read")

// decode reads a provider's body. A decoder that panics cannot read it either.
func decode(d Decoder, e onboarding.Event) (r onboarding.Report, err error) {
	if d == nil {
		return r, errNoReport
	}
	defer func() {
		if recover() != nil {
			r, err = onboarding.Report{}, errNoReport
		}
	}()
	r, err = d.Decode(e.Provider, e.Route, e.Body)
	if err == nil && !r.Check.Valid() {
		err = errNoReport
	}
	return r, err
}
