package workflows_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"admit/onboarding"
	"admit/workflows"
)

// reply is what became of an update.
type reply struct {
	rejected error
	outcome  onboarding.CommandOutcome
	err      error
	done     bool
}

// update sends the command at the given time and returns where its reply is put.
func update(env *testsuite.TestWorkflowEnvironment, after time.Duration, requestID string) *reply {
	r := &reply{}
	at(env, after, func() {
		env.UpdateWorkflow(onboarding.UpdateName, requestID, &testsuite.TestUpdateCallback{
			OnAccept: func() {},
			OnReject: func(err error) { r.rejected = err },
			OnComplete: func(v any, err error) {
				r.done, r.err = true, err
				if o, ok := v.(onboarding.CommandOutcome); ok {
					r.outcome = o
				}
			},
		}, onboarding.CommandRequest{RequestID: requestID})
	})
	return r
}

// tellsWhereToGo says whether a text tells where commands are sent.
func tellsWhereToGo(text string) bool {
	return strings.Contains(text, "nothing was done") && strings.Contains(text, "POST /v1/onboardings/{userId}/commands") && strings.Contains(text, "admit command USER")
}

func TestCommand(t *testing.T) {
	t.Parallel()
	b := newBook()
	hold := onboarding.CommandOutcome{RequestID: "r1", Outcome: onboarding.Applied, Seq: 4}
	refused := onboarding.CommandOutcome{RequestID: "r2", Outcome: onboarding.Refused, Reason: onboarding.RefusedOnHold, Seq: 5}
	b.commands["r1"], b.commands["r2"] = hold, refused
	env := setup(t, b)
	first, second := update(env, time.Minute, "r1"), update(env, time.Minute, "r2")
	unknown, empty := update(env, 2*time.Minute, "r3"), update(env, 3*time.Minute, "")
	finish(env, b, time.Hour)
	run(t, env, input())
	completed(t, env)

	if first.outcome != hold || first.err != nil {
		t.Errorf("r1: %+v", first)
	}
	if second.outcome != refused || second.err != nil {
		t.Errorf("r2: %+v", second)
	}
	var app *temporal.ApplicationError
	if !errors.As(unknown.err, &app) || app.Type() != workflows.ErrorUnknownCommand || !app.NonRetryable() || !tellsWhereToGo(app.Message()) {
		t.Errorf("r3: %+v, want a final UnknownCommand that names the admin API", unknown)
	}
	if empty.rejected == nil || empty.done || !tellsWhereToGo(empty.rejected.Error()) {
		t.Errorf("empty request ID: %+v, want a rejection", empty)
	}
}

func TestCommandWaitsForABacklog(t *testing.T) {
	t.Parallel()
	b := newBook()
	env := setup(t, b)
	at(env, time.Minute-time.Second, func() {
		b.change(func(b *book) { b.inbox, b.batch = 30, 10 })
	})
	b.fold = func(b *book, _ int) error {
		if b.inbox > 0 && b.inbox <= 10 { // the last batch holds the command
			b.commands["r1"] = onboarding.CommandOutcome{RequestID: "r1", Outcome: onboarding.Applied}
		}
		return nil
	}
	r := update(env, time.Minute, "r1")
	finish(env, b, time.Hour)
	run(t, env, input())
	completed(t, env)
	if r.err != nil || r.outcome.Outcome != onboarding.Applied {
		t.Errorf("reply %+v", r)
	}
}

func TestContinueAsNew(t *testing.T) {
	t.Parallel()
	small := &workflows.Limits{Events: 50, Bytes: 5000, Force: 200}
	tests := []struct {
		name  string
		grow  func(env *testsuite.TestWorkflowEnvironment)
		wants bool
	}{
		{name: "not yet", grow: func(env *testsuite.TestWorkflowEnvironment) {
			env.SetCurrentHistoryLength(49)
			env.SetCurrentHistorySize(4999)
		}},
		{name: "events", grow: func(env *testsuite.TestWorkflowEnvironment) { env.SetCurrentHistoryLength(50) }, wants: true},
		{name: "bytes", grow: func(env *testsuite.TestWorkflowEnvironment) { env.SetCurrentHistorySize(5000) }, wants: true},
		{name: "the server suggests it", grow: func(env *testsuite.TestWorkflowEnvironment) { env.SetContinueAsNewSuggested(true) }, wants: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBook()
			env := setup(t, b)
			at(env, time.Minute, func() { tt.grow(env); ring(env)() })
			finish(env, b, time.Hour)
			in := input()
			in.Run, in.Limits = 2, small
			run(t, env, in)
			if !tt.wants {
				completed(t, env)
				return
			}
			next := continued(t, env)
			if next.UserID != "user-1" || next.Run != 3 || next.Limits == nil || *next.Limits != *small {
				t.Errorf("continued with %+v", next)
			}
		})
	}
}

func TestContinueAsNewWaitsForLanes(t *testing.T) {
	t.Parallel()
	b := newBook()
	b.add("hook", onboarding.LaneRest, "onboarding.started")
	b.send = func(_ context.Context, e effect) error {
		if e.tries < 3 {
			return again(time.Hour)
		}
		return nil
	}
	env := setup(t, b)
	start := env.Now()
	at(env, time.Minute, func() { env.SetCurrentHistoryLength(workflows.DefaultEvents); ring(env)() })
	run(t, env, input())
	continued(t, env)
	if took := env.Now().Sub(start); took < 2*time.Hour {
		t.Errorf("continued after %s, with the lane in flight", took)
	}
}

func TestForcedContinueAsNewCancelsLanes(t *testing.T) {
	t.Parallel()
	b := newBook()
	b.add("hook", onboarding.LaneRest, "onboarding.started")
	b.send = func(context.Context, effect) error { return again(10 * time.Hour) }
	env := setup(t, b)
	start := env.Now()
	at(env, time.Minute, func() {
		env.SetCurrentHistoryLength(workflows.DefaultForce)
		b.change(func(b *book) { b.add("crm", onboarding.LaneRest, "onboarding.started") })
		ring(env)()
	})
	run(t, env, input())
	continued(t, env)
	if took := env.Now().Sub(start); took > time.Hour {
		t.Errorf("continued after %s: the lane was not cancelled", took)
	}
	if b.effects[1].tries != 0 {
		t.Error("a lane was started although the run was forced to end")
	}
}

func TestRunThatEndsLosesNothing(t *testing.T) {
	t.Parallel()
	b := newBook()
	b.commands["r1"] = onboarding.CommandOutcome{RequestID: "r1", Outcome: onboarding.Applied}
	env := setup(t, b)
	r := &reply{}
	at(env, time.Minute, func() {
		env.SetCurrentHistoryLength(workflows.DefaultEvents)
		b.change(func(b *book) { b.inbox = 2 })
		env.SignalWorkflowSkippingWorkflowTask(onboarding.SignalEvents, nil)
		env.SignalWorkflowSkippingWorkflowTask(onboarding.SignalEvents, nil)
		env.UpdateWorkflow(onboarding.UpdateName, "r1", &testsuite.TestUpdateCallback{
			OnAccept:   func() {},
			OnReject:   func(err error) { r.rejected = err },
			OnComplete: func(_ any, err error) { r.done, r.err = true, err },
		}, onboarding.CommandRequest{RequestID: "r1"})
	})
	run(t, env, input())
	continued(t, env)
	if b.folded != 2 {
		t.Errorf("folded %d events before the end, want 2", b.folded)
	}
	if !r.done || r.err != nil {
		t.Errorf("the queued update was answered with %+v", r)
	}
}

func TestCompletionWaitsForQueuedUpdates(t *testing.T) {
	t.Parallel()
	b := newBook()
	b.commands["r1"] = onboarding.CommandOutcome{RequestID: "r1", Outcome: onboarding.Applied}
	env := setup(t, b)
	finish(env, b, time.Minute)
	r := update(env, time.Minute, "r1")
	run(t, env, input())
	completed(t, env)
	if !r.done || r.err != nil {
		t.Errorf("the queued update was answered with %+v", r)
	}
}
