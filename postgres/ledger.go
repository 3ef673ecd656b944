package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"admit/onboarding"
)

const (
	// staleAfter is how long a waiting effect may be left alone before a sweep
	// rings for its user; after a failed attempt it is twice the backoff if that
	// is longer.
	staleAfter = 2 * time.Minute

	// again is what a sender waits that lost a race, and takeTries how often a
	// Take looks again by itself before it says so.
	again     = 10 * time.Millisecond
	takeTries = 3
)

var (
	sqlLockLane   = statement("lock_lane")
	sqlParkHeld   = statement("park_held")
	sqlTakeEffect = statement("take_effect")
	sqlLaneWaits  = statement("lane_waits")
)

// Take takes the next effect of a lane for the sender, for as long as hold: until
// then, or until Record, nobody else is given an effect of the lane, and neither
// is the same sender, for it may be an attempt of the sender's that is thought
// dead. sender names one attempt to serve the lane and is unique for it.
//
// A target on a task queue is sent to by the workflow, and only what it was answered:
// its run is the sender, and a run that asks again was not given what it took before.
// So it is given the lane's next effect at once.
//
// The answer is a delivery to be sent now, or how long to wait (the lane is taken,
// or its first effect backs off), or neither when nothing waits. Where the target
// is not configured here a lane that is not empty waits: Advance parks it in time.
//
// While a hook is failing that neither opens nor shuts access, its lanes are given
// one effect in a probe interval, over all users. All others wait for a quarter of
// the time for which it has been failing, an hour at most, and what is older than
// the target's GiveUp is parked.
func (s *Store) Take(ctx context.Context, lane onboarding.LaneRef, sender string, hold time.Duration) (onboarding.Taken, error) {
	if s.opts.Shadow && !asks(lane.Target) {
		return onboarding.Taken{}, nil
	}
	var taken onboarding.Taken
	err := s.onConn(ctx, func(ctx context.Context, conn *pgxpool.Conn) (err error) {
		if !s.configured(lane.Target) {
			taken.Wait, err = strayed(ctx, conn, lane)
			return err
		}
		for range takeTries {
			var h head
			if h, err = s.take(ctx, conn, lane, sender, hold); err != nil {
				return err
			}
			var raced bool
			if taken, raced = h.taken(s.targets[lane.Target]); raced {
				continue
			}
			if h.held() {
				_, err = conn.Exec(ctx, sqlTouchLane, lane.UserID, lane.Target, lane.Lane, stale(taken.Wait))
			}
			return err
		}
		taken.Wait = again
		return nil
	})
	return taken, wrap("take an effect", err)
}

// Touch tells that a lane comes back by itself after the wait, so that no sweep
// rings for it before.
func (s *Store) Touch(ctx context.Context, lane onboarding.LaneRef, wait time.Duration) error {
	return wrap("touch a lane", s.onConn(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
		_, err := conn.Exec(ctx, sqlTouchLane, lane.UserID, lane.Target, lane.Lane, stale(wait))
		return err
	}))
}

// strayed returns how long the lane of a target that is not configured waits, 0
// when it is empty.
func strayed(ctx context.Context, conn *pgxpool.Conn, lane onboarding.LaneRef) (time.Duration, error) {
	var waits bool
	if err := conn.QueryRow(ctx, sqlLaneWaits, lane.UserID, lane.Target, lane.Lane).Scan(&waits); err != nil || !waits {
		return 0, err
	}
	return strayWait, nil
}

// head is what stands first in a lane, and the delivery where it was taken.
type head struct {
	onboarding.Delivery
	busy    *time.Time // until when the lane is taken
	due     *time.Time // nil when nothing waits
	failing *time.Time // since when the hook is, where that holds up the lane
}

// take tries once, in one round trip.
func (s *Store) take(ctx context.Context, conn *pgxpool.Conn, lane onboarding.LaneRef, sender string, hold time.Duration) (h head, err error) {
	t := s.targets[lane.Target]
	holds := lane.Lane != onboarding.LaneAccess && canHold(t)
	h.UserID, h.Target, h.Lane = lane.UserID, lane.Target, lane.Lane
	b := &pgx.Batch{}
	b.Queue(sqlLockLane, lane.UserID, lane.Target, lane.Lane)
	if holds {
		b.Queue(sqlParkHeld, lane.UserID, lane.Target, lane.Lane, giveUp(t), answerFailing, maxParkHeld).Exec(func(tag pgconn.CommandTag) error {
			if n := tag.RowsAffected(); n > 0 {
				s.log.WarnContext(ctx, "effects given up: their hook is failing", "user", lane.UserID, "target", lane.Target, "effects", n)
			}
			return nil
		})
	}
	b.Queue(sqlTakeEffect, lane.UserID, lane.Target, lane.Lane, sender, hold, holds, probeEvery(t), t.TaskQueue != "").QueryRow(func(row pgx.Row) error {
		return row.Scan(&h.Now, &h.busy, &h.due, &h.failing, &h.ID, &h.Key, &h.Name, &h.Payload, &h.Attempts, &h.Created)
	})
	err = conn.SendBatch(ctx, b).Close()
	h.Now, h.Created = h.Now.UTC(), h.Created.UTC()
	return h, err
}

// held says whether the first effect is not given out because its hook is failing.
func (h *head) held() bool {
	return h.ID == 0 && h.due != nil && h.busy == nil && !h.due.After(h.Now) && h.failing != nil
}

// taken returns what the sender is answered. raced means that the first effect was
// superseded at that very moment.
func (h *head) taken(t onboarding.Target) (taken onboarding.Taken, raced bool) {
	switch {
	case h.ID != 0:
		taken.Delivery = &h.Delivery
	case h.due == nil:
		// Nothing waits; what may be in flight still is nobody's business here.
	case h.busy != nil:
		taken.Wait = max(again, h.busy.Sub(h.Now))
	case h.due.After(h.Now):
		taken.Wait = max(again, h.due.Sub(h.Now))
	case h.held():
		taken.Wait = heldFor(t, h.Now.Sub(*h.failing))
	default:
		raced = true
	}
	return taken, raced
}

// stale is how long a lane that waits is left alone by the sweep.
func stale(wait time.Duration) time.Duration { return max(staleAfter, 2*wait) }
