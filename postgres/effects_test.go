package postgres_test

import (
	"encoding/json"
	"slices"
	"testing"

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
	want := []string{"access.granted superseded", "notify.approved superseded", "access.revoked waiting", "notify.expired waiting", "notify.suspended waiting"}
	if !slices.Equal(got, want) {
		t.Errorf("effects = %q", got)
	}
	d := take(t, s, mailRest, "a").Delivery
	var m onboarding.Message
	if err := json.Unmarshal(d.Payload, &m); err != nil || m.Template != "expired" || m.Check != onboarding.KYC {
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
		if a.Lanes != nil {
			t.Errorf("lanes = %+v", a.Lanes)
		}
		if got := all[string](t, db, "select distinct state from effects where version = 2"); !slices.Equal(got, []string{"shadow"}) {
			t.Errorf("states = %q", got)
		}
		if got := take(t, shadow, crmRest, "a"); got != (onboarding.Taken{}) {
			t.Errorf("taken = %+v", got)
		}
	})
	for _, met := range []string{"by Advance", "by Take"} {
		t.Run("a target configured no more, met "+met, func(t *testing.T) {
			t.Parallel()
			s, db := setup(t)
			accept(t, s, report("user-1", verified))
			advance(t, s, "user-1")
			other := open(t, db.Config().ConnString(), func(o *postgres.Options) { o.Targets = hooks[1:] })
			if met == "by Take" {
				if got := take(t, other, coreAccess, "a"); got != (onboarding.Taken{}) {
					t.Errorf("taken = %+v", got)
				}
			} else if a := advance(t, other, "user-1"); len(a.Lanes) != 2 || a.Lanes[0].Target != "crm" {
				t.Errorf("lanes = %+v", a.Lanes)
			}
			if got := one[string](t, db, "select state || ' ' || last_answer from effects where target = 'core'"); got != "parked target not configured" {
				t.Errorf("effect = %s", got)
			}
		})
	}
}
