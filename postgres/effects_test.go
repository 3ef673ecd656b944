package postgres_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"admit/onboarding"
	"admit/postgres"
)

func TestARevokeSupersedesTheGrant(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name     string
		inFlight bool
		result   onboarding.Attempt
		grant    string
	}{
		{"waiting", false, onboarding.Attempt{}, "superseded"},
		{"in flight, delivered", true, delivered, "delivered"},
		{"in flight, failed", true, failed, "superseded"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s, state, _ := approved(t)
			var d *onboarding.Delivery
			if tc.inFlight {
				d = take(t, s, coreAccess, "a").Delivery
			}
			accept(t, s, report("user-1", expired))
			a := advance(t, s, "user-1")
			if got := state(onboarding.EffectGranted, "core"); got != "superseded" || a.Summary.Access != onboarding.AccessRevoked {
				t.Fatalf("grant is %s, access %s", got, a.Summary.Access)
			}
			if tc.inFlight {
				if got := take(t, s, coreAccess, "b"); got.Wait <= 0 {
					t.Errorf("the revoke overtakes a grant in flight: %+v", got)
				}
				if wait := record(t, s, d.ID, "a", tc.result); wait != 0 {
					t.Errorf("a superseded effect waits %s", wait)
				}
			}
			if got := take(t, s, coreAccess, "b"); got.Delivery == nil || got.Delivery.Name != onboarding.EffectRevoked || a.Lanes[0].First != got.Delivery.ID {
				t.Errorf("next is %+v of %+v", got, a.Lanes)
			}
			if got := state(onboarding.EffectGranted, "core"); got != tc.grant {
				t.Errorf("grant is %s", got)
			}
		})
	}
}

func TestSupersedingInOneFold(t *testing.T) {
	t.Parallel()
	s, db := setup(t)
	if _, _, err := s.Start(t.Context(), "user-1", &onboarding.Contact{Email: "user-1@example.com"}, "shop"); err != nil {
		t.Fatal(err)
	}
	accept(t, s, report("user-1", verified), report("user-1", expired))
	advance(t, s, "user-1")
	got := all[string](t, db, "select name || ' ' || state from effects where target in ('core', 'mail') order by id")
	want := []string{"access.granted superseded", "notify.approved superseded", "access.revoked waiting", "notify.suspended waiting"}
	if !slices.Equal(got, want) {
		t.Errorf("effects = %q", got)
	}
	exec(t, db, "update effects set next_attempt_at = now()")
	d := take(t, s, mailNotify, "a").Delivery
	var m onboarding.Message
	if err := json.Unmarshal(d.Payload, &m); err != nil || m.Template != "suspended" || len(m.Asks) != 1 || m.Asks[0].Check != onboarding.KYC {
		t.Errorf("message = %s, %v", d.Payload, err)
	}
}

func TestEffectsThatAreNotSent(t *testing.T) {
	t.Parallel()
	t.Run("a message without a contact", func(t *testing.T) {
		t.Parallel()
		s, db := setup(t)
		accept(t, s, report("user-1", verified))
		advance(t, s, "user-1")
		if got := one[string](t, db, "select state || ' ' || last_answer from effects where target = 'mail'"); got != "parked no contact" {
			t.Errorf("message = %s", got)
		}
		if n := one[int64](t, db, "select count(*) from effects where state = 'parked' and done_at is null"); n != 0 {
			t.Errorf("%d parked effects are not done", n)
		}
	})
	t.Run("shadow mode", func(t *testing.T) {
		t.Parallel()
		s, db := setup(t)
		accept(t, s, report("user-1", verified))
		advance(t, s, "user-1")
		shadow := open(t, db.Config().ConnString(), func(o *postgres.Options) { o.Shadow = true })
		accept(t, s, report("user-1", expired))
		a := advance(t, shadow, "user-1")
		if len(a.Lanes) != 0 {
			t.Errorf("lanes = %+v", a.Lanes)
		}
		if got := all[string](t, db, "select distinct state from effects where version = 2"); !slices.Equal(got, []string{"shadow"}) {
			t.Errorf("states = %q", got)
		}
		if got := take(t, shadow, crmRest, "a"); got != (onboarding.Taken{}) {
			t.Errorf("taken = %+v", got)
		}
	})
}

// TestATargetThatIsNotConfigured is met by a process whose configuration lacks a
// target: in a rolling change, or for good.
func TestATargetThatIsNotConfigured(t *testing.T) {
	t.Parallel()
	s, db := setup(t)
	accept(t, s, report("user-1", verified), report("user-1", expired))
	advance(t, s, "user-1")
	late := time.Duration(0)
	other := open(t, db.Config().ConnString(), func(o *postgres.Options) {
		o.Targets = hooks[1:]
		o.Clock = func(now time.Time) time.Time { return now.Add(late) }
	})
	revoke := func() string {
		return one[string](t, db, "select state || ' ' || last_answer from effects where target = 'core' and name = 'access.revoked'")
	}
	looks := func(when string) {
		t.Helper()
		a := advance(t, other, "user-1")
		if len(a.Lanes) != 2 || a.Lanes[0].Target != "crm" || a.Done || a.In != 30*time.Second || a.Deadline.IsZero() {
			t.Errorf("%s: %+v", when, a)
		}
		if got := take(t, other, coreAccess, "a"); got != (onboarding.Taken{Wait: 10 * time.Second}) {
			t.Errorf("%s: taken = %+v", when, got)
		}
		if got := revoke(); got != "waiting " {
			t.Errorf("%s: %s", when, got)
		}
	}
	looks("at first")
	late = 9*time.Minute + 55*time.Second
	looks("before the grace has passed")
	exec(t, db, "update effects set stale_at = now() - interval '1 second' where target = 'core'")
	if users, err := other.OverdueUsers(t.Context(), 1); err != nil || !slices.Equal(users, []string{"user-1"}) {
		t.Errorf("overdue: %q %v", users, err)
	}
	if d := take(t, s, coreAccess, "a").Delivery; d == nil || d.Name != onboarding.EffectRevoked {
		t.Errorf("a process that knows the target takes %+v", d)
	}
	late = 10 * time.Minute
	if a := advance(t, other, "user-1"); len(a.Lanes) != 2 || a.In == 30*time.Second {
		t.Errorf("after the grace: %+v", a)
	}
	if got := revoke(); got != "parked target not configured" {
		t.Errorf("after the grace: %s", got)
	}
	if got := take(t, other, coreAccess, "a"); got != (onboarding.Taken{}) {
		t.Errorf("an empty lane gives %+v", got)
	}
}

// TestAnEndedUserIsNotDoneWhileATargetIsMissing holds that the workflow stays to
// look again.
func TestAnEndedUserIsNotDoneWhileATargetIsMissing(t *testing.T) {
	t.Parallel()
	only := func(o *postgres.Options) { o.Targets = hooks[:1] }
	s, db := setup(t, only)
	accept(t, s, report("user-1", verified))
	if _, err := s.AcceptCommand(t.Context(), "user-1", onboarding.Command{Name: onboarding.CommandClose}); err != nil {
		t.Fatal(err)
	}
	if a := advance(t, s, "user-1"); a.Done || len(a.Lanes) != 1 {
		t.Fatalf("advanced = %+v", a)
	}
	late := time.Duration(0)
	none := open(t, db.Config().ConnString(), func(o *postgres.Options) {
		o.Targets = nil
		o.Clock = func(now time.Time) time.Time { return now.Add(late) }
	})
	if a := advance(t, none, "user-1"); a.Done || len(a.Lanes) != 0 || a.In != 30*time.Second || a.Deadline.IsZero() {
		t.Errorf("advanced = %+v", a)
	}
	late = 10 * time.Minute
	if a := advance(t, none, "user-1"); !a.Done {
		t.Errorf("after the grace: %+v", a)
	}
}
