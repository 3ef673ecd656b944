package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"admit/onboarding"
)

var sqlFailedEffects = statement("failed_effects")

// FailedEffects returns a page of what was given up on at a target, oldest first by
// their IDs, and after which the next page begins, 0 after the last. A limit of 0
// is 100, and none is above 500. Messages to users without a contact are not among
// them.
func (s *Store) FailedEffects(ctx context.Context, target string, after int64, limit int) ([]onboarding.FailedEffect, int64, error) {
	limit = pageSize(limit)
	var page []onboarding.FailedEffect
	err := s.onConn(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
		rows, err := conn.Query(ctx, sqlFailedEffects, target, after, limit+1)
		if err != nil {
			return err
		}
		page, err = pgx.CollectRows(rows, rowToFailedEffect)
		return err
	})
	if err != nil {
		return nil, 0, wrap("list failed effects", err)
	}
	next := int64(0)
	if len(page) > limit {
		page = page[:limit]
		next = page[limit-1].ID
	}
	return page, next, nil
}

func rowToFailedEffect(row pgx.CollectableRow) (e onboarding.FailedEffect, err error) {
	err = row.Scan(&e.ID, &e.Key, &e.UserID, &e.Effect, &e.Created, &e.ParkedAt, &e.Attempts, &e.Answer)
	e.Created, e.ParkedAt = e.Created.UTC(), e.ParkedAt.UTC()
	return e, err
}
