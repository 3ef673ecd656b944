package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"admit/onboarding"
	"admit/workflows"
)

// Rings and updates from many sides while runs follow each other: nothing is
// lost, every update is answered, and no run fails.
func TestNothingIsLostAcrossRuns(t *testing.T) {
	t.Parallel()
	const senders, each = 8, 25
	b := newBook()
	s := serve(t, b, &workflows.Limits{Events: 40})
	first := s.ring()
	var wg sync.WaitGroup
	for i := range senders {
		wg.Go(func() {
			for n := range each {
				b.change(func(b *book) { b.inbox++ })
				_, err := s.c.SignalWithStartWorkflow(s.ctx(), s.id(), onboarding.SignalEvents, nil, s.options(), onboarding.WorkflowType, s.in)
				if err != nil {
					t.Errorf("ring: %v", err)
				}
				if n%5 != 0 {
					continue
				}
				want := onboarding.CommandOutcome{RequestID: fmt.Sprintf("request-%d-%d", i, n), Outcome: onboarding.Applied, Seq: int64(n)}
				b.change(func(b *book) { b.commands[want.RequestID] = want })
				if got, err := s.update(want.RequestID); err != nil || got != want {
					t.Errorf("%s: %+v, %v", want.RequestID, got, err)
				}
			}
		})
	}
	wg.Wait()
	s.folded(senders * each)
	if s.status("") != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		t.Errorf("the newest run is %s", s.status(""))
	}
	if got := s.status(first); got != enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW {
		t.Errorf("the first run is %s", got)
	}
	v, err := s.query()
	if err != nil || v.Run < 3 {
		t.Errorf("the newest run is number %d, %v: the load was to fill several", v.Run, err)
	}
	replay(t, s.history(first))
}

func TestRevokeWaitsForTheAttemptInFlight(t *testing.T) {
	t.Parallel()
	b := newBook()
	release := make(chan struct{})
	var flying, most atomic.Int32
	b.send = func(ctx context.Context, e effect) error {
		most.Store(max(most.Load(), flying.Add(1)))
		defer flying.Add(-1)
		if e.name == onboarding.EffectGranted {
			select {
			case <-release:
				return again(time.Hour)
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	}
	s := serve(t, b, nil)
	run := s.approve()
	s.until("the grant is being sent", func() bool { return flying.Load() == 1 })
	s.revoke()
	s.until("the lane is being cancelled", func() bool {
		v, err := s.query()
		return err == nil && slices.ContainsFunc(v.Lanes, func(l workflows.LaneView) bool {
			return l.Lane == onboarding.LaneAccess && l.Cancelled
		})
	})
	// The loop goes on meanwhile: a command is answered.
	want := onboarding.CommandOutcome{RequestID: "request-1", Outcome: onboarding.Applied}
	b.change(func(b *book) { b.commands[want.RequestID] = want })
	if got, err := s.update(want.RequestID); err != nil || got != want {
		t.Errorf("a command during the cancellation: %+v, %v", got, err)
	}
	if b.delivered(onboarding.EffectRevoked) {
		t.Error("the revoke overtook the attempt in flight")
	}
	close(release)
	s.sent(onboarding.EffectRevoked)
	if most.Load() > 2 { // the access lane and the rest
		t.Errorf("%d attempts at once", most.Load())
	}
	s.idle()
	replay(t, s.history(run))
}

// A foreign activity that nobody polls for is given up at once when the lane is
// cancelled, and the attempt is written down.
func TestRevokeDoesNotWaitForAQueueThatNobodyPolls(t *testing.T) {
	t.Parallel()
	b := newBook()
	s := serve(t, b, nil)
	b.foreign["core"], b.queue = "OnOnboardingEvent", s.queue+"-nobody"
	run := s.approve()
	s.until("the grant is scheduled", func() bool { return strings.Contains(s.pending(), "OnOnboardingEvent") })
	s.revoke()
	s.until("the cancelled attempt was recorded", func() bool {
		return read(b, func(b *book) bool {
			return slices.ContainsFunc(b.records, func(a onboarding.Attempt) bool {
				return a.Result == onboarding.AttemptFailed && a.Answer == "cancelled"
			})
		})
	})
	s.until("the revoke was given out", func() bool { return read(b, func(b *book) int { return b.effects[2].tries }) > 0 })
	replay(t, s.history(run))
}

// pending lists the types of the activities in flight.
func (s *server) pending() string {
	d, err := s.c.DescribeWorkflowExecution(s.ctx(), s.id(), "")
	if err != nil {
		s.t.Fatal(err)
	}
	var names []string
	for _, a := range d.GetPendingActivities() {
		names = append(names, a.GetActivityType().GetName())
	}
	return strings.Join(names, " ")
}

func TestTerminatedRunIsCarriedOn(t *testing.T) {
	t.Parallel()
	b := newBook()
	due := time.Now().Add(time.Hour).Truncate(time.Microsecond).UTC()
	b.deadline, b.in = due, time.Hour
	s := serve(t, b, nil)
	first := approval(s)
	if err := s.c.TerminateWorkflow(s.ctx(), s.id(), "", "test"); err != nil {
		t.Fatal(err)
	}
	b.change(func(b *book) { b.add("core", onboarding.LaneRest, "onboarding.suspended") })
	next := s.ring()
	s.sent("onboarding.suspended")
	if next == first {
		t.Error("no run followed")
	}
	v, err := s.query()
	if err != nil || v.Stage != onboarding.StageApproved || v.Deadline == nil || !v.Deadline.Equal(due) {
		t.Errorf("state %+v, %v: want approved with the old deadline", v, err)
	}
	if got := read(b, func(b *book) int { return len(b.sent) }); got != 3 {
		t.Errorf("%d attempts, want 3: nothing is delivered again", got)
	}
}

func TestResetRunCarriesOn(t *testing.T) {
	t.Parallel()
	b := newBook()
	s := serve(t, b, nil)
	run := approval(s)
	s.resetTo(run, tasks(s.history(run))[0])
	b.change(func(b *book) { b.add("core", onboarding.LaneRest, "onboarding.suspended") })
	s.ring()
	s.sent("onboarding.suspended")
	s.idle()
	if got := read(b, func(b *book) []string { return b.sent }); len(got) != 3 {
		t.Errorf("attempts %v: what was delivered was sent again", got)
	}
	v, err := s.query()
	if err != nil || v.Stage != onboarding.StageApproved {
		t.Errorf("state %+v, %v", v, err)
	}
}

// A worker that comes back replays the run and goes on.
func TestWorkerComesBack(t *testing.T) {
	t.Parallel()
	b := newBook()
	c := dial(t)
	s := &server{t: t, c: c, b: b, acts: b.activities(), queue: "comes-back-" + onboarding.WorkflowID(t.Name()), in: workflows.Input{UserID: "user-comes-back"}}
	s.hooks = s.queue + "-hooks"
	stop := s.startWorkers()
	approval(s)
	stop()
	b.change(func(b *book) { b.inbox++; b.add("core", onboarding.LaneRest, "onboarding.suspended") })
	s.ring()
	s.startWorkers()
	s.sent("onboarding.suspended")
	s.folded(4)
}

func TestUpdateWithStart(t *testing.T) {
	t.Parallel()
	b := newBook()
	want := onboarding.CommandOutcome{RequestID: "request-1", Outcome: onboarding.Applied, Seq: 1}
	b.commands[want.RequestID] = want
	s := serve(t, b, nil)
	options := s.options()
	options.WorkflowIDConflictPolicy = enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING
	for range 2 { // starts the run, then finds it
		h, err := s.c.UpdateWithStartWorkflow(s.ctx(), client.UpdateWithStartWorkflowOptions{
			StartWorkflowOperation: s.c.NewWithStartWorkflowOperation(options, onboarding.WorkflowType, s.in),
			UpdateOptions: client.UpdateWorkflowOptions{
				WorkflowID: s.id(), UpdateName: onboarding.UpdateName, WaitForStage: client.WorkflowUpdateStageCompleted,
				Args: []any{onboarding.CommandRequest{RequestID: want.RequestID}},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		var got onboarding.CommandOutcome
		if err := h.Get(s.ctx(), &got); err != nil || got != want {
			t.Errorf("outcome %+v, %v; want %+v", got, err, want)
		}
	}
	var app *temporal.ApplicationError
	if _, err := s.update("forged"); !errors.As(err, &app) || app.Type() != workflows.ErrorUnknownCommand {
		t.Errorf("a forged command was answered %v", err)
	}
}
