package postgres_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// sqlOf returns a statement of the store.
func sqlOf(t *testing.T, statement string) string {
	t.Helper()
	text, err := os.ReadFile("sql/" + statement + ".sql")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// inOrder are the statements that end at a count, after in_order.sql.
var inOrder = []string{"stats", "oldest", "queued", "parked"}

// planOf returns how the database goes about a statement of the store.
func planOf(t *testing.T, db *pgxpool.Pool, statement, types, args, mode string) string {
	t.Helper()
	query := sqlOf(t, statement)
	prepare, execute := "prepare asked as ", "explain execute asked"
	if types != "" {
		prepare, execute = "prepare asked ("+types+") as ", execute+" ("+args+")"
	}
	tx, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(t.Context()) // it only read
	before := []string{"set local enable_seqscan = off", "set local plan_cache_mode = " + mode}
	if slices.Contains(inOrder, statement) {
		before = append(before, sqlOf(t, "in_order"))
	}
	for _, sql := range append(before, prepare+query) {
		if _, err := tx.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	rows, err := tx.Query(t.Context(), execute)
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	if _, err := tx.Exec(t.Context(), "deallocate asked"); err != nil { // it outlives the transaction
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

// holdsPlan holds that a statement reads these indexes and no whole table, whatever
// its arguments; and that one which ends at a count does not collect more first.
func holdsPlan(t *testing.T, db *pgxpool.Pool, statement, types, args string, indexes []string) {
	t.Helper()
	for _, mode := range []string{"force_custom_plan", "force_generic_plan"} {
		plan := planOf(t, db, statement, types, args, mode)
		for _, index := range indexes {
			if !strings.Contains(plan, index) {
				t.Errorf("%s, %s, does without %s:\n%s", statement, mode, index, plan)
			}
		}
		if strings.Contains(plan, "Seq Scan") || slices.Contains(inOrder, statement) && (strings.Contains(plan, "Sort") || strings.Contains(plan, "Bitmap")) {
			t.Errorf("%s, %s:\n%s", statement, mode, plan)
		}
	}
}

// filled returns a database in which there is some of everything, and the planner
// knows it: of the ledger a third is done, a third waits, and a third was given up
// on, the newest.
func filled(t *testing.T) *pgxpool.Pool {
	t.Helper()
	_, db := setup(t)
	exec(t, db, `insert into effects (key, user_id, target, lane, name, version, seq, payload, state, created, done_at, last_answer)
		select 'k' || n, 'user-' || n % 2000, (array['core', 'crm', 'mail'])[1 + n % 3], (array['access', 'rest', 'notify'])[1 + n % 3],
			(array['access.revoked', 'onboarding.started', 'notify.approved'])[1 + n % 3], 1, 1, '{}',
			(array['delivered', 'waiting', 'parked'])[1 + n / 10000], now() - (30000 - n) * interval '1 second', now(), '503'
		from generate_series(0, 29999) n`)
	exec(t, db, `insert into events (user_id, provider, route, body, malformed)
		select 'user-' || n % 2000, 'p100', 'kyc-verification', '{}', n % 100 = 0 from generate_series(0, 29999) n`)
	exec(t, db, `insert into log (user_id, seq, event_id, input, outcome, version, stage, changes, policy_hash, build, received, at)
		select user_id, row_number() over (partition by user_id order by id), id, 'p100/kyc-verification',
			case when id % 50 = 0 then 'unrecognised' else 'applied' end, 1, 'collecting', '[]', '', '', received, received
		from events where id <= 20000 and not malformed`)
	exec(t, db, "insert into inbox select user_id, id, received from events where id > 20000 and not malformed")
	exec(t, db, `insert into onboardings (user_id, last_seq, next_deadline, reversed_at)
		select 'user-' || n, 10, now() + n * interval '1 minute', case when n % 10 = 0 then now() - n * interval '1 minute' end from generate_series(0, 1999) n`)
	exec(t, db, "insert into contacts select user_id, 'x@example.com', '', '', '' from onboardings")
	exec(t, db, "insert into hooks (name) values ('core'), ('crm')")
	exec(t, db, "analyze effects, events, log, inbox, onboardings, contacts, hooks")
	return db
}

// emptyAndFilled returns what plans are made for: a planner that knows of no rows
// takes other indexes than one that knows of many.
func emptyAndFilled(t *testing.T) map[string]*pgxpool.Pool {
	t.Helper()
	_, empty := setup(t)
	return map[string]*pgxpool.Pool{"empty": empty, "filled": filled(t)}
}

// TestLedgerReadsIndexes holds that no statement of the hooks reads a whole table, be
// it empty or full of what waits and what was given up on. What the planner makes of
// anything between is its own.
func TestLedgerReadsIndexes(t *testing.T) {
	t.Parallel()
	for name, db := range emptyAndFilled(t) {
		t.Run(name, func(t *testing.T) { ledgerReadsIndexes(t, db) })
	}
}

func ledgerReadsIndexes(t *testing.T, db *pgxpool.Pool) {
	for _, tc := range []struct {
		statement, types, args string
		indexes                []string
	}{
		{"take_effect", "text, text, text, text, interval, boolean, interval, boolean", "'user-1', 'crm', 'rest', 'a', '8 s', true, '1 min', true", []string{"effects_waiting", "effects_taken", "effects_pkey", "hooks_pkey"}},
		{"park_held", "text, text, text, interval, text, bigint", "'user-1', 'crm', 'rest', '72 h', 'x', 50", []string{"effects_waiting", "hooks_pkey"}},
		{"lock_effect", "bigint", "1", []string{"effects_pkey", "hooks_pkey"}},
		{"hook_delivered", "text, text, text, text, text, text", "'crm', '200', 'user-1', 'admit', 'hook', 'working'", []string{"hooks_pkey"}},
		{"hook_failed", "text, text, text, text, text, text, boolean, interval, integer, interval", "'crm', '503', 'user-1', 'admit', 'hook', 'failing', false, '24 h', 10, '1 min'", []string{"hooks_pkey"}},
		{"hooks", "text[]", "'{crm}'", []string{"hooks_pkey"}},
		{"oldest", "", "", []string{"effects_queued"}},
		{"queued", "bigint", "100001", []string{"effects_queued"}},
		{"parked", "bigint", "100001", []string{"effects_parked"}},
		{"failed_effects", "text, bigint, bigint", "'crm', 0, 100", []string{"effects_parked"}},
		{"find_parked", "text, bigint[], bigint", "'crm', '{}', 100", []string{"effects_parked"}},
		{"find_parked", "text, bigint[], bigint", "'crm', '{1,2}', 100", []string{"effects_pkey"}},
		{"lock_parked", "bigint[]", "'{1,2}'", []string{"effects_pkey", "effects_by_user"}},
		{"replay_effects", "bigint[], text, text, interval", "'{1,2}', 'ops-1', 'r', '0'", []string{"effects_pkey"}},
		{"left_over", "text, text[]", "'user-1', '{core,crm}'", []string{"inbox_pkey", "effects_access_parked"}},
		{"parked_access", "text, text[]", "'user-1', '{core,crm}'", []string{"effects_access_parked", "effects_by_user"}},
		{"insert_elsewhere", "text, text, text, bigint, bigint, json, text, timestamptz, text[], text[]", "'user-1/2/access.revoked/', 'user-1', 'access.revoked', 2, 2, '{}', 'waiting', now(), '{core}', '{core,crm}'", []string{"effects_by_user", "effects_waiting"}},
		{"list_present", "text, bigint", "'', 100", []string{"onboardings_pkey"}},
		{"delete_contact", "text, text, bytea", "'user-1', 'start', ''", []string{"contacts_pkey", "log_pkey", "inbox_pkey", "events_pkey"}},
		{"settle_effects", "bigint[], text, text", "'{1,2}', 'superseded', ''", []string{"effects_pkey"}},
		{"touch_lane", "text, text, text, interval", "'user-1', 'crm', 'rest', '1 min'", []string{"effects_waiting", "effects_pkey"}},
		{"stats", "bigint, bigint", "10001, 100001", []string{"inbox_by_received", "effects_revokes", "effects_asks", "effects_collected", "effects_access_parked", "onboardings_by_reversal"}},
	} {
		holdsPlan(t, db, tc.statement, tc.types, tc.args, tc.indexes)
	}
}

// TestEventsAreFoundThroughTheLog holds that no statement reads all events to find
// one user's: there is no index of them by user.
func TestEventsAreFoundThroughTheLog(t *testing.T) {
	t.Parallel()
	for name, db := range emptyAndFilled(t) {
		t.Run(name, func(t *testing.T) { eventsAreFoundThroughTheLog(t, db) })
	}
}

func eventsAreFoundThroughTheLog(t *testing.T, db *pgxpool.Pool) {
	byUser := []string{"log_pkey", "inbox_pkey", "events_pkey"}
	for _, tc := range []struct {
		statement, types, args string
		indexes                []string
	}{
		{"accept_command", "text, text, text, bytea, text", "'user-1', 'operator', 'hold', '', 'r'", []string{"onboardings_pkey", "inbox_pkey"}},
		{"start", "text, text, bytea, boolean, text, text, text, text", "'user-1', 'start', '', true, '', '', '', ''", []string{"onboardings_pkey", "inbox_pkey"}},
		{"find_imported", "text[], text[]", "'{user-1}', '{r}'", []string{"onboardings_pkey", "inbox_pkey", "events_request"}},
		{"audit_counts", "text, timestamptz", "'user-1', now()", byUser},
		{"audit_pending", "text, timestamptz", "'user-1', now()", byUser},
		{"audit_starts", "text, timestamptz", "'user-1', now()", byUser},
		{"erase_bodies", "text, bigint", "'user-1', 1", []string{"log_pkey", "events_malformed", "events_pkey"}},
		{"erase_replays", "text", "'user-1'", []string{"log_pkey", "events_malformed", "events_replays"}},
		{"explain_answers", "text, text[]", "'user-1', '{p100}'", []string{"log_pkey", "events_pkey"}},
		{"newest_events", "text[]", "'{user-1}'", []string{"log_pkey", "events_pkey"}},
		{"timeline_pending", "text, timestamptz, bigint, integer, bigint, bigint", "'user-1', now(), 1, 1, 1, 1", []string{"inbox_pkey", "events_pkey"}},
	} {
		holdsPlan(t, db, tc.statement, tc.types, tc.args, tc.indexes)
	}
}
