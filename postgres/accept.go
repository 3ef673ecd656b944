package postgres

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"admit/onboarding"
)

// Bounds of group commit: the events of one batch, and those that wait for one.
const (
	maxBatch = 512
	maxQueue = 8192
)

// Accept stores an event and returns its ID once it is durable. Events that come
// at the same time share a transaction; with no load none waits for another. An
// event of a user that is sent after another was answered has the higher ID.
//
// ErrUnavailable means that the event is, as far as is known, not stored: the
// sender is to send it again, which is harmless if it was. The wait is at most 3
// seconds, and at most as long as ctx. ErrData means that the database refuses the
// event, which is then kept as malformed.
//
// Of the event UserID, Provider, Route and Body are read. Commands go through
// AcceptCommand.
func (s *Store) Accept(ctx context.Context, e onboarding.Event) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, acceptTimeout)
	defer cancel()
	w := &waiting{event: e, done: make(chan accepted, 1)}
	if err := s.accepts.push(w); err != nil {
		return 0, err
	}
	select {
	case a := <-w.done:
		return a.id, wrap("accept", a.err)
	case <-ctx.Done():
	}
	s.accepts.withdraw(w)
	select {
	case a := <-w.done: // it came just in time
		return a.id, wrap("accept", a.err)
	default:
		return 0, wrap("accept", ctx.Err())
	}
}

// waiting is an event whose caller waits.
type waiting struct {
	event onboarding.Event
	done  chan accepted // room for one, so that no flusher waits for a caller
}

// accepted is what became of an event.
type accepted struct {
	id  int64
	err error
}

// acceptor is the group commit: a queue, and flushers that each store what waits
// in one transaction.
type acceptor struct {
	opts    Options
	pool    *pgxpool.Pool
	keeping chan struct{} // room for the one who keeps a malformed event

	mu      sync.Mutex
	some    *sync.Cond // there is something in the queue, or it was closed
	queue   []*waiting
	closed  bool
	running sync.WaitGroup
}

func newAcceptor(pool *pgxpool.Pool, o Options) *acceptor {
	a := &acceptor{opts: o, pool: pool, keeping: make(chan struct{}, 1)}
	a.some = sync.NewCond(&a.mu)
	for range o.Flushers {
		a.running.Go(a.run)
	}
	return a
}

// push queues an event for the next free flusher.
func (a *acceptor) push(w *waiting) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.closed:
		return fmt.Errorf("accept: %w: closed", onboarding.ErrUnavailable)
	case len(a.queue) >= maxQueue:
		return fmt.Errorf("accept: %w: too many events are waiting", onboarding.ErrUnavailable)
	}
	a.queue = append(a.queue, w)
	a.some.Signal()
	return nil
}

// withdraw takes an event back that no flusher has taken yet.
func (a *acceptor) withdraw(w *waiting) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if i := slices.Index(a.queue, w); i >= 0 {
		a.queue = slices.Delete(a.queue, i, i+1)
	}
}

// take waits for events and takes up to a batch of them; nil when the queue is
// closed and empty.
func (a *acceptor) take() []*waiting {
	a.mu.Lock()
	defer a.mu.Unlock()
	for len(a.queue) == 0 && !a.closed {
		a.some.Wait()
	}
	n := min(len(a.queue), maxBatch)
	batch := slices.Clone(a.queue[:n])
	a.queue = slices.Delete(a.queue, 0, n)
	if len(a.queue) > 0 {
		a.some.Signal()
	}
	return batch
}

func (a *acceptor) run() {
	for batch := a.take(); len(batch) > 0; batch = a.take() {
		began := time.Now()
		err := a.flush(batch)
		if a.opts.OnBatch != nil {
			a.opts.OnBatch(len(batch), time.Since(began), err)
		}
	}
}

// close refuses new events, waits until what is queued is stored, and closes the
// connections.
func (a *acceptor) close() {
	a.mu.Lock()
	a.closed = true
	a.some.Broadcast()
	a.mu.Unlock()
	a.running.Wait()
	a.pool.Close()
}
