package postgres_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"admit/onboarding"
	"admit/postgres"
)

var since = time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)

// imported is a user of the import "batch-1".
func imported(userID string, line int) onboarding.ImportUser {
	return onboarding.ImportUser{
		UserID:  userID,
		Import:  onboarding.Import{ID: "batch-1", Line: line, Checks: []onboarding.Check{onboarding.KYC}, Since: since},
		Contact: &onboarding.Contact{Email: userID + "@example.com", Locale: "de"},
	}
}

func importing(t *testing.T, s *postgres.Store, users ...onboarding.ImportUser) onboarding.Imported {
	t.Helper()
	got, err := s.Import(t.Context(), users, false, "ops-1")
	if err != nil {
		t.Fatalf("import: %v", err)
	}
	return got
}

func TestImport(t *testing.T) {
	t.Parallel()
	s, db := setup(t)
	batch := []onboarding.ImportUser{imported("user-1", 1), imported("user-2", 2), imported("user-3", 3)}
	batch[1].Contact, batch[2].Import.SendAccess = nil, true
	for _, tc := range []struct {
		name   string
		dryRun bool
		want   onboarding.Imported
	}{
		{"tried", true, onboarding.Imported{Accepted: 3}},
		{"for good", false, onboarding.Imported{Accepted: 3}},
		{"again", false, onboarding.Imported{Repeated: 3}},
		{"tried again", true, onboarding.Imported{Repeated: 3}},
	} {
		got, err := s.Import(t.Context(), batch, tc.dryRun, "ops-1")
		if err != nil || !equalImported(got, tc.want) {
			t.Errorf("%s: %+v %v", tc.name, got, err)
		}
	}
	importedAtRest(t, db)
	for user, want := range map[string]onboarding.Contact{"user-1": *batch[0].Contact, "user-2": {}, "user-3": *batch[2].Contact} {
		if c, ok, err := s.Contact(t.Context(), user); err != nil || c != want || ok != (want != onboarding.Contact{}) {
			t.Errorf("contact of %s: %+v %t %v", user, c, ok, err)
		}
		a := advance(t, s, user)
		if a.Summary.Stage != onboarding.StageApproved || a.Summary.Access != onboarding.AccessGranted {
			t.Errorf("%s: %+v", user, a.Summary)
		}
		consistent(t, db, user)
	}
	if got := all[string](t, db, "select distinct key from effects order by key"); !slices.Equal(got, []string{"user-3/1/access.granted/core", "user-3/1/access.granted/crm"}) {
		t.Errorf("effects = %q", got)
	}
	if got := one[string](t, db, "select input || ' ' || outcome || ' ' || actor from log where user_id = 'user-1'"); got != "merchant/import applied ops-1" {
		t.Errorf("log = %q", got)
	}
	if o, err := s.Onboarding(t.Context(), "user-1"); err != nil || o.Events != 0 || !o.Checks.KYC.Since.Equal(since) {
		t.Errorf("one = %+v %v", o, err)
	}
	// The merchant starts an imported user as any other, and repeats the import.
	if created, _, err := s.Start(t.Context(), "user-1", nil, "shop"); err != nil || created {
		t.Errorf("start: %t %v", created, err)
	}
	accept(t, s, report("user-1", verified))
	advance(t, s, "user-1")
	if got := outcomes(t, db); !slices.Equal(got, []string{"applied", "duplicate"}) {
		t.Errorf("outcomes %q", got)
	}
	if got := importing(t, s, batch...); !equalImported(got, onboarding.Imported{Repeated: 3}) {
		t.Errorf("after all was folded: %+v", got)
	}
}

// importedAtRest holds that the users of TestImport are stored, and those folded
// of whom nobody is told.
func importedAtRest(t *testing.T, db *pgxpool.Pool) {
	t.Helper()
	if got := all[string](t, db, "select user_id || ' ' || request_id from events order by id"); !slices.Equal(got,
		[]string{"user-1 import:batch-1", "user-2 import:batch-1", "user-3 import:batch-1"}) {
		t.Errorf("events = %q", got)
	}
	if got := all[string](t, db, "select user_id from onboardings where stage = 'approved' order by user_id"); !slices.Equal(got, []string{"user-1", "user-2"}) {
		t.Errorf("folded = %q", got)
	}
	if got := all[string](t, db, "select user_id from inbox"); !slices.Equal(got, []string{"user-3"}) {
		t.Errorf("left to their workflows = %q", got)
	}
}

func equalImported(a, b onboarding.Imported) bool {
	return a.Accepted == b.Accepted && a.Repeated == b.Repeated && slices.Equal(a.Existing, b.Existing)
}

func TestImportIsAllOrNothing(t *testing.T) {
	t.Parallel()
	s, db := setup(t)
	importing(t, s, imported("user-1", 1))
	accept(t, s, report("user-2", started))
	if _, _, err := s.Start(t.Context(), "user-3", nil, "shop"); err != nil {
		t.Fatal(err)
	}
	advance(t, s, "user-3")
	malformed(t, s, db, report("user-4", verified))
	moved, otherwise := imported("user-1", 9), imported("user-1", 1)
	otherwise.Import.Checks = append(otherwise.Import.Checks, onboarding.POA)
	other := imported("user-1", 1)
	other.Import.ID = "batch-2"
	for _, tc := range []struct {
		name  string
		users []onboarding.ImportUser
		want  onboarding.Imported
	}{
		{"known by a webhook", []onboarding.ImportUser{imported("user-9", 4), imported("user-2", 5)}, onboarding.Imported{Existing: []int{5}}},
		{"known by a start", []onboarding.ImportUser{imported("user-3", 6), imported("user-9", 7)}, onboarding.Imported{Existing: []int{6}}},
		{"by this import, from another line", []onboarding.ImportUser{imported("user-9", 8), moved}, onboarding.Imported{Existing: []int{9}}},
		{"by this import, with other checks", []onboarding.ImportUser{otherwise}, onboarding.Imported{Existing: []int{1}}},
		{"by another import", []onboarding.ImportUser{imported("user-1", 1), other}, onboarding.Imported{Repeated: 1, Existing: []int{1}}},
		{"twice", []onboarding.ImportUser{imported("user-9", 10), imported("user-9", 11)}, onboarding.Imported{Existing: []int{11}}},
		{"nobody", nil, onboarding.Imported{}},
	} {
		before := one[int64](t, db, "select count(*) from events")
		if got := importing(t, s, tc.users...); !equalImported(got, tc.want) {
			t.Errorf("%s: %+v", tc.name, got)
		}
		if n := one[int64](t, db, "select count(*) from events"); n != before {
			t.Errorf("%s: %d events were stored", tc.name, n-before)
		}
	}
	// Who is known by a malformed webhook alone does not exist.
	if got := importing(t, s, imported("user-4", 12)); got.Accepted != 1 {
		t.Errorf("known by a malformed webhook: %+v", got)
	}
	if n := one[int64](t, db, "select count(*) from contacts where user_id = 'user-9'"); n != 0 {
		t.Error("a contact was stored of who was not accepted")
	}
	for name, users := range map[string][]onboarding.ImportUser{
		"unusable": {imported("user\n", 1)}, "too many": make([]onboarding.ImportUser, postgres.MaxImport+1), "no text": {{UserID: "user-8", Contact: &onboarding.Contact{Name: "a\x00"}}},
	} {
		if _, err := s.Import(t.Context(), users, false, "ops-1"); !errors.Is(err, onboarding.ErrData) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestImportOfAnErasedUser holds that a repeat brings nothing back.
func TestImportOfAnErasedUser(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	importing(t, s, imported("user-1", 1))
	erase(t, s)
	if got := importing(t, s, imported("user-1", 1)); got.Repeated != 1 {
		t.Errorf("again: %+v", got)
	}
	if _, ok, err := s.Contact(t.Context(), "user-1"); ok || err != nil {
		t.Errorf("contact: %t %v", ok, err)
	}
}

// TestImportBesideTheWorld imports a full batch three times at once, while the same
// users are reported, started and folded.
func TestImportBesideTheWorld(t *testing.T) {
	t.Parallel()
	s, db := setup(t)
	const reported = 40
	batch := make([]onboarding.ImportUser, postgres.MaxImport)
	for i := range batch {
		batch[i] = imported(fmt.Sprint("user-", i), i+1)
	}
	var world sync.WaitGroup
	for i := range reported {
		user := fmt.Sprint("user-", i*20)
		world.Go(func() {
			if _, err := s.Accept(t.Context(), report(user, verified)); err != nil {
				t.Error(err)
			}
			if _, _, err := s.Start(t.Context(), user, nil, "shop"); err != nil {
				t.Error(err)
			}
			if _, err := s.Advance(t.Context(), onboarding.AdvanceRequest{UserID: user}); err != nil {
				t.Error(err)
			}
		})
	}
	for range 3 {
		world.Go(func() {
			got, err := s.Import(t.Context(), batch, false, "ops-1")
			if err != nil || got.Accepted+got.Repeated+len(got.Existing) == 0 {
				t.Errorf("%+v %v", got, err)
			}
		})
	}
	world.Wait()
	for i := range reported {
		user := fmt.Sprint("user-", i*20)
		advance(t, s, user)
		consistent(t, db, user)
	}
	if n := one[int64](t, db, "select count(*) from (select user_id from events where route = 'import' group by user_id having count(*) > 1) twice"); n != 0 {
		t.Errorf("%d users were imported twice", n)
	}
}

// TestImportAfterAWebhook folds both orders of the two.
func TestImportAfterAWebhook(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		first bool // the import
		want  []string
	}{
		{"the import first", true, []string{"applied", "applied"}},
		{"the webhook first", false, []string{"applied", "noted exists"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s, db := setup(t)
			u := imported("user-1", 1)
			u.Import.SendAccess = true // else it is folded by the import itself
			importing(t, s, u)
			accept(t, s, report("user-1", started))
			if !tc.first {
				// As if the webhook had been accepted while the import looked.
				exec(t, db, "update inbox set event_id = event_id + 1000 where event_id = (select min(event_id) from inbox)")
				exec(t, db, "insert into events (id, user_id, provider, route, body) overriding system value select id + 1000, user_id, provider, route, body from events where route = 'import'")
			}
			advance(t, s, "user-1")
			if got := outcomes(t, db); !slices.Equal(got, tc.want) {
				t.Errorf("outcomes %q", got)
			}
		})
	}
}
