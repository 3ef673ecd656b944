package activities

import (
	"sync"
	"time"

	"admit/onboarding"
)

// awayTime is for how long at least a lane is remembered that was turned away:
// longer than any of them waits. Twice that is the longest.
const awayTime = 2 * maxCrowdedFew

// away counts how often in a row each lane was turned away in this process. (The
// attempts of its activity count the ledger's waits, too, which are long after an
// outage and say nothing of a crowd.) Its zero value is ready.
type away struct {
	mu           sync.Mutex
	since        time.Time // when now was begun
	now, earlier map[onboarding.LaneRef]int
}

// more counts that the lane was turned away once more, and returns how often that
// was in a row.
func (a *away) more(lane onboarding.LaneRef, at time.Time) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	if age := at.Sub(a.since); a.now == nil || age > awayTime {
		a.earlier = a.now
		if age > 2*awayTime {
			a.earlier = nil // the crowd has long dissolved; who was in it may have been let in elsewhere
		}
		a.now, a.since = map[onboarding.LaneRef]int{}, at
	}
	a.now[lane] = max(a.now[lane], a.earlier[lane]) + 1
	return a.now[lane]
}

// none forgets a lane: it was let in.
func (a *away) none(lane onboarding.LaneRef) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.now, lane)
	delete(a.earlier, lane)
}
