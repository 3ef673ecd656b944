package postgres

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"admit/onboarding"
)

// maxAnswer is how many bytes of an attempt's answer are kept.
const maxAnswer = 200

var (
	sqlLockEffect    = statement("lock_effect")
	sqlRecordAttempt = statement("record_attempt")
	sqlTouchLane     = statement("touch_lane")
	sqlAcceptAnswer  = statement("accept_answer")
	sqlSettleAsks    = statement("settle_asks")
)

// Record keeps what came of an attempt and gives the lane back. It returns how
// long the effect waits for its next attempt, 0 when it is done with. An
// attempt that was put off or had nothing left to say is none, and is not counted.
//
// A sender that lost the lane (its hold ended and another took it, or it recorded
// before) changes nothing, but that a delivery is a delivery whoever made it.
//
// What a provider's API answered (Attempt.Event) is accepted as an event by the
// call that marks the question delivered: once, whatever dies in between. Earlier
// questions about the user that were given up on are superseded by it. The answer to
// a question that was superseded meanwhile is dropped.
//
// A hook that becomes failing by the attempt, or works again, is an event in the
// same transaction: once, however many attempts end at that moment.
func (s *Store) Record(ctx context.Context, effectID int64, sender string, a onboarding.Attempt) (time.Duration, error) {
	var wait time.Duration
	err := s.onConn(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
		e, err := lockEffect(ctx, conn, effectID)
		if err != nil {
			return err
		}
		e.target, e.configured = s.targets[e.lane.Target], s.configured(e.lane.Target)
		before := e.state
		b := &pgx.Batch{}
		if e.record(sender, a) {
			b.Queue(sqlRecordAttempt, effectID, e.state, e.attempts, e.refusals, e.answer(before, a), e.wait, e.sender == sender)
			if before == onboarding.EffectWaiting {
				b.Queue(sqlTouchLane, e.lane.UserID, e.lane.Target, e.lane.Lane, e.stale(a))
			}
			if api, ok := apiOf(e.lane.Target); ok && a.Event != nil && e.answers(before) {
				b.Queue(sqlAcceptAnswer, e.lane.UserID, api.provider, onboarding.RouteAnswer, a.Event)
				b.Queue(sqlSettleAsks, e.lane.UserID, e.lane.Target, effectID)
			}
			e.queueHealth(b, a)
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
	since    time.Time // when it was decided, or replayed
	now      time.Time
	failing  bool // the hook is
	wait     time.Duration

	target     onboarding.Target
	configured bool // the target is, here
}

// lockEffect opens a transaction and locks the effect in it.
func lockEffect(ctx context.Context, conn *pgxpool.Conn, id int64) (e sent, err error) {
	b := &pgx.Batch{}
	b.Queue("begin")
	b.Queue(sqlLockEffect, id).Query(func(rows pgx.Rows) error {
		found, err := pgx.ForEachRow(rows, []any{
			&e.lane.UserID, &e.lane.Target, &e.lane.Lane, &e.key, &e.state, &e.attempts, &e.refusals, &e.sender, &e.free, &e.since, &e.now, &e.failing,
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
	if a.Result != onboarding.AttemptDeferred && a.Result != onboarding.AttemptMoot {
		e.attempts++
	}
	if a.Result == onboarding.AttemptRefused && !e.excused(a) {
		e.refusals++
	}
	switch {
	case delivered:
		e.state = onboarding.EffectDelivered
	case e.state == onboarding.EffectWaiting:
		tried := onboarding.Tried{Attempts: e.attempts, Refusals: e.refusals, Age: e.now.Sub(e.since)}
		e.state, e.wait = e.target.Retry.Next(a, e.lane.Lane, tried, e.key)
	}
	return true
}

// excused says whether a definite no tells of the hook and not of the effect: it is
// gone, or failing and was only being tried.
func (e *sent) excused(a onboarding.Attempt) bool {
	return e.configured && canHold(e.target) && (e.failing || a.Gone)
}

// answer returns what the ledger shows of the attempt, nil to leave what it shows:
// why an effect was parked while it was in flight.
func (e *sent) answer(before onboarding.EffectState, a onboarding.Attempt) *string {
	if before == onboarding.EffectParked && e.state == onboarding.EffectParked {
		return nil
	}
	text := clean(a.Answer, maxAnswer)
	if a.Result == onboarding.AttemptMoot && e.state == onboarding.EffectSuperseded {
		text = cmp.Or(text, answerMoot)
	}
	return &text
}

// stale is how long the effect's lane is left alone by the sweep. When what was put
// off is due is known well.
func (e *sent) stale(a onboarding.Attempt) time.Duration {
	if a.Result == onboarding.AttemptDeferred {
		return e.wait + staleAfter
	}
	return stale(e.wait)
}

// answers says whether a question has just been answered, and is of use still.
func (e *sent) answers(before onboarding.EffectState) bool {
	return e.state == onboarding.EffectDelivered && (before == onboarding.EffectWaiting || before == onboarding.EffectParked)
}
