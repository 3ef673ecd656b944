package dispatch_test

import (
	"runtime"
	"testing"
	"time"

	"admit/dispatch"
	"admit/onboarding"
)

// A pause that follows another at once is told after the end of the one before,
// however long whoever is told takes.
func TestPausesAreToldInOrder(t *testing.T) {
	t.Parallel()
	var w *world
	ended := func() {
		w.engine.set(func(e *engine) { e.down = true })
		go w.Ring("user-2", onboarding.Ring{})
		// Long enough for the ring to fail, and no time passes: a mutex that
		// somebody waits for would stop the bubble's clock.
		for range 100_000 {
			runtime.Gosched()
		}
	}
	change := func(o *dispatch.Options) {
		tell, told := o.OnPause, 0
		o.OnPause = func(paused bool) {
			if told++; told == 3 { // running, paused, running
				ended()
			}
			tell(paused)
		}
	}
	in(t, change, func(t *testing.T, world *world) {
		w = world
		w.engine.set(func(e *engine) { e.down = true })
		w.Ring("user-1", onboarding.Ring{})
		w.after(100 * time.Millisecond)
		w.engine.set(func(e *engine) { e.down = false })
		w.after(time.Second)
		if got := w.seen.pauses; len(got) != 4 || !got[3] {
			t.Errorf("told %v, and Temporal is away", got)
		}
	})
}
