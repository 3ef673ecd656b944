package dispatch

import (
	"context"
	"time"

	"admit/onboarding"
)

const (
	// inboxSweep is how often the inbox is looked through, and inboxAge how long an
	// event waits before a sweep rings for it: its own ring comes first.
	inboxSweep = time.Second
	inboxAge   = 2 * time.Second

	// overdueSweep is how often deadlines and effects are looked through. Those are
	// the lost ones, late by a minute already.
	overdueSweep = time.Minute

	// A sweep may take this part of the time at most, a twentieth; a slower one
	// comes less often, but at least every slowest: the rings of that time still
	// fit half of the queue.
	busyShare = 20
	slowest   = 10 * time.Second
)

// sweep looks for users who have to be rung, until ctx ends. While Temporal is
// away it looks for nobody.
func (d *Dispatcher) sweep(ctx context.Context) {
	var s sweeper
	wait := inboxSweep
	for sleep(ctx, wait) {
		begun := time.Now()
		if !d.isPaused() {
			d.round(ctx, &s, wait)
		}
		took := time.Since(begun)
		wait = max(inboxSweep, min(took*busyShare, slowest))
	}
}

// sweeper is what the sweeps remember from round to round.
type sweeper struct {
	overdueAt time.Time // when the sweep of deadlines and effects is due
	failing   bool      // the last round could not ask the source
}

// round rings at most as many users as may be rung in the time since the round
// before: first those with waiting events, then, when it is time, the overdue. An
// overdue sweep that saw only a part goes on in the next round.
func (d *Dispatcher) round(ctx context.Context, s *sweeper, since time.Duration) {
	budget := max(1, min(int(float64(d.o.Rate)*since.Seconds()), cap(d.queue)/2))
	rung, _, err := d.look(ctx, inbox, budget)
	if err == nil && rung < budget && !time.Now().Before(s.overdueAt) {
		var all bool
		if _, all, err = d.look(ctx, overdue, budget-rung); err == nil && all {
			s.overdueAt = time.Now().Add(overdueSweep)
		}
	}
	if ctx.Err() != nil {
		return
	}
	if failing := err != nil; failing != s.failing {
		s.failing = failing
		if failing {
			d.log.Warn("sweeps fail: nobody is found who was not rung at once", "error", err)
		} else {
			d.log.Info("sweeps work again")
		}
	}
}

// look makes one sweep. It says how many users it rang, and whether it saw
// everybody there was to see.
func (d *Dispatcher) look(ctx context.Context, why cause, budget int) (rung int, all bool, err error) {
	// Those who are held back must not hide those behind them. So there are always
	// some listed who are not remembered.
	limit := budget + d.remembered()
	var users []string
	if why == inbox {
		users, err = d.o.Source.WaitingUsers(ctx, inboxAge, limit)
	} else {
		users, err = d.o.Source.OverdueUsers(ctx, limit)
	}
	if err != nil {
		return 0, false, err
	}
	all = len(users) < limit
	// Before anybody is rung, for it makes room.
	d.forget(why, users, all)
	for _, userID := range users {
		if rung >= budget {
			all = false
			break
		}
		switch d.sweepRing(userID, why) {
		case "":
			rung++
		case ResultDropped:
			return rung, false, nil
		}
	}
	return rung, all, nil
}

// sweepRing rings a user whom a sweep has found, unless it is not yet time, and
// says what became of the ring, "" when it is on its way.
func (d *Dispatcher) sweepRing(userID string, why cause) string {
	result := func() string {
		d.mu.Lock()
		defer d.mu.Unlock()
		u := d.remember(userID)
		if u == nil {
			return ResultDropped
		}
		now, held := time.Now(), u.inbox
		r := onboarding.Ring{Cause: "inbox"}
		if why == overdue {
			held, r.Cause = u.overdue, "overdue"
		}
		resting := !u.touched.IsZero() && now.Sub(u.touched) < rest && u.failed.rings == 0
		if u.state != idle || resting || now.Before(u.failed.until) || now.Before(held.until) {
			return ResultHeld
		}
		return d.enqueue(userID, u, r, why)
	}()
	if result == ResultDropped {
		d.tell(result)
	}
	return result
}

func (d *Dispatcher) remembered() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.users)
}
