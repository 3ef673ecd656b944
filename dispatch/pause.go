package dispatch

import (
	"context"
	"time"
)

// Between two probes of Temporal while it is away: soon at first, for most
// absences are short.
const (
	minProbe = time.Second
	maxProbe = 5 * time.Second
)

// isAway says, after a ring has failed, whether Temporal is away altogether. Then
// the whole dispatcher pauses, for no ring of anybody can be taken.
func (d *Dispatcher) isAway(ctx context.Context) bool {
	d.check.Lock() // the failures of many workers ask once
	defer d.check.Unlock()
	if d.isPaused() {
		return true
	}
	err := d.health(ctx)
	if err == nil || ctx.Err() != nil {
		return false
	}
	d.setPaused(true)
	d.log.Warn("Temporal is away: rings pause until it answers", "error", err)
	select {
	case d.away <- struct{}{}:
	default: // the probe is under way already
	}
	return true
}

func (d *Dispatcher) health(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, ringTimeout)
	defer cancel()
	return d.o.Health(ctx)
}

// probe waits for pauses and ends each when Temporal answers again; the sweeps
// then find what was not rung.
func (d *Dispatcher) probe(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.away:
		}
		begun := time.Now()
		for wait := minProbe; sleep(ctx, wait); wait = min(2*wait, maxProbe) {
			if d.health(ctx) != nil {
				continue
			}
			d.setPaused(false)
			d.log.Info("Temporal answers again", "after", time.Since(begun).Round(time.Millisecond))
			break
		}
	}
}

func (d *Dispatcher) isPaused() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.paused
}

// setPaused tells OnPause before the next change can come.
func (d *Dispatcher) setPaused(paused bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.paused = paused
	d.o.OnPause(paused)
}
