package workflows_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"admit/onboarding"
	"admit/workflows"
)

// setup returns an environment in which the workflow runs against the book.
func setup(t *testing.T, b *book) *testsuite.TestWorkflowEnvironment {
	t.Helper()
	return environment(t, b.activities())
}

// environment returns one in which the workflow runs with these activities.
func environment(t *testing.T, activities map[string]any) *testsuite.TestWorkflowEnvironment {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(20 * time.Second)
	env.RegisterWorkflowWithOptions(workflows.Workflow{}.Onboarding, workflow.RegisterOptions{Name: onboarding.WorkflowType})
	for name, a := range activities {
		env.RegisterActivityWithOptions(a, activity.RegisterOptions{Name: name})
	}
	return env
}

// at runs do in the workflow's time, the given time after its start.
func at(env *testsuite.TestWorkflowEnvironment, after time.Duration, do func()) {
	env.RegisterDelayedCallback(do, after)
}

func ring(env *testsuite.TestWorkflowEnvironment) func() {
	return func() { env.SignalWorkflow(onboarding.SignalEvents, onboarding.Ring{EventID: 1}) }
}

// finish lets the run end at the given time: the user is closed, and rung.
func finish(env *testsuite.TestWorkflowEnvironment, b *book, after time.Duration) {
	at(env, after, func() {
		b.change(func(b *book) { b.done, b.deadline, b.summary.Stage = true, time.Time{}, onboarding.StageClosed })
		env.SignalWorkflow(onboarding.SignalEvents, nil)
	})
}

func run(t *testing.T, env *testsuite.TestWorkflowEnvironment, in workflows.Input) {
	t.Helper()
	env.ExecuteWorkflow(onboarding.WorkflowType, in)
	if !env.IsWorkflowCompleted() {
		t.Fatal("the run did not end")
	}
}

func completed(t *testing.T, env *testsuite.TestWorkflowEnvironment) {
	t.Helper()
	if err := env.GetWorkflowError(); err != nil {
		t.Fatalf("the run ended with %v, want completion", err)
	}
}

func continued(t *testing.T, env *testsuite.TestWorkflowEnvironment) workflows.Input {
	t.Helper()
	var next *workflow.ContinueAsNewError
	if err := env.GetWorkflowError(); !errors.As(err, &next) {
		t.Fatalf("the run ended with %v, want continue-as-new", err)
	}
	var in workflows.Input
	if err := converter.GetDefaultDataConverter().FromPayloads(next.Input, &in); err != nil {
		t.Fatal(err)
	}
	return in
}

func TestAdvanceAtStartAndOnRings(t *testing.T) {
	t.Parallel()
	b := newBook()
	env := setup(t, b)
	at(env, time.Minute, func() {
		b.change(func(b *book) { b.inbox = 3 })
		for range 3 {
			env.SignalWorkflowSkippingWorkflowTask(onboarding.SignalEvents, onboarding.Ring{EventID: 1})
		}
		ring(env)()
	})
	finish(env, b, time.Hour)
	run(t, env, input())
	completed(t, env)
	if got := len(b.advances); got != 3 {
		t.Errorf("advanced %d times, want 3: at the start, once for the burst, at the end", got)
	}
	if b.folded != 3 {
		t.Errorf("folded %d events, want 3", b.folded)
	}
	for _, r := range b.advances {
		if r.UserID != "user-1" {
			t.Errorf("advanced user %q", r.UserID)
		}
	}
}

func TestUndecodableSignalStillRings(t *testing.T) {
	t.Parallel()
	b := newBook()
	env := setup(t, b)
	at(env, time.Minute, func() { env.SignalWorkflow(onboarding.SignalEvents, []byte("\xff\x00 no JSON")) })
	at(env, 2*time.Minute, func() { env.SignalWorkflow(onboarding.SignalEvents, "no object") })
	finish(env, b, time.Hour)
	run(t, env, input())
	completed(t, env)
	if got := len(b.advances); got != 4 {
		t.Errorf("advanced %d times, want 4", got)
	}
}

func TestMoreIsAdvancedAtOnce(t *testing.T) {
	t.Parallel()
	b := newBook()
	b.inbox, b.batch = 1000, 300
	env := setup(t, b)
	finish(env, b, time.Hour)
	run(t, env, input())
	completed(t, env)
	if b.folded != 1000 || len(b.advances) != 5 {
		t.Errorf("folded %d events in %d calls, want 1000 in 4 and one at the end", b.folded, len(b.advances))
	}
}

func TestAdvanceFallsBackToAnActivity(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		failures int
		final    bool
	}{
		{name: "the first call fails", failures: 1},
		{name: "the store is away for long", failures: 40},
		{name: "a failure that calls itself final", failures: 2, final: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBook()
			b.inbox = 1
			b.fold = func(_ *book, call int) error {
				switch {
				case call > tt.failures:
					return nil
				case tt.final:
					return temporal.NewNonRetryableApplicationError("never", "Final", nil)
				}
				return errAway
			}
			env := setup(t, b)
			started := 0
			env.SetOnActivityStartedListener(func(*activity.Info, context.Context, converter.EncodedValues) { started++ })
			finish(env, b, 24*time.Hour)
			run(t, env, input())
			completed(t, env)
			if b.folded != 1 {
				t.Errorf("folded %d events, want 1", b.folded)
			}
			if started == 0 {
				t.Error("no activity was started: the local activity was retried instead")
			}
		})
	}
}

func TestTimer(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	due := func(after time.Duration) (time.Time, time.Duration) { return start.Add(after), after }
	tests := []struct {
		name string
		// plan sets the deadline at the given Advance, counted from 1.
		plan  map[int]time.Duration
		rings []time.Duration
		armed []time.Duration // durations of the timers, in order
	}{
		{name: "none without a deadline"},
		{name: "one for a deadline", plan: map[int]time.Duration{1: time.Hour}, armed: []time.Duration{time.Hour}},
		{name: "rounded up to seconds", plan: map[int]time.Duration{1: 90*time.Second + time.Millisecond}, armed: []time.Duration{91 * time.Second}},
		{name: "at least a second", plan: map[int]time.Duration{1: -time.Minute}, armed: []time.Duration{time.Second}},
		{
			name: "left alone for a later deadline", plan: map[int]time.Duration{1: time.Hour, 2: 3 * time.Hour},
			rings: []time.Duration{time.Minute}, armed: []time.Duration{time.Hour, 2 * time.Hour},
		},
		{
			name: "left alone for a deadline hardly earlier", plan: map[int]time.Duration{1: time.Hour, 2: time.Hour - time.Second},
			rings: []time.Duration{time.Minute}, armed: []time.Duration{time.Hour},
		},
		{
			name: "armed anew for an earlier deadline", plan: map[int]time.Duration{1: time.Hour, 2: time.Hour - 1001*time.Millisecond},
			rings: []time.Duration{time.Minute}, armed: []time.Duration{time.Hour, 59*time.Minute - time.Second},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBook()
			env := setup(t, b)
			env.SetStartTime(start)
			b.fold = func(b *book, call int) error {
				if d, ok := tt.plan[call]; ok {
					b.deadline, _ = due(d)
				} else if !b.deadline.After(env.Now()) {
					b.deadline = time.Time{}
				}
				b.in = b.deadline.Sub(env.Now()).Round(time.Millisecond)
				return nil
			}
			var armed []time.Duration
			env.SetOnTimerScheduledListener(func(_ string, d time.Duration) { armed = append(armed, d.Round(time.Millisecond)) })
			for _, r := range tt.rings {
				at(env, r, ring(env))
			}
			finish(env, b, 48*time.Hour)
			run(t, env, input())
			completed(t, env)
			if !slices.Equal(armed, tt.armed) {
				t.Errorf("timers %v, want %v", armed, tt.armed)
			}
		})
	}
}

func TestCancelRequestChangesNothing(t *testing.T) {
	t.Parallel()
	b := newBook()
	b.add("hook", onboarding.LaneRest, "onboarding.started")
	env := setup(t, b)
	at(env, time.Minute, env.CancelWorkflow)
	at(env, 2*time.Minute, func() {
		b.change(func(b *book) { b.add("hook", onboarding.LaneRest, "onboarding.in_review") })
		ring(env)()
	})
	finish(env, b, time.Hour)
	run(t, env, input())
	completed(t, env)
	if want := []string{"onboarding.started", "onboarding.in_review"}; !slices.Equal(b.sent, want) {
		t.Errorf("sent %v, want %v", b.sent, want)
	}
}

func TestQuery(t *testing.T) {
	t.Parallel()
	b := newBook()
	deadline := time.Date(2026, 3, 1, 13, 0, 0, 0, time.UTC)
	b.deadline, b.in, b.due = deadline, time.Hour, onboarding.DeadlineRemind
	b.summary.Checks.KYC = onboarding.StatusInReview
	b.add("hook", onboarding.LaneAccess, "access.granted")
	b.send = func(context.Context, effect) error { return again(30 * time.Minute) }
	env := setup(t, b)
	var v workflows.View
	at(env, time.Minute, func() {
		got, err := env.QueryWorkflow(onboarding.QueryState)
		if err != nil {
			t.Error(err)
			return
		}
		if err := got.Get(&v); err != nil {
			t.Error(err)
		}
		b.change(func(b *book) { b.send = nil })
	})
	finish(env, b, time.Hour)
	in := input()
	in.Run = 4
	run(t, env, in)
	if v.UserID != "user-1" || v.Stage != onboarding.StageCollecting || v.Checks.KYC != onboarding.StatusInReview || v.Run != 4 {
		t.Errorf("state %+v", v)
	}
	if v.Deadline == nil || !v.Deadline.Equal(deadline) || v.Due != onboarding.DeadlineRemind {
		t.Errorf("%s is due at %v", v.Due, v.Deadline)
	}
	if len(v.Lanes) != 1 || v.Lanes[0].Target != "hook" || v.Lanes[0].Lane != onboarding.LaneAccess || v.Lanes[0].Cancelled {
		t.Errorf("lanes %+v", v.Lanes)
	}
}
