package e2e_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	common "go.temporal.io/api/common/v1"
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"admit/onboarding"
)

// TestResetAfterARevokeElsewhere resets the workflow of a user who was let in and shut
// out again to every task that it has: another team's worker, which has heard of both,
// hears of neither again.
func TestResetAfterARevokeElsewhere(t *testing.T) {
	t.Parallel()
	crm := &colleague{}
	s := newSystem(t, options{config: noJitter + "hooks:\n  - {name: crm, task_queue: crm, activity: OnOnboardingEvent, events: [\"access.*\"]}\n"})
	s.serve()
	crm.work(t, s)
	user := s.user(1)
	c, id := dial(t, s.temporal, s.namespace), onboarding.WorkflowID(user)
	for _, body := range []string{kyc(user, "VERIFIED", "SUCCESSFUL"), kyc(user, "EXPIRED", "")} {
		s.accepted(pathKYC, body)
		s.settled()
		rests(t, c, id)
	}
	run, ends := calmTasks(t, c, id, "OnOnboardingEvent")
	if len(ends) < 6 {
		t.Errorf("tasks that ended with the events %v: want one for each ring, delivery and record", ends)
	}
	want := []string{"access.granted 1", "access.revoked 2"}
	for _, end := range ends {
		_, err := c.ResetWorkflowExecution(background(t), &workflowservice.ResetWorkflowExecutionRequest{
			Namespace: s.namespace, WorkflowExecution: &common.WorkflowExecution{WorkflowId: id, RunId: run},
			Reason: "by a test", WorkflowTaskFinishEventId: end, RequestId: fmt.Sprintf("%s-%d", run, end),
		})
		if err != nil {
			t.Fatalf("reset to the task that ended with event %d: %v", end, err)
		}
		rests(t, c, id)
		if got := crm.all(); !slices.Equal(got, want) {
			t.Fatalf("after a reset to the task that ended with event %d the worker has heard %q, want %q", end, got, want)
		}
	}
	t.Logf("%d resets", len(ends))
}

// all returns what was heard of, in its order.
func (c *colleague) all() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var told []string
	for _, n := range c.heard {
		told = append(told, fmt.Sprintf("%s %d", n.Type, n.Data.Version))
	}
	return told
}

// rests waits until a workflow has neither a task nor an activity under way.
func rests(t *testing.T, c client.Client, id string) {
	t.Helper()
	eventually(t, "the workflow rests", func() error {
		d, err := c.DescribeWorkflowExecution(background(t), id, "")
		if err == nil && (d.GetPendingWorkflowTask() != nil || len(d.GetPendingActivities()) > 0) {
			err = errors.New("it is under way")
		}
		return err
	})
}

// calmTasks returns a workflow's newest run and the events that ended its tasks, but for
// those that ran while the named activity was in flight: a reset to such a one makes the
// server itself hand the activity out again.
func calmTasks(t *testing.T, c client.Client, id, activity string) (run string, ends []int64) {
	t.Helper()
	d, err := c.DescribeWorkflowExecution(background(t), id, "")
	if err != nil {
		t.Fatal(err)
	}
	run = d.GetWorkflowExecutionInfo().GetExecution().GetRunId()
	flying, calm := map[int64]bool{}, false
	for events := c.GetWorkflowHistory(background(t), id, run, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); events.HasNext(); {
		e, err := events.Next()
		if err != nil {
			t.Fatal(err)
		}
		switch e.GetEventType() {
		case enums.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
			if e.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName() == activity {
				flying[e.GetEventId()] = true
			}
		case enums.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
			delete(flying, e.GetActivityTaskCompletedEventAttributes().GetScheduledEventId())
		case enums.EVENT_TYPE_WORKFLOW_TASK_STARTED:
			calm = len(flying) == 0
		case enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
			if calm {
				ends = append(ends, e.GetEventId())
			}
		}
	}
	return run, ends
}
