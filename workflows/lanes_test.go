package workflows_test

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"admit/onboarding"
)

func TestLanesAreServedSideBySide(t *testing.T) {
	t.Parallel()
	b := newBook()
	b.add("core", onboarding.LaneAccess, "access.granted")
	b.add("core", onboarding.LaneRest, "onboarding.approved")
	b.add("crm", onboarding.LaneRest, "onboarding.approved")
	b.send = func(_ context.Context, e effect) error {
		if e.target == "crm" && e.tries < 3 {
			return again(time.Hour)
		}
		return nil
	}
	env := setup(t, b)
	finish(env, b, 24*time.Hour)
	run(t, env, input())
	completed(t, env)
	slices.Sort(b.sent)
	want := []string{"!onboarding.approved", "!onboarding.approved", "access.granted", "onboarding.approved", "onboarding.approved"}
	if !slices.Equal(b.sent, want) {
		t.Errorf("attempts %v, want %v", b.sent, want)
	}
	// Once at the start, once at the end: an empty lane calls for no Advance.
	if len(b.advances) != 2 {
		t.Errorf("advanced %d times, want 2", len(b.advances))
	}
}

func TestLaneNamedWhileInFlightIsAdvancedAfter(t *testing.T) {
	t.Parallel()
	b := newBook()
	b.add("hook", onboarding.LaneRest, "onboarding.started")
	b.send = func(_ context.Context, e effect) error {
		if e.tries == 1 && e.id == 1 {
			return again(time.Hour)
		}
		return nil
	}
	env := setup(t, b)
	at(env, time.Minute, func() {
		b.change(func(b *book) { b.add("hook", onboarding.LaneRest, "onboarding.in_review") })
		ring(env)()
	})
	finish(env, b, 24*time.Hour)
	run(t, env, input())
	completed(t, env)
	if want := []string{"!onboarding.started", "onboarding.started", "onboarding.in_review"}; !slices.Equal(b.sent, want) {
		t.Errorf("attempts %v, want %v", b.sent, want)
	}
	if len(b.advances) != 4 {
		t.Errorf("advanced %d times, want 4: start, ring, end of the lane that was named meanwhile, end", len(b.advances))
	}
}

// TestReplayDoesNotWaitForABackoff holds that what is sent again goes out at once,
// although what comes behind it backs off.
func TestReplayDoesNotWaitForABackoff(t *testing.T) {
	t.Parallel()
	b := newBook()
	b.add("hook", onboarding.LaneRest, "onboarding.started")
	b.add("hook", onboarding.LaneRest, "onboarding.in_review")
	b.effects[0].state = onboarding.EffectParked
	b.send = func(_ context.Context, e effect) error {
		if e.id == 2 && e.tries == 1 {
			return again(time.Hour)
		}
		return nil
	}
	env := setup(t, b)
	start := env.Now()
	at(env, time.Minute, func() {
		b.change(func(b *book) { b.effects[0].state = onboarding.EffectWaiting })
		ring(env)()
	})
	var sent []string
	at(env, 2*time.Minute, func() { b.change(func(b *book) { sent = slices.Clone(b.sent) }) })
	finish(env, b, 24*time.Hour)
	run(t, env, input())
	completed(t, env)
	if want := []string{"!onboarding.in_review", "onboarding.started", "onboarding.in_review"}; !slices.Equal(sent, want) {
		t.Errorf("after %v the attempts are %v, want %v", env.Now().Sub(start), sent, want)
	}
}

func TestUserWhoEndedIsDoneWhenTheLastLaneIs(t *testing.T) {
	t.Parallel()
	b := newBook()
	b.summary.Stage, b.done = onboarding.StageRejected, true
	b.add("hook", onboarding.LaneRest, "onboarding.rejected")
	env := setup(t, b)
	run(t, env, input())
	completed(t, env)
	if want := []string{"onboarding.rejected"}; !slices.Equal(b.sent, want) {
		t.Errorf("sent %v, want %v", b.sent, want)
	}
}

func TestDoneCancelsLanesThatWaitForNothing(t *testing.T) {
	t.Parallel()
	b := newBook()
	b.add("mail", onboarding.LaneNotify, "notify.reminder")
	b.send = func(context.Context, effect) error { return again(time.Hour) }
	env := setup(t, b)
	var ended time.Duration
	start := env.Now()
	at(env, time.Minute, func() {
		b.change(func(b *book) {
			b.supersede("notify.reminder")
			b.summary.Stage, b.done = onboarding.StageClosed, true
		})
		ring(env)()
	})
	run(t, env, input())
	completed(t, env)
	if ended = env.Now().Sub(start); ended > 30*time.Minute {
		t.Errorf("the run ended after %s: it waited for a backoff with nothing behind it", ended)
	}
}

func TestLaneThatFailsForGoodRests(t *testing.T) {
	t.Parallel()
	b := newBook()
	b.add("hook", onboarding.LaneRest, "onboarding.started")
	b.send = func(_ context.Context, e effect) error {
		if e.tries < 4 {
			return temporal.NewNonRetryableApplicationError("never", "Final", nil)
		}
		return nil
	}
	env := setup(t, b)
	finish(env, b, time.Hour)
	start, last := env.Now(), time.Time{}
	env.SetOnActivityCompletedListener(func(*activity.Info, converter.EncodedValue, error) { last = env.Now() })
	run(t, env, input())
	completed(t, env)
	if got := b.sent[len(b.sent)-1]; got != "onboarding.started" {
		t.Errorf("attempts %v: the lane was given up", b.sent)
	}
	if took := last.Sub(start); took < 90*time.Second {
		t.Errorf("four attempts within %s: the lane did not rest between them", took)
	}
}

// oneFailure answers a first call with the error, and every later one well.
func oneFailure(err error) func(int32) error {
	return func(call int32) error {
		if call == 1 {
			return err
		}
		return nil
	}
}

func TestLaneOnAnotherTeamsQueue(t *testing.T) {
	t.Parallel()
	final := temporal.NewNonRetryableApplicationError("a secret", "NoSuch Cüstomer", nil)
	later := temporal.NewApplicationErrorWithOptions("a secret", "Busy", temporal.ApplicationErrorOptions{NextRetryDelay: time.Minute})
	delivered := onboarding.Attempt{Result: onboarding.AttemptDelivered, Answer: "completed"}
	tests := []struct {
		name   string
		answer func(call int32) error
		want   []onboarding.Attempt
	}{
		{name: "completed", answer: oneFailure(nil), want: []onboarding.Attempt{delivered}},
		{
			name: "a failure is tried again by the ledger", answer: oneFailure(later),
			want: []onboarding.Attempt{{Result: onboarding.AttemptFailed, Answer: "failed: Busy", RetryAfter: time.Minute}, delivered},
		},
		{
			name: "nobody takes it", answer: oneFailure(temporal.NewTimeoutError(enumspb.TIMEOUT_TYPE_SCHEDULE_TO_START, nil)),
			want: []onboarding.Attempt{{Result: onboarding.AttemptFailed, Answer: "nobody polls the task queue crm, or too few do"}, delivered},
		},
		{
			name: "it does not end", answer: oneFailure(temporal.NewTimeoutError(enumspb.TIMEOUT_TYPE_SCHEDULE_TO_CLOSE, nil)),
			want: []onboarding.Attempt{{Result: onboarding.AttemptFailed, Answer: "timeout: ScheduleToClose"}, delivered},
		},
		{
			name: "a final failure is a definite no", answer: oneFailure(final),
			want: []onboarding.Attempt{{Result: onboarding.AttemptRefused, Answer: "failed: NoSuchCstomer"}, delivered},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBook()
			b.foreign["crm"], b.queue = "OnOnboardingEvent", "crm"
			b.add("crm", onboarding.LaneRest, "onboarding.started")
			env := setup(t, b)
			var calls atomic.Int32
			env.RegisterActivityWithOptions(func(ctx context.Context, body json.RawMessage) error {
				if string(body) != `{"type":"onboarding.started"}` {
					t.Errorf("the activity got %s", body)
				}
				if q := activity.GetInfo(ctx).TaskQueue; q != "crm" {
					t.Errorf("the activity ran on %q", q)
				}
				return tt.answer(calls.Add(1))
			}, activity.RegisterOptions{Name: "OnOnboardingEvent"})
			finish(env, b, 24*time.Hour)
			run(t, env, input())
			completed(t, env)
			if !reflect.DeepEqual(b.records, tt.want) {
				t.Errorf("recorded %+v, want %+v", b.records, tt.want)
			}
			if int(calls.Load()) != len(tt.want) {
				t.Errorf("the activity ran %d times, want %d", calls.Load(), len(tt.want))
			}
		})
	}
}

func TestPanicOfAnotherTeamsActivityIsAFailure(t *testing.T) {
	t.Parallel()
	b := newBook()
	b.foreign["crm"], b.queue = "OnOnboardingEvent", "crm"
	b.add("crm", onboarding.LaneRest, "onboarding.started")
	env := setup(t, b)
	var calls atomic.Int32
	env.RegisterActivityWithOptions(func(context.Context, onboarding.Payload) error {
		if calls.Add(1) == 1 {
			panic("a secret")
		}
		return nil
	}, activity.RegisterOptions{Name: "OnOnboardingEvent"})
	finish(env, b, time.Hour)
	run(t, env, input())
	completed(t, env)
	want := []onboarding.Attempt{{Result: onboarding.AttemptFailed, Answer: "panic"}, {Result: onboarding.AttemptDelivered, Answer: "completed"}}
	if !reflect.DeepEqual(b.records, want) {
		t.Errorf("recorded %+v, want %+v", b.records, want)
	}
}
