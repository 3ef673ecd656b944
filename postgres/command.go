package postgres

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"admit/onboarding"
)

var (
	sqlAcceptCommand = statement("accept_command")
	sqlFindCommand   = statement("find_command")
	sqlOutcomes      = statement("outcomes")
)

// AcceptCommand stores an operator's command as an event and returns its ID. A
// request ID that the user's commands used before stores nothing: with the same
// body it returns the old ID, with another ErrConflict. An empty one is no request
// ID. ErrNotFound when nothing was ever accepted of the user.
func (s *Store) AcceptCommand(ctx context.Context, userID string, c onboarding.Command) (int64, error) {
	body, err := json.Marshal(c)
	if err != nil {
		return 0, fmt.Errorf("accept a command: %w", err)
	}
	var ids []int64
	var id int64
	var found int64
	var old []byte
	b := &pgx.Batch{}
	b.Queue(sqlAcceptCommand, userID, onboarding.SourceOperator, onboarding.RouteCommand, body, c.RequestID).
		Query(func(rows pgx.Rows) error {
			ids, err = pgx.CollectRows(rows, pgx.RowTo[int64])
			return err
		})
	b.Queue(sqlFindCommand, userID, c.RequestID).Query(func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, []any{&found, &old}, func() error { return nil })
		return err
	})
	err = s.onConn(ctx, func(ctx context.Context, conn *pgxpool.Conn) error { return conn.SendBatch(ctx, b).Close() })
	switch {
	case err != nil:
		return 0, wrap("accept a command", err)
	case len(ids) == 1:
		id = ids[0]
	case found == 0:
		return 0, fmt.Errorf("accept a command: %w", onboarding.ErrNotFound)
	case !bytes.Equal(old, body):
		return 0, fmt.Errorf("accept a command: %w", onboarding.ErrConflict)
	default:
		id = found
	}
	return id, nil
}

// CommandOutcome returns what became of a command; false while it is not folded,
// and when there is none of that request ID.
func (s *Store) CommandOutcome(ctx context.Context, userID, requestID string) (onboarding.CommandOutcome, bool, error) {
	var outcomes []onboarding.CommandOutcome
	err := s.onConn(ctx, func(ctx context.Context, c *pgxpool.Conn) error {
		rows, err := c.Query(ctx, sqlOutcomes, userID, []string{requestID})
		if err != nil {
			return err
		}
		outcomes, err = pgx.CollectRows(rows, rowToOutcome)
		return err
	})
	if err != nil || len(outcomes) == 0 {
		return onboarding.CommandOutcome{}, false, wrap("look up a command", err)
	}
	return outcomes[0], true, nil
}

func rowToOutcome(row pgx.CollectableRow) (o onboarding.CommandOutcome, err error) {
	err = row.Scan(&o.RequestID, &o.Outcome, &o.Reason, &o.Seq)
	return o, err
}
