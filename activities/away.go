package activities

import (
	"context"
	"sync"
	"time"

	"admit/onboarding"
)

// awayTime is for how long at least a lane is remembered that was turned away:
// longer than any of them waits. Twice that is the longest.
const awayTime = 2 * maxCrowdedRest

// worthTouching is the wait from which the ledger is told of it: sweeps are not to
// ring for a lane that comes back by itself.
const worthTouching = 30 * time.Second

// away counts how often in a row each lane was turned away in this process. (The
// attempts of its activity count the ledger's waits, too, which are long after an
// outage and say nothing of a crowd.) Its zero value is ready.
type away struct {
	mu           sync.Mutex
	since        time.Time // when now was begun
	now, earlier map[road]crowd
}

// crowd holds how often each user's lane was turned away in a row.
type crowd map[string]int

// more counts that the lane was turned away once more. It returns how often that
// was in a row, and how many there are like it.
func (a *away) more(lane onboarding.LaneRef, at time.Time) (times, many int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if age := at.Sub(a.since); a.now == nil || age > awayTime {
		a.earlier = a.now
		if age > 2*awayTime {
			a.earlier = nil // the crowd has long dissolved; who was in it may have been let in elsewhere
		}
		a.now, a.since = map[road]crowd{}, at
	}
	r := road{lane.Target, lane.Lane}
	now, earlier := a.now[r], a.earlier[r]
	if now == nil {
		now = crowd{}
		a.now[r] = now
	}
	now[lane.UserID] = max(now[lane.UserID], earlier[lane.UserID]) + 1
	return now[lane.UserID], max(len(now), len(earlier))
}

// none forgets a lane: it was let in.
func (a *away) none(lane onboarding.LaneRef) {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := road{lane.Target, lane.Lane}
	delete(a.now[r], lane.UserID)
	delete(a.earlier[r], lane.UserID)
}

// turnedAway returns the error that has a lane come back later whose target bears
// no more now, one delivery of which it is done with at each pace.
func (a *Activities) turnedAway(ctx context.Context, lane onboarding.LaneRef, why string, least, pace time.Duration) error {
	times, many := a.away.more(lane, a.now())
	wait := max(least, crowded(lane, times, min(time.Duration(many)*min(pace, time.Hour), maxCrowdedRest)))
	if wait >= worthTouching {
		ctx, cancel := context.WithTimeout(ctx, takeTime)
		defer cancel()
		if err := a.Ledger.Touch(ctx, lane, wait); err != nil {
			a.logger().Debug("a lane that waits could not be touched", "target", lane.Target, "error", err) // a sweep rings, which is harmless
		}
	}
	return waiting(why, wait)
}
