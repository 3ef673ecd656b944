package workflows_test

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"admit/onboarding"
	"admit/workflows"
)

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

// server is a user of a real Temporal server whose workflow runs on task queues of
// its own, against a book or a row.
type server struct {
	t     *testing.T
	c     client.Client
	b     *book
	row   *row
	acts  map[string]any // the activities
	shell any            // the workflow, this build's when nil
	stop  func()         // stops the workers that were started last
	in    workflows.Input
	queue string
	hooks string
}

func namespace() string {
	if name := os.Getenv("TEMPORAL_NAMESPACE"); name != "" {
		return name
	}
	return client.DefaultNamespace
}

func dial(t *testing.T) client.Client {
	t.Helper()
	address := os.Getenv("TEMPORAL_ADDRESS")
	if address == "" {
		t.Fatal("TEMPORAL_ADDRESS is not set: run make test")
	}
	c, err := client.Dial(client.Options{
		HostPort: address, Namespace: namespace(), Identity: "test",
		Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	if err != nil {
		t.Fatalf("Temporal does not answer at TEMPORAL_ADDRESS (run make test): %v", err)
	}
	t.Cleanup(c.Close)
	return c
}

// serve starts workers for a new user; the workflow itself is started by the
// first ring.
func serve(t *testing.T, b *book, limits *workflows.Limits) *server {
	t.Helper()
	s := newServer(t, limits)
	s.serveBook(b)
	return s
}

// serveBook starts workers whose activities are the book's.
func (s *server) serveBook(b *book) {
	s.b, s.acts = b, b.activities()
	s.startWorkers()
}

// serveRow starts workers whose activities are the row's.
func (s *server) serveRow(r *row) {
	s.row, s.acts = r, r.activities()
	s.startWorkers()
}

// newServer prepares a new user whom no worker serves yet.
func newServer(t *testing.T, limits *workflows.Limits) *server {
	t.Helper()
	name := strings.ToLower(strings.NewReplacer("/", "-", "_", "-").Replace(t.Name())) + "-" + strings.ToLower(rand.Text()[:6])
	return &server{
		t: t, c: dial(t), queue: name, hooks: name + "-hooks",
		in: workflows.Input{UserID: "user-" + name, Limits: limits},
	}
}

// startWorkers starts both workers and returns what stops them.
func (s *server) startWorkers() (stop func()) {
	if s.shell == nil {
		s.shell = workflows.Workflow{HooksTaskQueue: s.hooks}.Onboarding
	}
	main := s.worker(s.queue)
	main.RegisterWorkflowWithOptions(s.shell, workflow.RegisterOptions{Name: onboarding.WorkflowType})
	hooks := s.worker(s.hooks)
	for name, a := range s.acts {
		o := activity.RegisterOptions{Name: name}
		if name == onboarding.ActivityAdvance || name == onboarding.ActivityTake {
			main.RegisterActivityWithOptions(a, o)
		}
		if name != onboarding.ActivityAdvance {
			hooks.RegisterActivityWithOptions(a, o)
		}
	}
	s.stop = s.start(main, hooks)
	return s.stop
}

func (s *server) worker(queue string) worker.Worker {
	return worker.New(s.c, queue, worker.Options{
		Identity: "test", DisableRegistrationAliasing: true, StickyScheduleToStartTimeout: time.Second,
		WorkflowTaskPollerBehavior: worker.NewPollerBehaviorSimpleMaximum(worker.PollerBehaviorSimpleMaximumOptions{MaximumNumberOfPollers: 2}),
	})
}

func (s *server) start(ws ...worker.Worker) (stop func()) {
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		for _, w := range ws {
			w.Stop()
		}
	}
	for _, w := range ws {
		if err := w.Start(); err != nil {
			s.t.Fatal(err)
		}
	}
	s.t.Cleanup(stop)
	return stop
}

func (s *server) id() string { return onboarding.WorkflowID(s.in.UserID) }

func (s *server) options() client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID: s.id(), TaskQueue: s.queue, WorkflowTaskTimeout: 5 * time.Second,
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
	}
}

// ring rings the user's workflow and returns the run that took the ring.
func (s *server) ring() string {
	s.t.Helper()
	r, err := s.c.SignalWithStartWorkflow(s.ctx(), s.id(), onboarding.SignalEvents, onboarding.Ring{EventID: 1, Provider: "p100"},
		s.options(), onboarding.WorkflowType, s.in)
	if err != nil {
		s.t.Fatalf("ring: %v", err)
	}
	return r.GetRunID()
}

func (s *server) ctx() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	s.t.Cleanup(cancel)
	return ctx
}

func (s *server) query() (workflows.View, error) {
	var v workflows.View
	got, err := s.c.QueryWorkflow(s.ctx(), s.id(), "", onboarding.QueryState)
	if err != nil {
		return v, err
	}
	return v, got.Get(&v)
}

// update waits for the outcome of a command.
func (s *server) update(requestID string) (onboarding.CommandOutcome, error) {
	var o onboarding.CommandOutcome
	h, err := s.c.UpdateWorkflow(s.ctx(), client.UpdateWorkflowOptions{
		WorkflowID: s.id(), UpdateName: onboarding.UpdateName, UpdateID: requestID,
		WaitForStage: client.WorkflowUpdateStageCompleted, Args: []any{onboarding.CommandRequest{RequestID: requestID}},
	})
	if err != nil {
		return o, err
	}
	return o, h.Get(s.ctx(), &o)
}

// status returns the status of a run, "" for the newest.
func (s *server) status(runID string) enumspb.WorkflowExecutionStatus {
	d, err := s.c.DescribeWorkflowExecution(s.ctx(), s.id(), runID)
	if err != nil {
		s.t.Fatalf("describe: %v", err)
	}
	return d.GetWorkflowExecutionInfo().GetStatus()
}

// until polls until the condition holds.
func (s *server) until(what string, holds func() bool) {
	s.t.Helper()
	deadline, tick := time.After(patience), time.NewTicker(10*time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-deadline:
			v, err := s.query()
			s.t.Fatalf("waited %s for: %s; state %+v, %v", patience, what, v, err)
		case <-tick.C:
		}
	}
}

// sent waits until the effect was delivered.
func (s *server) sent(name string) {
	s.t.Helper()
	s.until(name+" delivered", func() bool { return s.b.delivered(name) })
}

// delivered says whether an effect of that name was delivered.
func (b *book) delivered(name string) bool {
	return read(b, func(b *book) bool {
		for _, got := range b.sent {
			if got == name {
				return true
			}
		}
		return false
	})
}

// ended waits for the end of a run and returns its error.
func (s *server) ended(runID string) error {
	s.t.Helper()
	err := s.c.GetWorkflow(s.ctx(), s.id(), runID).GetWithOptions(s.ctx(), nil, client.WorkflowRunGetOptions{DisableFollowingRuns: true})
	if errors.Is(err, context.DeadlineExceeded) {
		s.t.Fatalf("run %s did not end", runID)
	}
	return err
}
