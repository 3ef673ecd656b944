package postgres_test

import (
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"admit/onboarding"
	"admit/postgres/postgrestest"
)

// TestFailover makes a database that cannot be written to, as the standby is that
// the connections lead to after a failover, and then one that can.
func TestFailover(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, attrs string
		connects    bool // to what cannot be written to
	}{
		{"a server is asked whether it can be written to", "", false},
		{"a connection that turned out useless is not kept", "any", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			base, name := postgrestest.Database(t)
			db, err := pgx.Connect(t.Context(), base)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close(t.Context()) // nothing is lost when closing fails
			if err := open(t, base).Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			readOnly := func(setting string) {
				t.Helper()
				if _, err := db.Exec(t.Context(), "alter database "+pgx.Identifier{name}.Sanitize()+" set default_transaction_read_only = "+setting); err != nil {
					t.Fatal(err)
				}
			}
			if tc.attrs != "" {
				base = postgrestest.With(t, base, "target_session_attrs", tc.attrs)
			}
			readOnly("on")
			s := open(t, base)
			for range 2 { // each pool has connections now
				if _, err := s.Accept(t.Context(), report("user-1", verified)); !errors.Is(err, onboarding.ErrUnavailable) {
					t.Fatalf("accept: %v", err)
				}
				if _, err := s.Advance(t.Context(), onboarding.AdvanceRequest{UserID: "user-1"}); !errors.Is(err, onboarding.ErrUnavailable) {
					t.Fatalf("advance: %v", err)
				}
			}
			if err := s.CheckSchema(t.Context()); !errors.Is(err, onboarding.ErrUnavailable) {
				t.Errorf("ready: %v", err)
			}
			if err := s.Ping(t.Context()); !errors.Is(err, onboarding.ErrUnavailable) {
				t.Errorf("ping: %v", err)
			}
			if _, err := s.OverdueUsers(t.Context(), 1); errors.Is(err, onboarding.ErrUnavailable) == tc.connects {
				t.Errorf("reading: %v", err)
			}
			readOnly("off")
			began := time.Now()
			eventually(t, "an accepted event", func() bool {
				_, err := s.Accept(t.Context(), report("user-1", verified))
				return err == nil
			})
			eventually(t, "a fold", func() bool {
				_, err := s.Advance(t.Context(), onboarding.AdvanceRequest{UserID: "user-1"})
				return err == nil
			})
			if took := time.Since(began); took > 30*time.Second {
				t.Errorf("usable after %s", took)
			}
			eventually(t, "readiness", func() bool { return s.CheckSchema(t.Context()) == nil })
		})
	}
}
