package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"admit/onboarding"
	"admit/postgres"
)

// upgraded is the decoder of a later build: it knows the word of strange, and
// reads what stands on the route "undecodable".
type upgraded struct{ decoder }

func (u upgraded) Decode(provider, route string, text []byte) (onboarding.Report, error) {
	r, err := u.decoder.Decode(provider, "kyc-verification", text)
	if r.Status == strange.Status {
		r.Status = "VERIFIED"
	}
	return r, err
}

var strange = body{Check: onboarding.KYC, Status: "AS_GOOD_AS_VERIFIED", Message: "a word of tomorrow"}

// upgrade opens the store of a later build on the same schema.
func upgrade(t *testing.T, db *pgxpool.Pool) *postgres.Store {
	t.Helper()
	return open(t, db.Config().ConnString(), func(o *postgres.Options) { o.Decoder = upgraded{} })
}

// malformed stores an event as malformed and returns its ID.
func malformed(t *testing.T, s *postgres.Store, db *pgxpool.Pool, e onboarding.Event) int64 {
	t.Helper()
	if err := s.AcceptMalformed(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	return one[int64](t, db, "select max(id) from events")
}

func replay(t *testing.T, s *postgres.Store, id int64) int64 {
	t.Helper()
	newID, userID, err := s.Replay(t.Context(), id, "ops-1")
	if err != nil || newID <= id || userID != "user-1" {
		t.Fatalf("replay of %d: %d, %q, %v", id, newID, userID, err)
	}
	return newID
}

// outcomes lists what became of a user's inputs.
func outcomes(t *testing.T, db *pgxpool.Pool) []string {
	t.Helper()
	return all[string](t, db, "select rtrim(outcome || ' ' || code) from log where user_id = 'user-1' order by seq")
}

func TestReplayAfterAnUpgrade(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		keep func(*testing.T, *postgres.Store, *pgxpool.Pool) int64
		want []string
	}{
		{"an unknown word", func(t *testing.T, s *postgres.Store, _ *pgxpool.Pool) int64 {
			return accept(t, s, report("user-1", strange))
		}, []string{"unrecognised unknown_status", "applied"}},
		{"an unknown shape", func(t *testing.T, s *postgres.Store, _ *pgxpool.Pool) int64 {
			e := report("user-1", verified)
			e.Route = "undecodable"
			return accept(t, s, e)
		}, []string{"unrecognised undecodable", "applied"}},
		{"a malformed body", func(t *testing.T, s *postgres.Store, db *pgxpool.Pool) int64 {
			e := report("user-1", verified)
			e.Route = "undecodable"
			return malformed(t, s, db, e)
		}, []string{"applied"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s, db := setup(t)
			old := tc.keep(t, s, db)
			advance(t, s, "user-1")
			later := upgrade(t, db)
			id := replay(t, later, old)
			if n := one[int64](t, db, `select count(*) from events n join events o on n.replay_of = o.id
				where n.id = $1 and o.id = $2 and n.body = o.body and n.provider = o.provider and n.route = o.route
				and n.received = o.received and n.actor = 'ops-1' and o.actor = '' and not n.malformed`, id, old); n != 1 {
				t.Error("the new event is not what the old one was")
			}
			if a := advance(t, later, "user-1"); a.Summary.Access != onboarding.AccessGranted {
				t.Errorf("after the replay: %+v", a.Summary)
			}
			if got := outcomes(t, db); !slices.Equal(got, tc.want) {
				t.Errorf("outcomes %q", got)
			}
			if o, err := later.Onboarding(t.Context(), "user-1"); err != nil || o.Events != int64(len(tc.want)) {
				t.Errorf("%d events are counted: %v", o.Events, err)
			}
			consistent(t, db, "user-1")
		})
	}
}

// A replay is judged by when the old event was received, and waits since it was
// asked for.
func TestReplayOfLongAgo(t *testing.T) {
	t.Parallel()
	var lag time.Duration
	s, db := setup(t, func(o *postgres.Options) {
		o.OnFold = func(_ onboarding.InputKind, _ onboarding.Outcome, took time.Duration) { lag = took }
	})
	old := one[int64](t, db, `insert into events (user_id, provider, route, body, received, malformed)
		values ('user-1', 'p100', 'kyc-verification', $1, now() - interval '1 hour', true) returning id`, report("", verified).Body)
	id := replay(t, s, old)
	if users, err := s.WaitingUsers(t.Context(), time.Minute, 10); err != nil || len(users) != 0 {
		t.Errorf("waiting for a minute: %q, %v", users, err)
	}
	advance(t, s, "user-1")
	if lag <= 0 || lag > time.Minute {
		t.Errorf("it waited %s", lag)
	}
	for _, ago := range all[time.Duration](t, db, `select now() - received from log where event_id = $1
		union all select now() - (state -> 'checks' -> 'kyc' ->> 'since')::timestamptz from onboardings`, id) {
		if ago < time.Hour {
			t.Errorf("judged as received %s ago", ago)
		}
	}
}

// What repeats the present has overtaken a replay too, although it moved nothing.
func TestReplayIsOvertakenByADuplicate(t *testing.T) {
	t.Parallel()
	for _, fold := range []bool{true, false} {
		t.Run(fmt.Sprintf("in the log: %t", fold), func(t *testing.T) {
			t.Parallel()
			s, db := setup(t)
			gone := report("user-1", body{Check: onboarding.KYC, Status: "?"})
			accept(t, s, report("user-1", verified))
			old := accept(t, s, gone)
			advance(t, s, "user-1")
			accept(t, s, report("user-1", verified))
			if fold {
				advance(t, s, "user-1")
			}
			replay(t, s, old)
			advance(t, s, "user-1")
			if got := outcomes(t, db); !slices.Equal(got, []string{"applied", "unrecognised unknown_status", "duplicate", "noted overtaken"}) {
				t.Errorf("outcomes %q", got)
			}
		})
	}
}

// A replay that a later report of the same webhook has overtaken changes nothing,
// wherever that report stands.
func TestReplayIsOvertaken(t *testing.T) {
	t.Parallel()
	other := func(b body, route string) onboarding.Event {
		e := report("user-1", b)
		e.Route = route
		return e
	}
	late := body{Check: onboarding.POA, Status: "APPROVED"}
	for _, tc := range []struct {
		name  string
		later onboarding.Event
		fold  bool // the later report before the replay is asked for
		want  []string
	}{
		{"in the log", report("user-1", expired), true, []string{"unrecognised unknown_status", "applied", "noted overtaken"}},
		{"in the same batch", report("user-1", expired), false, []string{"unrecognised unknown_status", "applied", "noted overtaken"}},
		{"not by another webhook, in the log", other(late, "poa-verification"), true, []string{"unrecognised unknown_status", "applied", "applied"}},
		{"not by another webhook, in the same batch", other(late, "poa-verification"), false, []string{"unrecognised unknown_status", "applied", "applied"}},
		{"not by what nobody understood, in the log", report("user-1", body{Check: onboarding.KYC, Status: "?"}), true, []string{"unrecognised unknown_status", "unrecognised unknown_status", "applied"}},
		{"not by what nobody understood, in the same batch", report("user-1", body{Check: onboarding.KYC, Status: "?"}), false, []string{"unrecognised unknown_status", "unrecognised unknown_status", "applied"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s, db := setup(t)
			old := accept(t, s, report("user-1", strange))
			advance(t, s, "user-1")
			later := upgrade(t, db)
			accept(t, later, tc.later)
			if tc.fold {
				advance(t, later, "user-1")
			}
			replay(t, later, old)
			advance(t, later, "user-1")
			if got := outcomes(t, db); !slices.Equal(got, tc.want) {
				t.Errorf("outcomes %q, want %q", got, tc.want)
			}
			if _, _, err := later.Replay(t.Context(), old, "ops-1"); !errors.Is(err, onboarding.ReplayDone) {
				t.Errorf("once more: %v", err)
			}
			consistent(t, db, "user-1")
		})
	}
}

// Events of one commit share their received time; their order is that of their IDs.
func TestReplayBesideReportsOfItsOwnCommit(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		events []body
		want   string
	}{
		{"a later one", []body{strange, expired}, "noted overtaken"},
		{"an earlier one", []body{expired, strange}, "held"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s, db := setup(t)
			var old int64
			at := time.Now().Add(-time.Second)
			for _, b := range tc.events {
				id := one[int64](t, db, `insert into events (user_id, provider, route, body, received)
					values ('user-1', 'p100', 'kyc-verification', $1, $2) returning id`, report("", b).Body, at)
				if _, err := db.Exec(t.Context(), "insert into inbox (user_id, event_id, received) values ('user-1', $1, now())", id); err != nil {
					t.Fatal(err)
				}
				if b.Status == strange.Status {
					old = id
				}
			}
			advance(t, s, "user-1")
			later := upgrade(t, db)
			replay(t, later, old)
			advance(t, later, "user-1")
			if got := outcomes(t, db); got[2] != tc.want {
				t.Errorf("outcomes %q, want %s", got, tc.want)
			}
		})
	}
}

// Two replays of one webhook are told apart by when the old ones were received,
// whichever is asked for first.
func TestReplaysOfTwoEvents(t *testing.T) {
	t.Parallel()
	for _, reverse := range []bool{false, true} {
		t.Run(fmt.Sprintf("the newer one first: %t", reverse), func(t *testing.T) {
			t.Parallel()
			s, db := setup(t)
			gone := report("user-1", expired)
			gone.Route = "undecodable"
			first := report("user-1", verified)
			first.Route = "undecodable"
			ids := []int64{accept(t, s, first), accept(t, s, gone)}
			advance(t, s, "user-1")
			if reverse {
				slices.Reverse(ids)
			}
			later := upgrade(t, db)
			for _, id := range ids {
				replay(t, later, id)
			}
			if a := advance(t, later, "user-1"); a.Summary.Access != onboarding.AccessRevoked || a.Summary.Checks.KYC != onboarding.StatusExpired {
				t.Errorf("the older report won: %+v, %q", a.Summary, outcomes(t, db))
			}
			consistent(t, db, "user-1")
		})
	}
}

func TestReplayRefusals(t *testing.T) {
	t.Parallel()
	s, db := setup(t)
	folded := accept(t, s, report("user-1", verified))
	odd := accept(t, s, report("user-1", strange))
	broken := report("user-1", verified)
	broken.Route = "undecodable"
	unreadable := accept(t, s, broken)
	started := onboarding.Event{UserID: "user-1", Provider: onboarding.SourceMerchant, Route: onboarding.RouteStart, Body: []byte("?")}
	start := accept(t, s, started)
	erased := accept(t, s, report("user-1", strange))
	advance(t, s, "user-1")
	if _, err := db.Exec(t.Context(), "update events set body = null where id = $1", erased); err != nil {
		t.Fatal(err)
	}
	waits := accept(t, s, report("user-1", strange))
	for _, tc := range []struct {
		name string
		id   int64
		want error
	}{
		{"no event", waits + 100, onboarding.ErrNoEvent},
		{"no ID", -1, onboarding.ErrNoEvent},
		{"understood", folded, onboarding.ReplayRecognised},
		{"not folded", waits, onboarding.ReplayPending},
		{"erased", erased, onboarding.ReplayErased},
		{"a start", start, onboarding.ReplayNoWebhook},
		{"unreadable still", unreadable, onboarding.ReplayUndecodable},
		{"malformed still", malformed(t, s, db, broken), onboarding.ReplayUndecodable},
		{"malformed of nobody", malformed(t, s, db, report("", verified)), onboarding.ReplayNoUser},
		{"malformed of an unusable user", malformed(t, s, db, report("a\x00", verified)), onboarding.ReplayNoUser},
	} {
		before := one[int64](t, db, "select count(*) from events")
		id, user, err := s.Replay(t.Context(), tc.id, "ops-1")
		if !errors.Is(err, tc.want) || id != 0 || user != "" {
			t.Errorf("%s: %d, %q, %v", tc.name, id, user, err)
		}
		if refusal := onboarding.ReplayRefusal(""); errors.As(tc.want, &refusal) != errors.Is(err, onboarding.ErrNotReplayable) {
			t.Errorf("%s: %v is no refusal", tc.name, err)
		}
		if after := one[int64](t, db, "select count(*) from events"); after != before {
			t.Errorf("%s: an event was stored", tc.name)
		}
	}

	// An unknown word may be tried again as long as it stays one, by its own ID or by
	// that of a replay.
	first := replay(t, s, odd)
	if _, _, err := s.Replay(t.Context(), odd, "ops-2"); !errors.Is(err, onboarding.ReplayDone) {
		t.Errorf("while a replay waits: %v", err)
	}
	advance(t, s, "user-1")
	second := replay(t, s, first)
	if of := one[int64](t, db, "select replay_of from events where id = $1", second); of != odd {
		t.Errorf("a replay of a replay is one of %d, want %d", of, odd)
	}
	advance(t, s, "user-1")
	replay(t, upgrade(t, db), odd)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := s.Replay(ctx, odd, "ops-1"); !errors.Is(err, onboarding.ErrUnavailable) {
		t.Errorf("cancelled: %v", err)
	}
	consistent(t, db, "user-1")
}

// TestReplayOnceUnderCompetition lets no replay be stored until all of them wait:
// one to store, and the others for that one.
func TestReplayOnceUnderCompetition(t *testing.T) {
	t.Parallel()
	const callers = 4
	s, db := setup(t)
	old := accept(t, s, report("user-1", strange))
	advance(t, s, "user-1")
	named := open(t, db.Config().ConnString()+"&application_name="+url.QueryEscape(t.Name()))
	tx, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.WithoutCancel(t.Context())) // of no use once it is committed
	if _, err := tx.Exec(t.Context(), "lock table inbox in share mode"); err != nil {
		t.Fatal(err)
	}
	errs := make(chan error, callers)
	for range callers {
		go func() {
			_, _, err := named.Replay(t.Context(), old, "ops-1")
			errs <- err
		}()
	}
	eventually(t, "all wait", func() bool {
		return one[int64](t, db, "select count(*) from pg_stat_activity where application_name = $1 and wait_event_type = 'Lock'", t.Name()) == callers
	})
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	done := 0
	for range callers {
		switch err := <-errs; {
		case err == nil:
			done++
		case !errors.Is(err, onboarding.ReplayDone):
			t.Error(err)
		}
	}
	if n := one[int64](t, db, "select count(*) from events where replay_of = $1", old); n != 1 || done != 1 {
		t.Errorf("%d replays of one event, %d answered as done", n, done)
	}
}
