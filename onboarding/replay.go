package onboarding

import (
	"errors"
	"slices"
	"time"
)

var (
	// ErrNoEvent means that no event of that ID exists.
	ErrNoEvent = errors.New("no such event")
	// ErrNotReplayable is wrapped by every ReplayRefusal.
	ErrNotReplayable = errors.New("the event cannot be replayed")
)

// ReplayRefusal is the error that says why an event cannot be replayed: a stable
// code, which is part of the admin API.
type ReplayRefusal string

// Why an event cannot be replayed.
const (
	ReplayNoWebhook   ReplayRefusal = "no_webhook"       // a command or a start: it is sent again, not replayed
	ReplayErased      ReplayRefusal = "erased"           // its body is gone
	ReplayPending     ReplayRefusal = "pending"          // it is not folded yet
	ReplayRecognised  ReplayRefusal = "recognised"       // it was understood the first time
	ReplayNoUser      ReplayRefusal = "no_user"          // it is malformed, and names no usable user ID
	ReplayDone        ReplayRefusal = "already_replayed" // and the replay waits, or was understood
	ReplayUndecodable ReplayRefusal = "undecodable"      // this build cannot read its body either
)

// Error implements error.
func (r ReplayRefusal) Error() string { return ErrNotReplayable.Error() + ": " + string(r) }

// Unwrap lets errors.Is find ErrNotReplayable.
func (ReplayRefusal) Unwrap() error { return ErrNotReplayable }

// EventState says why an event is one to be looked at.
type EventState string

// The states of such events.
const (
	EventMalformed    EventState = "malformed"    // answered 400 or 422, and never folded
	EventUnrecognised EventState = "unrecognised" // answered 200, and folded as Unrecognised
)

// EventStates lists every state of an event.
var EventStates = [...]EventState{EventMalformed, EventUnrecognised}

// Valid says whether s is one of EventStates.
func (s EventState) Valid() bool { return slices.Contains(EventStates[:], s) }

// EventView is a webhook that could not be read or understood, without its body,
// which may hold personal data. A replay of it is not listed by itself.
type EventView struct {
	ID         int64      `json:"id"`
	UserID     string     `json:"userId"` // "" where a malformed one has no usable user ID
	Provider   string     `json:"provider"`
	Route      string     `json:"route"`
	Received   time.Time  `json:"received"`
	State      EventState `json:"state"`
	ReplayedBy int64      `json:"replayedBy"` // ID of its newest replay, 0 for none
	// Replay is the outcome of the newest replay, or OutcomePending; "" for none.
	Replay string `json:"replay"`
}

// OutcomePending stands for the outcome of an event that is not folded yet.
const OutcomePending = "pending"
