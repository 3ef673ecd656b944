package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"admit/onboarding"
	"admit/worker"
	"admit/workflows"
)

// replayPatience is how long the test waits for the server.
const replayPatience = 2 * time.Minute

// broken is the workflow of a build that has moved a step without GetVersion.
func broken(ctx workflow.Context, in workflows.Input) error {
	if err := workflow.Sleep(ctx, time.Second); err != nil {
		return err
	}
	return workflows.Workflow{}.Onboarding(ctx, in)
}

// TestReplayHistories replays the history of a live workflow on this build and on
// one that would block it.
func TestReplayHistories(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), replayPatience)
	defer cancel()
	c := dialTemporal(t)
	id := live(ctx, t, c)
	query := `WorkflowId="` + id + `"`
	for _, tt := range []struct {
		name     string
		workflow any
		code     int
		says     []string
	}{
		{"this build", workflows.Workflow{}.Onboarding, exitOK, []string{"1 of 1 histories replay on build " + buildVersion()}},
		{"a build that moved a step", broken, exitFailed, []string{id + " (run ", "does not replay: [TMPRL1100]", "0 of 1 histories replay"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out, errs bytes.Buffer
			code := replayHistories(ctx, process{out: &out, err: &errs}, worker.ReplayOptions{Client: c, Workflow: tt.workflow, Query: query})
			if code != tt.code {
				t.Errorf("exit code %d, want %d: %s", code, tt.code, &errs)
			}
			for _, part := range tt.says {
				if !strings.Contains(out.String(), part) {
					t.Errorf("it does not say %q: %s", part, &out)
				}
			}
		})
	}
}

func dialTemporal(t *testing.T) client.Client {
	t.Helper()
	if os.Getenv("TEMPORAL_ADDRESS") == "" {
		t.Fatal("TEMPORAL_ADDRESS is not set: run make test")
	}
	options, err := temporalOptions(worker.Codec{})
	if err != nil {
		t.Fatal(err)
	}
	options.Logger = sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))
	c, err := client.Dial(options)
	if err != nil {
		t.Fatalf("Temporal does not answer (run make test): %v", err)
	}
	t.Cleanup(c.Close)
	return c
}

// live leaves a workflow that waits for its user's next deadline behind, and
// returns its ID.
func live(ctx context.Context, t *testing.T, c client.Client) string {
	t.Helper()
	queue := "replay-histories-" + strings.ToLower(rand.Text())
	w := sdkworker.New(c, queue, sdkworker.Options{})
	w.RegisterWorkflowWithOptions(workflows.Workflow{}.Onboarding, workflow.RegisterOptions{Name: onboarding.WorkflowType})
	w.RegisterActivityWithOptions(func(context.Context, onboarding.AdvanceRequest) (onboarding.Advanced, error) {
		return onboarding.Advanced{Summary: onboarding.Summary{Stage: onboarding.StageCollecting}, Deadline: time.Now().Add(time.Hour), In: time.Hour}, nil
	}, activity.RegisterOptions{Name: onboarding.ActivityAdvance})
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
	id := onboarding.WorkflowID(queue)
	_, err := c.SignalWithStartWorkflow(ctx, id, onboarding.SignalEvents, nil, client.StartWorkflowOptions{TaskQueue: queue},
		onboarding.WorkflowType, workflows.Input{UserID: queue})
	if err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		d, err := c.DescribeWorkflowExecution(ctx, id, "")
		if err != nil {
			t.Fatal(err)
		}
		n, err := c.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: `WorkflowId="` + id + `"`})
		if err != nil {
			t.Fatal(err)
		}
		if d.GetWorkflowExecutionInfo().GetHistoryLength() > 5 && n.GetCount() == 1 {
			return id
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("the workflow has not begun")
		}
	}
}

func TestReplaySummary(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		counts worker.ReplayCounts
		want   string
	}{
		{"nothing", worker.ReplayCounts{}, "no workflow was found: nothing was replayed"},
		{"all", worker.ReplayCounts{Found: 3, Replayed: 3}, "3 of 3 histories replay on build b"},
		{"some fail", worker.ReplayCounts{Found: 3, Replayed: 1, Failed: 2}, "1 of 3 histories replay on build b"},
		{"some skipped", worker.ReplayCounts{Found: 3, Replayed: 2, Skipped: 1}, "2 of 2 histories replay on build b; 1 had nothing to replay"},
		{"limited", worker.ReplayCounts{Found: 30, Replayed: 10}, "10 of 10 histories replay on build b; some 20 more were found: --limit 0 takes all"},
		{"some ended meanwhile", worker.ReplayCounts{Found: 2, Replayed: 3}, "3 of 3 histories replay on build b"},
	} {
		if got := replaySummary(tt.counts, "b"); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestReplayProgress holds that it speaks once a second, and of no more runs than
// are looked at.
func TestReplayProgress(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	clock := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s := progress{to: &out, limit: 100, last: clock, now: func() time.Time { return clock }}
	for i := range 6 {
		s.show(worker.ReplayCounts{Found: 5000, Replayed: i})
		clock = clock.Add(400 * time.Millisecond)
	}
	s.limit = 0
	clock = clock.Add(time.Second)
	s.show(worker.ReplayCounts{Found: 5, Replayed: 6, Failed: 1})
	want := "replayed 3 of 100, 0 failed\nreplayed 7 of 7, 1 failed\n"
	if out.String() != want {
		t.Errorf("progress %q, want %q", out.String(), want)
	}
}

func TestReplayUsage(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"help", []string{"-h"}, exitOK, "--query"},
		{"an argument", []string{"user-1"}, exitUsage, "--limit"},
		{"a limit below zero", []string{"--limit", "-1"}, exitUsage, "0 or more"},
		{"an unknown flag", []string{"--all"}, exitUsage, "not defined"},
	} {
		var out bytes.Buffer
		code := dispatchCommand(t.Context(), append([]string{"replay-histories"}, tt.args...), process{out: &out, err: &out})
		if code != tt.code || !strings.Contains(out.String(), tt.says) {
			t.Errorf("%s: exit code %d, want %d and %q: %s", tt.name, code, tt.code, tt.says, &out)
		}
	}
}
