package postgres_test

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"admit/onboarding"
	"admit/postgres"
)

// erase has a user's personal data erased, and advances.
func erase(t *testing.T, s *postgres.Store) {
	t.Helper()
	sendErase(t, s)
	advance(t, s, "user-1")
}

func sendErase(t *testing.T, s *postgres.Store) {
	t.Helper()
	c := onboarding.Command{Name: onboarding.CommandErase, Reason: "the user asked for it", Actor: "ops-1"}
	if _, err := s.AcceptCommand(t.Context(), "user-1", c); err != nil {
		t.Fatal(err)
	}
}

func begin(t *testing.T, s *postgres.Store, email string) {
	t.Helper()
	if _, _, err := s.Start(t.Context(), "user-1", &onboarding.Contact{Email: email}, "shop"); err != nil {
		t.Fatal(err)
	}
}

// kept lists the events whose bodies are there.
func kept(t *testing.T, db *pgxpool.Pool) []string {
	t.Helper()
	return all[string](t, db, "select provider || '/' || route from events where body is not null order by id")
}

func TestEraseTakesWhatWasFolded(t *testing.T) {
	t.Parallel()
	s, db := setup(t, asking)
	importing(t, s, imported("user-1", 1))
	begin(t, s, "user-1@example.com")
	accept(t, s, report("user-1", expired), report("user-1", strange), report("user-2", started))
	malformed(t, s, db, report("user-1", verified))
	malformed(t, s, db, report("", verified))
	odd := one[int64](t, db, "select id from events where not malformed and body = $1", report("", strange).Body)
	advance(t, s, "user-1")
	d := take(t, s, p100Rest, "a").Delivery
	record(t, s, d.ID, "a", answered(d.Now, "P412"))
	replay(t, s, odd)
	advance(t, s, "user-1")
	waits := replay(t, s, odd)
	other := report("user-1", expired)
	other.Route = "later"
	sendErase(t, s)
	accept(t, s, other)
	before := replayed(t, db, "user-1")
	advance(t, s, "user-1")

	if got := kept(t, db); !slices.Equal(got, []string{"p100/kyc-verification", "p100/kyc-verification", "operator/command", "p100/later"}) {
		t.Errorf("kept: %q", got) // user-2's, nobody's, the command, and what came after it
	}
	if n := one[int64](t, db, "select count(*) from events where user_id = 'user-2' and body is not null"); n != 1 {
		t.Error("another user's was erased")
	}
	if _, ok, err := s.Contact(t.Context(), "user-1"); ok || err != nil {
		t.Errorf("contact: %t %v", ok, err)
	}
	for _, id := range []int64{odd, waits} {
		if _, _, err := s.Replay(t.Context(), id, "ops-1"); !errors.Is(err, onboarding.ReplayErased) {
			t.Errorf("replay: %v", err)
		}
	}
	if after := replayed(t, db, "user-1"); after.Checks.KYC.Status != before.Checks.KYC.Status {
		t.Errorf("erasing moved the check to %s", after.Checks.KYC.Status)
	}
	consistent(t, db, "user-1")
}

func TestEraseMutesWhatWaits(t *testing.T) {
	t.Parallel()
	s, db := setup(t)
	begin(t, s, "user-1@example.com")
	accept(t, s, report("user-1", verified))
	advance(t, s, "user-1")
	accept(t, s, report("user-1", expired))
	erase(t, s)
	accept(t, s, report("user-1", started), report("user-1", body{Check: onboarding.POA, Status: "REJECTED"}))
	a := advance(t, s, "user-1")
	if got := all[string](t, db, "select name || ' ' || state || ' ' || last_answer from effects where target = 'mail' order by id"); !slices.Equal(got, []string{
		"notify.approved superseded ", "notify.suspended parked no contact", "notify.action_required parked no contact"}) {
		t.Errorf("messages = %q", got)
	}
	if slices.ContainsFunc(a.Lanes, func(l onboarding.LaneWork) bool { return l.Target == onboarding.MailTarget }) {
		t.Errorf("lanes = %+v", a.Lanes)
	}
	begin(t, s, "one@example.com")
	accept(t, s, report("user-1", body{Check: onboarding.POA, Status: "QUESTIONED"}), report("user-1", expired))
	advance(t, s, "user-1")
	if n := one[int64](t, db, "select count(*) from effects where target = 'mail' and state = 'waiting'"); n == 0 {
		t.Error("a user who came back is told nothing")
	}
}

// TestEraseLeavesWhatCameAfter has a contact given between the command and its
// fold, and a message that waits in between.
func TestEraseLeavesWhatCameAfter(t *testing.T) {
	t.Parallel()
	s, db := setup(t)
	begin(t, s, "user-1@example.com")
	advance(t, s, "user-1")
	sendErase(t, s)
	begin(t, s, "one@example.com")
	accept(t, s, report("user-1", verified))
	advance(t, s, "user-1")
	if c, ok, err := s.Contact(t.Context(), "user-1"); err != nil || !ok || c.Email != "one@example.com" {
		t.Errorf("contact: %+v %t %v", c, ok, err)
	}
	if got := one[string](t, db, "select state from effects where target = 'mail'"); got != "waiting" {
		t.Errorf("message = %s", got)
	}
	if got := kept(t, db); !slices.Equal(got, []string{"operator/command", "merchant/start", "p100/kyc-verification"}) {
		t.Errorf("kept: %q", got)
	}
}

// TestARefusedOrProposedEraseErasesNothing goes on to the approval, which does.
func TestARefusedOrProposedEraseErasesNothing(t *testing.T) {
	t.Parallel()
	s, db := setup(t, func(o *postgres.Options) { o.Policy.FourEyes = []string{onboarding.CommandErase} })
	begin(t, s, "user-1@example.com")
	send := func(actor, request, approves string) onboarding.CommandOutcome {
		t.Helper()
		c := onboarding.Command{Name: onboarding.CommandErase, Reason: "r", Actor: actor, RequestID: request, Approves: approves}
		if _, err := s.AcceptCommand(t.Context(), "user-1", c); err != nil {
			t.Fatal(err)
		}
		return advance(t, s, "user-1", request).Outcomes[0]
	}
	for _, o := range []onboarding.CommandOutcome{send("ops-1", "r1", ""), send("ops-1", "r2", "r1")} {
		if _, ok, err := s.Contact(t.Context(), "user-1"); !ok || err != nil || o.Outcome == onboarding.Applied {
			t.Errorf("%+v: %t %v", o, ok, err)
		}
	}
	if o, err := s.Onboarding(t.Context(), "user-1"); err != nil || len(o.Proposals) != 1 {
		t.Errorf("proposals: %+v %v", o.Proposals, err)
	}
	if o := send("ops-2", "r3", "r1"); o.Outcome != onboarding.Applied {
		t.Errorf("approved: %+v", o)
	}
	if _, ok, err := s.Contact(t.Context(), "user-1"); ok || err != nil {
		t.Errorf("contact: %t %v", ok, err)
	}
	if got := kept(t, db); slices.Contains(got, "merchant/start") {
		t.Errorf("kept: %q", got)
	}
	consistent(t, db, "user-1")
}

// TestEraseOfAReplayThatWaits holds that it stops nothing, wherever it waits.
func TestEraseOfAReplayThatWaits(t *testing.T) {
	t.Parallel()
	for _, sameFold := range []bool{true, false} {
		s, db := setup(t)
		old := accept(t, s, report("user-1", strange))
		advance(t, s, "user-1")
		sendErase(t, s)
		if sameFold {
			replay(t, s, old)
		} else {
			replay(t, s, old)
			// As if the fold had come in between.
			exec(t, db, "delete from inbox where event_id = (select max(id) from events)")
			advance(t, s, "user-1")
			exec(t, db, "insert into inbox (user_id, event_id, received) select user_id, id, now() from events order by id desc limit 1")
		}
		accept(t, s, report("user-1", verified))
		advance(t, s, "user-1")
		if got := outcomes(t, db); !slices.Equal(got[2:], []string{"unrecognised undecodable", "applied"}) {
			t.Errorf("in one fold %t: %q", sameFold, got)
		}
		if n := one[int64](t, db, "select count(*) from events where replay_of = $1 and body is not null", old); n != 0 {
			t.Errorf("in one fold %t: the copy is kept", sameFold)
		}
		consistent(t, db, "user-1")
	}
}

// TestEraseBesideAReplay stores a replay in the midst of an erasing, in either
// order.
func TestEraseBesideAReplay(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name     string
		holds    string // where what comes first stands still, with the event's row locked
		replay   bool   // comes first
		replayed error
	}{
		{"the replay is stored before", "before insert on events for each row when (new.replay_of is not null)", true, nil},
		{"the body is erased before", "before update on events for each row", false, onboarding.ReplayErased},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s, db := setup(t)
			old := accept(t, s, report("user-1", strange))
			advance(t, s, "user-1")
			sendErase(t, s)
			named := open(t, db.Config().ConnString()+"&application_name="+url.QueryEscape(t.Name()))
			letGo := stopAt(t, db, tc.holds)
			erased, replayed := make(chan error, 1), make(chan error, 1)
			erasing := func() {
				_, err := named.Advance(t.Context(), onboarding.AdvanceRequest{UserID: "user-1"})
				erased <- err
			}
			replaying := func() {
				_, _, err := named.Replay(t.Context(), old, "ops-1")
				replayed <- err
			}
			first, second := erasing, replaying
			if tc.replay {
				first, second = replaying, erasing
			}
			go first()
			waiting(t, db, 1)
			go second()
			waiting(t, db, 2)
			letGo()
			if err := <-erased; err != nil {
				t.Errorf("erasing: %v", err)
			}
			if err := <-replayed; !errors.Is(err, tc.replayed) {
				t.Errorf("the replay: %v", err)
			}
			if n := one[int64](t, db, "select count(*) from events where provider = 'p100' and body is not null"); n != 0 {
				t.Error("the copy of an erased body is kept")
			}
			advance(t, s, "user-1")
			consistent(t, db, "user-1")
		})
	}
}

// stopAt has a trigger stop whoever fires it, until what it returns is called.
func stopAt(t *testing.T, db *pgxpool.Pool, trigger string) (letGo func()) {
	t.Helper()
	exec(t, db, `create function hold() returns trigger language plpgsql as $$ begin
		perform pg_advisory_xact_lock(hashtextextended(current_schema(), 1)); return new; end $$`)
	exec(t, db, "create trigger holds "+trigger+" execute function hold()")
	tx, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback(context.Background()) }) // of no use once it is committed
	if _, err := tx.Exec(t.Context(), "select pg_advisory_xact_lock(hashtextextended(current_schema(), 1))"); err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		if err := tx.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// waiting waits until so many connections with the test's name wait for a lock.
func waiting(t *testing.T, db *pgxpool.Pool, n int64) {
	t.Helper()
	eventually(t, "they wait", func() bool {
		return one[int64](t, db, "select count(*) from pg_stat_activity where application_name = left($1, 63) and wait_event_type = 'Lock'", t.Name()) == n
	})
}
