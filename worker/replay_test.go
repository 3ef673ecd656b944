package worker_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"admit/onboarding"
	"admit/worker"
)

// patched is a shell that waits for a signal and, in runs that begin on this
// build, takes a step more before.
func patched(ctx workflow.Context) error {
	if workflow.GetVersion(ctx, "step", workflow.DefaultVersion, 1) == 1 {
		if err := workflow.Sleep(ctx, time.Millisecond); err != nil {
			return err
		}
	}
	return shell(ctx)
}

// shell sleeps and waits for a signal.
func shell(ctx workflow.Context) error {
	if err := workflow.Sleep(ctx, time.Second); err != nil {
		return err
	}
	workflow.GetSignalChannel(ctx, "end").Receive(ctx, nil)
	return nil
}

// moved does the same in another order.
func moved(ctx workflow.Context) error {
	workflow.GetSignalChannel(ctx, "end").Receive(ctx, nil)
	return workflow.Sleep(ctx, time.Second)
}

// fleet is a few runs of a test's own.
type fleet struct {
	t      *testing.T
	c      client.Client
	prefix string
	queue  string
}

// newFleet runs the workflow shell on a queue of its own.
func newFleet(t *testing.T) *fleet {
	t.Helper()
	name := "replay-" + strings.ToLower(rand.Text())
	f := &fleet{t: t, c: dial(t, options(t)), prefix: name + ":", queue: name}
	w := sdkworker.New(f.c, f.queue, sdkworker.Options{})
	w.RegisterWorkflowWithOptions(shell, workflow.RegisterOptions{Name: onboarding.WorkflowType})
	w.RegisterWorkflowWithOptions(shell, workflow.RegisterOptions{Name: "Other"})
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
	return f
}

func (f *fleet) ctx() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	f.t.Cleanup(cancel)
	return ctx
}

// run starts a workflow of a type on a queue.
func (f *fleet) run(name, kind, queue string) {
	f.t.Helper()
	_, err := f.c.ExecuteWorkflow(f.ctx(), client.StartWorkflowOptions{ID: f.prefix + name, TaskQueue: queue}, kind)
	if err != nil {
		f.t.Fatal(err)
	}
}

// sleeping waits until the shell is past its first task.
func (f *fleet) sleeping(name string) {
	f.t.Helper()
	until(f.t, name+" has begun", func() bool {
		d, err := f.c.DescribeWorkflowExecution(f.ctx(), f.prefix+name, "")
		return err == nil && d.GetWorkflowExecutionInfo().GetHistoryLength() >= 5
	})
}

func (f *fleet) query() string { return fmt.Sprintf("WorkflowId STARTS_WITH %q", f.prefix) }

// listed waits until visibility finds n runs.
func (f *fleet) listed(n int64) {
	f.t.Helper()
	until(f.t, "runs in visibility", func() bool {
		got, err := f.c.CountWorkflow(f.ctx(), &workflowservice.CountWorkflowExecutionsRequest{Query: f.query()})
		return err == nil && got.GetCount() == n
	})
}

// assorted starts a run that waits, one that has ended, one of another workflow,
// and one that has not begun.
func (f *fleet) assorted() {
	f.t.Helper()
	f.run("waits", onboarding.WorkflowType, f.queue)
	f.run("ended", onboarding.WorkflowType, f.queue)
	f.run("other", "Other", f.queue)
	f.run("not-begun", onboarding.WorkflowType, f.queue+"-nobody")
	f.sleeping("waits")
	f.sleeping("ended") // a signal that is there before it begins would hide the order
	if err := f.c.SignalWorkflow(f.ctx(), f.prefix+"ended", "", "end", nil); err != nil {
		f.t.Fatal(err)
	}
	if err := f.c.GetWorkflow(f.ctx(), f.prefix+"ended", "").Get(f.ctx(), nil); err != nil {
		f.t.Fatal(err)
	}
	f.listed(4)
}

func TestReplay(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.assorted()
	tests := []struct {
		name     string
		workflow any
		query    string
		limit    int
		want     worker.ReplayCounts
		fails    []string
	}{
		{name: "the same shell", workflow: shell, want: worker.ReplayCounts{Found: 4, Replayed: 2, Skipped: 2}},
		{name: "a step behind GetVersion", workflow: patched, want: worker.ReplayCounts{Found: 4, Replayed: 2, Skipped: 2}},
		{name: "another order", workflow: moved, want: worker.ReplayCounts{Found: 4, Failed: 2, Skipped: 2}, fails: []string{"ended", "waits"}},
		{
			name: "a query", workflow: moved, query: " AND ExecutionStatus = 'Completed'",
			want: worker.ReplayCounts{Found: 1, Failed: 1}, fails: []string{"ended"},
		},
		{name: "nothing found", workflow: moved, query: " AND ExecutionStatus = 'Failed'"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			failed := map[string]string{}
			told := 0
			got, err := worker.Replay(f.ctx(), worker.ReplayOptions{
				Client: f.c, Workflow: tt.workflow, Query: f.query() + tt.query,
				Progress: func(r worker.Replayed, c worker.ReplayCounts) {
					if told++; told != c.Done() {
						t.Errorf("told %d times of %+v", told, c)
					}
					if r.Reason != "" {
						failed[strings.TrimPrefix(r.WorkflowID, f.prefix)] = r.Reason
					}
				},
			})
			if err != nil || got != tt.want {
				t.Errorf("Replay = %+v, %v, want %+v", got, err, tt.want)
			}
			if len(failed) != len(tt.fails) {
				t.Errorf("failed: %v, want %v", failed, tt.fails)
			}
			for _, name := range tt.fails {
				if text := failed[name]; !strings.HasPrefix(text, "[TMPRL1100]") || strings.ContainsAny(text, "\n\r") || len(text) > 500 {
					t.Errorf("%s: reason %q", name, text)
				}
			}
		})
	}
}

func TestReplayLimit(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	for i := range 3 {
		f.run(fmt.Sprint(i), onboarding.WorkflowType, f.queue)
		f.sleeping(fmt.Sprint(i))
	}
	f.listed(3)
	got, err := worker.Replay(f.ctx(), worker.ReplayOptions{Client: f.c, Workflow: shell, Query: f.query(), Limit: 2})
	if want := (worker.ReplayCounts{Found: 3, Replayed: 2}); err != nil || got != want {
		t.Errorf("Replay = %+v, %v, want %+v", got, err, want)
	}
}

func TestReplayThatCannotLook(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	over, cancel := context.WithCancel(context.Background())
	cancel()
	tests := []struct {
		name string
		ctx  context.Context
		o    worker.ReplayOptions
		says string
	}{
		{name: "no workflow", ctx: f.ctx(), o: worker.ReplayOptions{Client: f.c}, says: "a workflow"},
		{name: "no query", ctx: f.ctx(), o: worker.ReplayOptions{Client: f.c, Workflow: shell, Query: "no query"}, says: "no query"},
		{name: "stopped", ctx: over, o: worker.ReplayOptions{Client: f.c, Workflow: shell}, says: "canceled"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got, err := worker.Replay(tt.ctx, tt.o); err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("Replay = %+v, %v, want an error that says %q", got, err, tt.says)
			}
		})
	}
}
