package activities

import (
	"hash/fnv"
	"strconv"
	"sync"
	"time"

	"admit/onboarding"
)

// maxTurnWait is how long a delivery waits in its activity for its turn at a target
// with a rate.
const maxTurnWait = 500 * time.Millisecond

// DefaultInFlight is how many deliveries to one target run at the same time in
// each of its lanes: far below the activities that a worker runs at once, so
// that a target that hangs leaves room for the others.
const DefaultInFlight = 32

// How long a delivery waits that finds no room at its target: it doubles from the
// first wait on, up to the longest, which is longer for a crowd that takes long to
// dissolve: each return costs the engine an activity.
const (
	firstCrowdedAccess = 500 * time.Millisecond
	someCrowdedAccess  = 15 * time.Second
	maxCrowdedAccess   = time.Minute
	firstCrowdedRest   = 2 * time.Second
	someCrowdedRest    = time.Minute
	maxCrowdedRest     = 15 * time.Minute

	// crowdedPace is what one delivery is taken to last at a target that has no room.
	crowdedPace = 2 * time.Second
)

// road is a lane of a target, of all users together.
type road struct {
	target string
	lane   onboarding.Lane
}

// traffic counts the deliveries in flight, and gives out turns at targets with a
// rate. Its zero value is ready.
type traffic struct {
	mu    sync.Mutex
	now   map[road]int
	turns map[road]time.Time // when the next turn is
}

// enter counts one more delivery, unless limit of them are under way.
func (t *traffic) enter(r road, limit int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.now[r] >= limit {
		return false
	}
	if t.now == nil {
		t.now = map[road]int{}
	}
	t.now[r]++
	return true
}

func (t *traffic) leave(r road) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.now[r]--; t.now[r] == 0 {
		delete(t.now, r)
	}
}

// turn takes the road's next turn, of so many in a second, evenly apart. It returns
// how long it is until then; where that is longer than maxTurnWait the turn is not
// taken, and mine is false.
func (t *traffic) turn(r road, perSecond float64, now time.Time) (wait time.Duration, mine bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	wait = max(t.turns[r].Sub(now), 0)
	if wait > maxTurnWait {
		return wait, false
	}
	if t.turns == nil {
		t.turns = map[road]time.Time{}
	}
	t.turns[r] = now.Add(wait + apart(perSecond))
	return wait, true
}

// giveBack gives back a turn in which nothing was sent. (rate.Limiter takes none
// back whose time has come, and each lane ends with one.)
func (t *traffic) giveBack(r road, perSecond float64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.turns[r] = t.turns[r].Add(-apart(perSecond))
}

// apart returns the time between two turns.
func apart(perSecond float64) time.Duration {
	return time.Duration(float64(time.Second) / perSecond)
}

// crowded returns how long a lane waits whose target has no room and that was turned
// away so many times in a row, from a crowd that takes so long to dissolve. The later
// half of the wait is spread, so that those who were turned away together do not come
// back together.
func crowded(lane onboarding.LaneRef, times int, dissolves time.Duration) time.Duration {
	wait, limit := firstCrowdedRest, min(max(someCrowdedRest, dissolves), maxCrowdedRest)
	if lane.Lane == onboarding.LaneAccess {
		wait, limit = firstCrowdedAccess, min(max(someCrowdedAccess, dissolves), maxCrowdedAccess)
	}
	for i := 1; i < times && wait < limit; i++ {
		wait *= 2
	}
	wait = min(wait, limit)
	h := fnv.New64a()
	// Never fails, by its contract.
	h.Write([]byte(lane.UserID + "/" + lane.Target + "/" + string(lane.Lane) + "#" + strconv.Itoa(times)))
	return wait - time.Duration(h.Sum64()%uint64(wait/2))
}
