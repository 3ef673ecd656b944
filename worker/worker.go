// Package worker registers the workflow and its activities under the names that
// other processes know and runs them: one worker for workflows and Advance, one
// for deliveries, so that slow downstream systems never take the slots of
// Advance.
//
// Neither polls before the search attributes of the workflow are usable: a worker
// that polls without them fails every workflow task.
package worker

import (
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

// Defaults of Options.
const (
	DefaultStopTimeout   = 25 * time.Second
	DefaultWorkflowTasks = 200
	DefaultAdvances      = 64
	DefaultDeliveries    = 500
	DefaultCached        = 1000

	// stickyTimeout is how long a workflow whose worker died waits for it before
	// another takes over, on top of the workflow task timeout.
	stickyTimeout = 2 * time.Second
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
	// every other one on HooksTaskQueue.
	Activities map[string]any
	// Build names this build to Temporal: on each workflow task that it did, and in
	// the search attribute BuildIds, by which the workflows are found that a build
	// has moved. "" means a checksum of the binary.
	Build string
	// Slots bounds what runs at the same time; zero fields mean the defaults.
	Slots Slots
	// StopTimeout is how long Run waits, once its context ends, for what is
	// running; 0 means DefaultStopTimeout. It should be shorter than the time
	// after which the process is killed.
	StopTimeout time.Duration
	Logger      *slog.Logger // nil means that nothing is logged
}

// Slots bounds what a worker runs at the same time. An Advance holds a database
// connection for all of its time, a delivery for moments of it.
type Slots struct {
	WorkflowTasks int
	Advances      int
	Deliveries    int
	// Cached is how many workflows are kept in memory between their tasks, some 35
	// kB each; any other one's history is read and replayed, which takes
	// milliseconds. The cache is the process's: of several workers in one process
	// the first to start decides.
	Cached int
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
	o.Namespace = orElse(o.Namespace, client.DefaultNamespace)
	o.TaskQueue = orElse(o.TaskQueue, onboarding.TaskQueue)
	o.HooksTaskQueue = orElse(o.HooksTaskQueue, onboarding.HooksTaskQueue)
	o.StopTimeout = orElse(o.StopTimeout, DefaultStopTimeout)
	o.Slots.WorkflowTasks = orElse(o.Slots.WorkflowTasks, DefaultWorkflowTasks)
	o.Slots.Advances = orElse(o.Slots.Advances, DefaultAdvances)
	o.Slots.Deliveries = orElse(o.Slots.Deliveries, DefaultDeliveries)
	o.Slots.Cached = orElse(o.Slots.Cached, DefaultCached)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Worker{o: o, log: o.Logger, why: ErrStarting}, nil
}

func orElse[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
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
	worker.SetStickyWorkflowCacheSize(w.o.Slots.Cached)
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
	o.MaxConcurrentWorkflowTaskExecutionSize = w.o.Slots.WorkflowTasks
	o.MaxConcurrentLocalActivityExecutionSize = w.o.Slots.Advances
	o.MaxConcurrentActivityExecutionSize = w.o.Slots.Advances
	o.WorkflowTaskPollerBehavior = worker.NewPollerBehaviorAutoscaling(worker.PollerBehaviorAutoscalingOptions{})
	o.StickyScheduleToStartTimeout = stickyTimeout
	// A run that this build cannot follow waits for one that can, and goes on there.
	o.WorkflowPanicPolicy = worker.BlockWorkflow
	s := worker.New(w.o.Client, w.o.TaskQueue, o)
	s.RegisterWorkflowWithOptions(w.o.Workflow, workflow.RegisterOptions{Name: onboarding.WorkflowType})
	s.RegisterActivityWithOptions(w.o.Activities[onboarding.ActivityAdvance], activity.RegisterOptions{Name: onboarding.ActivityAdvance})
	return s
}

// hooks returns the worker of every other activity.
func (w *Worker) hooks(fatal func(error)) worker.Worker {
	o := w.options(fatal)
	o.DisableWorkflowWorker = true
	o.MaxConcurrentActivityExecutionSize = w.o.Slots.Deliveries
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
