package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"admit/onboarding"
)

var (
	sqlLockAlarm      = statement("lock_alarm")
	sqlCountReversals = statement("count_reversals")
	sqlSetAlarm       = statement("set_alarm")
)

// surge says how many other users were newly reversed in the last hour, and
// whether somebody was told of it. Unless somebody was, the transaction holds the
// alarm's lock from here on: users who are reversed at the same time are counted
// one after the other, so that the one too many sees all before it.
func (s *Store) surge(ctx context.Context, conn *pgxpool.Conn, userID string) (onboarding.Surge, error) {
	surge := onboarding.Surge{Told: true}
	b := &pgx.Batch{}
	b.Queue(sqlLockAlarm, onboarding.EffectSurge).Query(func(rows pgx.Rows) error {
		locked, err := pgx.CollectRows(rows, pgx.RowTo[string])
		surge.Told = len(locked) == 0
		return err
	})
	b.Queue(sqlCountReversals, userID).QueryRow(func(row pgx.Row) error { return row.Scan(&surge.Users) })
	return surge, conn.SendBatch(ctx, b).Close()
}
