package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"admit/onboarding"
)

var sqlStats = statement("stats")

// Stats is what the metrics show of the store. Ages are 0 when nothing waits.
type Stats struct {
	InboxCount     int64            // events not folded yet
	InboxOldest    time.Duration    // age of the oldest of them
	AccessOldest   time.Duration    // age of the oldest waiting effect in an access lane
	RestOldest     time.Duration    // the same in a lane of the rest
	NotifyOldest   time.Duration    // the same of messages to users, which may wait for the morning
	RevokeOldest   time.Duration    // age of the oldest waiting access.revoked
	RevokesOverdue int64            // users with a waiting access.revoked older than 60 s
	Parked         map[string]int64 // parked effects by target, but messages to users without a contact
	ParkedAccess   int64            // parked effects of the access lanes: somebody was not let in or shut out

	Queues  map[string]Queue // what waits, of each configured target
	Failing map[string]bool  // of each configured hook, whether it is failing

	AskOldest        time.Duration // age of the oldest waiting question to a provider's API
	ParkedAsks       int64         // parked questions: nobody has answered for days
	ReversedLastHour int64         // users newly reversed in the last hour
	CollectedOldest  time.Duration // age of the oldest escalation that is in no digest yet
}

// Queue is what waits for one target.
type Queue struct {
	Waiting int64
	Oldest  time.Duration // age of the oldest
}

// Stats counts what waits, in one round trip that reads indexes alone.
func (s *Store) Stats(ctx context.Context) (Stats, error) {
	st := Stats{Parked: map[string]int64{}, Queues: map[string]Queue{}, Failing: map[string]bool{}}
	hooks := []string{}
	for _, t := range s.opts.Targets {
		st.Queues[t.Name] = Queue{}
		if t.IsHook() {
			hooks, st.Failing[t.Name] = append(hooks, t.Name), false
		}
	}
	var inbox, revoke, ask, collected *time.Duration
	b := &pgx.Batch{}
	b.Queue(sqlStats).QueryRow(func(row pgx.Row) error {
		return row.Scan(&st.InboxCount, &inbox, &revoke, &st.RevokesOverdue, &st.ParkedAccess, &ask, &st.ReversedLastHour, &collected)
	})
	queueQueued(b, st.addQueue)
	queueParked(b, func(target string, n int64) { st.Parked[target] = n })
	b.Queue(sqlHooks, hooks).Query(func(rows pgx.Rows) error {
		_, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (none struct{}, err error) {
			var name string
			var failing *time.Time
			err = row.Scan(&name, nil, nil, &failing, nil, nil, nil)
			st.Failing[name] = failing != nil
			return none, err
		})
		return err
	})
	err := s.onConn(ctx, func(ctx context.Context, conn *pgxpool.Conn) error { return conn.SendBatch(ctx, b).Close() })
	if err != nil {
		return Stats{}, wrap("count what waits", err)
	}
	st.InboxOldest, st.RevokeOldest, st.AskOldest, st.CollectedOldest = age(inbox), age(revoke), age(ask), age(collected)
	for _, a := range apis {
		st.ParkedAsks += st.Parked[a.target]
	}
	return st, nil
}

// addQueue adds what waits in the lanes of one kind of a target.
func (st *Stats) addQueue(q queued) {
	oldest := max(0, q.now.Sub(q.oldest))
	switch q.lane {
	case onboarding.LaneAccess:
		st.AccessOldest = max(st.AccessOldest, oldest)
	case onboarding.LaneNotify:
		st.NotifyOldest = max(st.NotifyOldest, oldest)
	default:
		st.RestOldest = max(st.RestOldest, oldest)
	}
	if at, configured := st.Queues[q.target]; configured {
		st.Queues[q.target] = Queue{Waiting: at.Waiting + q.waiting, Oldest: max(at.Oldest, oldest)}
	}
}

// age returns how old something is that may not be there.
func age(d *time.Duration) time.Duration {
	if d == nil {
		return 0
	}
	return max(0, *d)
}
