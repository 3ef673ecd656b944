package activities_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/testsuite"

	"admit/activities"
	"admit/onboarding"
)

const patience = 20 * time.Second

// crowd is a ledger in which each lane that is asked for the first time has one
// effect. It may be used by many at once.
type crowd struct {
	mu      sync.Mutex
	taken   map[onboarding.LaneRef]int
	touched time.Duration // the last wait that it was told of
}

func (c *crowd) Touch(_ context.Context, _ onboarding.LaneRef, wait time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.touched = wait
	return nil
}

func (c *crowd) Take(_ context.Context, lane onboarding.LaneRef, _ string, _ time.Duration) (onboarding.Taken, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.taken[lane]++; c.taken[lane] > 1 {
		return onboarding.Taken{}, nil
	}
	return onboarding.Taken{Delivery: &onboarding.Delivery{UserID: lane.UserID, Target: lane.Target, Lane: lane.Lane}}, nil
}

func (c *crowd) Record(context.Context, int64, string, onboarding.Attempt) (time.Duration, error) {
	return 0, nil
}

// of returns how many users' lanes of a target were asked for.
func (c *crowd) of(target string, lane onboarding.Lane) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for l := range c.taken {
		if l.Target == target && l.Lane == lane {
			n++
		}
	}
	return n
}

// serveLane runs Deliver as the engine does, and says how long it took.
func serveLane(a *activities.Activities, lane onboarding.LaneRef) (time.Duration, error) {
	env := (&testsuite.WorkflowTestSuite{}).NewTestActivityEnvironment()
	env.RegisterActivity(a.Deliver)
	begun := time.Now()
	_, err := env.ExecuteActivity(a.Deliver, lane)
	return time.Since(begun), err
}

// TestHangingTargetLeavesRoom holds that a target that hangs keeps a bounded
// number of deliveries, and holds up neither others nor its own access lane.
func TestHangingTargetLeavesRoom(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name            string
		configured, cap int
	}{{"default", 0, 32}, {"configured", 3, 3}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			const asked = 500
			entered, release := make(chan struct{}, asked), make(chan struct{})
			letGo := sync.OnceFunc(func() { close(release) })
			t.Cleanup(letGo)
			hang := sendFunc(func(_ context.Context, d onboarding.Delivery) onboarding.Attempt {
				if d.Lane == onboarding.LaneRest {
					entered <- struct{}{}
					<-release
				}
				return delivered
			})
			book := &crowd{taken: map[onboarding.LaneRef]int{}}
			a := &activities.Activities{Ledger: book, Identity: "worker-1", InFlight: tt.configured,
				Senders: map[string]activities.Sender{"hung": hang, "core": sendFunc(always(delivered))}}
			results := make(chan error, asked)
			for i := range asked {
				go func() {
					_, err := serveLane(a, onboarding.LaneRef{UserID: fmt.Sprintf("user-%d", i), Target: "hung", Lane: onboarding.LaneRest})
					results <- err
				}()
			}
			deadline := time.After(patience)
			for range tt.cap {
				await(t, entered, deadline)
			}
			for range asked - tt.cap { // the others are back although nothing has moved
				if err := await(t, results, deadline); err == nil {
					t.Fatal("a delivery ended well while the target hung")
				}
			}
			if got := book.of("hung", onboarding.LaneRest); got != tt.cap {
				t.Errorf("the ledger was asked for %d lanes, want %d", got, tt.cap)
			}
			late := onboarding.LaneRef{UserID: "user-late", Target: "hung", Lane: onboarding.LaneRest}
			took, err := serveLane(a, late)
			wantWaiting(t, err, activities.Crowded(late, 1, 0))
			if took > time.Second || book.of("hung", onboarding.LaneRest) != tt.cap {
				t.Errorf("turned away after %s, having asked the ledger: %v", took, book.taken[late] > 0)
			}
			for _, lane := range []onboarding.LaneRef{
				{UserID: "user-1", Target: "core", Lane: onboarding.LaneRest},
				{UserID: "user-1", Target: "core", Lane: onboarding.LaneAccess},
				{UserID: "user-1", Target: "hung", Lane: onboarding.LaneAccess},
			} {
				if took, err := serveLane(a, lane); err != nil || took > time.Second || book.of(lane.Target, lane.Lane) != 1 {
					t.Errorf("%s (%s): %v after %s", lane.Target, lane.Lane, err, took)
				}
			}
			letGo()
			for range tt.cap {
				if err := await(t, results, deadline); err != nil {
					t.Errorf("Deliver = %v", err)
				}
			}
			if _, err := serveLane(a, late); err != nil || book.of("hung", onboarding.LaneRest) != tt.cap+1 {
				t.Errorf("the room was not given back: %v", err)
			}
		})
	}
}

func await[T any](t *testing.T, from <-chan T, deadline <-chan time.Time) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-deadline:
		t.Fatalf("waited for %s", patience)
		panic("not reached")
	}
}

func TestCrowdedWaits(t *testing.T) {
	t.Parallel()
	tests := []struct {
		lane  onboarding.Lane
		times int
		crowd time.Duration
		most  time.Duration
	}{
		{onboarding.LaneRest, 1, 0, 2 * time.Second},
		{onboarding.LaneRest, 2, 0, 4 * time.Second},
		{onboarding.LaneRest, 5, 0, 32 * time.Second},
		{onboarding.LaneRest, 6, 0, time.Minute},
		{onboarding.LaneRest, 1 << 30, 0, time.Minute},
		{onboarding.LaneRest, 6, 3 * time.Minute, 64 * time.Second},
		{onboarding.LaneRest, 1 << 30, 3 * time.Minute, 3 * time.Minute},
		{onboarding.LaneRest, 1 << 30, time.Hour, 15 * time.Minute},
		{onboarding.LaneAccess, 1 << 30, 40 * time.Second, 40 * time.Second},
		{onboarding.LaneAccess, 1 << 30, time.Hour, time.Minute},
		{onboarding.LaneAccess, 1, 0, 500 * time.Millisecond},
		{onboarding.LaneAccess, 5, 0, 8 * time.Second},
		{onboarding.LaneAccess, 6, 0, 15 * time.Second},
		{onboarding.LaneAccess, 1 << 30, 0, 15 * time.Second},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%s %d %s", tt.lane, tt.times, tt.crowd), func(t *testing.T) {
			t.Parallel()
			low, high := 2*tt.most, time.Duration(0)
			for i := range 1000 {
				w := activities.Crowded(onboarding.LaneRef{UserID: fmt.Sprintf("user-%d", i), Target: "core", Lane: tt.lane}, tt.times, tt.crowd)
				low, high = min(low, w), max(high, w)
			}
			if low < tt.most/2 || low > tt.most*6/10 || high < tt.most*9/10 || high > tt.most {
				t.Errorf("waits of %s to %s, want them spread over the later half of %s", low, high, tt.most)
			}
		})
	}
}
