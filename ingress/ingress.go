// Package ingress is the public listener: it authenticates a provider's webhook,
// reads it, decodes it, has it stored, answers, and rings for the user.
//
// What was answered 2xx is stored (but for callbacks that are not Admit's, which
// are told apart and counted); what was not stored is answered so that the
// provider sends it again. A request that is refused leaves no trace but a
// metric and a log line, and a malformed event when its sender was proven.
// Nothing here redirects, for a redirect turns a POST into a lost webhook.
package ingress

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"admit/onboarding"
)

// Provider is a verification provider: who sends webhooks, what proves the
// sender, and what a body means.
type Provider interface {
	Sender
	Proof
	Reader
}

// Sender tells who sends webhooks, and where to.
type Sender interface {
	// Name is the provider's name in events, metrics and logs.
	Name() string
	// Routes calls add for each path, with its route's name and the exact body of
	// a 200. A route may have several paths.
	Routes(add func(route, path, answer string))
}

// Proof tells an authentic sender from any other, in two steps: what the header
// proves is asked before the body is read.
type Proof interface {
	// Authorize says whether the header lets the sender go on. A provider that lets an
	// empty header go on proves its senders by their bodies alone.
	Authorize(h http.Header) bool
	// Open says whether the body proves the sender, and returns it as it is to be
	// stored. An error means that the body cannot be read at all.
	Open(body []byte) (stored []byte, proven bool, err error)
	// Challenge is the WWW-Authenticate of a 401.
	Challenge() string
}

// Reader tells what a body means.
type Reader interface {
	// Ours says whether the body is meant for Admit. It is asked before Open.
	Ours(body []byte) bool
	// Decode reads a body that Open returned. An error that wraps
	// onboarding.ErrUserID means that nothing but the user ID is wrong, any other
	// that the body is malformed; beside it the user ID is returned where it is
	// usable.
	Decode(route string, body []byte) (userID string, report onboarding.Report, err error)
}

// Acceptor stores events. It gives up by itself, within a few seconds: the listener
// sets it no deadline.
type Acceptor interface {
	// Accept returns when the event is durable. An error that wraps
	// onboarding.ErrData means that it never will be; the store has then kept it
	// as malformed. After any other error the sender has to try again.
	Accept(ctx context.Context, e onboarding.Event) (id int64, err error)
	// AcceptMalformed keeps what a proven sender sent and nobody can read.
	AcceptMalformed(ctx context.Context, e onboarding.Event) error
}

// Ringer wakes a user's workflow. It never blocks.
type Ringer interface {
	Ring(userID string, r onboarding.Ring)
}

// What a request came to: the values of the metric's outcome.
const (
	OutcomeAccepted         = "accepted"
	OutcomeIgnored          = "ignored" // a callback that is not Admit's
	OutcomeUnauthorized     = "unauthorized"
	OutcomeTooLarge         = "too_large"
	OutcomeIncomplete       = "incomplete" // the body came too slowly, or not whole
	OutcomeMalformed        = "malformed"
	OutcomeUnusableUserID   = "unusable_user_id"
	OutcomeUnavailable      = "unavailable"
	OutcomeOverloaded       = "overloaded"
	OutcomeNotFound         = "not_found"
	OutcomeMethodNotAllowed = "method_not_allowed"
	OutcomePanic            = "panic"
)

// MaxBody is the length of the longest body that is read, in bytes.
const MaxBody = 64 << 10

// Options are what a Server needs. Acceptor, Ringer and Logger must be set.
type Options struct {
	Providers []Provider // those that are switched on; any other's paths answer 404
	Acceptor  Acceptor
	Ringer    Ringer
	Logger    *slog.Logger
	// Observe, where set, is told of every request but those for health. Provider
	// and route are "" where the path is nobody's; all values are closed sets.
	Observe func(provider, route, outcome string, took time.Duration)
	Limits  Limits
	Now     func() time.Time // time.Now unless set
	NewID   func() string    // makes request IDs; random unless set
}

// Limits bound what a sender can take. A zero field means its default.
type Limits struct {
	Header   time.Duration // for a request's header, 5 s
	Body     time.Duration // for a request's body after its header, 10 s
	Idle     time.Duration // for a connection without a request, 60 s
	Shutdown time.Duration // for the requests in flight when the listener stops, 20 s
	InFlight int           // webhooks of one provider that are being stored at the same time, 1024

	// Strangers is how many bodies may be read at the same time of senders whom the
	// header does not prove, 256: anybody may send them, each as large as MaxBody, and
	// for as long as Body.
	Strangers int
	// Connections is how many may be open, 2048: any other one waits until one is
	// closed. An idle one takes some 20 kB; one whose header is of very many short
	// lines, some 260 kB until Header is over.
	Connections int
}

func (l Limits) withDefaults() Limits {
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&l.Header, 5 * time.Second},
		{&l.Body, 10 * time.Second},
		{&l.Idle, 60 * time.Second},
		{&l.Shutdown, 20 * time.Second},
	} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	for _, n := range []struct {
		field *int
		value int
	}{
		{&l.InFlight, 1024},
		{&l.Strangers, 256},
		{&l.Connections, 2048},
	} {
		if *n.field <= 0 {
			*n.field = n.value
		}
	}
	return l
}
