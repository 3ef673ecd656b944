// Package dispatch rings the workflows of users who have something waiting: at
// once after an event was accepted, and by sweeps for whatever a lost ring, a
// stopped Temporal or a lost cluster left behind.
//
// A ring is a doorbell: it carries nothing that matters, and one too many is
// harmless. So several dispatchers run side by side without a lock, lease or
// claim, and a ring that fails is only ever left to a sweep.
package dispatch

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"admit/onboarding"
)

// Starter signals a user's workflow and starts it where none runs.
type Starter interface {
	Start(ctx context.Context, userID string, r onboarding.Ring) error
}

// Source tells which users have something waiting.
type Source interface {
	// WaitingUsers returns users with events that wait for longer than the given
	// time, those of the oldest first.
	WaitingUsers(ctx context.Context, olderThan time.Duration, limit int) ([]string, error)
	// OverdueUsers returns users whose deadline has passed, or who have a waiting
	// effect that nobody has touched for too long.
	OverdueUsers(ctx context.Context, limit int) ([]string, error)
}

// What became of a ring, for OnRing.
const (
	ResultRung    = "rung"    // Temporal took it
	ResultFailed  = "failed"  // Temporal did not; a sweep will try again
	ResultDropped = "dropped" // the queue was full or Temporal is away: left to a sweep
)

// Options are what a Dispatcher needs. Starter, Source and Health must be set; a
// zero number or duration means its default.
type Options struct {
	Starter Starter
	Source  Source
	Health  func(ctx context.Context) error // whether Temporal answers
	Logger  *slog.Logger                    // nil discards
	OnRing  func(result string)             // counts rings; may be nil
	OnPause func(paused bool)               // told when Temporal goes away and comes back; may be nil

	Workers int // rings at the same time, 32
	Queue   int // rings that wait for a worker, 4096
	Rate    int // rings of the sweeps per second, 200
	Batch   int // users that a sweep asks for, 5000

	Sweep   time.Duration // between two sweeps of the inbox, 1 s
	Overdue time.Duration // between two sweeps of deadlines and effects, 1 min
	Age     time.Duration // how long an event waits before a sweep rings for it, 2 s
	Rest    time.Duration // between two rings of a user by sweeps, 10 s
	Timeout time.Duration // for one ring, 5 s
}

// How far apart the rings of one user may grow: after rings that failed, and
// after rings that Temporal took but that did not empty the user's inbox (10,000
// signals end a run).
const (
	firstBackoff   = time.Second
	maxFailBackoff = time.Minute
	maxRingBackoff = 15 * time.Minute
)

// Between two questions whether Temporal is back.
const (
	minProbe = time.Second
	maxProbe = 5 * time.Second
)

// Dispatcher rings workflows. Make one with New; Ring may be called before and
// after Run, and is then without effect.
type Dispatcher struct {
	o     Options
	queue chan string

	mu     sync.Mutex
	users  map[string]*user
	paused bool
}

// user is what is remembered of a user who was rung or is to be.
type user struct {
	ring     onboarding.Ring
	queued   bool      // waits for a worker or is being rung
	again    bool      // a ring came while another was in flight
	rungAt   time.Time // when Temporal last took a ring
	wait     time.Duration
	failures int
}

// New returns a Dispatcher that does nothing until Run.
func New(o Options) *Dispatcher {
	def := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	defTime := func(v *time.Duration, d time.Duration) {
		if *v <= 0 {
			*v = d
		}
	}
	def(&o.Workers, 32)
	def(&o.Queue, 4096)
	def(&o.Rate, 200)
	def(&o.Batch, 5000)
	defTime(&o.Sweep, time.Second)
	defTime(&o.Overdue, time.Minute)
	defTime(&o.Age, 2*time.Second)
	defTime(&o.Rest, 10*time.Second)
	defTime(&o.Timeout, 5*time.Second)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.OnRing == nil {
		o.OnRing = func(string) {}
	}
	if o.OnPause == nil {
		o.OnPause = func(bool) {}
	}
	return &Dispatcher{o: o, queue: make(chan string, o.Queue), users: map[string]*user{}}
}

// Run rings until ctx ends, and returns when no ring is in flight.
func (d *Dispatcher) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	for range d.o.Workers {
		wg.Go(func() { d.work(ctx) })
	}
	wg.Go(func() { d.sweep(ctx) })
	wg.Wait()
	return nil
}

// Ring asks for the user's workflow to be rung. It never blocks: rings of a user
// are coalesced while one is in flight, and what finds no place is left to the
// sweep.
func (d *Dispatcher) Ring(userID string, r onboarding.Ring) {
	d.mu.Lock()
	defer d.mu.Unlock()
	u := d.users[userID]
	if u != nil && u.queued {
		u.again, u.ring = true, r
		return
	}
	if u != nil && u.failures > 0 {
		return // it has failed a moment ago: the sweep rings when its backoff is over
	}
	d.enqueue(userID, r)
}

// enqueue hands the user to a worker, with the lock held.
func (d *Dispatcher) enqueue(userID string, r onboarding.Ring) {
	if d.paused {
		d.o.OnRing(ResultDropped)
		return
	}
	select {
	case d.queue <- userID:
		u := d.users[userID]
		if u == nil {
			u = &user{}
			d.users[userID] = u
		}
		u.queued, u.again, u.ring = true, false, r
	default:
		d.o.OnRing(ResultDropped)
	}
}

func (d *Dispatcher) work(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case userID := <-d.queue:
			d.ring(ctx, userID)
		}
	}
}

// ring rings one user and takes in the result.
func (d *Dispatcher) ring(ctx context.Context, userID string) {
	d.mu.Lock()
	u := d.users[userID]
	r, paused := u.ring, d.paused
	u.again = false // what came until now is covered by this ring
	d.mu.Unlock()
	if paused {
		d.settle(userID, func(u *user) { delete(d.users, userID) })
		d.o.OnRing(ResultDropped)
		return
	}
	ringing, cancel := context.WithTimeout(ctx, d.o.Timeout)
	err := d.o.Starter.Start(ringing, userID, r)
	cancel()
	if err == nil {
		d.o.OnRing(ResultRung)
		d.settle(userID, func(u *user) {
			u.rungAt, u.failures = time.Now(), 0
			if u.again {
				d.enqueue(userID, u.ring)
			}
		})
		return
	}
	if ctx.Err() != nil {
		return
	}
	d.o.OnRing(ResultFailed)
	d.settle(userID, func(u *user) {
		u.failures++
		u.rungAt, u.wait = time.Now(), backoff(u.failures, maxFailBackoff)
	})
	d.o.Logger.Warn("a workflow could not be rung; the sweep tries again", "userId", userID, "error", err)
	d.suspect(ctx)
}

// settle takes a user back from the worker.
func (d *Dispatcher) settle(userID string, f func(*user)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	u := d.users[userID]
	u.queued = false
	f(u)
}

// suspect asks after a failed ring whether Temporal is away, and pauses the whole
// dispatcher when it is.
func (d *Dispatcher) suspect(ctx context.Context) {
	asking, cancel := context.WithTimeout(ctx, d.o.Timeout)
	defer cancel()
	err := d.o.Health(asking)
	if err == nil || ctx.Err() != nil {
		return
	}
	d.mu.Lock()
	was := d.paused
	d.paused = true
	d.mu.Unlock()
	if !was {
		d.o.OnPause(true)
		d.o.Logger.Error("Temporal is away: webhooks are stored and nothing is rung until it is back", "error", err)
	}
}

// backoff doubles from a second to the limit, less up to a quarter so that users
// who failed together do not come back together.
func backoff(n int, limit time.Duration) time.Duration {
	wait := firstBackoff
	for i := 1; i < n && wait < limit; i++ {
		wait *= 2
	}
	wait = min(wait, limit)
	return wait - rand.N(wait/4)
}
