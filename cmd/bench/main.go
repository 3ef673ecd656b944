// Command bench measures Admit against something simpler beside it, in one run on
// one machine: durable answers a second against a bare group commit and against
// SignalWithStart inside the request, the time from the answer to the fold
// against a bare signal, and the memory of admit serve at the peak.
//
// It needs a PostgreSQL in which it may make databases (DATABASE_URL) and a
// Temporal (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE) with Admit's search attributes
// that no other Admit uses, and leaves workflows there. devstack runs both:
//
//	bin/devstack up --dir DIR --pg-port 0 --temporal-port 0 --ui-port 0 --smtp-port 0 --mail-port 0 -- bin/bench --admit bin/admit
//
// with a DIR that is new and that PostgreSQL's user can enter.
// devstack exec will do for a look only: its PostgreSQL does not wait for the
// disk. A missed target is no failure; the exit code is 0 when the figures are
// there.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"admit/cmd/bench/internal/baseline"
	"admit/cmd/bench/internal/run"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := command(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func command(ctx context.Context, args []string, out, log io.Writer) error {
	if len(args) > 1 && args[0] == "baseline" {
		return serveBaseline(ctx, args[1], args[2:], log)
	}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(log)
	admit := flags.String("admit", "bin/admit", "the product's `BINARY`")
	quick := flags.Bool("quick", false, "a smoke test of 40 seconds")
	asJSON := flags.Bool("json", false, "print the report as JSON")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	o := run.Options{
		Admit: *admit, Self: self, Environ: os.Environ(), DatabaseURL: os.Getenv("DATABASE_URL"), Plan: run.Full(), Log: log,
	}
	if o.DatabaseURL == "" || os.Getenv("TEMPORAL_ADDRESS") == "" {
		return errors.New("DATABASE_URL and TEMPORAL_ADDRESS are needed; run make bench")
	}
	if *quick {
		o.Plan = run.Quick()
	}
	report, err := run.Run(ctx, o)
	if err != nil {
		return err
	}
	if *asJSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		return enc.Encode(report)
	}
	_, err = io.WriteString(out, report.Text())
	return err
}

// serveBaseline is this program as one of the processes that Admit is compared
// with.
func serveBaseline(ctx context.Context, kind string, args []string, log io.Writer) error {
	flags := flag.NewFlagSet("bench baseline", flag.ContinueOnError)
	flags.SetOutput(log)
	listen := flags.String("listen", "127.0.0.1:0", "the listener's address")
	queue := flags.String("task-queue", "", "the task queue")
	if err := flags.Parse(args); err != nil {
		return err
	}
	return baseline.Run(ctx, baseline.Options{
		Kind: kind, Listen: *listen, TaskQueue: *queue, Token: os.Getenv("BENCH_TOKEN"), DatabaseURL: os.Getenv("DATABASE_URL"),
	})
}
