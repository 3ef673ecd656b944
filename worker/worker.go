// Package worker registers the workflow and the activities, and runs them: one
// SDK worker on the queue of workflows and Advance, one on the queue of
// deliveries, so that slow downstream systems never take the slots of Advance.
package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"admit/onboarding"
)

// Activities are what the worker runs on both queues. Each function's type is
// the business of the package that made it.
type Activities struct {
	Advance       any // on TaskQueue
	Deliver       any // the rest on HooksTaskQueue
	TakeEffect    any
	RecordAttempt any
}

// Options are what a Worker needs.
type Options struct {
	Client     client.Client
	Namespace  string
	Workflow   any // the workflow function, registered as onboarding.WorkflowType
	Activities Activities
	Logger     *slog.Logger

	TaskQueue      string // "" means onboarding.TaskQueue
	HooksTaskQueue string // "" means onboarding.HooksTaskQueue

	// StopTimeout is how long activities in flight may take when the worker stops;
	// 0 means 25 s. Keep it below what the platform grants before it kills.
	StopTimeout time.Duration
	// MaxDeliveries bounds the deliveries at the same time in this process; 0 means
	// 200.
	MaxDeliveries int
}

const (
	defaultStopTimeout   = 25 * time.Second
	defaultMaxDeliveries = 200
	// stickyTimeout is how long the engine waits for a worker that may have died
	// before it gives a cached workflow to another.
	stickyTimeout = 2 * time.Second
)

// Worker runs workflows and activities. Make one with New.
type Worker struct {
	o       Options
	polling atomic.Bool
	state   atomic.Pointer[string] // why it does not poll yet
}

// New returns a Worker that does nothing until Run.
func New(o Options) *Worker {
	if o.TaskQueue == "" {
		o.TaskQueue = onboarding.TaskQueue
	}
	if o.HooksTaskQueue == "" {
		o.HooksTaskQueue = onboarding.HooksTaskQueue
	}
	if o.StopTimeout <= 0 {
		o.StopTimeout = defaultStopTimeout
	}
	if o.MaxDeliveries <= 0 {
		o.MaxDeliveries = defaultMaxDeliveries
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	w := &Worker{o: o}
	w.because("not started")
	return w
}

// Ready returns nil while the worker polls, else an error that says what it waits
// for.
func (w *Worker) Ready() error {
	if w.polling.Load() {
		return nil
	}
	return errors.New(*w.state.Load())
}

func (w *Worker) because(reason string) { w.state.Store(&reason) }

// Run waits until the search attributes are usable (before that every workflow
// task would fail), then polls until ctx ends, and lets what is in flight finish.
// It returns nil after ctx ended, and an error when polling failed for good.
func (w *Worker) Run(ctx context.Context) error {
	if err := w.awaitAttributes(ctx); err != nil {
		return nil // ctx ended meanwhile
	}
	fatal := make(chan error, 2)
	advancing, delivering := w.workers(func(err error) { fatal <- err })
	for _, sw := range []sdk.Worker{advancing, delivering} {
		if err := sw.Start(); err != nil {
			return fmt.Errorf("start the worker: %w", err)
		}
		defer sw.Stop()
	}
	w.polling.Store(true)
	defer func() {
		w.because("stopping")
		w.polling.Store(false)
	}()
	w.o.Logger.Info("worker polls", "namespace", w.o.Namespace, "taskQueue", w.o.TaskQueue, "hooksTaskQueue", w.o.HooksTaskQueue)
	select {
	case <-ctx.Done():
		return nil
	case err := <-fatal:
		return fmt.Errorf("the worker stopped: %w", err)
	}
}

func (w *Worker) workers(onFatal func(error)) (advancing, delivering sdk.Worker) {
	pollers := func() sdk.PollerBehavior {
		return sdk.NewPollerBehaviorAutoscaling(sdk.PollerBehaviorAutoscalingOptions{})
	}
	advancing = sdk.New(w.o.Client, w.o.TaskQueue, sdk.Options{
		WorkflowTaskPollerBehavior:   pollers(),
		ActivityTaskPollerBehavior:   pollers(),
		StickyScheduleToStartTimeout: stickyTimeout,
		WorkerStopTimeout:            w.o.StopTimeout,
		DisableRegistrationAliasing:  true,
		OnFatalError:                 onFatal,
	})
	advancing.RegisterWorkflowWithOptions(w.o.Workflow, workflow.RegisterOptions{Name: onboarding.WorkflowType})
	advancing.RegisterActivityWithOptions(w.o.Activities.Advance, activity.RegisterOptions{Name: onboarding.ActivityAdvance})

	delivering = sdk.New(w.o.Client, w.o.HooksTaskQueue, sdk.Options{
		ActivityTaskPollerBehavior:         pollers(),
		MaxConcurrentActivityExecutionSize: w.o.MaxDeliveries,
		DisableWorkflowWorker:              true,
		WorkerStopTimeout:                  w.o.StopTimeout,
		DisableRegistrationAliasing:        true,
		OnFatalError:                       onFatal,
	})
	delivering.RegisterActivityWithOptions(w.o.Activities.Deliver, activity.RegisterOptions{Name: onboarding.ActivityDeliver})
	delivering.RegisterActivityWithOptions(w.o.Activities.TakeEffect, activity.RegisterOptions{Name: onboarding.ActivityTake})
	delivering.RegisterActivityWithOptions(w.o.Activities.RecordAttempt, activity.RegisterOptions{Name: onboarding.ActivityRecord})
	return advancing, delivering
}
