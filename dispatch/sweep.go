package dispatch

import (
	"context"
	"math/rand/v2"
	"time"

	"admit/onboarding"
)

// Why a sweep rang, in the ring's payload.
const (
	causeInbox   = "sweep: events wait"
	causeOverdue = "sweep: a deadline passed or an effect waits"
)

// askTimeout bounds one question to the source.
const askTimeout = 10 * time.Second

// sweep rings for what waits, and while Temporal is away asks whether it is back.
func (d *Dispatcher) sweep(ctx context.Context) {
	var overdue []string
	nextOverdue := time.Now().Add(d.o.Overdue)
	for {
		wait := d.o.Sweep
		if d.isPaused() {
			wait = minProbe + rand.N(maxProbe-minProbe)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		if d.isPaused() && !d.probe(ctx) {
			continue
		}
		budget := d.sweepInbox(ctx, d.o.Rate*int(max(d.o.Sweep, time.Second)/time.Second))
		if !time.Now().Before(nextOverdue) {
			nextOverdue = time.Now().Add(d.o.Overdue)
			overdue = d.ask(ctx, "users with a passed deadline or an untouched effect", func(ctx context.Context) ([]string, error) {
				return d.o.Source.OverdueUsers(ctx, d.o.Batch)
			})
		}
		for ; budget > 0 && len(overdue) > 0; overdue = overdue[1:] {
			if d.sweepUser(overdue[0], causeOverdue) {
				budget--
			}
		}
	}
}

func (d *Dispatcher) isPaused() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.paused
}

// probe asks whether Temporal is back and lets rings go on when it is.
func (d *Dispatcher) probe(ctx context.Context) bool {
	asking, cancel := context.WithTimeout(ctx, d.o.Timeout)
	defer cancel()
	if d.o.Health(asking) != nil {
		return false
	}
	d.mu.Lock()
	d.paused = false
	for _, u := range d.users {
		u.failures, u.wait = 0, 0 // they failed because of Temporal, not of themselves
	}
	d.mu.Unlock()
	d.o.OnPause(false)
	d.o.Logger.Info("Temporal is back: what waits is rung")
	return true
}

// sweepInbox rings users whose events wait and returns what is left of the
// budget. Users of whom nothing waits any more are forgotten.
func (d *Dispatcher) sweepInbox(ctx context.Context, budget int) int {
	waiting := d.ask(ctx, "users with waiting events", func(ctx context.Context) ([]string, error) {
		return d.o.Source.WaitingUsers(ctx, d.o.Age, d.o.Batch)
	})
	for _, userID := range waiting {
		if budget == 0 {
			break
		}
		if d.sweepUser(userID, causeInbox) {
			budget--
		}
	}
	if waiting != nil && len(waiting) < d.o.Batch {
		d.forget(waiting)
	}
	return budget
}

// ask asks the source; a source that is away is told of and asked again by the
// next sweep. nil means that there was no answer.
func (d *Dispatcher) ask(ctx context.Context, what string, f func(context.Context) ([]string, error)) []string {
	asking, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	users, err := f(asking)
	if err != nil {
		if ctx.Err() == nil {
			d.o.Logger.Warn("a sweep could not ask", "for", what, "error", err)
		}
		return nil
	}
	if users == nil {
		users = []string{}
	}
	return users
}

// sweepUser rings a user unless a ring is under way or the last one is too recent.
// Each ring that leaves something behind doubles the wait for the next.
func (d *Dispatcher) sweepUser(userID, cause string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	u := d.users[userID]
	if u == nil {
		d.enqueue(userID, onboarding.Ring{Cause: cause})
		u = d.users[userID]
		if u == nil {
			return false
		}
		u.wait = d.o.Rest
		return true
	}
	if u.queued || time.Since(u.rungAt) < max(u.wait, u.rest(d.o.Rest)) {
		return false
	}
	failed := u.failures > 0
	d.enqueue(userID, onboarding.Ring{Cause: cause})
	if u.queued && !failed {
		u.wait = min(max(2*u.wait, d.o.Rest), maxRingBackoff)
	}
	return u.queued
}

// rest is the least wait between two rings of a user: none after a failure, which
// has its own backoff.
func (u *user) rest(rest time.Duration) time.Duration {
	if u.failures > 0 {
		return 0
	}
	return rest
}

// forget drops what is remembered of users who were rung a while ago and of whom
// nothing waits.
func (d *Dispatcher) forget(waiting []string) {
	still := make(map[string]bool, len(waiting))
	for _, userID := range waiting {
		still[userID] = true
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for userID, u := range d.users {
		if !u.queued && !still[userID] && time.Since(u.rungAt) >= max(u.wait, d.o.Rest) {
			delete(d.users, userID)
		}
	}
}
