package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"admit/onboarding"
)

const (
	maxAnswer = 200 // bytes of an attempt's answer that are kept

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
	sqlLockLane      = statement("lock_lane")
	sqlTakeEffect    = statement("take_effect")
	sqlLaneWaits     = statement("lane_waits")
	sqlLockEffect    = statement("lock_effect")
	sqlRecordAttempt = statement("record_attempt")
	sqlTouchLane     = statement("touch_lane")
	sqlAcceptAnswer  = statement("accept_answer")
	sqlSettleAsks    = statement("settle_asks")
)

// Take takes the next effect of a lane for the sender, for as long as hold: until
// then, or until Record, nobody else is given an effect of the lane, and neither
// is the same sender, for it may be an attempt of the sender's that is thought
// dead. sender names one attempt to serve the lane and is unique for it.
//
// The answer is a delivery to be sent now, or how long to wait (the lane is taken,
// or its first effect backs off), or neither when nothing waits. Where the target
// is not configured here a lane that is not empty waits: Advance parks it in time.
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
			var raced bool
			taken, raced, err = take(ctx, conn, lane, sender, hold)
			if err != nil || !raced {
				return err
			}
		}
		taken.Wait = again
		return nil
	})
	return taken, wrap("take an effect", err)
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

// take tries once, in one round trip. raced means that the first effect was
// superseded at that very moment.
func take(ctx context.Context, conn *pgxpool.Conn, lane onboarding.LaneRef, sender string, hold time.Duration) (t onboarding.Taken, raced bool, err error) {
	d := onboarding.Delivery{UserID: lane.UserID, Target: lane.Target, Lane: lane.Lane}
	var busy, due *time.Time
	b := &pgx.Batch{}
	b.Queue(sqlLockLane, lane.UserID, lane.Target, lane.Lane)
	b.Queue(sqlTakeEffect, lane.UserID, lane.Target, lane.Lane, sender, hold).QueryRow(func(row pgx.Row) error {
		return row.Scan(&d.Now, &busy, &due, &d.ID, &d.Key, &d.Name, &d.Payload, &d.Attempts, &d.Created)
	})
	if err := conn.SendBatch(ctx, b).Close(); err != nil {
		return t, false, err
	}
	d.Now, d.Created = d.Now.UTC(), d.Created.UTC()
	switch {
	case d.ID != 0:
		t.Delivery = &d
	case due == nil:
		// Nothing waits; what may be in flight still is nobody's business here.
	case busy != nil:
		t.Wait = max(again, busy.Sub(d.Now))
	case due.After(d.Now):
		t.Wait = max(again, due.Sub(d.Now))
	default:
		raced = true
	}
	return t, raced, nil
}

// Record keeps what came of an attempt and gives the lane back. It returns how
// long the effect waits for its next attempt, 0 when it is done with.
//
// A sender that lost the lane (its hold ended and another took it, or it recorded
// before) changes nothing, but that a delivery is a delivery whoever made it.
//
// What a provider's API answered (Attempt.Event) is accepted as an event by the
// call that marks the question delivered: once, whatever dies in between. Earlier
// questions about the user that were given up on are superseded by it. The answer to
// a question that was superseded meanwhile is dropped.
func (s *Store) Record(ctx context.Context, effectID int64, sender string, a onboarding.Attempt) (time.Duration, error) {
	var wait time.Duration
	err := s.onConn(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
		e, err := lockEffect(ctx, conn, effectID)
		if err != nil {
			return err
		}
		before := e.state
		b := &pgx.Batch{}
		if e.record(sender, a) {
			b.Queue(sqlRecordAttempt, effectID, e.state, e.attempts, e.refusals, clean(a.Answer, maxAnswer), e.wait, e.sender == sender)
			if before == onboarding.EffectWaiting {
				b.Queue(sqlTouchLane, e.lane.UserID, e.lane.Target, e.lane.Lane, max(staleAfter, 2*e.wait))
			}
			if api, ok := apiOf(e.lane.Target); ok && a.Event != nil && e.answers(before) {
				b.Queue(sqlAcceptAnswer, e.lane.UserID, api.provider, onboarding.RouteAnswer, a.Event)
				b.Queue(sqlSettleAsks, e.lane.UserID, e.lane.Target, effectID)
			}
		}
		b.Queue("commit")
		wait = e.wait
		return conn.SendBatch(ctx, b).Close()
	})
	return wait, wrap("record an attempt", err)
}

// sent is an effect whose attempt is being recorded.
type sent struct {
	lane     onboarding.LaneRef
	key      string
	state    onboarding.EffectState
	attempts int
	refusals int
	sender   string
	free     time.Time // when the next attempt may be made
	created  time.Time
	now      time.Time
	wait     time.Duration
}

// lockEffect opens a transaction and locks the effect in it.
func lockEffect(ctx context.Context, conn *pgxpool.Conn, id int64) (e sent, err error) {
	b := &pgx.Batch{}
	b.Queue("begin")
	b.Queue(sqlLockEffect, id).Query(func(rows pgx.Rows) error {
		found, err := pgx.ForEachRow(rows, []any{
			&e.lane.UserID, &e.lane.Target, &e.lane.Lane, &e.key, &e.state, &e.attempts, &e.refusals, &e.sender, &e.free, &e.created, &e.now,
		}, func() error { return nil })
		if err == nil && found.RowsAffected() == 0 {
			err = fmt.Errorf("the ledger has no effect %d", id)
		}
		return err
	})
	return e, conn.SendBatch(ctx, b).Close()
}

// record decides what the attempt makes of the effect and says whether there is
// anything to write of it.
func (e *sent) record(sender string, a onboarding.Attempt) bool {
	holds := e.sender == sender && sender != ""
	delivered := a.Result == onboarding.AttemptDelivered && e.state != onboarding.EffectDelivered
	if !holds && !delivered {
		if e.state == onboarding.EffectWaiting {
			e.wait = max(again, e.free.Sub(e.now))
		}
		return false
	}
	e.attempts++
	if a.Result == onboarding.AttemptRefused {
		e.refusals++
	}
	switch {
	case delivered:
		e.state = onboarding.EffectDelivered
	case e.state == onboarding.EffectWaiting:
		e.state, e.wait = onboarding.Retry{}.Next(a, e.lane.Lane, onboarding.Tried{Attempts: e.attempts, Refusals: e.refusals, Age: e.now.Sub(e.created)}, e.key)
	}
	return true
}

// answers says whether a question has just been answered, and is of use still.
func (e *sent) answers(before onboarding.EffectState) bool {
	return e.state == onboarding.EffectDelivered && (before == onboarding.EffectWaiting || before == onboarding.EffectParked)
}
