// Package worker registers the workflow and its activities under the names that
// other processes know and runs them: one worker for workflows and Advance, one
// for deliveries, so that slow downstream systems never take the slots of
// Advance.
//
// Neither polls before the search attributes of the workflow are usable: a worker
// that polls without them fails every workflow task.
package worker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"admit/onboarding"
)

// What runs at the same time is bounded: an Advance holds a database connection
// for all of its time, a delivery for moments of it.
const (
	workflowTasks = 200
	advances      = 64
	deliveries    = 500

	// cached is how many workflows are kept in memory between their tasks, some 35
	// kB each; any other one's history is read and replayed, which takes
	// milliseconds. The cache is the process's.
	cached = 1000

	// stickyTimeout is how long a workflow whose worker died waits for it before
	// another takes over, on top of the workflow task timeout.
	stickyTimeout = 2 * time.Second

	// defaultStopTimeout is for a process that is killed after 30 seconds, which is
	// Kubernetes' own default.
	defaultStopTimeout = 25 * time.Second
)

// Options says what a Worker runs and where.
type Options struct {
	Client client.Client
	// Namespace is where the search attributes are looked for; "" means "default".
	Namespace string
	// TaskQueue and HooksTaskQueue default to the names in onboarding.
	TaskQueue      string
	HooksTaskQueue string
	// Workflow is registered as onboarding.WorkflowType. A HooksTaskQueue other
	// than the default must be told to the workflow as well.
	Workflow any
	// Activities by name. onboarding.ActivityAdvance runs beside the workflows,
	// every other one on HooksTaskQueue, onboarding.ActivityTake on both.
	Activities map[string]any
	// Build names this build to Temporal: on each workflow task that it did, and in
	// the search attribute BuildIds, by which the workflows are found that a build
	// has moved. "" means a checksum of the binary.
	Build string
	// StopTimeout is how long Run waits, once its context ends, for what is
	// running; 0 means 25 seconds. It should be shorter than the time after which
	// the process is killed.
	StopTimeout time.Duration
	Logger      *slog.Logger // nil means that nothing is logged
}

// Worker runs the workflow and its activities.
type Worker struct {
	o   Options
	log *slog.Logger

	mu  sync.Mutex
	why error // why it is not ready, nil when it polls
}

// ErrStarting is what Ready returns until the search attributes were looked at.
var ErrStarting = errors.New("the worker is starting")

// What Ready returns once Run's context has ended, and after Run.
var (
	errStopping = errors.New("the worker is stopping")
	errStopped  = errors.New("the worker has stopped")
)

// New prepares a worker; Run starts it. It fails when something to run is missing.
func New(o Options) (*Worker, error) {
	if o.Client == nil || o.Workflow == nil {
		return nil, errors.New("worker: a client and a workflow are needed")
	}
	for _, name := range []string{onboarding.ActivityAdvance, onboarding.ActivityDeliver, onboarding.ActivityTake, onboarding.ActivityRecord} {
		if o.Activities[name] == nil {
			return nil, fmt.Errorf("worker: the activity %s is missing", name)
		}
	}
	o.Namespace = cmp.Or(o.Namespace, client.DefaultNamespace)
	o.TaskQueue = cmp.Or(o.TaskQueue, onboarding.TaskQueue)
	o.HooksTaskQueue = cmp.Or(o.HooksTaskQueue, onboarding.HooksTaskQueue)
	o.StopTimeout = cmp.Or(o.StopTimeout, defaultStopTimeout)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Worker{o: o, log: o.Logger, why: ErrStarting}, nil
}

// Ready returns nil while the worker polls, else the reason why it does not.
func (w *Worker) Ready() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.why
}

func (w *Worker) setReady(why error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.why = why
}

// Run waits until the search attributes are usable, polls until ctx ends, and
// returns when what was running has ended or StopTimeout is over. It returns an
// error when the server has turned the worker away for good, else nil.
func (w *Worker) Run(ctx context.Context) error {
	defer w.setReady(errStopped)
	for attempt := 0; ; attempt++ {
		if !w.awaitAttributes(ctx) {
			return nil
		}
		fatal := make(chan error, 2)
		stop, err := w.start(fatal)
		if err == nil {
			return w.serve(ctx, stop, fatal)
		}
		w.setReady(err)
		w.log.Warn("the worker could not start", "error", err)
		if !sleep(ctx, backoff(attempt)) {
			return nil
		}
	}
}

// serve is the life of workers that poll.
func (w *Worker) serve(ctx context.Context, stop func(), fatal <-chan error) error {
	w.setReady(nil)
	w.log.Info("worker started", "taskQueue", w.o.TaskQueue, "hooksTaskQueue", w.o.HooksTaskQueue)
	var failure error
	select {
	case <-ctx.Done():
		w.setReady(errStopping)
	case failure = <-fatal:
		w.setReady(failure)
		w.log.Error("worker failed", "error", failure)
	}
	stop()
	w.log.Info("worker stopped")
	if failure != nil {
		return fmt.Errorf("worker failed: %w", failure)
	}
	return nil
}

// start starts both workers and returns what stops them; it leaves none behind
// when one does not start.
func (w *Worker) start(fatal chan<- error) (stop func(), err error) {
	report := func(err error) {
		select {
		case fatal <- err:
		default: // the first one is enough
		}
	}
	worker.SetStickyWorkflowCacheSize(cached)
	workers := []worker.Worker{w.workflows(report), w.hooks(report)}
	var started []worker.Worker
	stop = func() {
		var all sync.WaitGroup
		for _, s := range started {
			all.Go(s.Stop)
		}
		all.Wait()
	}
	for _, s := range workers {
		if err := s.Start(); err != nil {
			stop()
			return nil, fmt.Errorf("start polling: %w", err)
		}
		started = append(started, s)
	}
	return stop, nil
}

// workflows returns the worker of the workflow and of Advance.
func (w *Worker) workflows(fatal func(error)) worker.Worker {
	o := w.options(fatal)
	o.MaxConcurrentWorkflowTaskExecutionSize = workflowTasks
	o.MaxConcurrentLocalActivityExecutionSize = advances
	o.MaxConcurrentActivityExecutionSize = advances
	o.WorkflowTaskPollerBehavior = worker.NewPollerBehaviorAutoscaling(worker.PollerBehaviorAutoscalingOptions{})
	o.StickyScheduleToStartTimeout = stickyTimeout
	// A run that this build cannot follow waits for one that can, and goes on there.
	o.WorkflowPanicPolicy = worker.BlockWorkflow
	s := worker.New(w.o.Client, w.o.TaskQueue, o)
	s.RegisterWorkflowWithOptions(w.o.Workflow, workflow.RegisterOptions{Name: onboarding.WorkflowType})
	// What runs inside workflow tasks.
	for _, name := range []string{onboarding.ActivityAdvance, onboarding.ActivityTake} {
		s.RegisterActivityWithOptions(w.o.Activities[name], activity.RegisterOptions{Name: name})
	}
	return s
}

// hooks returns the worker of every other activity.
func (w *Worker) hooks(fatal func(error)) worker.Worker {
	o := w.options(fatal)
	o.DisableWorkflowWorker = true
	o.MaxConcurrentActivityExecutionSize = deliveries
	s := worker.New(w.o.Client, w.o.HooksTaskQueue, o)
	var names []string
	for name := range w.o.Activities {
		if name != onboarding.ActivityAdvance {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		s.RegisterActivityWithOptions(w.o.Activities[name], activity.RegisterOptions{Name: name})
	}
	return s
}

// deployment is the name under which Temporal shows the builds.
const deployment = "admit"

// options returns what both workers share.
//
// The workers name their build and are not versioned: the server hands a task to
// any of them, whatever build began the run. The package workflows says why.
func (w *Worker) options(fatal func(error)) worker.Options {
	o := worker.Options{
		ActivityTaskPollerBehavior:  worker.NewPollerBehaviorAutoscaling(worker.PollerBehaviorAutoscalingOptions{}),
		WorkerStopTimeout:           w.o.StopTimeout,
		DisableRegistrationAliasing: true,
		OnFatalError:                fatal,
	}
	if w.o.Build != "" {
		o.DeploymentOptions.Version = worker.WorkerDeploymentVersion{DeploymentName: deployment, BuildID: w.o.Build}
	}
	return o
}
