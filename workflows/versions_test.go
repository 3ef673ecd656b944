package workflows_test

import (
	"testing"
	"time"

	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"admit/onboarding"
	"admit/workflows"
)

// shellOf is a workflow that is this build's, or nearly so.
type shellOf func(hooks string) func(workflow.Context, workflows.Input) error

func thisBuild(hooks string) func(workflow.Context, workflows.Input) error {
	return workflows.Workflow{HooksTaskQueue: hooks}.Onboarding
}

// moreBefore takes a step more than this build does.
func moreBefore(hooks string) func(workflow.Context, workflows.Input) error {
	return func(ctx workflow.Context, in workflows.Input) error {
		if err := workflow.Sleep(ctx, time.Millisecond); err != nil {
			return err
		}
		return thisBuild(hooks)(ctx, in)
	}
}

// moreInNewRuns takes it in runs that begin under it alone.
func moreInNewRuns(hooks string) func(workflow.Context, workflows.Input) error {
	return func(ctx workflow.Context, in workflows.Input) error {
		if workflow.GetVersion(ctx, "a-step-more", workflow.DefaultVersion, 1) == workflow.DefaultVersion {
			return thisBuild(hooks)(ctx, in)
		}
		return moreBefore(hooks)(ctx, in)
	}
}

// TestVersions holds what tells of a shell that has changed: a change behind
// workflow.GetVersion replays every recorded history, and makes them stale; one
// without does not replay.
func TestVersions(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		shell   shellOf
		replays bool
		stale   bool
	}{
		{name: "this build", shell: thisBuild, replays: true},
		{name: "a change behind GetVersion", shell: moreInNewRuns, replays: true, stale: true},
		{name: "a change without", shell: moreBefore, stale: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, p := range paths {
				err := replayOn(t, tt.shell(""), recorded(t, p.name))
				if tt.replays != (err == nil) {
					t.Errorf("%s: %v, want that it replays: %t", p.name, err, tt.replays)
				}
			}
			s := newServer(t, nil)
			s.shell = tt.shell(s.hooks)
			s.serveBook(newBook())
			driven := s.history(approval(s))
			if lines := stale(recorded(t, "approval"), driven); tt.stale != (len(lines) > 0) {
				t.Errorf("stale: %q, want %t", lines, tt.stale)
			}
			if err := replayOn(t, tt.shell(s.hooks), driven); err != nil {
				t.Errorf("its own history: %v", err)
			}
		})
	}
}

// replayOn replays a history on a shell.
func replayOn(t *testing.T, shell any, h *historypb.History) error {
	t.Helper()
	r, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{DisableDeadlockDetection: true})
	if err != nil {
		t.Fatal(err)
	}
	r.RegisterWorkflowWithOptions(shell, workflow.RegisterOptions{Name: onboarding.WorkflowType})
	return r.ReplayWorkflowHistory(nil, h)
}
