package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"admit/onboarding"
)

var (
	sqlUserExists      = statement("user_exists")
	sqlTimelineLog     = statement("timeline_log")
	sqlTimelineEffects = statement("timeline_effects")
	sqlTimelinePending = statement("timeline_pending")
)

// placed is an entry with its place in the timeline.
type placed struct {
	cursor
	onboarding.TimelineEntry
}

// Timeline returns a page of what happened to a user, oldest first: log entries,
// effects, and events not folded yet. after is what the page before returned as
// next, "" for the first page; next is "" after the last. Anything else as after is
// ErrData. ErrNotFound when nothing was ever accepted of the user. A limit of 0 is
// 100, and none is above 500.
//
// An event shows as pending until it is folded, and then again, later in time, as
// a log entry.
func (s *Store) Timeline(ctx context.Context, userID, after string, limit int) ([]onboarding.TimelineEntry, string, error) {
	from, err := parseCursor(after)
	if err != nil {
		return nil, "", fmt.Errorf("read a timeline: %w", err)
	}
	limit = pageSize(limit)
	page, err := s.timeline(ctx, userID, from, limit+1)
	if err != nil {
		return nil, "", wrap("read a timeline", err)
	}
	slices.SortFunc(page, func(a, b placed) int { return a.compare(b.cursor) })
	next := ""
	if len(page) > limit {
		page = page[:limit]
		next = page[limit-1].cursor.String()
	}
	entries := make([]onboarding.TimelineEntry, len(page))
	for i, p := range page {
		entries[i] = p.TimelineEntry
	}
	return entries, next, nil
}

// timeline reads up to limit entries of each kind behind a place, as they stood
// at one moment.
func (s *Store) timeline(ctx context.Context, userID string, from cursor, limit int) (page []placed, err error) {
	exists := false
	add := func(read func(pgx.CollectableRow) (placed, error)) func(pgx.Rows) error {
		return func(rows pgx.Rows) error {
			entries, err := pgx.CollectRows(rows, read)
			page = append(page, entries...)
			return err
		}
	}
	args := []any{userID, from.at, from.seq, from.kind, from.id, limit}
	b := &pgx.Batch{}
	b.Queue("begin isolation level repeatable read read only")
	b.Queue(sqlUserExists, userID).QueryRow(func(row pgx.Row) error { return row.Scan(&exists) })
	b.Queue(sqlTimelineLog, args...).Query(add(rowToLogEntry))
	b.Queue(sqlTimelineEffects, args...).Query(add(rowToEffectEntry))
	b.Queue(sqlTimelinePending, args...).Query(add(rowToPendingEntry))
	b.Queue("commit")
	err = s.onConn(ctx, func(ctx context.Context, conn *pgxpool.Conn) error { return conn.SendBatch(ctx, b).Close() })
	if err == nil && !exists {
		err = onboarding.ErrNotFound
	}
	return page, err
}

func rowToLogEntry(row pgx.CollectableRow) (placed, error) {
	e, _, err := scanLogEntry(row)
	return placed{cursor{e.At, e.Seq, kindLog, e.Seq}, e}, err
}

// scanLogEntry reads a log entry and the body of its event, nil where there is
// none.
func scanLogEntry(row pgx.Row) (e onboarding.TimelineEntry, body []byte, err error) {
	e.Kind = "log"
	var received time.Time
	var provider string
	err = row.Scan(&e.At, &e.Seq, &e.Input, &e.EventID, &received, &e.Outcome, &e.Code, &e.Actor, &e.Version,
		&e.Changes, &e.PolicyHash, &e.Build, &provider, &e.RequestID, &body, &e.ReplayOf)
	received = received.UTC()
	e.At, e.Received, e.Body = e.At.UTC(), &received, shown(body)
	e.Reason = reasonOf(provider, body)
	if e.Reason == "" && e.Outcome == onboarding.Refused {
		e.Reason = e.Code
	}
	return e, body, err
}

func rowToEffectEntry(row pgx.CollectableRow) (placed, error) {
	e := onboarding.TimelineEntry{Kind: "effect"}
	var next time.Time
	var seq int64
	err := row.Scan(&e.At, &seq, &e.EffectID, &e.Key, &e.Target, &e.Lane, &e.Effect, &e.State, &e.Attempts,
		&e.LastAnswer, &e.Version, &e.DoneAt, &next, &e.About, &e.ReplayedBy, &e.ReplayedAt, &e.ReplayReason)
	e.At, e.DoneAt, e.ReplayedAt = e.At.UTC(), utc(e.DoneAt), utc(e.ReplayedAt)
	if e.State == onboarding.EffectWaiting {
		next = next.UTC()
		e.NextTry = &next
	}
	return placed{cursor{e.At, seq, kindEffect, e.EffectID}, e}, err
}

func rowToPendingEntry(row pgx.CollectableRow) (placed, error) {
	e := onboarding.TimelineEntry{Kind: "pending"}
	var event inboxEvent
	err := row.Scan(&e.At, &e.EventID, &event.Received, &event.Provider, &event.Route, &e.RequestID, &event.Body, &e.ReplayOf, &event.actor)
	e.At = e.At.UTC()
	received := event.Received.UTC()
	in := inputOf(event)
	e.Received, e.Input, e.Actor, e.Body = &received, in.label, in.actor, shown(event.Body)
	e.Reason = reasonOf(event.Provider, event.Body)
	return placed{cursor{e.At, noSeq, kindPending, e.EventID}, e}, err
}

// shown returns a body where it is JSON that can be shown as such.
func shown(body []byte) json.RawMessage {
	if len(body) == 0 || !utf8.Valid(body) || !json.Valid(body) {
		return nil
	}
	return body
}

// reasonOf returns what an operator gave as the reason of a command, or of deleting
// a contact; "" for everything else.
func reasonOf(provider string, body []byte) string {
	var given struct {
		Reason string `json:"reason"`
	}
	if provider != onboarding.SourceOperator && provider != onboarding.SourceMerchant || json.Unmarshal(body, &given) != nil {
		return "" // shown without a reason: the body itself is shown as it is
	}
	return given.Reason
}
