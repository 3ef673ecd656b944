package dispatch_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"admit/dispatch"
	"admit/onboarding"
)

func TestSweepRingsForWaitingEvents(t *testing.T) {
	t.Parallel()
	in(t, nil, func(t *testing.T, w *world) {
		w.engine.set(func(e *engine) { e.onTake = w.rows.fold })
		w.rows.add("user-1")
		w.after(time.Minute)
		if got, want := w.engine.times("user-1", w.start), seconds(2); !slices.Equal(got, want) {
			t.Errorf("rung at %v, want %v: once, when the event had waited", got, want)
		}
		if r := w.engine.rings[0].ring; r.Cause != "inbox" {
			t.Errorf("the ring says %+v", r)
		}
	})
}

// A user whose events do not go away is rung less and less often, and at once
// again when they went.
func TestSweepBacksOffFromUsersWhoseEventsStay(t *testing.T) {
	t.Parallel()
	in(t, nil, func(t *testing.T, w *world) {
		w.rows.add("user-1")
		w.after(time.Hour)
		at := w.engine.times("user-1", w.start)
		if want := seconds(2, 12, 32, 72, 152, 312, 632, 1272, 2172, 3072); !slices.Equal(at, want) {
			t.Errorf("rung at %v, want %v", at, want)
		}
		w.Ring("user-1", onboarding.Ring{})
		synctest.Wait()
		if w.seen.of(dispatch.ResultHeld) != 1 {
			t.Error("a workflow that reads no rings was rung again")
		}
		w.rows.fold("user-1")
		w.after(2 * time.Second)
		w.Ring("user-1", onboarding.Ring{})
		synctest.Wait()
		if got := w.engine.count(); got != len(at)+1 {
			t.Error("the user is held back although the events are gone")
		}
	})
}

func TestSweepLeavesUsersRungJustNow(t *testing.T) {
	t.Parallel()
	in(t, nil, func(t *testing.T, w *world) {
		w.rows.add("user-1")
		w.Ring("user-1", onboarding.Ring{})
		w.after(30 * time.Second)
		if got, want := w.engine.times("user-1", w.start), seconds(0, 10, 20); !slices.Equal(got, want) {
			t.Errorf("rung at %v, want %v", got, want)
		}
	})
}

// A ring of the sweep does not hold back the ring of the next event.
func TestEventAfterASweepIsRungAtOnce(t *testing.T) {
	t.Parallel()
	in(t, nil, func(t *testing.T, w *world) {
		w.engine.set(func(e *engine) { e.onTake = w.rows.fold })
		w.rows.add("user-1")
		w.after(2100 * time.Millisecond)
		w.Ring("user-1", onboarding.Ring{})
		synctest.Wait()
		if got, want := w.engine.times("user-1", w.start), seconds(2, 2.1); !slices.Equal(got, want) {
			t.Errorf("rung at %v, want %v", got, want)
		}
	})
}

// The ring that a stuck user's workflow reads at last ends the backoff.
func TestBackoffEndsWithTheRingThatIsRead(t *testing.T) {
	t.Parallel()
	in(t, nil, func(t *testing.T, w *world) {
		w.rows.add("user-1")
		w.after(40 * time.Second)
		w.engine.set(func(e *engine) { e.onTake = w.rows.fold })
		w.after(34 * time.Second)
		w.Ring("user-1", onboarding.Ring{})
		synctest.Wait()
		if got, want := w.engine.times("user-1", w.start), seconds(2, 12, 32, 72, 74); !slices.Equal(got, want) {
			t.Errorf("rung at %v, want %v", got, want)
		}
	})
}

func TestSweepRingsTheOverdue(t *testing.T) {
	t.Parallel()
	in(t, nil, func(t *testing.T, w *world) {
		w.rows.set(func(r *rows) { r.overdue = []string{"user-1", "user-2"} })
		w.engine.set(func(e *engine) {
			e.onTake = func(userID string) {
				if userID == "user-2" {
					w.rows.fold(userID)
				}
			}
		})
		w.after(20 * time.Minute)
		if got, want := w.engine.times("user-1", w.start), seconds(1, 61, 181, 421, 901); !slices.Equal(got, want) {
			t.Errorf("user-1, who stays overdue, was rung at %v, want %v", got, want)
		}
		if got, want := w.engine.times("user-2", w.start), seconds(1); !slices.Equal(got, want) {
			t.Errorf("user-2 was rung at %v, want %v", got, want)
		}
		if r := w.engine.rings[0].ring; r.Cause != "overdue" {
			t.Errorf("the ring says %+v", r)
		}
	})
}

func TestSweepsRingAtABoundedRate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		fill func(w *world, users []string)
	}{
		{name: "inbox", fill: func(w *world, users []string) { w.rows.add(users...) }},
		{name: "overdue", fill: func(w *world, users []string) { w.rows.set(func(r *rows) { r.overdue = users }) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in(t, nil, func(t *testing.T, w *world) {
				w.engine.set(func(e *engine) { e.onTake = w.rows.fold })
				var users []string
				for i := range 3000 {
					users = append(users, fmt.Sprintf("user-%d", i))
				}
				tt.fill(w, users)
				w.after(2500 * time.Millisecond)
				before := w.engine.count()
				for range 10 {
					w.after(time.Second)
					now := w.engine.count()
					if now-before != 200 {
						t.Fatalf("%d rings in a second, want 200", now-before)
					}
					before = now
				}
				w.after(10 * time.Second)
				if got := w.engine.count(); got != len(users) {
					t.Errorf("%d users rung, want all %d once", got, len(users))
				}
			})
		})
	}
}

// Users who are held back do not hide those behind them.
func TestStuckUsersHideNobody(t *testing.T) {
	t.Parallel()
	in(t, func(o *dispatch.Options) { o.Rate = 10 }, func(t *testing.T, w *world) {
		for i := range 100 {
			w.rows.add(fmt.Sprintf("stuck-%d", i))
		}
		w.after(5 * time.Minute)
		w.engine.set(func(e *engine) {
			e.onTake = func(userID string) {
				if userID == "user-1" {
					w.rows.fold(userID)
				}
			}
		})
		added := time.Now()
		w.rows.add("user-1")
		w.after(time.Minute)
		at := w.engine.times("user-1", added)
		if len(at) != 1 || at[0] > 15*time.Second {
			t.Errorf("the user behind a hundred stuck ones was rung after %v", at)
		}
	})
}

func TestFailedRingsBackOff(t *testing.T) {
	t.Parallel()
	in(t, nil, func(t *testing.T, w *world) {
		w.engine.set(func(e *engine) { e.fails = func(userID string) bool { return userID == "user-1" } })
		w.rows.add("user-1")
		w.Ring("user-1", onboarding.Ring{})
		w.after(10 * time.Minute)
		at := w.engine.times("user-1", w.start)
		for i := 1; i < len(at); i++ {
			gap, full := at[i]-at[i-1], min(time.Minute, time.Second<<(i-1))
			// A ring follows in the second after the wait, the first when the event
			// has waited long enough for a sweep.
			if i > 1 && (gap < full*3/4 || gap > full+time.Second) {
				t.Errorf("wait %d was %s, want about %s", i, gap, full)
			}
		}
		if len(at) < 14 || len(at) > 20 {
			t.Errorf("%d rings in ten minutes", len(at))
		}
		w.Ring("user-1", onboarding.Ring{})
		w.Ring("user-2", onboarding.Ring{})
		synctest.Wait()
		if w.seen.of(dispatch.ResultHeld) != 1 || w.seen.of(dispatch.ResultRung) != 1 {
			t.Errorf("observed %v: one user's failures hold back that user alone", w.seen.rings)
		}
		w.engine.set(func(e *engine) { e.fails, e.onTake = nil, w.rows.fold })
		w.after(2 * time.Minute)
		w.Ring("user-1", onboarding.Ring{})
		synctest.Wait()
		if w.seen.of(dispatch.ResultRung) != 3 {
			t.Errorf("observed %v: the user is rung again once the rings are taken", w.seen.rings)
		}
		if len(w.seen.pauses) != 1 {
			t.Error("the dispatcher paused although Temporal answers")
		}
	})
}

func TestPauseWhileTemporalIsAway(t *testing.T) {
	t.Parallel()
	in(t, nil, func(t *testing.T, w *world) {
		w.engine.set(func(e *engine) { e.onTake = w.rows.fold })
		w.engine.set(func(e *engine) { e.down = true })
		for i := range 100 {
			userID := fmt.Sprintf("user-%d", i)
			w.rows.add(userID)
			w.Ring(userID, onboarding.Ring{})
		}
		w.after(time.Minute)
		tried, asked := w.engine.count(), w.rows.asked
		if tried > 32 {
			t.Errorf("%d rings were tried, want no more than were in flight", tried)
		}
		if asked > 1 {
			t.Errorf("the database was swept %d times for rings that nobody takes", asked)
		}
		probes := w.engine.asked
		for i := 1; i < len(probes); i++ {
			if gap := probes[i].Sub(probes[i-1]); gap < time.Second || gap > 5*time.Second {
				t.Errorf("probe %d came %s after the one before", i, gap)
			}
		}
		if len(probes) < 12 {
			t.Errorf("%d probes in a minute", len(probes))
		}
		w.Ring("user-x", onboarding.Ring{})
		if w.engine.count() != tried {
			t.Error("a ring was tried during the pause")
		}

		w.engine.set(func(e *engine) { e.down = false })
		w.after(10 * time.Second)
		for i := range 100 {
			if at := w.engine.times(fmt.Sprintf("user-%d", i), w.start); len(at) == 0 || at[len(at)-1] < time.Minute {
				t.Fatalf("user-%d was not rung after the pause: %v", i, at)
			}
		}
		if want := []bool{false, true, false}; !slices.Equal(w.seen.pauses, want) {
			t.Errorf("pauses %v, want %v", w.seen.pauses, want)
		}
		w.Ring("user-x", onboarding.Ring{})
		synctest.Wait()
		if len(w.engine.times("user-x", w.start)) != 1 {
			t.Error("rings are not sent again after the pause")
		}
	})
}

// TestRoomForNewUsers holds that a full memory does not shut out new users for
// longer than those it holds are waited for.
func TestRoomForNewUsers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		rate int // 0 means the default
		fill func(w *world, users []string)
	}{
		{name: "rings that failed", fill: failThenWork},
		{name: "fewer rings than users", rate: 1, fill: failThenWork},
		{name: "rings that were taken", fill: func(w *world, users []string) {
			w.engine.set(func(e *engine) { e.onTake = w.rows.fold })
			for _, userID := range users[:10] {
				w.Ring(userID, onboarding.Ring{})
			}
			w.rows.add(users[10:]...)
		}},
		{name: "overdue users", fill: func(w *world, users []string) {
			w.rows.set(func(r *rows) { r.overdue = slices.Clone(users[:10]) })
			w.after(2 * time.Second)
			w.engine.set(func(e *engine) { e.onTake = w.rows.fold })
			w.after(time.Minute)
			w.rows.add(users[10:]...)
			w.after(time.Minute)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in(t, func(o *dispatch.Options) { o.Users, o.Rate = 10, tt.rate }, func(t *testing.T, w *world) {
				var users []string
				for i := range 12 {
					users = append(users, fmt.Sprintf("user-%d", i+1))
				}
				tt.fill(w, users)
				w.after(5 * time.Second)
				for _, userID := range users {
					if len(w.engine.times(userID, w.start)) == 0 {
						t.Errorf("%s was never rung", userID)
					}
				}
			})
		})
	}
}

// failThenWork lets the rings of the first ten of the users fail for a minute, and
// the engine work for another, the longest wait after a ring that failed.
func failThenWork(w *world, users []string) {
	w.engine.set(func(e *engine) { e.fails = func(string) bool { return true } })
	w.rows.add(users...)
	w.after(time.Minute)
	w.engine.set(func(e *engine) { e.fails, e.onTake = nil, w.rows.fold })
	w.after(time.Minute)
}

func TestSweepsGoOnWhenTheSourceIsBack(t *testing.T) {
	t.Parallel()
	in(t, nil, func(t *testing.T, w *world) {
		w.engine.set(func(e *engine) { e.onTake = w.rows.fold })
		w.rows.set(func(r *rows) { r.err = errors.New("no database") })
		w.rows.add("user-1")
		w.after(time.Minute)
		w.rows.set(func(r *rows) { r.err = nil })
		w.after(2 * time.Second)
		if got := w.engine.times("user-1", w.start); len(got) != 1 {
			t.Errorf("rung at %v, want once", got)
		}
	})
}

// Two dispatchers beside each other need no lock: all that happens is a ring too
// many.
func TestSeveralDispatchers(t *testing.T) {
	t.Parallel()
	in(t, nil, func(t *testing.T, w *world) {
		other := dispatch.New(dispatch.Options{Starter: w.engine, Source: w.rows, Health: w.engine.Health})
		go func() { w.stopped <- other.Run(t.Context()) }()
		for i := range 50 {
			w.rows.add(fmt.Sprintf("user-%d", i))
		}
		w.engine.set(func(e *engine) { e.onTake = w.rows.fold })
		w.after(10 * time.Second)
		if got := w.engine.count(); got < 50 || got > 100 {
			t.Errorf("%d rings for 50 users by two dispatchers", got)
		}
		w.rows.mu.Lock()
		defer w.rows.mu.Unlock()
		if len(w.rows.inbox) != 0 {
			t.Errorf("%d users were not rung", len(w.rows.inbox))
		}
	})
}
