package activities_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/testsuite"

	"admit/activities"
	"admit/onboarding"
)

func (b *bench) takeEffect(t *testing.T) (onboarding.Taken, error) {
	t.Helper()
	env := (&testsuite.WorkflowTestSuite{}).NewTestActivityEnvironment()
	env.RegisterActivity(b.TakeEffect)
	value, err := env.ExecuteActivity(b.TakeEffect, ref)
	if err != nil {
		return onboarding.Taken{}, err
	}
	var taken onboarding.Taken
	if err := value.Get(&taken); err != nil {
		t.Fatal(err)
	}
	return taken, nil
}

func (b *bench) recordAttempt(r activities.RecordRequest) error {
	env := (&testsuite.WorkflowTestSuite{}).NewTestActivityEnvironment()
	env.RegisterActivity(b.RecordAttempt)
	_, err := env.ExecuteActivity(b.RecordAttempt, r)
	return err
}

// TestForeignLane holds that a lane is taken in one process and given back in
// another under one name.
func TestForeignLane(t *testing.T) {
	t.Parallel()
	l := &ledger{queue: effects(1), waits: []time.Duration{time.Second}}
	here, there := newBench(l, nil), newBench(l, nil)
	there.Identity = "worker-2"
	taken, err := here.takeEffect(t)
	if err != nil || taken.Delivery == nil || taken.Delivery.ID != 1 || string(taken.Delivery.Payload) != "private payload" {
		t.Fatalf("TakeEffect = %+v, %v", taken, err)
	}
	if l.holds[0] != 65*time.Second {
		t.Errorf("held for %v", l.holds[0])
	}
	long := onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: strings.Repeat("x", 300)}
	if err := there.recordAttempt(activities.RecordRequest{EffectID: 1, Attempt: long}); err != nil {
		t.Fatalf("RecordAttempt = %v", err)
	}
	if l.takes[0] != l.records[0] || l.takes[0] == "" || strings.Contains(l.takes[0], "worker") {
		t.Errorf("taken by %q, recorded by %q", l.takes[0], l.records[0])
	}
	if got := l.attempts[0]; got.Result != long.Result || len(got.Answer) != 200 {
		t.Errorf("recorded %+v", got)
	}
	if taken, err := here.takeEffect(t); err != nil || taken.Delivery != nil || taken.Wait != 0 {
		t.Errorf("TakeEffect of an empty lane = %+v, %v", taken, err)
	}
}

// TestForeignLaneKeepsNoWords holds that what was decided for a hook which is told the
// providers' words does not reach Temporal when a task queue has taken its place.
func TestForeignLaneKeepsNoWords(t *testing.T) {
	t.Parallel()
	queue := effects(1)
	queue[0].Delivery.Payload = []byte(`{"type":"check.changed","timestamp":"2026-03-01T09:00:00Z","data":{"userId":"user-1","version":1,"details":{"kyc":{"status":"passed","reasons":["DOC_FAKE"]}}}}`)
	taken, err := newBench(&ledger{queue: queue}, nil).takeEffect(t)
	if err != nil || taken.Delivery == nil {
		t.Fatalf("TakeEffect = %+v, %v", taken, err)
	}
	if got := string(taken.Delivery.Payload); strings.Contains(got, "DOC_FAKE") || !strings.Contains(got, `"userId":"user-1"`) {
		t.Errorf("the payload is %s", got)
	}
}

func TestForeignLaneErrors(t *testing.T) {
	t.Parallel()
	b := newBench(&ledger{queue: []onboarding.Taken{{Wait: time.Minute}}, recErr: errAway}, nil)
	_, err := b.takeEffect(t)
	wantWaiting(t, err, time.Minute)
	b.ledger.takeErr = errAway
	if _, err := b.takeEffect(t); err == nil || !strings.Contains(err.Error(), errAway.Error()) {
		t.Errorf("TakeEffect = %v", err)
	}
	if err := b.recordAttempt(activities.RecordRequest{}); err == nil || !strings.Contains(err.Error(), errAway.Error()) {
		t.Errorf("RecordAttempt = %v", err)
	}
}

// TestRecordRequestOnTheWire holds the names that the workflow writes.
func TestRecordRequestOnTheWire(t *testing.T) {
	t.Parallel()
	got, err := json.Marshal(activities.RecordRequest{EffectID: 7, Attempt: onboarding.Attempt{Result: onboarding.AttemptRefused, Answer: "no"}})
	if want := `{"effectId":7,"attempt":{"result":"refused","answer":"no"}}`; err != nil || string(got) != want {
		t.Errorf("Marshal = %s, %v, want %s", got, err, want)
	}
}
