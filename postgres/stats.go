package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"admit/onboarding"
)

// How far is counted for the metrics, which are asked for again and again, by each
// process. What somebody is woken for must be known at once, also of a ledger in
// which everything waits; of the rest more is worth knowing.
const (
	countUrgent = 10_001
	countRest   = 100_001
)

var (
	sqlStats   = statement("stats")
	sqlOldest  = statement("oldest")
	sqlQueued  = statement("queued")
	sqlParked  = statement("parked")
	sqlInOrder = statement("in_order")
)

// Stats is what the metrics show of the store, but for Waiting and Parked. Ages are 0
// when nothing waits. An effect's age counts from when it was decided, or from when it
// was last sent again. Counts end where it says so.
type Stats struct {
	InboxCount     int64         // events not folded yet, up to 100,001
	InboxOldest    time.Duration // age of the oldest of them
	AccessOldest   time.Duration // age of the oldest waiting effect in an access lane
	RestOldest     time.Duration // the same in a lane of the rest
	NotifyOldest   time.Duration // the same of messages to users, which may wait for the morning
	RevokeOldest   time.Duration // age of the oldest waiting access.revoked
	RevokesOverdue int64         // users with a waiting access.revoked older than 60 s, among the 10,001 oldest
	ParkedAccess   int64         // parked effects of the access lanes, up to 10,001: somebody was not let in or shut out

	Oldest  map[string]time.Duration // of each configured target, the age of the oldest waiting effect
	Failing map[string]bool          // of each configured hook, whether it is failing

	AskOldest        time.Duration // age of the oldest waiting question to a provider's API
	ReversedLastHour int64         // users newly reversed in the last hour, up to 100,001 or more than the policy allows
	CollectedOldest  time.Duration // age of the oldest escalation that is in no digest yet
}

// Stats reads what somebody is woken for, in one round trip: probes of indexes, and
// counts that end soon, however much waits.
func (s *Store) Stats(ctx context.Context) (Stats, error) {
	st := Stats{Oldest: map[string]time.Duration{}, Failing: map[string]bool{}}
	hooks := []string{}
	for _, t := range s.opts.Targets {
		st.Oldest[t.Name] = 0
		if t.IsHook() {
			hooks, st.Failing[t.Name] = append(hooks, t.Name), false
		}
	}
	var inbox, revoke, ask, collected *time.Duration
	err := s.inOrder(ctx, func(b *pgx.Batch) {
		b.Queue(sqlStats, countUrgent, max(countRest, s.opts.Policy.ReversalsPerHour+1)).QueryRow(func(row pgx.Row) error {
			return row.Scan(&st.InboxCount, &inbox, &revoke, &st.RevokesOverdue, &st.ParkedAccess, &ask, &st.ReversedLastHour, &collected)
		})
		queueOldest(b, st.addOldest)
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
	})
	if err != nil {
		return Stats{}, wrap("look for what waits", err)
	}
	st.InboxOldest, st.RevokeOldest, st.AskOldest, st.CollectedOldest = age(inbox), age(revoke), age(ask), age(collected)
	return st, nil
}

// addOldest adds the oldest in the lanes of one kind of a target.
func (st *Stats) addOldest(o oldest) {
	age := max(0, o.now.Sub(o.since))
	switch o.lane {
	case onboarding.LaneAccess:
		st.AccessOldest = max(st.AccessOldest, age)
	case onboarding.LaneNotify:
		st.NotifyOldest = max(st.NotifyOldest, age)
	default:
		st.RestOldest = max(st.RestOldest, age)
	}
	if at, configured := st.Oldest[o.target]; configured {
		st.Oldest[o.target] = max(at, age)
	}
}

// age returns how old something is that may not be there.
func age(d *time.Duration) time.Duration {
	if d == nil {
		return 0
	}
	return max(0, *d)
}

// Waiting returns how many effects wait for each configured target, counted up to
// 100,001.
func (s *Store) Waiting(ctx context.Context) (map[string]int64, error) {
	waiting := map[string]int64{}
	for name := range s.targets {
		waiting[name] = 0
	}
	err := s.inOrder(ctx, func(b *pgx.Batch) {
		queueCounts(b, sqlQueued, countRest, func(target string, n int64) {
			if _, configured := waiting[target]; configured {
				waiting[target] = n
			}
		})
	})
	if err != nil {
		return nil, wrap("count what waits", err)
	}
	return waiting, nil
}

// Parked returns how many effects were given up on, of each target that has some,
// counted up to 100,001. Messages to users without a contact do not count.
func (s *Store) Parked(ctx context.Context) (map[string]int64, error) {
	parked := map[string]int64{}
	err := s.inOrder(ctx, func(b *pgx.Batch) {
		queueCounts(b, sqlParked, countRest, func(target string, n int64) { parked[target] = n })
	})
	if err != nil {
		return nil, wrap("count what was given up on", err)
	}
	return parked, nil
}

// inOrder reads by indexes in their order, at one moment: where a count has a limit,
// the planner would rather collect and sort all that there is, and end then.
func (s *Store) inOrder(ctx context.Context, queue func(*pgx.Batch)) error {
	b := &pgx.Batch{}
	b.Queue("begin isolation level repeatable read read only")
	b.Queue(sqlInOrder)
	queue(b)
	b.Queue("commit")
	return s.onConn(ctx, func(ctx context.Context, conn *pgxpool.Conn) error { return conn.SendBatch(ctx, b).Close() })
}

// oldest is since when something waits in the lanes of one kind of a target.
type oldest struct {
	target     string
	lane       onboarding.Lane
	since, now time.Time
}

func queueOldest(b *pgx.Batch, each func(oldest)) {
	b.Queue(sqlOldest).Query(func(rows pgx.Rows) error {
		var o oldest
		_, err := pgx.ForEachRow(rows, []any{&o.target, &o.lane, &o.since, &o.now}, func() error {
			each(o)
			return nil
		})
		return err
	})
}

// queueCounts counts what waits for each target, or what was given up on: up to a
// limit, nil for none.
func queueCounts(b *pgx.Batch, sql string, limit any, each func(target string, n int64)) {
	b.Queue(sql, limit).Query(func(rows pgx.Rows) error {
		var target string
		var n int64
		_, err := pgx.ForEachRow(rows, []any{&target, &n}, func() error {
			each(target, n)
			return nil
		})
		return err
	})
}
