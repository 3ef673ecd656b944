package postgres_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"testing"

	"admit/onboarding"
	"admit/postgres"
)

const surges = "select user_id from effects where name = 'reversals.exceeded' and target = 'crm' order by id"

// limited calls a person when more users than that are reversed in an hour.
func limited(limit int) func(*postgres.Options) {
	return func(o *postgres.Options) { o.Policy.ReversalsPerHour = limit }
}

func reverse(t *testing.T, s *postgres.Store, users ...string) {
	t.Helper()
	for _, user := range users {
		accept(t, s, report(user, verified), report(user, expired))
		advance(t, s, user)
	}
}

func users(from, to int) (names []string) {
	for i := from; i <= to; i++ {
		names = append(names, fmt.Sprint("user-", i))
	}
	return names
}

func TestASurgeIsToldOnce(t *testing.T) {
	t.Parallel()
	s, db := setup(t, limited(2))
	reverse(t, s, users(1, 2)...)
	accept(t, s, report("user-2", verified), report("user-3", started))
	advance(t, s, "user-2")
	advance(t, s, "user-3")
	if got := all[string](t, db, surges); len(got) != 0 {
		t.Fatalf("told of %q", got)
	}
	reverse(t, s, users(3, 9)...)
	if got := all[string](t, db, surges); !slices.Equal(got, []string{"user-3"}) {
		t.Fatalf("told at %q", got)
	}
	var p onboarding.Payload
	if err := json.Unmarshal(one[[]byte](t, db, "select payload from effects where name = 'reversals.exceeded' and target = 'crm'"), &p); err != nil || p.Data.Number != 3 || p.Data.Limit != 2 {
		t.Errorf("payload = %+v %v", p, err)
	}

	// An hour after, what goes on is told again, with those of the last hour.
	exec(t, db, "update alarms set told = told - interval '1 hour'")
	exec(t, db, "update onboardings set reversed_at = reversed_at - interval '1 hour' where user_id <= 'user-5'")
	reverse(t, s, users(10, 11)...)
	if got := all[string](t, db, surges); !slices.Equal(got, []string{"user-3", "user-10"}) {
		t.Errorf("told at %q", got)
	}
	for i := range 11 {
		consistent(t, db, fmt.Sprint("user-", i+1))
	}
}

func TestASurgeOfOneUserOrWithoutALimit(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		limit int
		users []string
	}{
		{"one user again and again", 1, []string{"user-1", "user-1", "user-1"}},
		{"no limit", 0, users(1, 5)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s, db := setup(t, limited(tc.limit))
			for _, user := range tc.users {
				// A held pass would not count as one.
				accept(t, s, report(user, started), report(user, verified), report(user, expired))
				advance(t, s, user)
			}
			if got := all[string](t, db, surges); len(got) != 0 {
				t.Errorf("told of %q", got)
			}
			if st, err := s.Stats(t.Context()); err != nil || st.ReversedLastHour == 0 {
				t.Errorf("%d users are counted, %v", st.ReversedLastHour, err)
			}
		})
	}
}

// TestASurgeAtTheSameTime holds that nobody is one too many unseen: all but the
// first wait until what the others have decided is there to be counted.
func TestASurgeAtTheSameTime(t *testing.T) {
	t.Parallel()
	const limit, total = 2, 6
	s, db := setup(t, limited(limit))
	for _, user := range users(1, total) {
		accept(t, s, report(user, verified), report(user, expired))
	}
	named := open(t, db.Config().ConnString()+"&application_name="+url.QueryEscape(t.Name()), limited(limit))
	tx, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.WithoutCancel(t.Context())) // of no use once it is committed
	if _, err := tx.Exec(t.Context(), "select from alarms for update"); err != nil {
		t.Fatal(err)
	}
	errs := make(chan error, total)
	for _, user := range users(1, total) {
		go func() {
			_, err := named.Advance(t.Context(), onboarding.AdvanceRequest{UserID: user})
			errs <- err
		}()
	}
	eventually(t, "all wait for the alarm", func() bool {
		return one[int64](t, db, "select count(*) from pg_stat_activity where application_name = $1 and wait_event_type = 'Lock'", t.Name()) == total
	})
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range total {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if got := all[string](t, db, surges); len(got) != 1 {
		t.Errorf("told at %q", got)
	}
	if n := one[int64](t, db, "select (payload -> 'data' ->> 'number')::int from effects where name = 'reversals.exceeded' and target = 'crm'"); n != limit+1 {
		t.Errorf("told of %d users", n)
	}
}
