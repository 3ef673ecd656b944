package activities

import (
	"sync"

	"admit/onboarding"
)

// pressure learns from a hook's answers how many deliveries it bears at the same
// time: after each attempt that it did not answer for good or ill half as many, and
// at least one; after each delivery one more, up to the limit. So a hook that is slow
// or down keeps next to nothing busy, and one that comes back is not drowned by what
// has waited for it.
type pressure struct {
	limit int

	mu  sync.Mutex
	now int // 1 to limit
}

func newPressure(limit int) *pressure { return &pressure{limit: limit, now: limit} }

// atOnce returns how many deliveries may be in flight now.
func (p *pressure) atOnce() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now
}

// learn takes an attempt's end into account. A definite no says nothing: who can
// answer is not overrun.
func (p *pressure) learn(result onboarding.AttemptResult) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch result {
	case onboarding.AttemptDelivered:
		p.now = min(p.now+1, p.limit)
	case onboarding.AttemptFailed:
		p.now = max(p.now/2, 1)
	}
}
