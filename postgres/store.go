// Package postgres is the store: what was accepted, what it was folded into, the
// audit, and the ledger of what downstream is told. It speaks SQL, and nothing
// else does.
//
// Everything that happens to a user is a row in that user's log, and one
// transaction (Advance) turns accepted events into state, log and effects. The
// statements stand in sql/, one to a file, the schema in migrations/.
//
// Every method is safe for concurrent use and answers with the sentinels of
// onboarding: ErrUnavailable for what may pass by itself, ErrData for what the
// database will never take. Whatever the database does, a method ends within about
// ten seconds; List may take twice that, Digest half a minute. Import, KeepBeating and
// Migrate end when they are done, or with their context.
package postgres

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"admit/onboarding"
)

// How long the store tries, where the caller does not set less.
const (
	acceptTimeout = 3 * time.Second
	callTimeout   = 10 * time.Second
)

// Defaults of Options.
const (
	defaultMaxConns = 16
	defaultFlushers = 2
)

// Decoder reads the bodies of the providers' webhooks and of their APIs' answers.
type Decoder interface {
	// Decode returns the report that a body holds, or an error when this build
	// cannot read it. The error's text is never stored or logged.
	Decode(provider, route string, body []byte) (onboarding.Report, error)
	// Answer returns what a provider's API answered, from the onboarding.AnswerBody
	// that holds it, or an error when this build cannot read it.
	Answer(provider string, body []byte) (onboarding.Answer, error)
	// Message returns the free text for people in a body, "" when there is none.
	Message(provider, route string, body []byte) string
}

// Options says where the database is and how to decide.
type Options struct {
	// URL is a PostgreSQL URL or keyword string. Its parameters are honoured,
	// search_path among them. Where it does not name target_session_attrs, servers
	// that cannot be written to are not connected to. Commits wait for the disk even
	// where synchronous_commit is off; a setting that has them wait for more stands.
	URL string
	// MaxConns bounds the connections for everything but accepting, which has
	// its own few, so that nothing can keep webhooks waiting. 0 means 16.
	MaxConns int
	// Flushers is how many batches of accepted events may be under way. 0 means 2.
	Flushers int

	Policy  onboarding.Policy
	Targets []onboarding.Target // who is told of effects
	Decoder Decoder
	// Shadow has effects recorded as shadow, and nothing is ever taken but questions
	// to the providers' APIs.
	Shadow bool
	// Digest keeps escalations to the reviewers for Digest; without it they wait to
	// be sent one by one.
	Digest bool
	Build  string // the version of this build, for the log

	Logger *slog.Logger // nil discards

	// Clock turns the database's time into the time at which Advance folds, and by
	// which policies are alive; nil leaves it as it is. Tests move it.
	Clock func(database time.Time) time.Time
	// BeatEvery is how often KeepBeating beats at least. 0 means 10 seconds.
	BeatEvery time.Duration
	// OnBatch is called after each batch of accepted events: how many, how long
	// the commit took, and what came of it. OnFold is called for each input once
	// its fold is durable: how long after it was received. Both may be nil.
	OnBatch func(events int, took time.Duration, err error)
	OnFold  func(kind onboarding.InputKind, outcome onboarding.Outcome, lag time.Duration)
}

// Store is a PostgreSQL database. Make one with Open.
type Store struct {
	opts    Options
	pool    *pgxpool.Pool
	accepts *acceptor
	log     *slog.Logger

	policyHash string
	policyText string
	policyKept atomic.Bool                  // the policy's text is known to be stored
	policies   atomic.Pointer[livePolicies] // as the last beat found them, nil before the first
	targets    map[string]onboarding.Target
	names      []string // of the targets
	doors      []string // of those that open or shut access
}

// Open prepares a store. It does not connect: a database that is away shows in
// Ping and in every call, and is used as soon as it is back. It fails only for
// a URL that cannot be read. Close the store when nobody uses it any more.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.MaxConns <= 0 {
		o.MaxConns = defaultMaxConns
	}
	if o.Flushers <= 0 {
		o.Flushers = defaultFlushers
	}
	if o.BeatEvery <= 0 {
		o.BeatEvery = beatEvery
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = func(t time.Time) time.Time { return t }
	}
	o.Decoder = guard{o.Decoder, o.Logger}
	pool, err := newPool(ctx, o.URL, o.MaxConns)
	if err != nil {
		return nil, err
	}
	// One for each flusher, for who keeps a malformed event, and for Ping.
	accepting, err := newPool(ctx, o.URL, o.Flushers+2)
	if err != nil {
		pool.Close()
		return nil, err
	}
	s := &Store{
		opts: o, pool: pool, log: o.Logger,
		policyHash: o.Policy.Hash(), policyText: string(o.Policy.Text()),
		targets: map[string]onboarding.Target{}, names: []string{}, doors: []string{},
	}
	for _, t := range o.Targets {
		s.targets[t.Name] = t
		s.names = append(s.names, t.Name)
		if t.Access() {
			s.doors = append(s.doors, t.Name)
		}
	}
	s.accepts = newAcceptor(accepting, o)
	return s, nil
}

// Close stores what was taken for accepting, refuses what comes after, waits for
// calls that are under way, and closes the connections.
func (s *Store) Close() {
	s.accepts.close()
	s.pool.Close()
}

// Ping says within 3 seconds whether the database answers and can be written to: by
// a connection for accepting, so that it fails where webhooks are refused, and not
// because everything else is busy.
func (s *Store) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, acceptTimeout)
	defer cancel()
	conn, err := s.accepts.pool.Acquire(ctx)
	if err != nil {
		return wrap("ping", err)
	}
	defer conn.Release()
	if err := s.writable(ctx, conn); err != nil {
		s.accepts.pool.Reset() // what is left of it may lead to a standby
		return wrap("ping", err)
	}
	return nil
}

// onConn calls f with a connection of its own and the call's time limit. A
// transaction that f leaves open is rolled back.
func (s *Store) onConn(ctx context.Context, f func(context.Context, *pgxpool.Conn) error) error {
	return s.onConnFor(ctx, callTimeout, f)
}

// onConnFor is onConn with a time limit of its own.
func (s *Store) onConnFor(ctx context.Context, limit time.Duration, f func(context.Context, *pgxpool.Conn) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	err = f(ctx, conn)
	if c := conn.Conn(); !c.IsClosed() && c.PgConn().TxStatus() != 'I' {
		undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		// A rollback that fails leaves a connection that the pool throws away.
		_, _ = c.Exec(undo, "rollback")
	}
	return err
}
