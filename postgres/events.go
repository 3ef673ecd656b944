package postgres

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"admit/onboarding"
)

var sqlListEvents = statement("list_events")

// EventsList returns a page of the webhooks that could not be read or understood,
// of one state or, for "", of both, oldest first by their IDs, and where the next
// page begins, "" after the last. Anything else as after is ErrData. A limit of 0
// is 100, and none is above 500. What was replayed stays listed, with its replay.
func (s *Store) EventsList(ctx context.Context, state onboarding.EventState, after string, limit int) ([]onboarding.EventView, string, error) {
	from := int64(0)
	if after != "" {
		var err error
		if from, err = strconv.ParseInt(after, 10, 64); err != nil || from < 1 || strconv.FormatInt(from, 10) != after {
			return nil, "", fmt.Errorf("list events: %w: the place in the list", onboarding.ErrData)
		}
	}
	limit = pageSize(limit)
	var page []onboarding.EventView
	err := s.onConn(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
		// Planned anew for its arguments, so that a state costs what it has alone.
		rows, err := conn.Query(ctx, sqlListEvents, pgx.QueryExecModeCacheDescribe, string(state), from, limit+1)
		if err != nil {
			return err
		}
		page, err = pgx.CollectRows(rows, rowToEventView)
		return err
	})
	if err != nil {
		return nil, "", wrap("list events", err)
	}
	next := ""
	if len(page) > limit {
		page = page[:limit]
		next = strconv.FormatInt(page[limit-1].ID, 10)
	}
	return page, next, nil
}

func rowToEventView(row pgx.CollectableRow) (e onboarding.EventView, err error) {
	err = row.Scan(&e.ID, &e.UserID, &e.Provider, &e.Route, &e.Received, &e.State, &e.ReplayedBy, &e.Replay)
	e.Received = e.Received.UTC()
	return e, err
}
