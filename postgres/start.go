package postgres

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"admit/onboarding"
)

var (
	sqlLockStart = statement("lock_start")
	sqlStart     = statement("start")
)

// startBody is the body of a start's event, and of the one that says that a contact
// was erased. The latter is never erased itself: delete_contact.sql and
// erase_bodies.sql know it by how it begins.
type startBody struct {
	Contact *onboarding.Contact `json:"contact"`
	Erased  bool                `json:"erased,omitempty"`
	Actor   string              `json:"actor"`
	Reason  string              `json:"reason,omitempty"` // of erasing
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
