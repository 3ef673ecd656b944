package postgres

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"
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

// webhook says whether e is a provider's webhook, and no answer of its API.
func (e inboxEvent) webhook() bool {
	return !ours(e.Provider) && e.Route != onboarding.RouteAnswer
}

// ours says whether events of that source are none of a provider's.
func ours(provider string) bool {
	return provider == onboarding.SourceOperator || provider == onboarding.SourceMerchant || provider == onboarding.SourceAdmit
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
	in := inputOf(e)
	if !ours(e.Provider) {
		in.byProvider(d, e.Event)
	}
	return in
}

// inputOf tells what an event is and who sent it. What a provider sent is left unread:
// that takes a decoder.
func inputOf(e inboxEvent) input {
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
		in.byMerchant(e.Event)
	case onboarding.SourceAdmit:
		in.bySelf(e.Event)
	}
	return in
}

// byMerchant reads a start or an imported user.
func (in *input) byMerchant(e onboarding.Event) {
	if e.Route == onboarding.RouteImport {
		var b importBody
		if json.Unmarshal(e.Body, &b) == nil && !slices.ContainsFunc(b.Checks, func(c onboarding.Check) bool { return !c.Valid() }) {
			in.Kind, in.Import = onboarding.InputImport, b.Import
		}
		in.actor = clean(b.Actor, maxWord)
		return
	}
	var b startBody
	if e.Body == nil || json.Unmarshal(e.Body, &b) == nil {
		in.Kind = onboarding.InputStart // also when its body was erased with the contact
	}
	in.actor = clean(b.Actor, maxWord)
}

// bySelf reads what Admit itself noticed.
func (in *input) bySelf(e onboarding.Event) {
	var news onboarding.HookNews
	known := e.Route == onboarding.RouteHook && json.Unmarshal(e.Body, &news) == nil
	if known && news.Name != "" && (news.State == onboarding.HookFailing || news.State == onboarding.HookWorking) {
		news.Since = news.Since.UTC()
		in.Kind, in.Hook = onboarding.InputHook, news
	}
}

// byProvider reads a webhook, or what a provider's API answered.
func (in *input) byProvider(d Decoder, e onboarding.Event) {
	if e.Route == onboarding.RouteAnswer {
		if a, err := decodeAnswer(d, e); err == nil {
			in.Kind, in.Answer = onboarding.InputAnswer, a
		}
		return
	}
	if r, err := decode(d, e); err == nil {
		in.Kind, in.Report = onboarding.InputReport, r
	}
}

// errNoReport stands for every way in which a body cannot be read.
var errNoReport = errors.New("the body cannot be read")

// decode reads the body of a provider's webhook.
func decode(d Decoder, e onboarding.Event) (onboarding.Report, error) {
	r, err := d.Decode(e.Provider, e.Route, e.Body)
	if err == nil && !r.Check.Valid() {
		err = errNoReport
	}
	return r, err
}

// decodeAnswer reads the body of what a provider's API answered.
func decodeAnswer(d Decoder, e onboarding.Event) (onboarding.Answer, error) {
	a, err := d.Answer(e.Provider, e.Body)
	if err == nil && !a.Check.Valid() {
		err = errNoReport
	}
	return a, err
}
