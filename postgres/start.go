package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"admit/onboarding"
)

var (
	sqlLockStart = statement("lock_start")
	sqlStart     = statement("start")
	sqlContact   = statement("contact")
)

// startBody is the body of a start's event.
type startBody struct {
	Contact *onboarding.Contact `json:"contact"`
	Actor   string              `json:"actor"`
}

// Start makes a user known and keeps how the user is reached. created is true for
// exactly one of several first starts. A start of a user who exists is accepted
// as an event only when it changes the contact; a contact is replaced whole, and
// kept as it is when c is nil. eventID is 0 when nothing was accepted.
func (s *Store) Start(ctx context.Context, userID string, c *onboarding.Contact, actor string) (created bool, eventID int64, err error) {
	if err := onboarding.CheckUserID(userID); err != nil {
		return false, 0, fmt.Errorf("start: %w: %w", onboarding.ErrData, err)
	}
	body, err := json.Marshal(startBody{Contact: c, Actor: actor})
	if err != nil {
		return false, 0, fmt.Errorf("start: %w", err)
	}
	contact := onboarding.Contact{}
	if c != nil {
		contact = *c
	}
	b := &pgx.Batch{}
	b.Queue(sqlLockStart, userID)
	b.Queue(sqlStart, userID, onboarding.RouteStart, body, c != nil, contact.Email, contact.Locale, contact.Name, contact.TimeZone).
		QueryRow(func(row pgx.Row) error { return row.Scan(&created, &eventID) })
	err = s.onConn(ctx, func(ctx context.Context, conn *pgxpool.Conn) error { return conn.SendBatch(ctx, b).Close() })
	return created, eventID, wrap("start", err)
}

// Contact returns how the user is reached; false when nothing is known.
func (s *Store) Contact(ctx context.Context, userID string) (onboarding.Contact, bool, error) {
	var c onboarding.Contact
	err := s.onConn(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
		return conn.QueryRow(ctx, sqlContact, userID).Scan(&c.Email, &c.Locale, &c.Name, &c.TimeZone)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return onboarding.Contact{}, false, nil
	}
	return c, err == nil, wrap("look up a contact", err)
}
