package e2e_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"admit/onboarding"
)

// replayedOf reads how many histories a replay looked at, and how many replay.
var replayedOf = regexp.MustCompile(`(\d+) of (\d+) histories replay`)

// TestReplayHistories replays the histories of a running system with the binary
// that made them, also while webhooks come in, and then beside one that another
// build has made.
func TestReplayHistories(t *testing.T) {
	t.Parallel()
	const users = 8
	k := newSink(t)
	s := newSystem(t, options{config: k.config()})
	s.serve()
	env := []string{"TEMPORAL_ADDRESS=" + s.temporal, "TEMPORAL_NAMESPACE=" + s.namespace}
	says(t, env, []string{"replay-histories"}, exitDone, []string{"no workflow was found"})

	var wg sync.WaitGroup
	for n := range users {
		wg.Go(func() {
			for _, body := range []string{
				kyc(s.user(n), "NOT_VERIFIED", "PENDING"), kyc(s.user(n), "VERIFIED", "SUCCESSFUL"), kyc(s.user(n), "EXPIRED", ""),
			} {
				if a, err := s.post(pathKYC, body); err != nil || a.status != 200 {
					t.Errorf("webhook: %v, %v", a, err)
				}
			}
		})
	}
	says(t, env, []string{"replay-histories"}, exitDone, nil)
	wg.Wait()
	s.settled()
	if a := s.decided(s.user(0), map[string]string{"command": "hold", "reason": "a look at the documents"}); a.status != 200 {
		t.Errorf("hold: %v", a)
	}
	c := dial(t, s.temporal, s.namespace)
	listed(t, c, users)
	code, out, errs := runOnce(t, world.admit, env, "replay-histories")
	if have, want := counted(t, out), [2]int{users, users}; code != exitDone || have != want {
		t.Errorf("exit code %d, %v histories, want %v: %s%s", code, have, want, out, errs)
	}

	readmeOfRollouts(t, env)

	id := onboarding.WorkflowID(s.user(users))
	otherBuild(t, c, id)
	listed(t, c, users+1)
	code, out, errs = runOnce(t, world.admit, env, "replay-histories")
	if have, want := counted(t, out), [2]int{users, users + 1}; code != exitFailed || have != want {
		t.Errorf("exit code %d, %v histories, want %v: %s%s", code, have, want, out, errs)
	}
	if !strings.Contains(out, id+" (run ") || !strings.Contains(out, "[TMPRL1100]") {
		t.Errorf("it does not say that %s does not replay, and why: %s", id, out)
	}
	says(t, env, []string{"replay-histories", "--query", `WorkflowId="` + onboarding.WorkflowID(s.user(1)) + `"`}, exitDone, []string{"1 of 1 histories"})
	says(t, env, []string{"replay-histories", "--limit", "2"}, exitFailed, []string{"of 2 histories", "--limit 0 takes all"})
	says(t, env, []string{"replay-histories", "--query", "no query"}, exitFailed, []string{"stopped after 0 histories"})
}

// readmeOfRollouts runs what the README says to run before a rollout.
func readmeOfRollouts(t *testing.T, env []string) {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "## A new version")
	_, rest, shown := strings.Cut(rest, "```sh\n")
	script, _, ended := strings.Cut(rest, "```")
	if !found || !shown || !ended {
		t.Fatal("the README shows nothing to run before a rollout")
	}
	cmd := exec.CommandContext(background(t), "bash", "-euo", "pipefail", "-c", strings.ReplaceAll(script, "bin/admit", world.admit))
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if n := len(replayedOf.FindAllString(string(out), -1)); err != nil || n != strings.Count(script, "bin/admit") {
		t.Errorf("%v, %d counts: %s", err, n, out)
	}
}

// listed waits until visibility finds n workflows.
func listed(t *testing.T, c client.Client, n int64) {
	t.Helper()
	eventually(t, "workflows in visibility", func() error {
		got, err := c.CountWorkflow(background(t), &workflowservice.CountWorkflowExecutionsRequest{Query: `WorkflowType="Onboarding"`})
		if err == nil && got.GetCount() != n {
			err = errFew{got.GetCount(), n}
		}
		return err
	})
}

func counted(t *testing.T, out string) [2]int {
	t.Helper()
	found := replayedOf.FindStringSubmatch(out)
	if found == nil {
		t.Fatalf("no count in %q", out)
	}
	var counts [2]int
	for i := range counts {
		n, err := strconv.Atoi(found[i+1])
		if err != nil {
			t.Fatal(err)
		}
		counts[i] = n
	}
	return counts
}

// otherBuild leaves an open workflow behind whose shell takes other steps.
func otherBuild(t *testing.T, c client.Client, id string) {
	t.Helper()
	const queue = "other-build"
	w := worker.New(c, queue, worker.Options{})
	w.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
		return workflow.Sleep(ctx, time.Hour)
	}, workflow.RegisterOptions{Name: onboarding.WorkflowType})
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
	ctx := background(t)
	if _, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: id, TaskQueue: queue}, onboarding.WorkflowType); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the other build's workflow sleeps", func() error { return sleeps(ctx, c, id) })
}

func sleeps(ctx context.Context, c client.Client, id string) error {
	d, err := c.DescribeWorkflowExecution(ctx, id, "")
	if err != nil {
		return err
	}
	if n := d.GetWorkflowExecutionInfo().GetHistoryLength(); n < 5 {
		return fmt.Errorf("its history has %d events", n)
	}
	return nil
}
