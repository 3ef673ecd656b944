package worker_test

import (
	"crypto/rand"
	"os"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"admit/onboarding"
	"admit/worker"
)

// build runs a worker with a workflow until the returned function has stopped it.
func build(t *testing.T, c client.Client, queue, name string, shell any) (stop func()) {
	t.Helper()
	r := run(t, worker.Options{
		Client: c, Namespace: os.Getenv("TEMPORAL_NAMESPACE"), TaskQueue: queue, HooksTaskQueue: queue + "-hooks",
		Workflow: shell, Activities: (&calls{seen: map[string]int{}}).activities(), StopTimeout: time.Second, Build: name,
	})
	until(t, name+" polls", func() bool { return r.w.Ready() == nil })
	return func() {
		r.stop()
		if err := r.ended(t); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestBuilds lets builds follow each other, without anybody making one of them
// current. A run goes on under the next build; one that a build cannot follow
// waits and goes on under a build that can; and Temporal knows which build moved
// it.
func TestBuilds(t *testing.T) {
	t.Parallel()
	f := newFleetWithout(t)
	stop := build(t, f.c, f.queue, "build-1.0-dirty", shell)
	_, err := f.c.ExecuteWorkflow(f.ctx(), client.StartWorkflowOptions{
		ID: f.prefix + "run", TaskQueue: f.queue, WorkflowTaskTimeout: time.Second,
	}, onboarding.WorkflowType)
	if err != nil {
		t.Fatal(err)
	}
	f.sleeping("run")
	stop()

	stop = build(t, f.c, f.queue, "build-2", moved)
	until(t, "build 2 fails at it", func() bool {
		return f.last(enumspb.EVENT_TYPE_WORKFLOW_TASK_FAILED).GetWorkflowTaskFailedEventAttributes().GetCause() ==
			enumspb.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR
	})
	stop()

	build(t, f.c, f.queue, "build-3", patched)
	if err := f.c.SignalWorkflow(f.ctx(), f.prefix+"run", "", "end", nil); err != nil {
		t.Fatal(err)
	}
	if err := f.c.GetWorkflow(f.ctx(), f.prefix+"run", "").Get(f.ctx(), nil); err != nil {
		t.Errorf("the run ended with %v", err)
	}
	done := f.last(enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED).GetWorkflowTaskCompletedEventAttributes()
	if got := done.GetVersioningBehavior(); got != enumspb.VERSIONING_BEHAVIOR_UNSPECIFIED {
		t.Errorf("the run is versioned: %s", got)
	}
	for _, name := range []string{"build-1.0-dirty", "build-3"} {
		until(t, "the run is found by "+name, func() bool {
			n, err := f.c.CountWorkflow(f.ctx(), &workflowservice.CountWorkflowExecutionsRequest{
				Query: f.query() + ` AND BuildIds = "unversioned:` + name + `"`,
			})
			return err == nil && n.GetCount() == 1
		})
	}
}

// newFleetWithout is newFleet without its worker.
func newFleetWithout(t *testing.T) *fleet {
	t.Helper()
	name := "builds-" + strings.ToLower(rand.Text())
	return &fleet{t: t, c: dial(t, options(t)), prefix: name + ":", queue: name}
}

// last returns the run's last event of a kind, nil when it has none.
func (f *fleet) last(kind enumspb.EventType) *historypb.HistoryEvent {
	var found *historypb.HistoryEvent
	it := f.c.GetWorkflowHistory(f.ctx(), f.prefix+"run", "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for it.HasNext() {
		e, err := it.Next()
		if err != nil {
			f.t.Fatal(err)
		}
		if e.GetEventType() == kind {
			found = e
		}
	}
	return found
}
