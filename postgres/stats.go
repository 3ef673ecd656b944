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
	Parked         map[string]int64 // parked effects by target, but messages to users without a contact
	ParkedAccess   int64            // parked effects of the access lanes: somebody was not let in or shut out

	AskOldest        time.Duration // age of the oldest waiting question to a provider's API
	ParkedAsks       int64         // parked questions: nobody has answered for days
	ReversedLastHour int64         // users newly reversed in the last hour
	CollectedOldest  time.Duration // age of the oldest escalation that is in no digest yet
}

// Stats counts what waits, in one query that reads indexes alone.
func (s *Store) Stats(ctx context.Context) (Stats, error) {
	var st Stats
	var inbox, access, rest, revoke, ask, collected *time.Duration
	err := s.onConn(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
		return conn.QueryRow(ctx, sqlStats).Scan(&st.InboxCount, &inbox, &access, &rest, &revoke, &st.RevokesOverdue, &st.Parked, &st.ParkedAccess,
			&ask, &st.ReversedLastHour, &collected)
	})
	if err != nil {
		return Stats{}, wrap("count what waits", err)
	}
	st.InboxOldest, st.AccessOldest, st.RestOldest, st.RevokeOldest, st.AskOldest = age(inbox), age(access), age(rest), age(revoke), age(ask)
	st.CollectedOldest = age(collected)
	for _, a := range apis {
		st.ParkedAsks += st.Parked[a.target]
	}
	return st, nil
}

// age returns how old something is that may not be there.
func age(d *time.Duration) time.Duration {
	if d == nil {
		return 0
	}
	return max(0, *d)
}
