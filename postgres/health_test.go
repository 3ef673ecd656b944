package postgres_test

import (
	"context"
	"encoding/json"
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

// systems has a hook for access, and two of another kind.
func systems(o *postgres.Options) {
	o.Targets = []onboarding.Target{
		{Name: "core", Events: []string{"access.*", "onboarding.*"}, FailingAfter: time.Hour},
		{Name: "crm", Events: []string{"onboarding.*"}, FailingAfter: time.Hour},
		{Name: "watch", Events: []string{"hook.*"}},
	}
}

var gone = onboarding.Attempt{Result: onboarding.AttemptRefused, Answer: "http 410", Gone: true}

// laneOf returns the lane of the rest of a user at a target.
func laneOf(user, target string) onboarding.LaneRef {
	return onboarding.LaneRef{UserID: user, Target: target, Lane: onboarding.LaneRest}
}

// letIn has users approved, one after the other.
func letIn(t testing.TB, s *postgres.Store, users ...string) {
	t.Helper()
	for _, user := range users {
		accept(t, s, report(user, verified))
		advance(t, s, user)
	}
}

// attempt makes an attempt at what stands first in a lane, due or not.
func attempt(t testing.TB, s *postgres.Store, db *pgxpool.Pool, lane onboarding.LaneRef, a onboarding.Attempt) {
	t.Helper()
	exec(t, db, "update effects set next_attempt_at = now() where target = $1", lane.Target)
	exec(t, db, "update hooks set next_probe = now() where failing_from is not null")
	d := take(t, s, lane, "a").Delivery
	if d == nil {
		t.Fatalf("nothing to take for %s", lane.Target)
	}
	record(t, s, d.ID, "a", a)
}

// view returns how a target is shown.
func view(t testing.TB, s *postgres.Store, target string) onboarding.HookView {
	t.Helper()
	views, err := s.Hooks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(views, func(v onboarding.HookView) bool { return v.Name == target })
	return views[i]
}

// longAgo has all failures be of long ago.
func longAgo(t testing.TB, db *pgxpool.Pool) {
	t.Helper()
	exec(t, db, "update hooks set failed_since = failed_since - interval '61 minutes'")
}

// news counts the events that tell of hooks, by their state.
func news(t testing.TB, db *pgxpool.Pool, state onboarding.HookState) (n int64) {
	t.Helper()
	return one[int64](t, db, "select count(*) from events where provider = 'admit' and route = 'hook' and convert_from(body, 'UTF8')::json ->> 'state' = $1", state)
}

func TestWhenAHookIsFailing(t *testing.T) {
	t.Parallel()
	fails := func(n int, a onboarding.Attempt) func(*testing.T, *postgres.Store, *pgxpool.Pool) {
		return func(t *testing.T, s *postgres.Store, db *pgxpool.Pool) {
			for range n {
				attempt(t, s, db, laneOf("user-1", "crm"), a)
			}
		}
	}
	old := func(t *testing.T, _ *postgres.Store, db *pgxpool.Pool) { longAgo(t, db) }
	none := onboarding.Attempt{Result: onboarding.AttemptDeferred, Answer: "quiet hours", RetryAfter: time.Hour}
	type steps = []func(*testing.T, *postgres.Store, *pgxpool.Pool)
	for _, tc := range []struct {
		name     string
		steps    steps
		state    onboarding.HookState
		failures int
	}{
		{"many failures, not for long", steps{fails(15, failed)}, onboarding.HookWorking, 15},
		{"few failures for long", steps{fails(1, failed), old, fails(8, failed)}, onboarding.HookWorking, 9},
		{"many failures for long", steps{fails(1, failed), old, fails(9, failed)}, onboarding.HookFailing, 10},
		{"definite noes", steps{fails(1, refused), old, fails(9, refused)}, onboarding.HookFailing, 10},
		{"a delivery between", steps{fails(1, failed), old, fails(7, failed), fails(1, delivered), fails(3, failed)}, onboarding.HookWorking, 3},
		{"this side's fault is none", steps{fails(1, failed), old, fails(12, onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: "template", Unsent: true})}, onboarding.HookWorking, 1},
		{"put off is no failure", steps{fails(1, failed), old, fails(12, none)}, onboarding.HookWorking, 1},
		{"gone", steps{fails(1, gone)}, onboarding.HookFailing, 1},
		{"gone after a delivery", steps{fails(1, delivered), fails(1, gone)}, onboarding.HookFailing, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s, db := setup(t, systems)
			letIn(t, s, "user-1", "user-2")
			exec(t, db, "insert into effects (key, user_id, target, lane, name, version, seq, payload, state, created) select 'k' || n, 'user-1', 'crm', 'rest', 'onboarding.started', 9, 9, '{}', 'waiting', now() from generate_series(1, 9) n")
			for _, step := range tc.steps {
				step(t, s, db)
			}
			v := view(t, s, "crm")
			if v.State != tc.state || v.Failures != tc.failures || (v.FailingFrom != nil) != (tc.state == onboarding.HookFailing) || v.FailedSince == nil {
				t.Errorf("%+v", v)
			}
			if n, want := news(t, db, onboarding.HookFailing), int64(v.Failures/tc.failures); tc.state == onboarding.HookFailing && n != want || tc.state == onboarding.HookWorking && n != 0 {
				t.Errorf("%d events", n)
			}
		})
	}
}

func TestAHookThatFailsAndWorksAgain(t *testing.T) {
	t.Parallel()
	s, db := setup(t, systems)
	letIn(t, s, "user-1")
	before, err := s.Onboarding(t.Context(), "user-1")
	if err != nil {
		t.Fatal(err)
	}
	attempt(t, s, db, laneOf("user-1", "crm"), gone)
	since := view(t, s, "crm").FailedSince
	advance(t, s, "user-1")
	attempt(t, s, db, laneOf("user-1", "crm"), failed)
	attempt(t, s, db, laneOf("user-1", "crm"), delivered)
	advance(t, s, "user-1")

	got := all[string](t, db, "select input || ' ' || outcome || ' ' || code from log where user_id = 'user-1' order by seq offset 1")
	if !slices.Equal(got, []string{"admit/hook noted hook_failing", "admit/hook noted hook_working"}) {
		t.Errorf("log = %q", got)
	}
	var told []onboarding.HookNews
	for _, text := range all[[]byte](t, db, "select payload from effects where target = 'watch' order by id") {
		var p onboarding.Payload
		if err := json.Unmarshal(text, &p); err != nil {
			t.Fatal(err)
		}
		told = append(told, *p.Data.Hook)
	}
	want := []onboarding.HookNews{
		{Name: "crm", State: onboarding.HookFailing, Since: *since, Answer: "http 410"},
		{Name: "crm", State: onboarding.HookWorking, Since: *since, Answer: "200"},
	}
	if !slices.Equal(told, want) {
		t.Errorf("told %+v, want %+v", told, want)
	}
	if v := view(t, s, "crm"); v.State != onboarding.HookWorking || v.Failures != 0 || v.FailedSince != nil || v.FailingFrom != nil || v.NextTry != nil || v.LastAnswer != "200" || v.Delivered == nil {
		t.Errorf("%+v", v)
	}
	if after, err := s.Onboarding(t.Context(), "user-1"); err != nil || after.Events != before.Events || after.Stage != before.Stage || after.Pending != 0 {
		t.Errorf("%+v %v", after, err)
	}
	if _, _, err := s.Replay(t.Context(), one[int64](t, db, "select min(id) from events where provider = 'admit'"), "ops-1"); !errors.Is(err, onboarding.ReplayNoWebhook) {
		t.Errorf("replay: %v", err)
	}
	consistent(t, db, "user-1")
}

// TestHealthIsFoundOnce has senders end at the same moment.
func TestHealthIsFoundOnce(t *testing.T) {
	t.Parallel()
	const senders = 24
	for _, tc := range []struct {
		name    string
		failing bool // before
		attempt onboarding.Attempt
		state   onboarding.HookState
	}{
		{"gone", false, gone, onboarding.HookFailing},
		{"failed for long", false, failed, onboarding.HookFailing},
		{"delivered", true, delivered, onboarding.HookWorking},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s, db := setup(t, systems)
			letIn(t, s, users(1, senders)...)
			ids := make([]int64, senders)
			for i := range senders {
				ids[i] = take(t, s, laneOf(fmt.Sprint("user-", i+1), "crm"), "a").Delivery.ID
			}
			exec(t, db, "insert into hooks (name, failures, failed_since) values ('crm', 20, now() - interval '2 hours')")
			if tc.failing {
				exec(t, db, "update hooks set failing_from = now() - interval '1 hour', next_probe = now()")
			}
			var ending sync.WaitGroup
			for _, id := range ids {
				ending.Go(func() {
					if _, err := s.Record(t.Context(), id, "a", tc.attempt); err != nil {
						t.Error(err)
					}
				})
			}
			ending.Wait()
			if got := view(t, s, "crm").State; got != tc.state || news(t, db, tc.state) != 1 || news(t, db, onboarding.HookFailing)+news(t, db, onboarding.HookWorking) != 1 {
				t.Errorf("%s, told of failing %d times and of working %d times", got, news(t, db, onboarding.HookFailing), news(t, db, onboarding.HookWorking))
			}
		})
	}
}

// TestDeliveriesWriteNothingOfAHook holds that they share no row that each of them
// writes to.
func TestDeliveriesWriteNothingOfAHook(t *testing.T) {
	t.Parallel()
	s, db := setup(t, systems)
	letIn(t, s, users(1, 3)...)
	row := func() string {
		return one[string](t, db, "select xmin::text || ctid::text from hooks where name = 'crm'")
	}
	attempt(t, s, db, laneOf("user-1", "crm"), delivered)
	first := row()
	attempt(t, s, db, laneOf("user-2", "crm"), delivered)
	if row() != first {
		t.Error("a second delivery was written down")
	}
	exec(t, db, "update hooks set last_delivered = now() - interval '61 seconds'")
	attempt(t, s, db, laneOf("user-3", "crm"), delivered)
	if v := view(t, s, "crm"); v.Delivered == nil || time.Since(*v.Delivered) > 30*time.Second {
		t.Errorf("last delivered %v", v.Delivered)
	}
}

func TestHookTried(t *testing.T) {
	t.Parallel()
	s, db := setup(t, systems)
	letIn(t, s, "user-1")
	tried := func(a onboarding.Attempt) onboarding.HookView {
		t.Helper()
		if err := s.HookTried(t.Context(), "crm", a); err != nil {
			t.Fatal(err)
		}
		return view(t, s, "crm")
	}
	if v := tried(failed); v.State != onboarding.HookWorking || v.LastAnswer != "503" || v.Failures != 0 || v.Delivered != nil {
		t.Errorf("a first test that failed: %+v", v)
	}
	attempt(t, s, db, laneOf("user-1", "crm"), gone)
	if v := tried(failed); v.State != onboarding.HookFailing || v.LastAnswer != "503" || v.Failures != 1 {
		t.Errorf("failed: %+v", v)
	}
	if v := tried(delivered); v.State != onboarding.HookWorking || v.LastAnswer != "200" || v.Failures != 0 || v.Delivered == nil || v.NextTry != nil {
		t.Errorf("delivered: %+v", v)
	}
	if n := news(t, db, onboarding.HookWorking); n != 0 {
		t.Errorf("%d events of a test", n)
	}
}

// TestAFailureWaitsForNoOther holds that an attempt that failed is recorded while
// another one is being counted.
func TestAFailureWaitsForNoOther(t *testing.T) {
	t.Parallel()
	s, db := setup(t, systems)
	letIn(t, s, "user-1", "user-2")
	attempt(t, s, db, laneOf("user-1", "crm"), failed)
	other, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Rollback(context.WithoutCancel(t.Context())) }() // the pool's end would tell
	if _, err := other.Exec(t.Context(), "select from hooks where name = 'crm' for no key update"); err != nil {
		t.Fatal(err)
	}
	d := take(t, s, laneOf("user-2", "crm"), "a").Delivery
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, err := s.Record(ctx, d.ID, "a", failed); err != nil {
		t.Fatalf("Record beside another: %v", err)
	}
	if v := view(t, s, "crm"); v.Failures != 1 {
		t.Errorf("%d failures were counted", v.Failures)
	}
}
