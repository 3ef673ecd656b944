package postgres_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"admit/onboarding"
	"admit/postgres"
)

const hold = 8 * time.Second

var maxRefusals = onboarding.DefaultRetry().Refusals

var (
	coreAccess = onboarding.LaneRef{UserID: "user-1", Target: "core", Lane: onboarding.LaneAccess}
	crmRest    = onboarding.LaneRef{UserID: "user-1", Target: "crm", Lane: onboarding.LaneRest}
	mailNotify = onboarding.LaneRef{UserID: "user-1", Target: onboarding.MailTarget, Lane: onboarding.LaneNotify}

	delivered = onboarding.Attempt{Result: onboarding.AttemptDelivered, Answer: "200"}
	failed    = onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: "503"}
	refused   = onboarding.Attempt{Result: onboarding.AttemptRefused, Answer: "410"}
)

func take(t testing.TB, s *postgres.Store, lane onboarding.LaneRef, sender string) onboarding.Taken {
	t.Helper()
	taken, err := s.Take(t.Context(), lane, sender, hold)
	if err != nil {
		t.Fatalf("take: %v", err)
	}
	return taken
}

func record(t testing.TB, s *postgres.Store, id int64, sender string, a onboarding.Attempt) time.Duration {
	t.Helper()
	wait, err := s.Record(t.Context(), id, sender, a)
	if err != nil {
		t.Fatalf("record: %v", err)
	}
	return wait
}

// approved sets up a store with a user whose grant waits.
func approved(t testing.TB, change ...func(*postgres.Options)) (s *postgres.Store, state func(name, target string) string, exec func(sql string, args ...any)) {
	t.Helper()
	s, db := setup(t, change...)
	accept(t, s, report("user-1", verified))
	advance(t, s, "user-1")
	state = func(name, target string) string {
		t.Helper()
		return one[string](t, db, "select state from effects where name = $1 and target = $2", name, target)
	}
	exec = func(sql string, args ...any) {
		t.Helper()
		if _, err := db.Exec(context.Background(), sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	return s, state, exec
}

func TestTakeAndDeliver(t *testing.T) {
	t.Parallel()
	s, state, _ := approved(t)
	got := take(t, s, coreAccess, "a")
	d := got.Delivery
	if d == nil || got.Wait != 0 {
		t.Fatalf("taken = %+v", got)
	}
	if d.Key != "user-1/1/access.granted/core" || d.Name != onboarding.EffectGranted || d.UserID != "user-1" || d.Attempts != 0 || d.Now.Before(d.Created) {
		t.Errorf("delivery = %+v", d)
	}
	var p onboarding.Payload
	if err := json.Unmarshal(d.Payload, &p); err != nil || p.Type != onboarding.EffectGranted || p.Data.Stage != onboarding.StageApproved || !p.Timestamp.Equal(d.Created) {
		t.Errorf("payload = %s, %v", d.Payload, err)
	}
	for _, sender := range []string{"a", "b"} {
		if got := take(t, s, coreAccess, sender); got.Delivery != nil || got.Wait <= 0 || got.Wait > hold {
			t.Errorf("the lane is taken, but %s got %+v", sender, got)
		}
	}
	if wait := record(t, s, d.ID, "a", delivered); wait != 0 {
		t.Errorf("a delivered effect waits %s", wait)
	}
	if got := take(t, s, coreAccess, "b"); got != (onboarding.Taken{}) {
		t.Errorf("an empty lane gives %+v", got)
	}
	if s := state(onboarding.EffectGranted, "core"); s != "delivered" {
		t.Errorf("state = %s", s)
	}
	if got := take(t, s, crmRest, "a"); got.Delivery == nil || got.Delivery.Name != onboarding.EffectStarted {
		t.Errorf("the first of the rest is %+v", got)
	}
}

// TestARunTakesItsLaneAgain holds that a run, which sends to a task queue only what it
// was answered, is given what it took before its worker died; that nobody else is; and
// that no attempt at another target is made twice at once.
func TestARunTakesItsLaneAgain(t *testing.T) {
	t.Parallel()
	crmAccess := onboarding.LaneRef{UserID: "user-1", Target: "crm", Lane: onboarding.LaneAccess}
	for _, tc := range []struct {
		name    string
		lane    onboarding.LaneRef
		sender  string // who asks again
		revoked bool   // meanwhile
		want    string // "" for nothing
	}{
		{"the same run", crmAccess, "run", false, onboarding.EffectGranted},
		{"the same run, with something more urgent", crmAccess, "run", true, onboarding.EffectRevoked},
		{"another run", crmAccess, "successor", false, ""},
		{"another run, with something more urgent", crmAccess, "successor", true, ""},
		{"the rest", crmRest, "run", true, onboarding.EffectStarted},
		{"a target that is no task queue", coreAccess, "run", false, ""},
		{"a target that is no task queue, with something more urgent", coreAccess, "run", true, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s, _, _ := approved(t)
			if take(t, s, tc.lane, "run").Delivery == nil {
				t.Fatal("nothing to take")
			}
			if tc.revoked {
				accept(t, s, report("user-1", expired))
				advance(t, s, "user-1")
			}
			got := take(t, s, tc.lane, tc.sender)
			if tc.want == "" {
				if got.Delivery != nil || got.Wait <= 0 || got.Wait > hold {
					t.Fatalf("taken = %+v", got)
				}
				return
			}
			if got.Delivery == nil || got.Delivery.Name != tc.want {
				t.Fatalf("taken = %+v", got)
			}
			if other := take(t, s, tc.lane, "successor"); other.Delivery != nil || other.Wait <= 0 {
				t.Errorf("another run takes %+v", other)
			}
			if wait := record(t, s, got.Delivery.ID, "run", failed); wait <= 0 {
				t.Errorf("the attempt is not recorded")
			}
			if backs := take(t, s, tc.lane, "run"); backs.Delivery != nil || backs.Wait <= 0 {
				t.Errorf("what failed is given out again at once: %+v", backs)
			}
		})
	}
}

func TestTakeNeverTwiceAtOnce(t *testing.T) {
	t.Parallel()
	s, db := setup(t)
	for range 10 {
		accept(t, s, report("user-1", started), report("user-1", verified), report("user-1", expired))
	}
	advance(t, s, "user-1")
	total := one[int64](t, db, "select count(*) from effects where target = 'crm' and lane = 'rest' and state = 'waiting'")
	var inFlight atomic.Int64
	var mu sync.Mutex
	var order []int64
	var sending sync.WaitGroup
	for i := range 8 {
		sending.Go(func() {
			sender := fmt.Sprint("sender-", i)
			for {
				taken, err := s.Take(t.Context(), crmRest, sender, hold)
				if err != nil {
					t.Error(err)
					return
				}
				if taken == (onboarding.Taken{}) {
					return
				}
				if taken.Delivery == nil {
					continue
				}
				if n := inFlight.Add(1); n > 1 {
					t.Errorf("%d in flight", n)
				}
				mu.Lock()
				order = append(order, taken.Delivery.ID)
				mu.Unlock()
				inFlight.Add(-1)
				if _, err := s.Record(t.Context(), taken.Delivery.ID, sender, delivered); err != nil {
					t.Error(err)
				}
			}
		})
	}
	sending.Wait()
	if int64(len(order)) != total || !slices.IsSorted(order) || len(slices.Compact(order)) != int(total) {
		t.Errorf("%d of %d effects were sent, in the order %v", len(order), total, order)
	}
}

func TestRecordBacksOff(t *testing.T) {
	t.Parallel()
	s, state, exec := approved(t)
	d := take(t, s, crmRest, "a").Delivery
	wait := record(t, s, d.ID, "a", onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: "503", RetryAfter: 30 * time.Second})
	if wait != 30*time.Second {
		t.Errorf("waits %s", wait)
	}
	if got := take(t, s, crmRest, "b"); got.Delivery != nil || got.Wait < 25*time.Second || got.Wait > wait {
		t.Errorf("a lane in backoff gives %+v", got)
	}
	if got := take(t, s, onboarding.LaneRef{UserID: "user-1", Target: "crm", Lane: onboarding.LaneAccess}, "b"); got.Delivery == nil {
		t.Errorf("the access lane waits behind the rest: %+v", got)
	}
	for i := range maxRefusals {
		exec("update effects set next_attempt_at = now() where id = $1", d.ID)
		if got := take(t, s, crmRest, "a"); got.Delivery == nil || got.Delivery.ID != d.ID || got.Delivery.Attempts != i+1 {
			t.Fatalf("refusal %d: %+v", i, got)
		}
		wait = record(t, s, d.ID, "a", refused)
	}
	if got := state(onboarding.EffectStarted, "crm"); got != "parked" || wait != 0 {
		t.Errorf("after %d refusals: %s, waits %s", maxRefusals, got, wait)
	}
	if got := take(t, s, crmRest, "a"); got.Delivery == nil || got.Delivery.ID == d.ID {
		t.Errorf("what stands behind a parked effect: %+v", got)
	}
}

func TestAccessIsNeverParked(t *testing.T) {
	t.Parallel()
	s, state, exec := approved(t)
	for range maxRefusals + 3 {
		exec("update effects set next_attempt_at = now(), created = now() - interval '100 hours'")
		d := take(t, s, coreAccess, "a").Delivery
		if d == nil {
			t.Fatal("nothing to take")
		}
		if wait := record(t, s, d.ID, "a", refused); wait <= 0 || wait > time.Minute {
			t.Errorf("waits %s", wait)
		}
	}
	if got := state(onboarding.EffectGranted, "core"); got != "waiting" {
		t.Errorf("state = %s", got)
	}
}

func TestRecordOfASenderThatLostTheLane(t *testing.T) {
	t.Parallel()
	s, state, exec := approved(t)
	d := take(t, s, coreAccess, "a").Delivery
	exec("update effects set taken_until = now() - interval '1 second' where id = $1", d.ID)
	if got := take(t, s, coreAccess, "b"); got.Delivery == nil || got.Delivery.ID != d.ID {
		t.Fatalf("a hold that ended: %+v", got)
	}
	if wait := record(t, s, d.ID, "a", failed); wait <= 0 || wait > hold {
		t.Errorf("a lost sender's failure waits %s", wait)
	}
	if got := take(t, s, coreAccess, "c"); got.Wait <= 0 {
		t.Errorf("a lost sender gave the lane back: %+v", got)
	}
	if wait := record(t, s, d.ID, "a", delivered); wait != 0 {
		t.Errorf("a lost sender's delivery waits %s", wait)
	}
	exec("insert into effects (key, user_id, target, lane, name, version, seq, payload, state, created) values ('k', 'user-1', 'core', 'access', 'access.revoked', 9, 9, '{}', 'waiting', now())")
	if got := take(t, s, coreAccess, "c"); got.Wait <= 0 {
		t.Errorf("the lane was taken over from a sender that still sends: %+v", got)
	}
	record(t, s, d.ID, "b", failed)
	if got := state(onboarding.EffectGranted, "core"); got != "delivered" {
		t.Errorf("what was delivered is %s", got)
	}
	if got := take(t, s, coreAccess, "c"); got.Delivery == nil || got.Delivery.Name != onboarding.EffectRevoked {
		t.Errorf("after all gave back: %+v", got)
	}
	if _, err := s.Record(t.Context(), 1<<40, "a", delivered); err == nil {
		t.Error("an effect that does not exist was recorded")
	}
}

func TestRecordTwiceCountsOnce(t *testing.T) {
	t.Parallel()
	s, _, _ := approved(t)
	d := take(t, s, coreAccess, "a").Delivery
	first := record(t, s, d.ID, "a", failed)
	if again := record(t, s, d.ID, "a", failed); again <= 0 || again > first {
		t.Errorf("waits %s, then %s", first, again)
	}
}

func TestTakeRacesWithSuperseding(t *testing.T) {
	t.Parallel()
	s, db := setup(t)
	accept(t, s, report("user-1", verified))
	advance(t, s, "user-1")
	tx, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.Background())
	if _, err := tx.Exec(t.Context(), "update effects set state = 'superseded' where target = 'core'"); err != nil {
		t.Fatal(err)
	}
	type answer struct {
		taken onboarding.Taken
		err   error
	}
	answers := make(chan answer, 1)
	go func() {
		taken, err := s.Take(t.Context(), coreAccess, "a", hold)
		answers <- answer{taken, err}
	}()
	eventually(t, "a sender behind the transaction", func() bool {
		return one[int64](t, db, `select count(*) from pg_locks l join pg_stat_activity a using (pid)
			where not l.granted and l.locktype = 'transactionid' and a.query like '%taken%' and exists
			(select from pg_locks m where m.pid = l.pid and m.relation = 'effects'::regclass)`) == 1
	})
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a := <-answers; a.err != nil || a.taken != (onboarding.Taken{}) {
		t.Errorf("a superseded effect was taken: %+v", a)
	}
}

func TestCallsEndWithTheirContext(t *testing.T) {
	t.Parallel()
	s, db := setup(t)
	accept(t, s, report("user-1", verified))
	advance(t, s, "user-1")
	tx, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.Background())
	if _, err := tx.Exec(t.Context(), "select from onboardings for update"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := s.Advance(ctx, onboarding.AdvanceRequest{UserID: "user-1"}); !errors.Is(err, onboarding.ErrUnavailable) {
		t.Errorf("advance behind a lock: %v", err)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	advance(t, s, "user-1")
}
