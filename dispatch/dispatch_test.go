package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"admit/dispatch"
	"admit/onboarding"
)

var errAway = errors.New("nobody answers")

// engine stands in for Temporal.
type engine struct {
	mu     sync.Mutex
	rings  []rung
	flying int
	most   int // rings in flight at the same time
	took   time.Duration
	fails  func(userID string) bool // rings of this user fail
	down   bool                     // everything fails
	asked  []time.Time              // health checks
	onTake func(userID string)
}

type rung struct {
	user string
	ring onboarding.Ring
	at   time.Time
}

func (e *engine) Start(ctx context.Context, userID string, r onboarding.Ring) error {
	e.mu.Lock()
	e.flying++
	e.most = max(e.most, e.flying)
	e.mu.Unlock()
	defer func() {
		e.mu.Lock()
		e.flying--
		e.mu.Unlock()
	}()
	e.mu.Lock()
	took := e.took
	e.mu.Unlock()
	if took > 0 {
		select {
		case <-time.After(took):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.rings = append(e.rings, rung{userID, r, time.Now()})
	if e.down || e.fails != nil && e.fails(userID) {
		return errAway
	}
	if e.onTake != nil {
		e.onTake(userID)
	}
	return nil
}

func (e *engine) Health(context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.asked = append(e.asked, time.Now())
	if e.down {
		return errAway
	}
	return nil
}

func (e *engine) set(change func(e *engine)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	change(e)
}

// times returns when the user was rung, as time since the given start.
func (e *engine) times(userID string, start time.Time) []time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	var at []time.Duration
	for _, r := range e.rings {
		if r.user == userID {
			at = append(at, r.at.Sub(start))
		}
	}
	return at
}

func (e *engine) count() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.rings)
}

// rows stands in for the database: since when users have waiting events, and who
// is overdue.
type rows struct {
	mu      sync.Mutex
	inbox   []row
	overdue []string
	err     error
	asked   int
}

type row struct {
	user  string
	since time.Time
}

func (r *rows) WaitingUsers(_ context.Context, olderThan time.Duration, limit int) ([]string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked++
	var users []string
	for _, w := range r.inbox {
		if len(users) < limit && time.Since(w.since) >= olderThan {
			users = append(users, w.user)
		}
	}
	return users, r.err
}

func (r *rows) OverdueUsers(_ context.Context, limit int) ([]string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.overdue[:min(limit, len(r.overdue))]), r.err
}

func (r *rows) set(change func(r *rows)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(r)
}

func (r *rows) add(users ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, u := range users {
		r.inbox = append(r.inbox, row{u, time.Now()})
	}
}

// fold takes the user's events away, as an Advance does.
func (r *rows) fold(userID string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inbox = slices.DeleteFunc(r.inbox, func(w row) bool { return w.user == userID })
	r.overdue = slices.DeleteFunc(r.overdue, func(u string) bool { return u == userID })
}

// results counts what the dispatcher observes.
type results struct {
	mu     sync.Mutex
	rings  map[string]int
	pauses []bool
}

func (r *results) ring(result string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rings[result]++
}

func (r *results) pause(paused bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pauses = append(r.pauses, paused)
}

func (r *results) of(result string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.rings[result]
}

// world is a dispatcher between an engine and a database, in a bubble of time.
type world struct {
	*dispatch.Dispatcher
	engine  *engine
	rows    *rows
	seen    *results
	start   time.Time
	stopped chan error
	stop    context.CancelFunc
}

// in runs a test in a bubble of time, with a dispatcher that runs in it.
func in(t *testing.T, change func(o *dispatch.Options), test func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{engine: &engine{}, rows: &rows{}, seen: &results{rings: map[string]int{}}, start: time.Now(), stopped: make(chan error, 1)}
		o := dispatch.Options{Starter: w.engine, Source: w.rows, Health: w.engine.Health, OnRing: w.seen.ring, OnPause: w.seen.pause}
		if change != nil {
			change(&o)
		}
		w.Dispatcher = dispatch.New(o)
		ctx, cancel := context.WithCancel(t.Context())
		w.stop = cancel
		go func() { w.stopped <- w.Run(ctx) }()
		synctest.Wait()
		test(t, w)
		cancel()
		if err := <-w.stopped; err != nil {
			t.Errorf("Run returned %v", err)
		}
	})
}

// after lets the bubble's time pass.
func (w *world) after(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func seconds(all ...float64) []time.Duration {
	var ds []time.Duration
	for _, s := range all {
		ds = append(ds, time.Duration(s*float64(time.Second)))
	}
	return ds
}

func TestRingsAtOnce(t *testing.T) {
	t.Parallel()
	in(t, nil, func(t *testing.T, w *world) {
		sent := onboarding.Ring{EventID: 7, Provider: "p100", Route: "kyc-verification", Words: []string{"VERIFIED"}}
		w.Ring("user-1", sent)
		synctest.Wait()
		if len(w.engine.rings) != 1 || w.engine.rings[0].user != "user-1" || w.engine.rings[0].ring.EventID != 7 || !w.engine.rings[0].at.Equal(w.start) {
			t.Errorf("rings %+v, want one at once", w.engine.rings)
		}
		if w.seen.of(dispatch.ResultRung) != 1 {
			t.Errorf("observed %v", w.seen.rings)
		}
	})
}

func TestRingsAreCoalesced(t *testing.T) {
	t.Parallel()
	in(t, func(o *dispatch.Options) { o.Workers = 1 }, func(t *testing.T, w *world) {
		w.engine.set(func(e *engine) { e.took = 100 * time.Millisecond })
		for i := range 5 {
			w.Ring("user-1", onboarding.Ring{EventID: int64(i + 1)})
			synctest.Wait() // the first is in flight
		}
		w.Ring("user-2", onboarding.Ring{EventID: 100})
		w.Ring("user-2", onboarding.Ring{EventID: 101}) // waits for the one worker
		w.after(time.Second)
		var got []string
		for _, r := range w.engine.rings {
			got = append(got, fmt.Sprintf("%s:%d", r.user, r.ring.EventID))
		}
		if want := []string{"user-1:1", "user-2:101", "user-1:5"}; !slices.Equal(got, want) {
			t.Errorf("rings %v, want %v: one in flight and one that follows with the newest", got, want)
		}
		if w.engine.most != 1 {
			t.Errorf("%d rings in flight", w.engine.most)
		}
		if got := w.seen.of(dispatch.ResultCoalesced); got != 5 {
			t.Errorf("%d rings coalesced, want 5", got)
		}
	})
}

func TestRingNeverBlocks(t *testing.T) {
	t.Parallel()
	in(t, func(o *dispatch.Options) { o.Workers, o.Queue = 2, 3 }, func(t *testing.T, w *world) {
		w.engine.set(func(e *engine) { e.took = time.Hour }) // until the ring's own deadline
		for i := range 100 {
			w.Ring(fmt.Sprintf("user-%d", i), onboarding.Ring{})
			synctest.Wait()
		}
		if got := w.seen.of(dispatch.ResultDropped); got != 95 {
			t.Errorf("%d rings dropped, want 95: two in flight and three waiting", got)
		}
		if now := time.Since(w.start); now != 0 {
			t.Errorf("Ring took %s", now)
		}
	})
}

func TestNoRoomForMoreUsers(t *testing.T) {
	t.Parallel()
	in(t, func(o *dispatch.Options) { o.Users = 2 }, func(t *testing.T, w *world) {
		for i := range 3 {
			w.Ring(fmt.Sprintf("user-%d", i), onboarding.Ring{})
			synctest.Wait()
		}
		if rung, dropped := w.seen.of(dispatch.ResultRung), w.seen.of(dispatch.ResultDropped); rung != 2 || dropped != 1 {
			t.Errorf("%d rung and %d dropped, want 2 and 1", rung, dropped)
		}
		w.after(15 * time.Second) // the sweeps have seen that nothing waits
		w.Ring("user-2", onboarding.Ring{})
		synctest.Wait()
		if got := w.seen.of(dispatch.ResultRung); got != 3 {
			t.Error("users of whom nothing waits are not forgotten")
		}
	})
}

func TestStopLetsRingsEnd(t *testing.T) {
	t.Parallel()
	in(t, nil, func(t *testing.T, w *world) {
		w.engine.set(func(e *engine) { e.took = time.Second })
		w.Ring("user-1", onboarding.Ring{})
		synctest.Wait()
		w.stop()
		if err := <-w.stopped; err != nil {
			t.Errorf("Run returned %v", err)
		}
		w.stopped <- nil
		if got := w.seen.of(dispatch.ResultRung); got != 1 {
			t.Errorf("%d rings ended well, want 1", got)
		}
	})
}
