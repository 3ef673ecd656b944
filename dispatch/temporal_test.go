package dispatch_test

import (
	"context"
	"crypto/rand"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"admit/dispatch"
	"admit/onboarding"
)

const patience = 20 * time.Second

func dial(t *testing.T, address string) client.Client {
	t.Helper()
	c, err := client.NewLazyClient(client.Options{
		HostPort: address, Namespace: os.Getenv("TEMPORAL_NAMESPACE"), Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// heard is what the workflow of this test returns.
type heard struct {
	Input dispatch.Input
	Ring  onboarding.Ring
}

func listener(ctx workflow.Context, in dispatch.Input) (heard, error) {
	h := heard{Input: in}
	workflow.GetSignalChannel(ctx, onboarding.SignalEvents).Receive(ctx, &h.Ring)
	return h, nil
}

// A ring starts the user's workflow and reaches it; after its end the next one
// starts another run.
func TestRingReachesTheWorkflow(t *testing.T) {
	t.Parallel()
	address := os.Getenv("TEMPORAL_ADDRESS")
	if address == "" {
		t.Fatal("TEMPORAL_ADDRESS is not set: run make test")
	}
	c, queue, user := dial(t, address), "dispatch-"+rand.Text(), "user-"+rand.Text()
	w := worker.New(c, queue, worker.Options{DisableRegistrationAliasing: true})
	w.RegisterWorkflowWithOptions(listener, workflow.RegisterOptions{Name: onboarding.WorkflowType})
	if err := w.Start(); err != nil {
		t.Fatalf("no worker (run make test): %v", err)
	}
	t.Cleanup(w.Stop)

	temporal := dispatch.Temporal{Client: c, TaskQueue: queue}
	taken := make(chan string, 10)
	d := dispatch.New(dispatch.Options{Starter: temporal, Source: &rows{}, Health: temporal.Health, OnRing: func(result string) { taken <- result }})
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	stopped := make(chan error, 1)
	running, stop := context.WithCancel(ctx)
	go func() { stopped <- d.Run(running) }()

	var runs []string
	for id := range int64(2) {
		d.Ring(user, onboarding.Ring{EventID: id + 1, Provider: "p100", Words: []string{"VERIFIED"}})
		if got := <-taken; got != dispatch.ResultRung {
			t.Fatalf("the ring was %s", got)
		}
		var got heard
		run := c.GetWorkflow(ctx, onboarding.WorkflowID(user), "")
		if err := run.Get(ctx, &got); err != nil {
			t.Fatal(err)
		}
		if got.Input.UserID != user || got.Ring.EventID != id+1 || got.Ring.Provider != "p100" || len(got.Ring.Words) != 1 {
			t.Errorf("the workflow heard %+v", got)
		}
		runs = append(runs, run.GetRunID())
	}
	if runs[0] == runs[1] {
		t.Error("no run followed the one that had ended")
	}
	described, err := c.DescribeWorkflow(ctx, onboarding.WorkflowID(user), "")
	if err != nil {
		t.Fatal(err)
	}
	if summary, err := described.GetStaticSummary(); err != nil || summary != "Onboarding of `"+user+"`" {
		t.Errorf("summary %q, %v", summary, err)
	}
	stop()
	if err := <-stopped; err != nil {
		t.Errorf("Run returned %v", err)
	}
	if err := temporal.Health(ctx); err != nil {
		t.Errorf("Health returned %v while Temporal answers", err)
	}
}

func TestHealthWhileNobodyAnswers(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	temporal := dispatch.Temporal{Client: dial(t, "127.0.0.1:1")}
	if err := temporal.Health(ctx); err == nil {
		t.Error("Health returned no error")
	}
	if err := temporal.Start(ctx, "user-1", onboarding.Ring{}); err == nil {
		t.Error("Start returned no error")
	}
}

func TestStartOptions(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, user, summary string
	}{
		{name: "plain", user: "user-1", summary: "Onboarding of `user-1`"},
		{name: "no Markdown", user: "`[x](y)", summary: "Onboarding of `'[x](y)`"},
		{name: "long", user: strings.Repeat("u", 255), summary: "Onboarding of `" + strings.Repeat("u", 100) + "…`"},
		{name: "long as JSON", user: strings.Repeat("<", 100), summary: "Onboarding of `" + strings.Repeat("<", 33) + "…`"},
		{name: "cut in a rune", user: strings.Repeat("u", 99) + "äöü", summary: "Onboarding of `" + strings.Repeat("u", 99) + "…`"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := dispatch.StartOptions(tt.user)
			if o.StaticSummary != tt.summary {
				t.Errorf("summary %q, want %q", o.StaticSummary, tt.summary)
			}
			if o.ID != onboarding.WorkflowID(tt.user) || o.TaskQueue != onboarding.TaskQueue || o.WorkflowTaskTimeout != 3*time.Second {
				t.Errorf("options %+v", o)
			}
			if o.WorkflowExecutionTimeout != 0 || o.WorkflowRunTimeout != 0 {
				t.Error("the workflow has a timeout")
			}
		})
	}
}
