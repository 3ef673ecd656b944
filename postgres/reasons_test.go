package postgres_test

import (
	"slices"
	"strings"
	"testing"

	"admit/onboarding"
	"admit/postgres"
)

// reasons lists what a user's timeline tells of log entries and of what waits: why,
// and who it was.
func reasons(t *testing.T, s *postgres.Store) (told []string) {
	t.Helper()
	entries, _, err := s.Timeline(t.Context(), "user-1", "", 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Kind != "effect" {
			told = append(told, strings.Join([]string{e.Kind, e.Input, e.Actor, e.Reason}, " "))
		}
	}
	return told
}

// TestWhyAContactWasDeletedStays holds that it outlives what is erased later, and
// that a provider cannot keep a body by writing what Admit writes.
func TestWhyAContactWasDeletedStays(t *testing.T) {
	t.Parallel()
	s, db := setup(t)
	forget := func(reason string) {
		t.Helper()
		if existed, _, err := s.DeleteContact(t.Context(), "user-1", "ops-1", reason); !existed || err != nil {
			t.Fatalf("delete a contact: %t %v", existed, err)
		}
	}
	begin(t, s, "user-1@example.com")
	accept(t, s, onboarding.Event{UserID: "user-1", Provider: "p100", Route: "kyc-verification", Body: []byte(`{"contact":null,"erased":true,"actor":"p","reason":"r"}`)})
	advance(t, s, "user-1")
	forget("the address is another's")
	if got := reasons(t, s); !slices.Equal(got, []string{"log merchant/start shop ", "log p100/kyc-verification  ", "pending merchant/start ops-1 the address is another's"}) {
		t.Errorf("while it waits: %q", got)
	}
	advance(t, s, "user-1")
	begin(t, s, "one@example.com")
	forget("asked for on the phone")
	advance(t, s, "user-1")
	erase(t, s)
	if got := reasons(t, s); !slices.Equal(got, []string{
		"log merchant/start shop ", "log p100/kyc-verification  ", "log merchant/start ops-1 the address is another's", "log merchant/start  ",
		"log merchant/start ops-1 asked for on the phone", "log operator/erase ops-1 the user asked for it"}) {
		t.Errorf("once all is erased: %q", got)
	}
	if got := kept(t, db); !slices.Equal(got, []string{"merchant/start", "merchant/start", "operator/command"}) {
		t.Errorf("kept: %q", got)
	}
	consistent(t, db, "user-1")
}

// TestAuditOfWhatWasSentAgain holds that who had it sent again, and why, is not told
// of before it was.
func TestAuditOfWhatWasSentAgain(t *testing.T) {
	t.Parallel()
	s, db := setup(t, systems)
	letIn(t, s, "user-1")
	park(t, db, "name = 'access.granted' and target = 'core'")
	before := moment(t, db)
	resend(t, s, "core", 0)
	if e := toCore(t, audit(t, s, before), onboarding.EffectGranted); e.ReplayedBy != "" || e.ReplayedAt != nil || e.ReplayReason != "" {
		t.Errorf("before: %+v", e)
	}
	if e := toCore(t, audit(t, s, moment(t, db)), onboarding.EffectGranted); e.ReplayedBy != "ops-1" || e.ReplayedAt == nil || e.ReplayReason != "the receiver was repaired" {
		t.Errorf("after: %+v", e)
	}
}
