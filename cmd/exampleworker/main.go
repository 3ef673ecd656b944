// Command exampleworker is a worker of another team that hears of onboardings as
// activities on a task queue of its own, instead of by HTTP. It is an example to
// copy: it imports nothing of Admit.
//
// In Admit's configuration it is hooked up by
//
//	hooks:
//	  - {name: crm, task_queue: crm, activity: OnOnboardingEvent, events: ["onboarding.*"]}
//
// and it is run, with Temporal's own variables (TEMPORAL_ADDRESS,
// TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS_…), by
//
//	go run ./cmd/exampleworker -task-queue crm
//
// It must poll the namespace that Admit's workflows run in. While it is away its
// events wait in Admit's ledger, and nothing else waits with them.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"

	"admit/cmd/exampleworker/internal/crm"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "exampleworker:", err)
		stop()
		os.Exit(1)
	}
}

// run polls until ctx ends.
func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("exampleworker", flag.ContinueOnError)
	flags.SetOutput(out)
	queue := flags.String("task-queue", "crm", "the task queue that Admit's configuration names")
	if err := flags.Parse(args); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(out, nil))
	options, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return fmt.Errorf("read Temporal's settings: %w", err)
	}
	options.Logger = sdklog.NewStructuredLogger(log)
	c, err := client.DialContext(ctx, options)
	if err != nil {
		return fmt.Errorf("reach Temporal: %w", err)
	}
	defer c.Close()
	w := worker.New(c, *queue, worker.Options{DisableWorkflowWorker: true})
	handler := &crm.Handler{Logger: log, Work: func(context.Context, crm.Event) error {
		return nil // here the team's own work is done
	}}
	w.RegisterActivityWithOptions(handler.OnOnboardingEvent, activity.RegisterOptions{Name: crm.ActivityName})
	if err := w.Start(); err != nil {
		return fmt.Errorf("start polling: %w", err)
	}
	log.Info("waiting for onboarding events", "queue", *queue, "activity", crm.ActivityName)
	<-ctx.Done()
	w.Stop()
	return nil
}
