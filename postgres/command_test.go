package postgres_test

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"admit/onboarding"
)

func TestAdvanceCommands(t *testing.T) {
	t.Parallel()
	s, db := setup(t)
	accept(t, s, report("user-1", verified))
	advance(t, s, "user-1")
	hold := onboarding.Command{Name: onboarding.CommandHold, Reason: "a call from the bank", Actor: "ops-1", RequestID: "r1"}
	if _, err := s.AcceptCommand(t.Context(), "user-1", hold); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := s.CommandOutcome(t.Context(), "user-1", "r1"); ok || err != nil {
		t.Errorf("outcome before the fold: %t %v", ok, err)
	}
	again := hold
	again.RequestID = "r2"
	if _, err := s.AcceptCommand(t.Context(), "user-1", again); err != nil {
		t.Fatal(err)
	}
	a := advance(t, s, "user-1", "r1", "r2", "r3")
	want := []onboarding.CommandOutcome{
		{RequestID: "r1", Outcome: onboarding.Applied, Seq: 2},
		{RequestID: "r2", Outcome: onboarding.Refused, Reason: onboarding.RefusedOnHold, Seq: 3},
	}
	if !slices.Equal(a.Outcomes, want) || a.Summary.Stage != onboarding.StageOnHold {
		t.Errorf("outcomes = %+v", a.Outcomes)
	}
	got, ok, err := s.CommandOutcome(t.Context(), "user-1", "r2")
	if !ok || err != nil || got != want[1] {
		t.Errorf("outcome = %+v %t %v", got, ok, err)
	}
	if got := one[string](t, db, "select input || ' ' || actor from log where seq = 2"); got != "operator/hold ops-1" {
		t.Errorf("log = %s", got)
	}
	consistent(t, db, "user-1")
}

func TestAcceptCommandRefuses(t *testing.T) {
	t.Parallel()
	s, db := setup(t)
	accept(t, s, report("user-1", started))
	hold := onboarding.Command{Name: onboarding.CommandHold, Reason: "r", Actor: "ops-1", RequestID: "r1"}
	if _, err := s.AcceptCommand(t.Context(), "user-2", hold); !errors.Is(err, onboarding.ErrNotFound) {
		t.Errorf("unknown user: %v", err)
	}
	if err := s.AcceptMalformed(t.Context(), onboarding.Event{UserID: "user-3", Provider: "p100", Body: []byte("x")}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.AcceptCommand(t.Context(), "user-3", hold); !errors.Is(err, onboarding.ErrNotFound) {
		t.Errorf("user of a malformed event: %v", err)
	}
	var ids [6]int64
	var calls sync.WaitGroup
	for i := range ids {
		calls.Go(func() {
			id, err := s.AcceptCommand(t.Context(), "user-1", hold)
			if err != nil {
				t.Error(err)
			}
			ids[i] = id
		})
	}
	calls.Wait()
	if slices.Max(ids[:]) != slices.Min(ids[:]) || ids[0] == 0 {
		t.Errorf("one request ID has the events %v", ids)
	}
	other := hold
	other.Reason = "another"
	if _, err := s.AcceptCommand(t.Context(), "user-1", other); !errors.Is(err, onboarding.ErrConflict) {
		t.Errorf("another body: %v", err)
	}
	free := hold
	free.RequestID = ""
	for range 2 {
		if _, err := s.AcceptCommand(t.Context(), "user-1", free); err != nil {
			t.Errorf("without a request ID: %v", err)
		}
	}
	if n := one[int64](t, db, "select count(*) from inbox"); n != 4 {
		t.Errorf("%d rows in the inbox", n)
	}
}
