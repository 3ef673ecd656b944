package crm_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"admit/cmd/exampleworker/internal/crm"
	"admit/onboarding"
)

// idle is work that is done at once.
func idle(context.Context, crm.Event) error { return nil }

// tell gives the handler an event as Admit writes it and answers whether it was
// taken for a new one.
func tell(t *testing.T, h *crm.Handler, log *bytes.Buffer, p onboarding.Payload) bool {
	t.Helper()
	body, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	log.Reset()
	if err := call(h, string(body)); err != nil {
		t.Fatalf("OnOnboardingEvent: %v", err)
	}
	return strings.Contains(log.String(), `msg="onboarding event"`)
}

// call has the activity run.
func call(h *crm.Handler, body string) error {
	env := (&testsuite.WorkflowTestSuite{}).NewTestActivityEnvironment()
	env.RegisterActivityWithOptions(h.OnOnboardingEvent, activity.RegisterOptions{Name: crm.ActivityName})
	_, err := env.ExecuteActivity(crm.ActivityName, json.RawMessage(body))
	return err
}

func event(kind string, version, access int64, check onboarding.Check) onboarding.Payload {
	return onboarding.Payload{Type: kind, Timestamp: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Data: onboarding.PayloadData{
		UserID: "user-1", Stage: onboarding.StageApproved, Access: onboarding.AccessGranted, Version: version, AccessVersion: access, Check: check,
		Checks: onboarding.CheckStatuses{KYC: onboarding.StatusPassed},
	}}
}

// TestOnce holds that each event is handled once, in whatever way it comes again.
func TestOnce(t *testing.T) {
	t.Parallel()
	steps := []struct {
		name  string
		p     onboarding.Payload
		fresh bool
	}{
		{"started", event("onboarding.started", 1, 0, ""), true},
		{"started again", event("onboarding.started", 1, 0, ""), false},
		{"a check of the same version", event("check.changed", 1, 0, onboarding.KYC), true},
		{"another check of it", event("check.changed", 1, 0, onboarding.POA), true},
		{"the first check again", event("check.changed", 1, 0, onboarding.KYC), false},
		{"a newer version", event("onboarding.approved", 3, 1, ""), true},
		{"its access, by the other lane", event("access.granted", 3, 1, ""), true},
		{"access again", event("access.granted", 3, 1, ""), false},
		{"access shut", event("access.revoked", 4, 2, ""), true},
		{"an older access", event("access.granted", 3, 1, ""), false},
		{"the rest of an older version", event("onboarding.approved", 3, 1, ""), false},
		{"the rest of the newest", event("onboarding.suspended", 4, 2, ""), true},
		{"from before", event("onboarding.started", 1, 0, ""), false},
	}
	var log bytes.Buffer
	h := &crm.Handler{Logger: slog.New(slog.NewTextHandler(&log, nil)), Work: idle}
	for _, s := range steps {
		if got := tell(t, h, &log, s.p); got != s.fresh {
			t.Errorf("%s: new %t, want %t", s.name, got, s.fresh)
		}
	}
	other := event("onboarding.started", 1, 0, "")
	other.Data.UserID = "user-2"
	if !tell(t, h, &log, other) {
		t.Error("another user's event is not new")
	}
}

// TestWorkThatFailed holds that an event is remembered when its work is done, and
// not before: it is done when the event comes again, whichever lane it is of.
func TestWorkThatFailed(t *testing.T) {
	t.Parallel()
	for _, p := range []onboarding.Payload{event("onboarding.started", 1, 0, ""), event("access.granted", 3, 1, "")} {
		var log bytes.Buffer
		var done int
		away := errors.New("the database is away")
		h := &crm.Handler{Logger: slog.New(slog.NewTextHandler(&log, nil)), Work: func(context.Context, crm.Event) error {
			if away == nil {
				done++
			}
			return away
		}}
		body, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		var e *temporal.ApplicationError
		if err := call(h, string(body)); !errors.As(err, &e) || e.NonRetryable() || e.Message() != "the database is away" || log.Len() != 0 {
			t.Errorf("%s: %v, logged %q", p.Type, err, log.String())
		}
		away = temporal.NewNonRetryableApplicationError("no such user", "Unknown", nil)
		if err := call(h, string(body)); !errors.As(err, &e) || !e.NonRetryable() || e.Type() != "Unknown" {
			t.Errorf("%s, refused: %v", p.Type, err)
		}
		away = nil
		if !tell(t, h, &log, p) || tell(t, h, &log, p) || done != 1 {
			t.Errorf("%s: done %d times", p.Type, done)
		}
	}
}

func TestUnusable(t *testing.T) {
	t.Parallel()
	h := &crm.Handler{Logger: slog.New(slog.DiscardHandler), Work: idle}
	for _, body := range []string{`{}`, `{"type":"onboarding.started"}`, `{"data":{"userId":"user-1"}}`} {
		err := call(h, body)
		var e *temporal.ApplicationError
		if !errors.As(err, &e) || !e.NonRetryable() || e.Type() != crm.ErrorUnusable {
			t.Errorf("OnOnboardingEvent(%s) = %v", body, err)
		}
	}
}
