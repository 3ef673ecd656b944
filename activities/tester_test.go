package activities_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"testing"
	"time"

	"admit/activities"
	"admit/onboarding"
)

// TestTester holds what a hook is tried with: an event signed as any other, each
// time one of its own, which says of nobody that anything changed.
func TestTester(t *testing.T) {
	t.Parallel()
	e := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) })
	h := hook(t, activities.HookConfig{URL: e.URL, AllowPrivate: true})
	now := time.Now()
	tester := activities.Tester{Senders: map[string]activities.Sender{"core": h}, Clock: func() time.Time {
		now = now.Add(30 * time.Millisecond)
		return now
	}}
	for range 2 {
		tried, took, err := tester.Test(t.Context(), "core")
		if want := (onboarding.Attempt{Result: onboarding.AttemptRefused, Answer: "410", Gone: true}); err != nil || !same(tried, want) || took != 30*time.Millisecond {
			t.Fatalf("Test = %+v, %s, %v", tried, took, err)
		}
	}
	seen := e.requests()
	if len(seen) != 2 || seen[0].header.Get("webhook-id") == seen[1].header.Get("webhook-id") {
		t.Fatalf("%d requests, or one ID for both", len(seen))
	}
	for library, v := range verifiers(t, secret('a', 32)) {
		if err := v.Verify(seen[0].body, seen[0].header); err != nil {
			t.Errorf("%s does not verify: %v", library, err)
		}
	}
	var got onboarding.Payload
	if err := json.Unmarshal(seen[1].body, &got); err != nil {
		t.Fatal(err)
	}
	if got.Timestamp.Sub(now).Abs() > time.Minute {
		t.Errorf("timestamp %s", got.Timestamp)
	}
	got.Timestamp = time.Time{}
	want := onboarding.Payload{Type: onboarding.EffectHookTest, Data: onboarding.PayloadData{
		UserID: "hook-test", Stage: onboarding.StageCollecting, BlockedOn: onboarding.User, Access: onboarding.AccessNone,
	}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("sent %+v, want %+v", got, want)
	}
}

// TestTesterOfWhatIsNoHook holds that nothing but an HTTP hook is tried.
func TestTesterOfWhatIsNoHook(t *testing.T) {
	t.Parallel()
	never := sendFunc(func(context.Context, onboarding.Delivery) onboarding.Attempt {
		t.Error("something was sent")
		return delivered
	})
	tester := activities.Tester{Senders: map[string]activities.Sender{onboarding.MailTarget: never, onboarding.P100Target: never}}
	for _, name := range []string{onboarding.MailTarget, onboarding.P100Target, "crm", ""} {
		if tried, _, err := tester.Test(t.Context(), name); !errors.Is(err, activities.ErrNotHTTP) || !same(tried, onboarding.Attempt{}) {
			t.Errorf("Test(%q) = %+v, %v", name, tried, err)
		}
	}
}
