// Package admin is the operator's listener: it shows where users stand, what
// happened to them and why, starts and imports onboardings, takes commands, keeps
// and erases personal data, wakes workflows, replays webhooks that nobody
// understood, and shows hooks, tries them, and sends them again what they did not take.
// Health, readiness, metrics and the API's own description need no token;
// everything else needs one, and the token's name is the actor in the audit.
//
// A command is stored before anybody acts on it, so an engine that is away delays
// it and does not lose it. Every error is a problem document with a stable code,
// and none quotes what failed inside.
package admin

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"admit/onboarding"
)

// Viewer reads. Its errors wrap the sentinels of onboarding.
type Viewer interface {
	// Onboarding returns one user, onboarding.ErrNotFound when there is none.
	Onboarding(ctx context.Context, userID string) (onboarding.Onboarding, error)
	// List returns a page of users, and where the next one begins, "" after the last.
	List(ctx context.Context, f onboarding.ListFilter) (page []onboarding.Onboarding, next string, err error)
	// Timeline returns a page of what happened to a user, oldest first.
	// onboarding.ErrData means that after is no place in it.
	Timeline(ctx context.Context, userID, after string, limit int) (page []onboarding.TimelineEntry, next string, err error)
}

// Auditor says how what is known of a user came about. Its errors wrap the
// sentinels of onboarding.
type Auditor interface {
	// Audit returns what was known of a user at a time, onboarding.ErrNotFound when
	// nothing was accepted by then.
	Audit(ctx context.Context, userID string, at time.Time) (onboarding.Audit, error)
	// Explain says why a user stands where it does, onboarding.ErrNotFound when
	// there is none.
	Explain(ctx context.Context, userID string) (onboarding.Explained, error)
}

// Importer makes users known who were verified before Admit came.
type Importer interface {
	// Import accepts all of at most MaxImport users in one transaction, or none when
	// one of them exists already and not by this import with the same data. With
	// dryRun it accepts none and says what it would have done.
	Import(ctx context.Context, users []onboarding.ImportUser, dryRun bool, actor string) (onboarding.Imported, error)
}

// Acceptor stores what operators and the merchant ask for.
type Acceptor interface {
	// Start makes a user known. eventID is 0 when nothing was accepted.
	Start(ctx context.Context, userID string, c *onboarding.Contact, actor string) (created bool, eventID int64, err error)
	// AcceptCommand stores a command. onboarding.ErrConflict means that the user's
	// request ID was used with another body; one with the same body is the old one.
	AcceptCommand(ctx context.Context, userID string, c onboarding.Command) (eventID int64, err error)
	// CommandOutcome returns what became of a command, false while it is not folded.
	CommandOutcome(ctx context.Context, userID, requestID string) (onboarding.CommandOutcome, bool, error)
}

// Replayer knows the webhooks that could not be read or understood.
type Replayer interface {
	// EventsList returns a page of them, oldest first, and where the next one begins.
	// onboarding.ErrData means that after is no place in it.
	EventsList(ctx context.Context, state onboarding.EventState, after string, limit int) (page []onboarding.EventView, next string, err error)
	// Replay stores one as a new event: onboarding.ErrNoEvent when there is none, an
	// onboarding.ReplayRefusal when it cannot be replayed.
	Replay(ctx context.Context, eventID int64, actor string) (newID int64, userID string, err error)
}

// Store is what the API reads and writes.
type Store interface {
	Viewer
	Auditor
	Acceptor
	Importer
	Replayer
}

// Commander has a command that is stored folded, and waits for its outcome. Any
// error means that the outcome is not known, not that the command was dropped.
type Commander interface {
	Command(ctx context.Context, userID, requestID string) (onboarding.CommandOutcome, error)
}

// Ringer wakes a user's workflow. It never blocks.
type Ringer interface {
	Ring(userID string, r onboarding.Ring)
}

// ReadyReport says whether the process can do its work, and for each thing it
// needs "ok" or what is wrong, in words that anybody may read: no token is needed.
type ReadyReport struct {
	Ready  bool              `json:"ready" doc:"Whether the process can do its work"`
	Checks map[string]string `json:"checks" doc:"ok, or what is wrong, by what is needed"`
}

// MaxBody is the length of the longest body that is read, in bytes;
// MaxImportBody that of an import, which has at most MaxImport users.
const (
	MaxBody       = 64 << 10
	MaxImportBody = 1 << 20
	MaxImport     = 1000
)

// Options are what a Server needs. All fields above Tester and the Decoder must
// be set; without Tokens nobody gets in.
type Options struct {
	Tokens    []Token
	Store     Store
	Commander Commander
	Ringer    Ringer
	Hooks     HookStore
	Contacts  Contacts
	Ready     func(context.Context) ReadyReport
	Metrics   http.Handler
	Logger    *slog.Logger
	// Tester tries hooks; unset, a test is refused. Pollers knows who polls other
	// teams' task queues; unset, that is not shown.
	Tester  Tester
	Pollers Pollers
	// Engine says whether the engine answers, so that nobody is told of rings that
	// nobody hears. Unset, it is not asked.
	Engine func(context.Context) error
	// Decoder decrypts payloads for the Temporal UI, which is served on CodecOrigin,
	// as https://temporal.example; "" lets no other origin's pages ask.
	Decoder     Decoder
	CodecOrigin string
	Limits      Limits
	Now         func() time.Time // time.Now unless set
	NewID       func() string    // makes request IDs, [A-Za-z0-9._-]{1,64}; random unless set
}

// Limits bound what a request can take. A zero field means its default.
type Limits struct {
	Header   time.Duration // for a request's header, 5 s
	Body     time.Duration // for a request's body after its header, 10 s
	Idle     time.Duration // for a connection without a request, 60 s
	Store    time.Duration // for each thing asked of the store, 5 s
	Command  time.Duration // for a command's outcome, 5 s; then the answer is 202
	Ready    time.Duration // for finding out whether the process is ready, 3 s
	Import   time.Duration // for an import's transaction, 20 s
	Wake     time.Duration // for waking a page of users, 20 s
	Replay   time.Duration // for a page of what a hook is told again, 20 s
	Test     time.Duration // for trying a hook, 10 s
	Pollers  time.Duration // for asking who polls a task queue, 2 s
	Shutdown time.Duration // for the requests in flight when the listener stops, 20 s
}

func (l Limits) withDefaults() Limits {
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&l.Header, 5 * time.Second},
		{&l.Body, 10 * time.Second},
		{&l.Idle, 60 * time.Second},
		{&l.Store, 5 * time.Second},
		{&l.Command, 5 * time.Second},
		{&l.Ready, 3 * time.Second},
		{&l.Import, 20 * time.Second},
		{&l.Wake, 20 * time.Second},
		{&l.Replay, 20 * time.Second},
		{&l.Test, 10 * time.Second},
		{&l.Pollers, 2 * time.Second},
		{&l.Shutdown, 20 * time.Second},
	} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	return l
}
