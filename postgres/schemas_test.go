package postgres_test

import (
	"net/url"
	"testing"

	"admit/onboarding"
	"admit/postgres"
)

// TestSchemasDoNotWaitForEachOther holds that what locks nothing that a table has is
// locked in its own schema: of two that share a database none waits for the other,
// where users, events and imports have the same names.
func TestSchemasDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		holds string // where the one stands still, with its lock
		do    func(*testing.T, *postgres.Store) error
	}{
		{"a start", "before insert on events", func(t *testing.T, s *postgres.Store) error {
			_, _, err := s.Start(t.Context(), "user-2", nil, "shop")
			return err
		}},
		{"a replay", "before insert on events", func(t *testing.T, s *postgres.Store) error {
			_, _, err := s.Replay(t.Context(), 1, "ops-1")
			return err
		}},
		{"an import", "before insert on events", func(t *testing.T, s *postgres.Store) error {
			_, err := s.Import(t.Context(), []onboarding.ImportUser{imported("user-2", 1)}, false, "ops-1")
			return err
		}},
		{"a sender", "before update on effects", func(t *testing.T, s *postgres.Store) error {
			_, err := s.Take(t.Context(), coreAccess, "a", hold)
			return err
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			one, db := setup(t)
			other, _ := setup(t)
			for _, s := range []*postgres.Store{one, other} {
				if id := accept(t, s, report("user-1", strange), report("user-1", verified)); id != 2 {
					t.Fatalf("event %d", id)
				}
				advance(t, s, "user-1")
			}
			named := open(t, db.Config().ConnString()+"&application_name="+url.QueryEscape(t.Name()))
			letGo := stopAt(t, db, tc.holds+" for each row")
			done := make(chan error, 1)
			go func() { done <- tc.do(t, named) }()
			waiting(t, db, 1)
			if err := tc.do(t, other); err != nil {
				t.Errorf("the other schema: %v", err)
			}
			letGo()
			if err := <-done; err != nil {
				t.Errorf("the one that held: %v", err)
			}
		})
	}
}
