package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

var (
	sqlWaitingUsers = statement("waiting_users")
	sqlOverdueUsers = statement("overdue_users")
)

// WaitingUsers returns users whose first event not folded yet was received
// longer ago than olderThan, the longest waiting first, at most limit of them.
func (s *Store) WaitingUsers(ctx context.Context, olderThan time.Duration, limit int) ([]string, error) {
	return s.users(ctx, "look for waiting events", sqlWaitingUsers, olderThan, limit)
}

// OverdueUsers returns users whose next deadline passed over a minute ago, or who
// have a waiting effect that was left alone for too long: whose workflow, that
// is, was lost. The most overdue come first, at most limit of them, and after them
// users whose access was parked while a target was not configured that is so here. In
// shadow mode effects do not count.
func (s *Store) OverdueUsers(ctx context.Context, limit int) ([]string, error) {
	known := s.names
	if s.opts.Shadow {
		known = nil
	}
	return s.users(ctx, "look for what is overdue", sqlOverdueUsers, limit, !s.opts.Shadow, known)
}

func (s *Store) users(ctx context.Context, doing, sql string, args ...any) (users []string, err error) {
	err = s.onConn(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
		rows, err := conn.Query(ctx, sql, args...)
		if err != nil {
			return err
		}
		users, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	return users, wrap(doing, err)
}
