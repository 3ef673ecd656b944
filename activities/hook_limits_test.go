package activities_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"go.temporal.io/sdk/temporal"

	"admit/activities"
	"admit/onboarding"
)

// TestHookBears holds how many deliveries are let in after answers of a kind: the
// rest lane as many as the hook seems to bear, access always all.
func TestHookBears(t *testing.T) {
	t.Parallel()
	type step struct{ status, times, want int } // status 0: no answer
	tests := []struct {
		name  string
		most  int
		steps []step
	}{
		{"at first all", 0, []step{{200, 0, 32}, {200, 3, 32}}},
		{"an error halves", 32, []step{{500, 1, 16}, {503, 1, 8}, {429, 1, 4}, {408, 1, 2}, {500, 1, 1}}},
		{"never below one", 3, []step{{500, 1, 1}, {500, 9, 1}}},
		{"no answer halves", 8, []step{{0, 1, 4}, {0, 2, 1}}},
		{"each delivery makes room for one more", 8, []step{{500, 5, 1}, {200, 1, 2}, {204, 5, 7}, {200, 3, 8}}},
		{"a definite no says nothing", 8, []step{{500, 1, 4}, {400, 5, 4}, {410, 1, 4}, {301, 1, 4}}},
		{"one at a time", 1, []step{{500, 1, 1}, {200, 2, 1}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var status atomic.Int64
			e := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if status.Load() == 0 {
					panic(http.ErrAbortHandler)
				}
				w.WriteHeader(int(status.Load()))
			})
			h := hook(t, activities.HookConfig{URL: e.URL, AllowPrivate: true, MaxInFlight: tt.most})
			all := h.AtOnce(onboarding.LaneAccess)
			rest := grant
			rest.Lane = onboarding.LaneRest
			for i, s := range tt.steps {
				status.Store(int64(s.status))
				for range s.times {
					h.Send(within(t, patience), rest)
				}
				if got := h.AtOnce(onboarding.LaneRest); got != s.want {
					t.Errorf("after step %d: %d at once, want %d", i+1, got, s.want)
				}
			}
			before := h.AtOnce(onboarding.LaneRest)
			status.Store(500)
			h.Send(within(t, patience), grant)
			if h.AtOnce(onboarding.LaneAccess) != all || h.AtOnce(onboarding.LaneRest) != before {
				t.Errorf("after an error in the access lane: %d there, %d in the rest", h.AtOnce(onboarding.LaneAccess), h.AtOnce(onboarding.LaneRest))
			}
		})
	}
}

// TestACancelledDeliverySaysNothing holds that a delivery that this side broke off is
// not held against the hook.
func TestACancelledDeliverySaysNothing(t *testing.T) {
	t.Parallel()
	entered := make(chan struct{}, 1)
	e := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		entered <- struct{}{}
		<-r.Context().Done()
	})
	h := hook(t, activities.HookConfig{URL: e.URL, AllowPrivate: true, MaxInFlight: 8})
	ctx, cancel := context.WithCancel(within(t, patience))
	defer cancel()
	rest := grant
	rest.Lane = onboarding.LaneRest
	ended := make(chan onboarding.Attempt, 1)
	go func() { ended <- h.Send(ctx, rest) }()
	deadline := time.After(patience)
	await(t, entered, deadline)
	cancel()
	if got := await(t, ended, deadline); got.Answer != "cancelled" || h.AtOnce(onboarding.LaneRest) != 8 {
		t.Errorf("Send = %+v, and %d at once after it", got, h.AtOnce(onboarding.LaneRest))
	}
}

// TestTurns holds that turns are evenly apart, that none is taken that is far off,
// and that one that was given back is not lost.
func TestTurns(t *testing.T) {
	t.Parallel()
	turn, giveBack := activities.NewTurns(10)
	want := func(at, wait time.Duration, mine bool) {
		t.Helper()
		if w, m := turn(decided.Add(at)); w != wait || m != mine {
			t.Errorf("turn at %s = %s, %t, want %s, %t", at, w, m, wait, mine)
		}
	}
	const tenth = 100 * time.Millisecond
	for i := range 6 {
		want(0, time.Duration(i)*tenth, true)
	}
	want(0, 6*tenth, false)
	want(0, 6*tenth, false) // and it did not grow by asking
	giveBack()
	want(0, 5*tenth, true)
	want(50*time.Millisecond, 550*time.Millisecond, false)
	want(tenth, 5*tenth, true)
	want(time.Minute, 0, true) // nothing is saved up
	want(time.Minute, tenth, true)
	giveBack()
	giveBack()
	want(time.Minute, 0, true)

	slow, back := activities.NewTurns(0.01)
	if w, mine := slow(decided); w != 0 || !mine {
		t.Errorf("first turn in %s, %t", w, mine)
	}
	if w, mine := slow(decided.Add(time.Second)); w != 99*time.Second || mine {
		t.Errorf("second turn in %s, %t", w, mine)
	}
	back()
	if w, mine := slow(decided.Add(time.Second)); w != 0 || !mine {
		t.Errorf("turn after one was given back in %s, %t", w, mine)
	}
}

// hurried cuts short what hangs.
type hurried struct {
	*activities.Hook
	limit time.Duration
}

func (h hurried) Send(ctx context.Context, d onboarding.Delivery) onboarding.Attempt {
	ctx, cancel := context.WithTimeout(ctx, h.limit)
	defer cancel()
	return h.Hook.Send(ctx, d)
}

// paced is a Sender to a target that bears so much.
type paced struct {
	sendFunc
	perSecond float64
}

func (paced) AtOnce(onboarding.Lane) int { return 1 }

func (p paced) PerSecond() float64 { return p.perSecond }

// TestDeliverAtTheRate holds that deliveries begin apart, and that who would wait
// for long is turned away without asking the ledger.
func TestDeliverAtTheRate(t *testing.T) {
	t.Parallel()
	var begun []time.Time
	b := newBench(&ledger{queue: effects(4)}, nil)
	b.Clock = time.Now
	b.Senders["core"] = paced{always(delivered), 20}
	b.Observe = func(activities.Observation) { begun = append(begun, time.Now()) }
	if r, err := b.deliver(t, t.Context()); err != nil || r.Left || len(begun) != 4 {
		t.Fatalf("Deliver = %+v, %v after %d", r, err, len(begun))
	}
	if took := begun[3].Sub(begun[0]); took < 140*time.Millisecond {
		t.Errorf("the fourth began %s after the first, want 150ms", took)
	}

	slow := newBench(&ledger{queue: effects(3)}, nil)
	slow.Senders["core"] = paced{always(delivered), 0.1}
	_, err := slow.deliver(t, t.Context())
	wantWaiting(t, err, 10*time.Second) // longer than a crowd waits at first
	if len(slow.ledger.takes) != 1 || len(slow.ledger.records) != 1 {
		t.Errorf("%d takes, %d records", len(slow.ledger.takes), len(slow.ledger.records))
	}
	// The other lane has a rate of its own.
	other := onboarding.LaneRef{UserID: "user-2", Target: "core", Lane: onboarding.LaneAccess}
	slow.Ledger = &crowd{taken: map[onboarding.LaneRef]int{}}
	if _, err := serveLane(&slow.Activities, other); err == nil || slow.seen[len(slow.seen)-1].Lane != onboarding.LaneAccess {
		t.Errorf("Deliver in the access lane = %v, observed %+v", err, slow.seen)
	}
}

// TestDeliverGivesTurnsBack holds that a lane in which nothing was sent takes no
// turn from the others.
func TestDeliverGivesTurnsBack(t *testing.T) {
	t.Parallel()
	b := newBench(&ledger{}, nil)
	b.Senders["core"] = paced{always(delivered), 0.1}
	for range 5 { // empty
		if r, err := b.deliver(t, t.Context()); err != nil || r.Left {
			t.Fatalf("Deliver = %+v, %v", r, err)
		}
	}
	b.ledger.takeErr = errAway
	for range 5 {
		var e *temporal.ApplicationError
		if _, err := b.deliver(t, t.Context()); err == nil || errors.As(err, &e) && e.Type() == activities.ErrorWaiting {
			t.Fatalf("Deliver = %v", err)
		}
	}
	b.ledger.takeErr = nil
	for _, nothing := range []onboarding.Attempt{deferred, moot} {
		b.Senders["core"] = paced{always(nothing), 0.1}
		b.ledger.queue, b.ledger.waits = effects(1), []time.Duration{nothing.RetryAfter}
		if _, err := b.deliver(t, t.Context()); err != nil {
			t.Fatalf("%s: Deliver = %v", nothing.Result, err)
		}
	}
	b.Senders["core"], b.ledger.records, b.ledger.waits = paced{always(delivered), 0.1}, nil, nil
	b.ledger.queue = []onboarding.Taken{{Wait: time.Minute}}
	_, err := b.deliver(t, t.Context())
	wantWaiting(t, err, time.Minute)
	b.ledger.queue = effects(1)
	if _, err := b.deliver(t, t.Context()); err == nil || len(b.ledger.records) != 1 {
		t.Errorf("Deliver = %v with %d attempts", err, len(b.ledger.records))
	}
}

// TestSlowHookIsGivenLittle holds that a hook that hangs keeps one delivery busy
// before long, and has its room back when it answers again.
func TestSlowHookIsGivenLittle(t *testing.T) {
	t.Parallel()
	var up atomic.Bool
	e := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if !up.Load() {
			<-r.Context().Done()
		}
	})
	h := hook(t, activities.HookConfig{URL: e.URL, AllowPrivate: true, MaxInFlight: 16})
	book := &crowd{taken: map[onboarding.LaneRef]int{}}
	a := &activities.Activities{Ledger: book, Identity: "worker-1", Senders: map[string]activities.Sender{"core": hurried{h, 20 * time.Millisecond}}}
	serveUser := func(i int) error {
		_, err := serveLane(a, onboarding.LaneRef{UserID: fmt.Sprintf("user-%d", i), Target: "core", Lane: onboarding.LaneRest})
		return err
	}
	for i := range 5 {
		if err := serveUser(i); err != nil {
			t.Fatal(err)
		}
	}
	if got := h.AtOnce(onboarding.LaneRest); got != 1 {
		t.Errorf("%d at once after five timeouts, want 1", got)
	}
	up.Store(true)
	a.Senders["core"] = h
	for i := range 15 {
		if err := serveUser(100 + i); err != nil {
			t.Fatal(err)
		}
	}
	if got := h.AtOnce(onboarding.LaneRest); got != 16 {
		t.Errorf("%d at once after 15 deliveries, want 16", got)
	}
}

// TestTurnedAwayInARow holds that a lane waits longer the more often it was turned
// away in a row, and not for how long it was waiting for an attempt before.
func TestTurnedAwayInARow(t *testing.T) {
	t.Parallel()
	b := newBench(&ledger{queue: []onboarding.Taken{{Wait: time.Hour}, {Wait: time.Hour}}}, nil)
	release := make(chan struct{})
	entered := make(chan struct{})
	b.Senders["core"] = paced{func(context.Context, onboarding.Delivery) onboarding.Attempt {
		entered <- struct{}{}
		<-release
		return delivered
	}, 0}
	turnedAway := func(times int) {
		t.Helper()
		_, err := b.deliver(t, t.Context())
		wantWaiting(t, err, activities.Crowded(ref, times, 0))
	}
	own := b.Ledger
	for range 2 {
		if _, err := b.deliver(t, t.Context()); err == nil { // the ledger says to wait
			t.Fatal("nothing waits")
		}
		b.Ledger = &crowd{taken: map[onboarding.LaneRef]int{}}
		ended := make(chan error, 1)
		go func() {
			_, err := serveLane(&b.Activities, onboarding.LaneRef{UserID: "user-2", Target: "core", Lane: onboarding.LaneRest})
			ended <- err
		}()
		deadline := time.After(patience)
		await(t, entered, deadline)
		for times := range 3 {
			turnedAway(times + 1)
		}
		b.clock.move(29 * time.Minute)
		turnedAway(4)
		b.clock.move(29 * time.Minute) // it is long, and not forgotten
		turnedAway(5)
		b.clock.move(61 * time.Minute) // that was another crowd
		turnedAway(1)
		release <- struct{}{}
		if err := await(t, ended, deadline); err != nil {
			t.Fatal(err)
		}
		b.Ledger = own
	}
}

// TestACrowdComesBackLater holds that the longer a crowd takes to dissolve, the later
// its lanes come back, and that no sweep rings for them meanwhile.
func TestACrowdComesBackLater(t *testing.T) {
	t.Parallel()
	b := newBench(&ledger{}, nil)
	release, entered, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	b.Senders["core"] = paced{func(context.Context, onboarding.Delivery) onboarding.Attempt {
		entered <- struct{}{}
		<-release
		return delivered
	}, 0}
	lane := func(user int) onboarding.LaneRef {
		return onboarding.LaneRef{UserID: fmt.Sprintf("user-%d", user), Target: "core", Lane: onboarding.LaneRest}
	}
	book := &crowd{taken: map[onboarding.LaneRef]int{}}
	b.Ledger = book
	go func() { _, err := serveLane(&b.Activities, lane(0)); ended <- err }()
	deadline := time.After(patience)
	await(t, entered, deadline)
	room := time.Duration(b.Senders["core"].(activities.Limited).AtOnce(onboarding.LaneRest))
	const many = 300
	for user := range many {
		if _, err := serveLane(&b.Activities, lane(1+user)); err == nil {
			t.Fatal("there was room")
		}
	}
	var err error
	for range 20 {
		_, err = serveLane(&b.Activities, lane(1))
	}
	wantWaiting(t, err, activities.Crowded(lane(1), 21, many*2*time.Second/room))
	if book.touched < 5*time.Minute {
		t.Errorf("the ledger is told of a wait of %v", book.touched)
	}
	release <- struct{}{}
	if err := await(t, ended, deadline); err != nil {
		t.Error(err)
	}
}
