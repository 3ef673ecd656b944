package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"admit/onboarding"
)

var (
	sqlListPresent = statement("list_present")
	sqlTellPresent = statement("tell_present")
)

// TellPresent has a target that is new told how users stand: whether they have
// access, unless nobody was ever told of it, and in which stage they are, each where
// the target wants to know it. after is the last user ID of the page before, "" for
// the first page; next is "" after the last. A page has limit users, where 0 is 100
// and none is above 500. told counts the effects and users names those they are
// about. A user of whom the target was told the same before is passed over. The
// ledger keeps who asked for it and why. A target that is not configured is ErrData.
//
// Each user is told of under the lock of the user's row, so that nothing older comes
// behind anything newer.
func (s *Store) TellPresent(ctx context.Context, target, after string, limit int, actor, reason string) (told int, users []string, next string, err error) {
	t, configured := s.targets[target]
	if !configured {
		return 0, nil, "", fmt.Errorf("tell how users stand: %w: the target is not configured", onboarding.ErrData)
	}
	limit, by := pageSize(limit), signed(actor, reason)
	err = s.onConn(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
		rows, err := conn.Query(ctx, sqlListPresent, after, limit+1)
		if err != nil {
			return err
		}
		page, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		if len(page) > limit {
			page = page[:limit]
			next = page[limit-1]
		}
		for i, user := range page {
			n, err := s.tellPresent(ctx, conn, user, t, by, delayOf(i, len(page)))
			if err != nil && i > 0 {
				s.log.WarnContext(ctx, "not all users could be told of", "target", target, "error", translated(err))
				next = page[i-1]
				return nil
			}
			if err != nil {
				return err
			}
			if n > 0 {
				users, told = append(users, user), told+n
			}
		}
		return nil
	})
	if err != nil {
		return 0, nil, "", wrap("tell how users stand", err)
	}
	return told, users, next, nil
}

// tellPresent tells a target how one user stands.
func (s *Store) tellPresent(ctx context.Context, conn *pgxpool.Conn, user string, t onboarding.Target, by signature, delay time.Duration) (told int, err error) {
	var state onboarding.State
	var seq int64
	var now time.Time
	b := &pgx.Batch{}
	b.Queue("begin")
	queueLockState(b, user, &state, &seq)
	b.Queue("select clock_timestamp()").QueryRow(func(row pgx.Row) error { return row.Scan(&now) })
	if err := conn.SendBatch(ctx, b).Close(); err != nil {
		return 0, err
	}
	now = s.opts.Clock(now).UTC().Truncate(time.Microsecond)
	waits := onboarding.EffectWaiting
	if s.opts.Shadow {
		waits = onboarding.EffectShadow
	}
	b = &pgx.Batch{}
	for _, e := range presentOf(state) {
		if !t.Wants(e) {
			continue
		}
		due := delay
		if e.Lane() == onboarding.LaneAccess {
			due = 0
		}
		b.Queue(sqlTellPresent, e.Key(user, state.Version, t.Name), user, t.Name, e.Lane(), e.Name, state.Version, seq,
			encoded(e.Payload(state, now, t)), waits, now, by.actor, by.reason, due).
			Exec(func(tag pgconn.CommandTag) error {
				told += int(tag.RowsAffected())
				return nil
			})
	}
	b.Queue("commit")
	return told, conn.SendBatch(ctx, b).Close()
}

// presentOf returns the effects that tell how a user stands.
func presentOf(s onboarding.State) (es []onboarding.Effect) {
	switch s.Access {
	case onboarding.AccessGranted:
		es = append(es, onboarding.Effect{Name: onboarding.EffectGranted})
	case onboarding.AccessRevoked:
		es = append(es, onboarding.Effect{Name: onboarding.EffectRevoked})
	}
	return append(es, onboarding.Effect{Name: "onboarding." + string(s.Stage)})
}
