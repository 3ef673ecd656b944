package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"admit/onboarding"
)

var (
	sqlContact       = statement("contact")
	sqlDeleteContact = statement("delete_contact")
)

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

// DeleteContact forgets how a user is reached, also what the user's starts said of
// it, and accepts an event of the merchant's that says so, and who did it and why; the
// rest of what is known of the user stays, and so does that event when more is erased.
// Mails to the user that wait are parked at the next Advance. existed is false, and
// nothing is accepted, when there was no contact.
func (s *Store) DeleteContact(ctx context.Context, userID, actor, reason string) (existed bool, eventID int64, err error) {
	body, err := json.Marshal(startBody{Erased: true, Actor: actor, Reason: reason})
	if err != nil {
		return false, 0, fmt.Errorf("delete a contact: %w", err)
	}
	b := &pgx.Batch{}
	b.Queue(sqlLockStart, userID)
	b.Queue(sqlDeleteContact, userID, onboarding.RouteStart, body).Query(func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, []any{&eventID}, func() error {
			existed = true
			return nil
		})
		return err
	})
	err = s.onConn(ctx, func(ctx context.Context, conn *pgxpool.Conn) error { return conn.SendBatch(ctx, b).Close() })
	if err != nil {
		return false, 0, wrap("delete a contact", err)
	}
	return existed, eventID, nil
}

// Recipient returns what a message to the user is rendered with, as it stands now:
// the contact, the statuses of the checks, and with texts the providers' newest free
// text on each check, where it belongs to the words that the check has. Of a user of
// whom nothing is known all is empty.
func (s *Store) Recipient(ctx context.Context, userID string, texts bool) (onboarding.Recipient, error) {
	var r onboarding.Recipient
	var checks onboarding.CheckStates
	var events []onboarding.Event
	b := &pgx.Batch{}
	b.Queue(sqlContact, userID).Query(func(rows pgx.Rows) error {
		c := &r.Contact
		_, err := pgx.ForEachRow(rows, []any{&c.Email, &c.Locale, &c.Name, &c.TimeZone}, func() error {
			r.Known = true
			return nil
		})
		return err
	})
	b.Queue(sqlExplainState, userID).Query(func(rows pgx.Rows) error {
		states, err := pgx.CollectRows(rows, pgx.RowTo[onboarding.State])
		if len(states) == 1 {
			checks = states[0].Checks
			r.Statuses = checks.Statuses()
		}
		return err
	})
	if texts {
		b.Queue(sqlNewestEvents, []string{userID}).Query(collect(&events, rowToNewest))
	}
	err := s.onConn(ctx, func(ctx context.Context, conn *pgxpool.Conn) error { return conn.SendBatch(ctx, b).Close() })
	if err != nil {
		return onboarding.Recipient{}, wrap("look up a recipient", err)
	}
	if texts {
		r.Texts = messages(s.opts.Decoder, slices.DeleteFunc(events, func(e onboarding.Event) bool {
			report, err := decode(s.opts.Decoder, e)
			return err != nil || !tells(report, checks.At(report.Check))
		}))
	}
	return r, nil
}

// tells says whether a report is what a check's words come from, as far as a free text
// could give away otherwise what they do not: one that was not understood, came late or
// was held is not, nor one with a suspicion where a provider's API has said another
// thing since.
func tells(r onboarding.Report, c *onboarding.CheckState) bool {
	words := c.Words
	if c.Override != nil {
		words = c.Override.Beneath.Words
	}
	frank := func(reasons []string) bool {
		return !slices.ContainsFunc(reasons, func(code string) bool { return onboarding.SpeechOf(code) != onboarding.SpeechSay })
	}
	return r.Status == words.ProviderStatus && (frank(r.Reasons) || !frank(words.Reasons))
}
