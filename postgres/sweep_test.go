package postgres_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"admit/onboarding"
	"admit/postgres"
)

func TestWaitingUsers(t *testing.T) {
	t.Parallel()
	s, db := setup(t)
	for _, user := range []string{"user-3", "user-1", "user-3", "user-2", "user-1"} {
		accept(t, s, report(user, verified))
	}
	for _, tc := range []struct {
		name  string
		older time.Duration
		limit int
		want  []string
	}{
		{"all, the longest waiting first", 0, 10, []string{"user-3", "user-1", "user-2"}},
		{"a few", 0, 2, []string{"user-3", "user-1"}},
		{"none so old", time.Minute, 10, nil},
	} {
		if got, err := s.WaitingUsers(t.Context(), tc.older, tc.limit); err != nil || !slices.Equal(got, tc.want) {
			t.Errorf("%s: %q %v", tc.name, got, err)
		}
	}
	exec(t, db, "update inbox set received = received - interval '1 hour' where user_id = 'user-2'")
	if got, err := s.WaitingUsers(t.Context(), time.Minute, 10); err != nil || !slices.Equal(got, []string{"user-2"}) {
		t.Errorf("an old one: %q %v", got, err)
	}
}

func exec(t testing.TB, db *pgxpool.Pool, sql string, args ...any) {
	t.Helper()
	if _, err := db.Exec(context.Background(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

func TestOverdueUsers(t *testing.T) {
	t.Parallel()
	s, db := setup(t)
	overdue := func(limit int) []string {
		t.Helper()
		users, err := s.OverdueUsers(t.Context(), limit)
		if err != nil {
			t.Fatal(err)
		}
		return users
	}
	for i := range 3 {
		user := fmt.Sprint("user-", i+1)
		accept(t, s, report(user, verified))
		advance(t, s, user)
	}
	if got := overdue(10); len(got) != 0 {
		t.Errorf("at first: %q", got)
	}
	exec(t, db, "update onboardings set next_deadline = now() - interval '59 seconds' where user_id = 'user-1'")
	if got := overdue(10); len(got) != 0 {
		t.Errorf("a deadline that just passed: %q", got)
	}
	exec(t, db, "update onboardings set next_deadline = now() - interval '61 seconds' where user_id = 'user-1'")
	exec(t, db, "update effects set stale_at = now() - interval '5 minutes' where user_id = 'user-3'")
	if got := overdue(10); !slices.Equal(got, []string{"user-3", "user-1"}) {
		t.Errorf("a stale effect and a deadline: %q", got)
	}
	if got := overdue(1); !slices.Equal(got, []string{"user-3"}) {
		t.Errorf("the first: %q", got)
	}
	shadow := open(t, db.Config().ConnString(), func(o *postgres.Options) { o.Shadow = true })
	if got, err := shadow.OverdueUsers(t.Context(), 10); err != nil || !slices.Equal(got, []string{"user-1"}) {
		t.Errorf("in shadow mode: %q %v", got, err)
	}

	// A failed attempt keeps the whole lane from the sweep for twice the backoff.
	lane := onboarding.LaneRef{UserID: "user-3", Target: "crm", Lane: onboarding.LaneRest}
	exec(t, db, "delete from effects where user_id = 'user-3' and (target, lane) <> ('crm', 'rest')")
	d := take(t, s, lane, "a").Delivery
	record(t, s, d.ID, "a", onboarding.Attempt{Result: onboarding.AttemptFailed, RetryAfter: 10 * time.Minute})
	if got := overdue(10); !slices.Equal(got, []string{"user-1"}) {
		t.Errorf("after an attempt: %q", got)
	}
	wait := one[float64](t, db, "select extract(epoch from min(stale_at) - now())::float8 from effects where user_id = 'user-3' and state = 'waiting'")
	if wait < 19*60 || wait > 20*60 {
		t.Errorf("stale in %.0f s", wait)
	}
	if err := s.Touch(t.Context(), lane, 12*time.Minute); err != nil {
		t.Fatal(err)
	}
	if wait := one[float64](t, db, "select extract(epoch from min(stale_at) - now())::float8 from effects where user_id = 'user-3' and state = 'waiting'"); wait < 23*60 || wait > 24*60 {
		t.Errorf("a lane that comes back in 12 minutes is stale in %.0f s", wait)
	}
	exec(t, db, "update effects set next_attempt_at = now()")
	record(t, s, take(t, s, lane, "a").Delivery.ID, "a", delivered)
	if wait := one[float64](t, db, "select extract(epoch from max(stale_at) - now())::float8 from effects where user_id = 'user-3' and state = 'waiting'"); wait > 121 {
		t.Errorf("what waits behind a delivered effect is stale in %.0f s", wait)
	}
}

func TestOverdueUsersAreNotHiddenBehindOne(t *testing.T) {
	t.Parallel()
	s, db := setup(t)
	for _, user := range []string{"user-1", "user-2", "user-3"} {
		accept(t, s, report(user, verified))
		advance(t, s, user)
	}
	for range 3 {
		accept(t, s, report("user-1", expired), report("user-1", verified))
	}
	advance(t, s, "user-1")
	if n := one[int64](t, db, "select count(*) from effects where user_id = 'user-1' and state = 'waiting'"); n < 5 {
		t.Fatalf("only %d effects wait", n)
	}
	exec(t, db, "update effects set stale_at = now() - interval '1 hour' * (4 - right(user_id, 1)::int) - interval '1 second' * id")
	for limit, want := range map[int][]string{1: {"user-1"}, 2: {"user-1", "user-2"}, 3: {"user-1", "user-2", "user-3"}, 10: {"user-1", "user-2", "user-3"}} {
		if got, err := s.OverdueUsers(t.Context(), limit); err != nil || !slices.Equal(got, want) {
			t.Errorf("%d users: %q %v", limit, got, err)
		}
	}
}

// TestOverdueUsersReadsIndexes holds that a sweep does not read what is not
// overdue, whatever the planner believes.
func TestOverdueUsersReadsIndexes(t *testing.T) {
	t.Parallel()
	_, db := setup(t)
	for _, mode := range []string{"force_custom_plan", "force_generic_plan"} {
		plan := planOf(t, db, "overdue_users", "bigint, boolean, text[]", "100, true, '{core,crm}'", mode)
		if strings.Contains(plan, "Seq Scan") || !strings.Contains(plan, "effects_stale") || !strings.Contains(plan, "onboardings_by_deadline") || !strings.Contains(plan, "effects_access_parked") {
			t.Errorf("%s:\n%s", mode, plan)
		}
	}
}

// TestANewEffectInALaneThatBacksOff holds that it does not bring the lane to the
// sweep sooner than the lane's own backoff, and that another lane's does not keep
// it from the sweep.
func TestANewEffectInALaneThatBacksOff(t *testing.T) {
	t.Parallel()
	s, db := setup(t)
	accept(t, s, report("user-1", verified))
	advance(t, s, "user-1")
	d := take(t, s, crmRest, "a").Delivery
	record(t, s, d.ID, "a", onboarding.Attempt{Result: onboarding.AttemptFailed, RetryAfter: 30 * time.Minute})
	newest := one[int64](t, db, "select max(id) from effects")
	accept(t, s, report("user-1", expired))
	advance(t, s, "user-1")
	for lane, want := range map[onboarding.LaneRef]time.Duration{crmRest: time.Hour, coreAccess: 2 * time.Minute} {
		var first, last float64
		if err := db.QueryRow(t.Context(), "select extract(epoch from min(stale_at) - now())::float8, extract(epoch from max(stale_at) - now())::float8 from effects where id > $1 and target = $2 and lane = $3 and state = 'waiting'",
			newest, lane.Target, lane.Lane).Scan(&first, &last); err != nil {
			t.Fatal(err)
		}
		if first < want.Seconds()-30 || last > want.Seconds()+1 {
			t.Errorf("%s %s: new effects are stale in %.0f to %.0f s, want %s", lane.Target, lane.Lane, first, last, want)
		}
	}
}
