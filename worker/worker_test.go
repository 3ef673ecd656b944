package worker_test

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/types/known/durationpb"

	"admit/onboarding"
	"admit/worker"
)

const patience = 30 * time.Second

func options(t *testing.T) client.Options {
	t.Helper()
	address := os.Getenv("TEMPORAL_ADDRESS")
	if address == "" {
		t.Fatal("TEMPORAL_ADDRESS is not set: run make test")
	}
	return client.Options{HostPort: address, Namespace: os.Getenv("TEMPORAL_NAMESPACE"), Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))}
}

func dial(t *testing.T, o client.Options) client.Client {
	t.Helper()
	c, err := client.NewLazyClient(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// calls counts the activities that ran, by name and queue.
type calls struct {
	mu   sync.Mutex
	seen map[string]int
}

func (c *calls) activity(name string) func(context.Context) error {
	return func(context.Context) error {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.seen[name]++
		return nil
	}
}

func (c *calls) activities() map[string]any {
	m := map[string]any{}
	for _, name := range []string{onboarding.ActivityAdvance, onboarding.ActivityDeliver, onboarding.ActivityTake, onboarding.ActivityRecord} {
		m[name] = c.activity(name)
	}
	return m
}

// everything calls each activity where the real workflow does.
func everything(hooks string) func(workflow.Context) error {
	return func(ctx workflow.Context) error {
		local := workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{ScheduleToCloseTimeout: time.Second})
		for _, name := range []string{onboarding.ActivityAdvance, onboarding.ActivityTake} {
			if err := workflow.ExecuteLocalActivity(local, name).Get(ctx, nil); err != nil {
				return err
			}
		}
		own := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{ScheduleToCloseTimeout: patience})
		if err := workflow.ExecuteActivity(own, onboarding.ActivityAdvance).Get(ctx, nil); err != nil {
			return err
		}
		other := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{TaskQueue: hooks, ScheduleToCloseTimeout: patience})
		for _, name := range []string{onboarding.ActivityDeliver, onboarding.ActivityTake, onboarding.ActivityRecord} {
			if err := workflow.ExecuteActivity(other, name).Get(ctx, nil); err != nil {
				return err
			}
		}
		return nil
	}
}

// running is a worker in the background.
type running struct {
	w    *worker.Worker
	stop context.CancelFunc
	done chan error
}

func run(t *testing.T, o worker.Options) *running {
	t.Helper()
	w, err := worker.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	r := &running{w: w, stop: stop, done: make(chan error, 1)}
	go func() { r.done <- w.Run(ctx) }()
	t.Cleanup(stop)
	return r
}

func (r *running) ended(t *testing.T) error {
	t.Helper()
	select {
	case err := <-r.done:
		return err
	case <-time.After(patience):
		t.Fatal("the worker does not stop")
		return nil
	}
}

func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline, tick := time.After(patience), time.NewTicker(10*time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-deadline:
			t.Fatalf("waited %s for: %s", patience, what)
		case <-tick.C:
		}
	}
}

func TestRunsWorkflowAndActivitiesOnTheirQueues(t *testing.T) {
	t.Parallel()
	c, queue := dial(t, options(t)), "worker-"+rand.Text()
	seen := &calls{seen: map[string]int{}}
	r := run(t, worker.Options{
		Client: c, Namespace: os.Getenv("TEMPORAL_NAMESPACE"), TaskQueue: queue, HooksTaskQueue: queue + "-hooks",
		Workflow: everything(queue + "-hooks"), Activities: seen.activities(), StopTimeout: time.Second,
	})
	until(t, "ready", func() bool { return r.w.Ready() == nil })
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	w, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{TaskQueue: queue}, onboarding.WorkflowType)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Get(ctx, nil); err != nil {
		t.Fatal(err)
	}
	r.stop()
	if err := r.ended(t); err != nil {
		t.Errorf("Run returned %v", err)
	}
	if r.w.Ready() == nil {
		t.Error("a stopped worker is ready")
	}
	for name, want := range map[string]int{onboarding.ActivityAdvance: 2, onboarding.ActivityDeliver: 1, onboarding.ActivityTake: 2, onboarding.ActivityRecord: 1} {
		if seen.seen[name] != want {
			t.Errorf("%s ran %d times, want %d", name, seen.seen[name], want)
		}
	}
}

func TestStopWaitsForWhatRuns(t *testing.T) {
	t.Parallel()
	c, queue := dial(t, options(t)), "worker-"+rand.Text()
	seen := &calls{seen: map[string]int{}}
	activities := seen.activities()
	begun, release := make(chan struct{}), make(chan struct{})
	activities[onboarding.ActivityDeliver] = func(ctx context.Context) error {
		close(begun)
		<-release
		return nil
	}
	r := run(t, worker.Options{
		Client: c, TaskQueue: queue, HooksTaskQueue: queue + "-hooks", Workflow: everything(queue + "-hooks"), Activities: activities,
	})
	until(t, "ready", func() bool { return r.w.Ready() == nil })
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	w, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{TaskQueue: queue}, onboarding.WorkflowType)
	if err != nil {
		t.Fatal(err)
	}
	<-begun
	r.stop()
	until(t, "stopping", func() bool { return r.w.Ready() != nil })
	close(release)
	if err := r.ended(t); err != nil {
		t.Errorf("Run returned %v", err)
	}
	it := c.GetWorkflowHistory(ctx, w.GetID(), w.GetRunID(), false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	completed := 0
	for it.HasNext() {
		e, err := it.Next()
		if err != nil {
			t.Fatal(err)
		}
		if e.GetEventType() == enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED {
			completed++
		}
	}
	if completed != 2 { // Advance and the delivery that was running
		t.Errorf("%d activities completed, want 2: the worker did not wait", completed)
	}
}

// A namespace without the search attributes keeps the worker from polling until
// they are there; the namespace's end is reported.
func TestWaitsForTheSearchAttributes(t *testing.T) {
	t.Parallel()
	o := options(t)
	o.Namespace = "worker-" + strings.ToLower(rand.Text())
	c := dial(t, o)
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	_, err := c.WorkflowService().RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace: o.Namespace, WorkflowExecutionRetentionPeriod: durationpb.New(24 * time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	seen := &calls{seen: map[string]int{}}
	r := run(t, worker.Options{
		Client: c, Namespace: o.Namespace, TaskQueue: "q", HooksTaskQueue: "q-hooks", Workflow: everything("q-hooks"), Activities: seen.activities(),
		StopTimeout: time.Second,
	})
	until(t, "the missing attributes are named", func() bool {
		err := r.w.Ready()
		return err != nil && strings.Contains(err.Error(), onboarding.AttributeStage) && strings.Contains(err.Error(), onboarding.AttributeDeadline)
	})
	add := func(types map[string]enumspb.IndexedValueType) {
		t.Helper()
		_, err := c.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{Namespace: o.Namespace, SearchAttributes: types})
		if err != nil {
			t.Fatal(err)
		}
	}
	keyword := enumspb.INDEXED_VALUE_TYPE_KEYWORD
	add(map[string]enumspb.IndexedValueType{
		onboarding.AttributeStage: keyword, onboarding.AttributeBlockedOn: keyword, onboarding.AttributeKYC: keyword,
		onboarding.AttributeSEPAKYC: keyword, onboarding.AttributePOA: keyword, onboarding.AttributeHighRisk: keyword,
		onboarding.AttributeStalled: enumspb.INDEXED_VALUE_TYPE_BOOL, onboarding.AttributeReversed: keyword,
		onboarding.AttributeStageSince: enumspb.INDEXED_VALUE_TYPE_DATETIME,
	})
	until(t, "what is left is named", func() bool {
		err := r.w.Ready()
		return err != nil && !strings.Contains(err.Error(), onboarding.AttributeStage) &&
			strings.Contains(err.Error(), onboarding.AttributeDeadline) && strings.Contains(err.Error(), onboarding.AttributeReversed+" (is Keyword, must be Bool)")
	})
	if len(seen.seen) != 0 {
		t.Error("an activity ran")
	}
	if _, err := c.OperatorService().RemoveSearchAttributes(ctx, &operatorservice.RemoveSearchAttributesRequest{
		Namespace: o.Namespace, SearchAttributes: []string{onboarding.AttributeReversed},
	}); err != nil {
		t.Fatal(err)
	}
	add(map[string]enumspb.IndexedValueType{
		onboarding.AttributeReversed: enumspb.INDEXED_VALUE_TYPE_BOOL, onboarding.AttributeDeadline: enumspb.INDEXED_VALUE_TYPE_DATETIME,
	})
	until(t, "ready", func() bool { return r.w.Ready() == nil })
}

// A server that turns the worker away for good ends Run with the reason. (The
// engine's client tries for two minutes before it says so.)
func TestTurnedAway(t *testing.T) {
	t.Parallel()
	w, err := worker.New(worker.Options{Client: dial(t, client.Options{HostPort: "127.0.0.1:1"}), Workflow: everything(""), Activities: (&calls{}).activities()})
	if err != nil {
		t.Fatal(err)
	}
	gone := errors.New("the namespace is gone")
	fatal := make(chan error, 1)
	fatal <- gone
	stopped := false
	err = w.Serve(context.Background(), func() { stopped = true }, fatal)
	if !errors.Is(err, gone) {
		t.Errorf("serve returned %v, want the server's reason", err)
	}
	if !stopped {
		t.Error("the other worker was left polling")
	}
	if !errors.Is(w.Ready(), gone) {
		t.Errorf("Ready returned %v", w.Ready())
	}
}

func TestServerAway(t *testing.T) {
	t.Parallel()
	o := options(t)
	o.HostPort = "127.0.0.1:1"
	r := run(t, worker.Options{Client: dial(t, o), Workflow: everything(""), Activities: (&calls{}).activities()})
	until(t, "a reason", func() bool { err := r.w.Ready(); return err != nil && !errors.Is(err, worker.ErrStarting) })
	r.stop()
	if err := r.ended(t); err != nil {
		t.Errorf("Run returned %v", err)
	}
}

func TestNewSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	c := dial(t, client.Options{HostPort: "127.0.0.1:1"})
	all := (&calls{}).activities()
	without := (&calls{}).activities()
	delete(without, onboarding.ActivityRecord)
	tests := []struct {
		name string
		o    worker.Options
		want string
	}{
		{name: "no client", o: worker.Options{Workflow: everything(""), Activities: all}, want: "client"},
		{name: "no workflow", o: worker.Options{Client: c, Activities: all}, want: "workflow"},
		{name: "no activities", o: worker.Options{Client: c, Workflow: everything("")}, want: onboarding.ActivityAdvance},
		{name: "one is missing", o: worker.Options{Client: c, Workflow: everything(""), Activities: without}, want: onboarding.ActivityRecord},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := worker.New(tt.o); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("New returned %v, want an error about %q", err, tt.want)
			}
		})
	}
}
