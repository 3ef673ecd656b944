package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// output is a buffer that the worker writes and the test reads.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// tell is a workflow that calls the activity as Admit's does: by name, on the
// other queue, with the payload as it is and one attempt.
func tell(ctx workflow.Context, queue string, payload json.RawMessage) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: queue, ScheduleToCloseTimeout: time.Minute, RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 1},
	})
	return workflow.ExecuteActivity(ctx, "OnOnboardingEvent", payload).Get(ctx, nil)
}

// TestRun holds that the worker serves its queue on a real server, and stops.
func TestRun(t *testing.T) {
	if os.Getenv("TEMPORAL_ADDRESS") == "" {
		t.Fatal("TEMPORAL_ADDRESS is not set: run make test")
	}
	options, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.Dial(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	queue, other := "crm-"+uuid.NewString(), "caller-"+uuid.NewString()

	var out output
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, []string{"-task-queue", queue}, &out) }()

	caller := worker.New(c, other, worker.Options{})
	caller.RegisterWorkflow(tell)
	if err := caller.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(caller.Stop)
	payload := json.RawMessage(`{"type":"onboarding.approved","timestamp":"2026-03-01T12:00:00Z",` +
		`"data":{"userId":"user-1","stage":"approved","access":"granted","accessVersion":1,"version":5,"checks":{"kyc":"passed"}}}`)
	for _, want := range []string{`msg="onboarding event"`, `msg="event seen before, or overtaken"`} {
		told, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{TaskQueue: other, WorkflowExecutionTimeout: time.Minute}, tell, queue, payload)
		if err != nil {
			t.Fatal(err)
		}
		if err := told.Get(ctx, nil); err != nil {
			t.Fatalf("the activity failed: %v\n%s", err, out.String())
		}
		if !strings.Contains(out.String(), want) || !strings.Contains(out.String(), "user=user-1") {
			t.Errorf("want %s in\n%s", want, out.String())
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("run = %v", err)
	}
}

func TestRunRefuses(t *testing.T) {
	var out output
	if err := run(t.Context(), []string{"-queue", "crm"}, &out); err == nil || !strings.Contains(out.String(), "-task-queue") {
		t.Errorf("run with an unknown flag = %v, %s", err, out.String())
	}
}
