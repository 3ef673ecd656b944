package baseline

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// How workflows are started and run: as Admit does.
const (
	taskTimeout   = 3 * time.Second
	stickyTimeout = 2 * time.Second
	signalTime    = 10 * time.Second
)

// WorkflowID returns the ID of a user's workflow. The task queue is part of it,
// so that the baselines have workflows of their own.
func WorkflowID(queue, user string) string { return queue + ":" + user }

// Dial connects to the Temporal that Temporal's own variables name.
func Dial(ctx context.Context) (client.Client, error) {
	options, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return nil, fmt.Errorf("read Temporal's settings: %w", err)
	}
	options.Logger = sdklog.NewStructuredLogger(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})))
	c, err := client.DialContext(ctx, options)
	if err != nil {
		return nil, fmt.Errorf("reach Temporal: %w", err)
	}
	return c, nil
}

// send is SignalWithStart of the user's workflow.
func (o Options) send(ctx context.Context, c client.Client, hook webhook, in Input) error {
	id := WorkflowID(o.TaskQueue, hook.User)
	_, err := c.SignalWithStartWorkflow(ctx, id, signalName, Ring{Number: hook.Number, Provider: "p100", Route: "kyc-verification"},
		client.StartWorkflowOptions{
			ID: id, TaskQueue: o.TaskQueue, WorkflowTaskTimeout: taskTimeout,
			WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		}, workflowType, in)
	if err != nil {
		return fmt.Errorf("signal with start: %w", err)
	}
	return nil
}

// request signals inside the request; the workflow only receives.
func (o Options) request(ctx context.Context, receive func(keeper)) (func(), error) {
	c, err := Dial(ctx)
	if err != nil {
		return nil, err
	}
	receive(func(ctx context.Context, hook webhook, _ []byte) (func(), error) {
		return nil, o.send(ctx, c, hook, Input{})
	})
	return c.Close, nil
}

// worker runs workflows that only receive.
func (o Options) worker() (func(), error) {
	c, err := Dial(context.Background())
	if err != nil {
		return nil, err
	}
	stop, err := o.poll(c, nil)
	if err != nil {
		c.Close()
		return nil, err
	}
	return func() { stop(); c.Close() }, nil
}

// signal answers and then signals a workflow that inserts a row, all in this
// process, as admit serve is one.
func (o Options) signal(ctx context.Context, receive func(keeper)) (func(), error) {
	pool, err := pgxpool.New(ctx, o.DatabaseURL)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	c, err := Dial(ctx)
	if err != nil {
		pool.Close()
		return nil, err
	}
	stop, err := o.poll(c, pool)
	if err != nil {
		c.Close()
		pool.Close()
		return nil, err
	}
	receive(func(ctx context.Context, hook webhook, _ []byte) (func(), error) {
		return func() {
			go func() {
				ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), signalTime)
				defer cancel()
				if err := o.send(ctx, c, hook, Input{Insert: true}); err != nil {
					// The row that does not come fails the run.
					complain(os.Stderr, err)
				}
			}()
		}, nil
	})
	return func() { stop(); c.Close(); pool.Close() }, nil
}

func complain(w io.Writer, err error) {
	// Nobody is left to be told when this fails as well.
	_, _ = fmt.Fprintln(w, err)
}

// poll runs a worker with Admit's settings. The pool is nil where nothing is
// inserted.
func (o Options) poll(c client.Client, pool *pgxpool.Pool) (stop func(), err error) {
	pollers := func() worker.PollerBehavior {
		return worker.NewPollerBehaviorAutoscaling(worker.PollerBehaviorAutoscalingOptions{})
	}
	w := worker.New(c, o.TaskQueue, worker.Options{
		WorkflowTaskPollerBehavior: pollers(), ActivityTaskPollerBehavior: pollers(),
		StickyScheduleToStartTimeout: stickyTimeout, DisableRegistrationAliasing: true,
	})
	w.RegisterWorkflowWithOptions(Receive, workflow.RegisterOptions{Name: workflowType})
	w.RegisterActivityWithOptions(inserter{pool}.Insert, activity.RegisterOptions{Name: insertName})
	if err := w.Start(); err != nil {
		return nil, fmt.Errorf("start polling: %w", err)
	}
	return w.Stop, nil
}
