package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"admit/onboarding"
)

var (
	sqlLockReplay = statement("lock_replay")
	sqlFindReplay = statement("find_replay")
	sqlReplay     = statement("replay")
)

// Replay stores a malformed or unrecognised webhook as a new event, with the old
// body and the old received time, and returns the new event's ID and its user. The
// log names the actor. The old event stays as it is. The ID of a replay stands for
// the event that it is one of.
//
// onboarding.ErrNoEvent when there is no such event. An error that wraps
// onboarding.ErrNotReplayable is an onboarding.ReplayRefusal.
func (s *Store) Replay(ctx context.Context, eventID int64, actor string) (newID int64, userID string, err error) {
	err = s.onConn(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
		old, err := findReplay(ctx, conn, eventID)
		if err != nil {
			return err
		}
		if err := old.refusal(s.opts.Decoder); err != nil {
			return err
		}
		userID = old.UserID
		stored := false
		b := &pgx.Batch{}
		b.Queue(sqlReplay, old.ID, clean(actor, maxWord)).Query(func(rows pgx.Rows) error {
			_, err := pgx.ForEachRow(rows, []any{&newID}, func() error {
				stored = true
				return nil
			})
			return err
		})
		b.Queue("commit")
		if err := conn.SendBatch(ctx, b).Close(); err != nil {
			return err
		}
		if !stored {
			return onboarding.ReplayErased
		}
		return nil
	})
	if err != nil {
		return 0, "", wrap("replay an event", err)
	}
	return newID, userID, nil
}

// replayable is an event to be replayed, with what became of it.
type replayable struct {
	onboarding.Event
	erased    bool
	malformed bool
	outcome   string
	replayID  int64 // of the newest replay, 0 for none
	replay    string
}

// findReplay opens a transaction, locks the event against other replays, and reads
// it.
func findReplay(ctx context.Context, conn *pgxpool.Conn, eventID int64) (r replayable, err error) {
	if _, err := conn.Exec(ctx, "begin"); err != nil {
		return r, err
	}
	rows, err := conn.Query(ctx, sqlLockReplay, eventID)
	if err != nil {
		return r, err
	}
	var void string
	if _, err := pgx.ForEachRow(rows, []any{&r.ID, &void}, func() error { return nil }); err != nil {
		return r, err
	}
	if r.ID == 0 {
		return r, onboarding.ErrNoEvent
	}
	err = conn.QueryRow(ctx, sqlFindReplay, r.ID).Scan(&r.UserID, &r.Provider, &r.Route, &r.Body, &r.erased, &r.malformed, &r.outcome,
		&r.replayID, &r.replay)
	return r, err
}

// refusal says why the event cannot be replayed, nil when it can.
func (r replayable) refusal(d Decoder) error {
	switch {
	case ours(r.Provider) || r.Route == onboarding.RouteAnswer:
		return onboarding.ReplayNoWebhook
	case r.erased:
		return onboarding.ReplayErased
	case !r.malformed && r.outcome == onboarding.OutcomePending:
		return onboarding.ReplayPending
	case !r.malformed && r.outcome != string(onboarding.Unrecognised):
		return onboarding.ReplayRecognised
	case onboarding.CheckUserID(r.UserID) != nil:
		return onboarding.ReplayNoUser
	case r.replayID != 0 && r.replay != string(onboarding.Unrecognised):
		return onboarding.ReplayDone
	}
	if _, err := decode(d, r.Event); err != nil {
		return onboarding.ReplayUndecodable
	}
	return nil
}
