package postgres

import (
	"encoding/json"
	"errors"

	"admit/onboarding"
)

// input is an input of Apply with what its log row says of it.
type input struct {
	onboarding.Input
	eventID *int64
	label   string // "p100/kyc-verification", "operator/hold"
	actor   string
}

// readInput turns an event into an input. A body that this build cannot read is
// an input of its own kind: it never stops the user's log.
func readInput(d Decoder, e onboarding.Event) input {
	in := input{
		Input:   onboarding.Input{Kind: onboarding.InputUndecodable, Received: e.Received.UTC()},
		eventID: &e.ID, label: clean(e.Provider+"/"+e.Route, maxWord),
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
		if r, err := decode(d, e); err == nil {
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
