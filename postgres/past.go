package postgres

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"admit/onboarding"
)

var (
	sqlAuditLog      = statement("audit_log")
	sqlAuditCounts   = statement("audit_counts")
	sqlAuditStarts   = statement("audit_starts")
	sqlAuditNewest   = statement("audit_newest")
	sqlAuditPending  = statement("audit_pending")
	sqlAuditEffects  = statement("audit_effects")
	sqlAuditEntries  = statement("audit_entries")
	sqlAuditPolicies = statement("audit_policies")
)

// past is what the store holds of a user's past up to a time.
type past struct {
	at       time.Time
	rows     []changeRow // those that matter for how the user stood then
	lastSeq  int64
	webhooks int64
	first    *time.Time // when the first event was accepted
	contact  *time.Time // when the contact of today was given
	starts   [][]byte
	newest   []onboarding.Event
	pending  []onboarding.TimelineEntry
	effects  []onboarding.TimelineEntry
}

// changeRow is what one row of the log changed.
type changeRow struct {
	seq     int64
	changes []onboarding.Change
}

// readPast opens a transaction that sees one moment, and reads the past in it.
func readPast(ctx context.Context, conn *pgxpool.Conn, userID string, at time.Time) (p past, err error) {
	p.at, p.pending, p.effects = at, []onboarding.TimelineEntry{}, []onboarding.TimelineEntry{}
	b := &pgx.Batch{}
	b.Queue("begin isolation level repeatable read read only")
	b.Queue(sqlAuditLog, userID, at).Query(collect(&p.rows, func(row pgx.CollectableRow) (r changeRow, err error) {
		err = row.Scan(&r.seq, &r.changes)
		return r, err
	}))
	b.Queue(sqlAuditCounts, userID, at).QueryRow(func(row pgx.Row) error {
		return row.Scan(&p.lastSeq, &p.webhooks, &p.first, &p.contact)
	})
	b.Queue(sqlAuditStarts, userID, at).Query(collect(&p.starts, pgx.RowTo[[]byte]))
	b.Queue(sqlAuditNewest, userID, at).Query(collect(&p.newest, func(row pgx.CollectableRow) (e onboarding.Event, err error) {
		err = row.Scan(&e.ID, &e.Provider, &e.Route, &e.Body)
		return e, err
	}))
	b.Queue(sqlAuditPending, userID, at).Query(collect(&p.pending, func(row pgx.CollectableRow) (onboarding.TimelineEntry, error) {
		e, err := rowToPendingEntry(row)
		return e.TimelineEntry, err
	}))
	b.Queue(sqlAuditEffects, userID, at).Query(collect(&p.effects, func(row pgx.CollectableRow) (onboarding.TimelineEntry, error) {
		e, err := rowToEffectEntry(row)
		e.NextTry = nil // as it is known now
		return e.TimelineEntry, err
	}))
	return p, conn.SendBatch(ctx, b).Close()
}

// collect returns what reads a query's rows into a slice.
func collect[T any](into *[]T, read pgx.RowToFunc[T]) func(pgx.Rows) error {
	return func(rows pgx.Rows) (err error) {
		*into, err = pgx.AppendRows(*into, rows, read)
		return err
	}
}

// known says whether anything was accepted by then.
func (p past) known() bool { return p.lastSeq > 0 || p.first != nil || len(p.pending) > 0 }

// begun returns when the first event was accepted of a user whom nobody had
// folded.
func (p past) begun() time.Time {
	if p.first != nil {
		return p.first.UTC()
	}
	return p.pending[0].At
}

// hadContact says whether it is known that there was a contact then: the one of
// today, or one that a start brought.
func (p past) hadContact() bool {
	if p.contact != nil && !p.contact.After(p.at) {
		return true
	}
	for _, body := range p.starts {
		var start startBody
		if json.Unmarshal(body, &start) == nil && start.Contact != nil {
			return true
		}
	}
	return false
}

// evidence is what stands behind what was decided.
type evidence struct {
	entries  map[int64]onboarding.TimelineEntry
	erased   map[int64]bool
	policies map[string]json.RawMessage
}

// readEvidence reads the log rows that decided, with their events, and the
// policies that they and the state name. It ends the transaction.
func readEvidence(ctx context.Context, conn *pgxpool.Conn, userID string, decided []decision, policy string) (evidence, error) {
	e := evidence{entries: map[int64]onboarding.TimelineEntry{}, erased: map[int64]bool{}, policies: map[string]json.RawMessage{}}
	seqs := make([]int64, len(decided))
	for i, d := range decided {
		seqs[i] = d.seq
	}
	hashes := []string{policy}
	b := &pgx.Batch{}
	b.Queue(sqlAuditEntries, userID, seqs).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			entry, body, err := scanLogEntry(rows)
			if err != nil {
				return err
			}
			e.entries[entry.Seq], e.erased[entry.Seq] = entry, entry.EventID != 0 && body == nil
			hashes = append(hashes, entry.PolicyHash)
		}
		return rows.Err()
	})
	if err := conn.SendBatch(ctx, b).Close(); err != nil {
		return e, err
	}
	var hash, text string
	b = &pgx.Batch{}
	b.Queue(sqlAuditPolicies, hashes).Query(func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, []any{&hash, &text}, func() error {
			e.policies[hash] = json.RawMessage(text)
			return nil
		})
		return err
	})
	b.Queue("commit")
	return e, conn.SendBatch(ctx, b).Close()
}
