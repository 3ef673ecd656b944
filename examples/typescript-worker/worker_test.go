// Package worker_test runs the TypeScript worker against a real Temporal, as Admit
// would call it.
package worker_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// Bounds of what the tests wait for: the first build downloads the SDK.
const (
	buildTime = 5 * time.Minute
	logTime   = 10 * time.Second
	stopTime  = 30 * time.Second
)

// approved is an event as Admit sends it.
const approved = `{"type":"onboarding.approved","timestamp":"2026-03-01T12:00:00Z",` +
	`"data":{"userId":"user-1","stage":"approved","blockedOn":"nobody","access":"granted","accessVersion":1,"version":5,"checks":{"kyc":"passed"}}}`

// build installs and builds the worker where that was not done yet.
func build(t *testing.T) {
	t.Helper()
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("%v: the TypeScript worker needs Node 18.3 or newer and npm (Debian: apt-get install nodejs npm)", err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), buildTime)
	defer cancel()
	if out, err := exec.CommandContext(ctx, "./build.sh").CombinedOutput(); err != nil {
		t.Fatalf("build.sh: %v\n%s", err, out)
	}
}

// TestBuildRefusesAnOlderNode has Node say that it is one that lacks what the worker
// calls.
func TestBuildRefusesAnOlderNode(t *testing.T) {
	t.Parallel()
	older := filepath.Join(t.TempDir(), "older.js")
	const text = `Object.defineProperty(process, "versions", {value: {...process.versions, node: "18.2.0"}})`
	if err := os.WriteFile(older, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "./build.sh")
	cmd.Env = append(os.Environ(), "NODE_OPTIONS=--require="+older)
	if out, err := cmd.CombinedOutput(); err == nil || string(out) != "this is Node 18.2.0; 18.3 or newer is needed\n" {
		t.Errorf("%v: %s", err, out)
	}
}

// output is what a process wrote so far.
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

// says waits until the process has written the text a number of times.
func (o *output) says(t *testing.T, text string, times int) {
	t.Helper()
	deadline := time.After(logTime)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for strings.Count(o.String(), text) < times {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("the worker does not say %q %d times:\n%s", text, times, o)
		}
	}
}

// start runs the worker on a queue. It does not outlive the test.
func start(t *testing.T, queue string) (*exec.Cmd, *output) {
	t.Helper()
	out := &output{}
	cmd := exec.Command("node", "dist/main.js", "--task-queue", queue)
	cmd.Stdout, cmd.Stderr = io.Discard, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if cmd.ProcessState == nil {
			_ = cmd.Process.Kill() // the test has failed already
			_ = cmd.Wait()
		}
	})
	return cmd, out
}

// tell calls the activity as Admit's workflow does: by name, on the other queue,
// with the payload as it is and one attempt.
func tell(ctx workflow.Context, queue string, payload json.RawMessage) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: queue, ScheduleToCloseTimeout: time.Minute, RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 1},
	})
	return workflow.ExecuteActivity(ctx, "OnOnboardingEvent", payload).Get(ctx, nil)
}

// teller returns a way to call the activity on a queue.
func teller(t *testing.T, queue string) func(payload string) error {
	t.Helper()
	if os.Getenv("TEMPORAL_ADDRESS") == "" {
		t.Fatal("TEMPORAL_ADDRESS is not set: run make test")
	}
	options, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		t.Fatal(err)
	}
	options.Logger = sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))
	c, err := client.Dial(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	own := "caller-" + uuid.NewString()
	caller := worker.New(c, own, worker.Options{})
	caller.RegisterWorkflow(tell)
	if err := caller.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(caller.Stop)
	return func(payload string) error {
		told, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: own, WorkflowExecutionTimeout: 2 * time.Minute},
			tell, queue, json.RawMessage(payload))
		if err != nil {
			t.Fatal(err)
		}
		return told.Get(t.Context(), nil)
	}
}

// TestWorker holds that the worker serves its queue on a real server, handles an
// event once, refuses for good what it can never take, and ends when it is told to.
func TestWorker(t *testing.T) {
	t.Parallel()
	queue := "crm-" + uuid.NewString()
	tell := teller(t, queue)
	build(t)
	cmd, out := start(t, queue)

	for _, want := range []string{"onboarding event", "event seen before, or overtaken"} {
		if err := tell(approved); err != nil {
			t.Fatalf("the activity failed: %v\n%s", err, out)
		}
		out.says(t, want, 1)
	}
	var e *temporal.ApplicationError
	err := tell(`{"type":"onboarding.approved","timestamp":"2026-03-01T12:00:00Z","data":{"email":"user-1@example.com"}}`)
	if !errors.As(err, &e) || !e.NonRetryable() || e.Type() != "Unusable" {
		t.Errorf("an event without a user: %v, want a failure of the type Unusable that is not to be retried", err)
	}
	if strings.Contains(out.String(), "user-1@example.com") {
		t.Errorf("the log holds what was sent:\n%s", out)
	}

	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("after SIGTERM: %v\n%s", err, out)
		}
	case <-time.After(stopTime):
		_ = cmd.Process.Kill() // it failed to end by itself
		<-ended
		t.Errorf("the worker did not end within %v of SIGTERM:\n%s", stopTime, out)
	}
}

// TestUnits runs the worker's own tests.
func TestUnits(t *testing.T) {
	t.Parallel()
	build(t)
	ctx, cancel := context.WithTimeout(t.Context(), buildTime)
	defer cancel()
	if out, err := exec.CommandContext(ctx, "npm", "test").CombinedOutput(); err != nil {
		t.Fatalf("npm test: %v\n%s", err, out)
	}
}

// TestLockFile holds that the versions are pinned, what is installed is proven by
// its hash, and the lock file names no registry.
func TestLockFile(t *testing.T) {
	t.Parallel()
	var manifest struct {
		Dependencies, DevDependencies map[string]string
	}
	var lock struct {
		Packages map[string]struct {
			Version, Integrity, Resolved string
			Dependencies                 map[string]string
		}
	}
	for file, into := range map[string]any{"package.json": &manifest, "package-lock.json": &lock} {
		text, err := os.ReadFile(file)
		if err == nil {
			err = json.Unmarshal(text, into)
		}
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
	for _, list := range []map[string]string{manifest.Dependencies, manifest.DevDependencies} {
		for name, version := range list {
			if lock.Packages["node_modules/"+name].Version != version {
				t.Errorf("%s is asked for as %q, which is not the one version in the lock file", name, version)
			}
		}
	}
	for path, p := range lock.Packages {
		if path != "" && (p.Integrity == "" || p.Resolved != "") {
			t.Errorf("%s: integrity %q, resolved %q; want a hash and no address", path, p.Integrity, p.Resolved)
		}
	}
}
