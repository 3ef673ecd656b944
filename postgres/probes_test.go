package postgres_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"admit/onboarding"
	"admit/postgres"
)

// round has each of the users' lanes at crm asked for at the same time, of several
// stores, and returns what was given out and how long the others wait.
func round(t *testing.T, users []string, stores ...*postgres.Store) (taken []onboarding.Delivery, waits []time.Duration) {
	t.Helper()
	var mu sync.Mutex
	var senders sync.WaitGroup
	for i, user := range users {
		senders.Go(func() {
			got, err := stores[i%len(stores)].Take(t.Context(), laneOf(user, "crm"), "a", hold)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil:
				t.Error(err)
			case got.Delivery != nil:
				taken = append(taken, *got.Delivery)
			default:
				waits = append(waits, got.Wait)
			}
		})
	}
	senders.Wait()
	return taken, waits
}

func TestProbes(t *testing.T) {
	t.Parallel()
	s, db := setup(t, systems)
	other, all := open(t, db.Config().ConnString(), systems), users(1, 12)
	letIn(t, s, all...)
	attempt(t, s, db, laneOf("user-1", "crm"), gone)
	exec(t, db, "update effects set next_attempt_at = now()")
	if taken, _ := round(t, all, s, other); len(taken) != 0 {
		t.Errorf("%d probes before their time", len(taken))
	}
	exec(t, db, "update hooks set next_probe = now()")
	taken, waits := round(t, all, s, other)
	if len(taken) != 1 || len(waits) != 11 {
		t.Fatalf("%d probes", len(taken))
	}
	if slices.Min(waits) < 30*time.Second || slices.Max(waits) > time.Minute {
		t.Errorf("those that are held wait %v", waits)
	}
	if more, _ := round(t, all, s, other); len(more) != 0 {
		t.Errorf("%d probes before the first one's end", len(more))
	}
	if v := view(t, s, "crm"); v.NextTry == nil || time.Until(*v.NextTry) < 30*time.Second || time.Until(*v.NextTry) > time.Minute {
		t.Errorf("next probe %v", v.NextTry)
	}
	record(t, s, taken[0].ID, "a", delivered)
	if taken, _ := round(t, all, s, other); len(taken) != 12 {
		t.Errorf("%d lanes are served once it works", len(taken))
	}
}

// TestWhoIsHeldWaits holds that it is for longer the longer the hook is failing,
// and that a sweep does not ring meanwhile.
func TestWhoIsHeldWaits(t *testing.T) {
	t.Parallel()
	s, db := setup(t, systems)
	all := users(1, 8)
	letIn(t, s, all...)
	attempt(t, s, db, laneOf("user-1", "crm"), gone)
	exec(t, db, "update effects set next_attempt_at = now()")
	for _, tc := range []struct {
		since string
		most  time.Duration
	}{{"1 second", time.Minute}, {"20 minutes", 5 * time.Minute}, {"2 hours", 30 * time.Minute}, {"2 days", time.Hour}} {
		exec(t, db, "update hooks set failing_from = now() - $1::interval", tc.since)
		_, waits := round(t, all, s)
		if len(waits) != 8 || slices.Min(waits) < tc.most/2 || slices.Max(waits) > tc.most+time.Second {
			t.Errorf("failing for %s: %v", tc.since, waits)
		}
		if slices.Max(waits)-slices.Min(waits) < tc.most/100 {
			t.Errorf("failing for %s: they come back together, after %v", tc.since, waits)
		}
		if first := one[float64](t, db, "select extract(epoch from min(stale_at) - now())::float8 from effects where target = 'crm' and state = 'waiting'"); first < slices.Min(waits).Seconds() {
			t.Errorf("failing for %s: a sweep rings after %.0f s", tc.since, first)
		}
	}
}

// TestProbesOfAnImpatientHook holds that one that is failing soon is tried soon.
func TestProbesOfAnImpatientHook(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		after, probe, held time.Duration
	}{{time.Millisecond, 100 * time.Millisecond, 400 * time.Millisecond}, {2 * time.Second, 500 * time.Millisecond, 2 * time.Second}, {0, time.Minute, time.Minute}} {
		s, db := setup(t, func(o *postgres.Options) {
			o.Targets = []onboarding.Target{{Name: "crm", Events: []string{"onboarding.*"}, FailingAfter: tc.after}}
		})
		letIn(t, s, "user-1", "user-2")
		attempt(t, s, db, laneOf("user-1", "crm"), gone)
		if every := one[float64](t, db, "select extract(epoch from next_probe - failing_from)::float8 from hooks"); every != tc.probe.Seconds() {
			t.Errorf("failing after %s: probes are %.1f s apart, want %s", tc.after, every, tc.probe)
		}
		exec(t, db, "update hooks set next_probe = now() + interval '1 hour'")
		if got := take(t, s, laneOf("user-2", "crm"), "a"); got.Wait < tc.held/2 || got.Wait > tc.held {
			t.Errorf("failing after %s: %+v", tc.after, got)
		}
	}
}

// TestAProbesNo holds that what a failing hook says is nothing against the effect.
func TestAProbesNo(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, target, want string }{
		{"a hook that is held", "crm", "waiting 0"},
		{"a hook for access is sent to as ever", "core", "parked 5"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s, db := setup(t, systems)
			letIn(t, s, "user-1")
			attempt(t, s, db, laneOf("user-1", tc.target), gone)
			for range maxRefusals - 1 {
				attempt(t, s, db, laneOf("user-1", tc.target), refused)
			}
			if got := one[string](t, db, "select state || ' ' || refusals from effects where target = $1 and lane = 'rest' order by id limit 1", tc.target); got != tc.want {
				t.Errorf("the effect is %s, want %s", got, tc.want)
			}
		})
	}
}

// TestAnAccessHookIsNeverHeld holds that one that is failing is shown as such, and
// sent to.
func TestAnAccessHookIsNeverHeld(t *testing.T) {
	t.Parallel()
	s, db := setup(t, systems)
	letIn(t, s, users(1, 3)...)
	attempt(t, s, db, coreAccess, gone)
	if v := view(t, s, "core"); v.State != onboarding.HookFailing || !v.Access || v.NextTry != nil || news(t, db, onboarding.HookFailing) != 1 {
		t.Errorf("%+v", v)
	}
	exec(t, db, "update effects set created = now() - interval '100 hours', next_attempt_at = now()")
	sent := 0
	for _, user := range users(1, 3) {
		for _, lane := range []onboarding.Lane{onboarding.LaneAccess, onboarding.LaneRest} {
			if take(t, s, onboarding.LaneRef{UserID: user, Target: "core", Lane: lane}, "a").Delivery != nil {
				sent++
			}
		}
	}
	if sent != 6 {
		t.Errorf("%d of 6 lanes were served", sent)
	}
}

// TestWhatAFailingHookIsNotToldAnyMore parks what is too old, and goes on with what
// is not.
func TestWhatAFailingHookIsNotToldAnyMore(t *testing.T) {
	t.Parallel()
	s, db := setup(t, systems)
	letIn(t, s, "user-1")
	exec(t, db, "insert into effects (key, user_id, target, lane, name, version, seq, payload, state, created) select 'k' || n, 'user-1', 'crm', 'rest', 'onboarding.started', 9, 9, '{}', 'waiting', now() from generate_series(1, 4) n")
	aged := "update effects set created = now() - interval '73 hours' where target = 'crm' and key not in ('k3', 'k4')"
	exec(t, db, aged)
	if d := take(t, s, laneOf("user-1", "crm"), "a").Delivery; d == nil {
		t.Fatal("a hook that works is not told")
	} else {
		record(t, s, d.ID, "a", gone)
	}
	exec(t, db, "update effects set replayed_at = now() where key = 'k2'")
	exec(t, db, "update effects set next_attempt_at = now()")
	if got := take(t, s, laneOf("user-1", "crm"), "a"); got.Delivery != nil || got.Wait < 30*time.Second {
		t.Errorf("taken = %+v", got)
	}
	parked := all[string](t, db, "select last_answer from effects where target = 'crm' and state = 'parked' and done_at is not null order by id")
	if !slices.Equal(parked, []string{"hook failing", "hook failing", "hook failing"}) {
		t.Errorf("parked: %q", parked)
	}
	exec(t, db, "update hooks set next_probe = now()")
	if d := take(t, s, laneOf("user-1", "crm"), "a").Delivery; d == nil || d.Key != "k2" {
		t.Errorf("taken = %+v", d)
	}
}

// TestWhatIsInFlightIsNotGivenUp holds that an old effect of a failing hook is left to
// who is sending it.
func TestWhatIsInFlightIsNotGivenUp(t *testing.T) {
	t.Parallel()
	s, db := setup(t, systems)
	letIn(t, s, "user-1", "user-2")
	inFlight := take(t, s, laneOf("user-1", "crm"), "a").Delivery
	attempt(t, s, db, laneOf("user-2", "crm"), gone)
	exec(t, db, "update effects set created = now() - interval '100 hours' where id = $1", inFlight.ID)
	if got := take(t, s, laneOf("user-1", "crm"), "b"); got.Delivery != nil || got.Wait <= 0 {
		t.Errorf("taken = %+v", got)
	}
	if state := one[string](t, db, "select state from effects where id = $1", inFlight.ID); state != "waiting" {
		t.Errorf("what is in flight is %s", state)
	}
}

// TestAProbeThatSendsNothing holds that a message which waits for the morning, or has
// nothing left to say, does not stand for the one attempt at a failing hook.
func TestAProbeThatSendsNothing(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		came onboarding.Attempt
		next int // lanes that are served after it
	}{
		{"deferred", onboarding.Attempt{Result: onboarding.AttemptDeferred, RetryAfter: 8 * time.Hour}, 1},
		{"moot", onboarding.Attempt{Result: onboarding.AttemptMoot}, 1},
		{"unsendable", onboarding.Attempt{Result: onboarding.AttemptUnsendable}, 1},
		{"tried", failed, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s, db := setup(t, systems)
			all := users(1, 3)
			letIn(t, s, all...)
			attempt(t, s, db, laneOf("user-1", "crm"), gone)
			exec(t, db, "update effects set next_attempt_at = now()")
			exec(t, db, "update hooks set next_probe = now()")
			record(t, s, take(t, s, laneOf("user-1", "crm"), "a").Delivery.ID, "a", tc.came)
			if taken, _ := round(t, all[1:], s); len(taken) != tc.next {
				t.Errorf("%d lanes are served", len(taken))
			}
			if v := view(t, s, "crm"); v.State != onboarding.HookFailing {
				t.Errorf("the hook is %s", v.State)
			}
		})
	}
}
