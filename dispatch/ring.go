package dispatch

import (
	"context"
	"time"

	"admit/onboarding"
)

// cause says what a ring in flight answers to.
type cause int

const (
	direct  cause = iota // an event was committed
	inbox                // the inbox sweep
	overdue              // the sweep of deadlines and effects
)

// ringTimeout is how long one ring, or the question whether Temporal answers, may
// take: they take milliseconds, and a worker that waits rings nobody else.
const ringTimeout = 5 * time.Second

// enqueue puts a ring on its way and says what became of it, "" when it waits
// for a worker. It is called with the lock.
func (d *Dispatcher) enqueue(userID string, u *user, r onboarding.Ring, why cause) string {
	u.ring = r
	switch u.state {
	case queued:
		return ResultCoalesced
	case flying:
		// The workflow may have read the inbox by now: one more has to follow.
		u.again = true
		return ResultCoalesced
	}
	select {
	case d.queue <- userID:
		u.state, u.why = queued, why
		return ""
	default:
		return ResultDropped
	}
}

// work sends rings until ctx ends.
func (d *Dispatcher) work(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case userID := <-d.queue:
			if ctx.Err() != nil {
				return
			}
			d.send(ctx, userID)
		}
	}
}

// send rings one user.
func (d *Dispatcher) send(ctx context.Context, userID string) {
	r, ok := d.begin(userID)
	if !ok {
		d.tell(ResultDropped)
		return
	}
	// A ring in flight is let go on when the process stops: it takes milliseconds.
	err := d.signal(context.WithoutCancel(ctx), userID, r)
	if err == nil {
		d.tell(ResultRung)
		d.tell(d.taken(userID))
		return
	}
	d.tell(ResultFailed)
	if d.isAway(ctx) {
		d.end(userID)
		return
	}
	wait := d.notTaken(userID)
	d.log.Warn("a workflow could not be rung", "user", userID, "error", err, "wait", wait)
}

// begin marks the user's ring as in flight; false means that it is dropped.
func (d *Dispatcher) begin(userID string) (onboarding.Ring, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	u := d.users[userID]
	if d.paused {
		u.state = idle
		return onboarding.Ring{}, false
	}
	u.state = flying
	return u.ring, true
}

func (d *Dispatcher) signal(ctx context.Context, userID string, r onboarding.Ring) error {
	ctx, cancel := context.WithTimeout(ctx, ringTimeout)
	defer cancel()
	return d.o.Starter.Start(ctx, userID, r)
}

// taken notes that Temporal has the user's ring, and queues the one that was
// asked for meanwhile; it says what became of that, "" where there was none or it
// waits for a worker.
func (d *Dispatcher) taken(userID string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	u, now := d.users[userID], time.Now()
	u.state, u.touched, u.failed = idle, now, hold{}
	switch u.why {
	case inbox:
		u.inbox.extend(now, rest, maxTaken)
	case overdue:
		u.overdue.extend(now, overdueSweep, maxTaken)
	}
	if !u.again {
		return ""
	}
	u.again = false
	return d.enqueue(userID, u, u.ring, direct)
}
