// Package dispatch rings the workflows of users who have something to fold.
//
// A ring is a doorbell: what is to be done lies in the database, so a ring too
// many is harmless and a lost one is found by the sweeps. That is why several
// dispatchers run beside each other without a lock, a lease or a claim, why Ring
// never blocks, and why all that is remembered here may be forgotten at any time.
package dispatch

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"time"

	"admit/onboarding"
)

// Starter signals a user's workflow and starts it where none runs.
type Starter interface {
	Start(ctx context.Context, userID string, r onboarding.Ring) error
}

// Source knows who has to be rung.
type Source interface {
	// WaitingUsers returns users with events that wait for longer than the given
	// time to be folded, those who wait longest first.
	WaitingUsers(ctx context.Context, olderThan time.Duration, limit int) ([]string, error)
	// OverdueUsers returns users whose deadline or whose waiting effect nobody
	// seems to take care of.
	OverdueUsers(ctx context.Context, limit int) ([]string, error)
}

// What came of a ring, for Options.OnRing.
const (
	ResultRung      = "rung"      // Temporal took it
	ResultFailed    = "failed"    // Temporal did not; a sweep tries again
	ResultCoalesced = "coalesced" // one of the user is on its way, or follows it
	ResultHeld      = "held"      // the user's rings failed or lead to nothing: a sweep tries later
	ResultDropped   = "dropped"   // no room, or Temporal is away: left to the sweeps
)

// Options says what a Dispatcher works with. Starter, Source and Health must be
// set; zero fields of the rest have the defaults that their comments name.
type Options struct {
	Starter Starter
	Source  Source
	// Health says whether Temporal answers; asked only when a ring has failed.
	Health func(ctx context.Context) error

	Logger *slog.Logger        // nothing is logged
	OnRing func(result string) // called for each ring with one of the results
	// OnPause is called at the start and whenever it changes, in that order. It must
	// not call the dispatcher.
	OnPause func(paused bool)

	Workers int // 32: rings in flight at the same time
	Queue   int // 4096: rings that wait for a worker
	Users   int // 100000: users remembered at the same time
	Rate    int // 200: rings per second that the sweeps make at most
}

func (o Options) withDefaults() Options {
	o.Workers, o.Queue = cmp.Or(o.Workers, 32), cmp.Or(o.Queue, 4096)
	o.Users, o.Rate = cmp.Or(o.Users, 100_000), cmp.Or(o.Rate, 200)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.OnRing == nil {
		o.OnRing = func(string) {}
	}
	if o.OnPause == nil {
		o.OnPause = func(bool) {}
	}
	return o
}

// Dispatcher rings workflows. Its methods may be called from many goroutines.
type Dispatcher struct {
	o     Options
	log   *slog.Logger
	queue chan string   // users with a ring to send
	away  chan struct{} // told when the dispatcher pauses
	check sync.Mutex    // held while Temporal's health is asked for

	mu     sync.Mutex
	users  map[string]*user
	paused bool
}

// New returns a dispatcher; Run starts it.
func New(o Options) *Dispatcher {
	o = o.withDefaults()
	return &Dispatcher{
		o: o, log: o.Logger, queue: make(chan string, o.Queue), away: make(chan struct{}, 1),
		users: map[string]*user{},
	}
}

// Ring has the user's workflow rung soon, after an event of the user was
// committed. It never blocks: what cannot be sent is left to the sweeps.
func (d *Dispatcher) Ring(userID string, r onboarding.Ring) {
	d.tell(d.accept(userID, r))
}

// tell reports what came of a ring, "" where that is not known yet.
func (d *Dispatcher) tell(result string) {
	if result != "" {
		d.o.OnRing(result)
	}
}

// accept queues a ring that an event calls for and says what came of it, "" when
// it waits for a worker.
func (d *Dispatcher) accept(userID string, r onboarding.Ring) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.paused {
		return ResultDropped
	}
	u := d.remember(userID)
	if u == nil {
		return ResultDropped
	}
	// One ring of the sweep proves nothing yet; after two that led to nothing the
	// workflow has signals enough to read.
	now := time.Now()
	if now.Before(u.failed.until) || u.inbox.rings > 1 && now.Before(u.inbox.until) {
		return ResultHeld
	}
	return d.enqueue(userID, u, r, direct)
}

// Run rings and sweeps until ctx ends, and returns when the rings in flight have
// ended. What waits then is found by the sweeps of another dispatcher, or of the
// next one.
func (d *Dispatcher) Run(ctx context.Context) error {
	d.o.OnPause(false)
	var all sync.WaitGroup
	for range d.o.Workers {
		all.Go(func() { d.work(ctx) })
	}
	all.Go(func() { d.probe(ctx) })
	all.Go(func() { d.sweep(ctx) })
	all.Wait()
	return nil
}

// sleep waits for t; false means that ctx has ended before.
func sleep(ctx context.Context, t time.Duration) bool {
	timer := time.NewTimer(t)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
