package postgres

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"admit/onboarding"
)

var (
	sqlInsertLog        = statement("insert_log")
	sqlInsertPolicy     = statement("insert_policy")
	sqlInsertEffect     = statement("insert_effect")
	sqlInsertElsewhere  = statement("insert_elsewhere")
	sqlSettleEffects    = statement("settle_effects")
	sqlUpdateOnboarding = statement("update_onboarding")
	sqlLanes            = statement("lanes")
	sqlRecent           = statement("recent")
)

// write writes what was decided, reads what the workflow needs, and commits: one
// round trip. Where nothing was decided it only reads.
func (s *Store) write(ctx context.Context, conn *pgxpool.Conn, f *fold, req onboarding.AdvanceRequest) (onboarding.Advanced, error) {
	a := onboarding.Advanced{Summary: f.state.Summary(), More: f.more}
	b := &pgx.Batch{}
	s.queueEffects(b, f)
	if len(f.logs) > 0 {
		s.queueFold(b, f)
	}
	queueUnparked(b, f)
	b.Queue(sqlLanes, f.state.UserID).Query(func(rows pgx.Rows) (err error) {
		a.Lanes, err = pgx.CollectRows(rows, s.rowToLane)
		return err
	})
	b.Queue(sqlRecent, f.state.UserID).Query(func(rows pgx.Rows) (err error) {
		a.Summary.Recent, err = pgx.CollectRows(rows, rowToLogLine)
		slices.Reverse(a.Summary.Recent)
		return err
	})
	if len(req.RequestIDs) > 0 {
		b.Queue(sqlOutcomes, f.state.UserID, req.RequestIDs).Query(func(rows pgx.Rows) (err error) {
			a.Outcomes, err = pgx.CollectRows(rows, rowToOutcome)
			return err
		})
	}
	b.Queue("commit")
	if err := conn.SendBatch(ctx, b).Close(); err != nil {
		return onboarding.Advanced{}, err
	}
	if len(f.logs) > 0 {
		s.policyKept.Store(true)
	}
	if s.opts.Shadow {
		// What an earlier configuration left waiting is not sent.
		a.Lanes = slices.DeleteFunc(a.Lanes, func(l onboarding.LaneWork) bool { return !asks(l.Target) })
	}
	found := len(a.Lanes)
	a.Lanes = slices.DeleteFunc(a.Lanes, func(l onboarding.LaneWork) bool { return !s.configured(l.Target) })
	strays := len(a.Lanes) < found
	if f.hasNext {
		a.Deadline, a.In = f.next.Due.UTC(), max(0, f.next.Due.Sub(f.now))
		a.Kind, a.Check = f.next.Kind, f.next.Check
	}
	if look := f.now.Add(strayLook); strays && (!f.hasNext || f.next.Due.After(look)) {
		a.Deadline, a.In, a.Kind, a.Check = look, strayLook, "", ""
	}
	a.Done = f.state.Ended() && !f.hasNext && found == 0 && !a.More
	return a, nil
}

// configured says whether this process's configuration names the target.
func (s *Store) configured(target string) bool {
	_, ok := s.targets[target]
	return ok
}

// queueEffects ends what waits no more.
func (s *Store) queueEffects(b *pgx.Batch, f *fold) {
	if len(f.stray) > 0 {
		b.Queue(sqlSettleEffects, f.stray, onboarding.EffectParked, answerNoTarget)
	}
	if len(f.muted) > 0 {
		b.Queue(sqlSettleEffects, f.muted, onboarding.EffectParked, answerNoContact)
	}
	if len(f.superseded) > 0 {
		slices.Sort(f.superseded)
		b.Queue(sqlSettleEffects, f.superseded, onboarding.EffectSuperseded, "")
	}
}

// queueFold writes the log, the new effects and the state.
func (s *Store) queueFold(b *pgx.Batch, f *fold) {
	if !s.policyKept.Load() {
		b.Queue(sqlInsertPolicy, s.policyHash, s.policyText)
	}
	st := f.state
	for _, l := range f.logs {
		b.Queue(sqlInsertLog, st.UserID, l.seq, l.eventID, l.input, l.outcome, clean(l.code, maxWord), l.version, l.stage,
			l.changes, s.policyHash, s.opts.Build, l.actor, l.received, f.now)
	}
	for _, e := range f.effects {
		if e.target == "" {
			b.Queue(sqlInsertElsewhere, e.key, st.UserID, e.effect.Name, e.version, e.seq, e.payload, e.state, f.now, s.doors, s.names)
			continue
		}
		b.Queue(sqlInsertEffect, e.key, st.UserID, e.target, e.effect.Lane(), e.effect.Name, e.effect.About(), e.version, e.seq,
			e.payload, e.state, e.answer, f.now, e.effect.Settle)
	}
	var next *time.Time
	if f.hasNext {
		next = &f.next.Due
	}
	b.Queue(sqlUpdateOnboarding, st.UserID, encoded(st), st.Stage, st.BlockedOn, st.Stalled, st.Reversed,
		st.Access, st.AccessVersion, st.Version, f.lastSeq, f.events, st.StartedAt, st.StageSince, next, st.PolicyHash, f.reversed)
	if f.alarmed {
		b.Queue(sqlSetAlarm, onboarding.EffectSurge)
	}
	f.queueErase(b)
}

// rowToLane reads a lane and adds where its target works.
func (s *Store) rowToLane(row pgx.CollectableRow) (l onboarding.LaneWork, err error) {
	err = row.Scan(&l.Target, &l.Lane, &l.First)
	t := s.targets[l.Target]
	l.TaskQueue, l.Activity = t.TaskQueue, t.Activity
	return l, err
}

func rowToLogLine(row pgx.CollectableRow) (l onboarding.LogLine, err error) {
	err = row.Scan(&l.Seq, &l.At, &l.Input, &l.Outcome, &l.Stage)
	l.At = l.At.UTC()
	return l, err
}
