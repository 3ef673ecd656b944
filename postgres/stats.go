package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

var sqlStats = statement("stats")

// Stats is what the metrics show of the store. Ages are 0 when nothing waits.
type Stats struct {
	InboxCount     int64            // events not folded yet
	InboxOldest    time.Duration    // age of the oldest of them
	AccessOldest   time.Duration    // age of the oldest waiting effect in an access lane
	RestOldest     time.Duration    // the same of the other lanes
	RevokeOldest   time.Duration    // age of the oldest waiting access.revoked
	RevokesOverdue int64            // users with a waiting access.revoked older than 60 s
	Parked         map[string]int64 // parked effects by target
	ParkedAccess   int64            // parked effects of the access lanes: somebody was not let in or shut out
}

// Stats counts what waits, in one query that reads indexes alone.
func (s *Store) Stats(ctx context.Context) (Stats, error) {
	var st Stats
	var inbox, access, rest, revoke *time.Duration
	err := s.onConn(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
		return conn.QueryRow(ctx, sqlStats).Scan(&st.InboxCount, &inbox, &access, &rest, &revoke, &st.RevokesOverdue, &st.Parked, &st.ParkedAccess)
	})
	if err != nil {
		return Stats{}, wrap("count what waits", err)
	}
	st.InboxOldest, st.AccessOldest, st.RestOldest, st.RevokeOldest = age(inbox), age(access), age(rest), age(revoke)
	return st, nil
}

// age returns how old something is that may not be there.
func age(d *time.Duration) time.Duration {
	if d == nil {
		return 0
	}
	return max(0, *d)
}
