package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"time"

	"admit/admin"
	"admit/dispatch"
)

// part is something that runs until its context ends.
type part struct {
	name  string
	early bool // starts before the database is prepared: what it needs may be away
	run   func(context.Context) error
}

// stopTimeout bounds how long one part may take to stop: longer than any part
// grants to what it has in flight.
const stopTimeout = 40 * time.Second

// running is a part that was started.
type running struct {
	part
	cancel context.CancelFunc
	done   chan struct{}
	err    error
}

// runParts starts the early parts, prepares, and starts the others. When ctx ends
// or a part does, it stops them from the last to the first, each when the one
// behind it has stopped. The error is that of the part that ended by itself, or of
// those that did not stop well.
func runParts(ctx context.Context, logger *slog.Logger, parts []part, prepare func(context.Context) error) error {
	started := make([]*running, len(parts))
	failed := make(chan *running, len(parts))
	start := func(early bool) {
		for i, p := range parts {
			if p.early == early {
				started[i] = startPart(ctx, p, failed)
			}
		}
	}
	start(true)
	cause := prepare(ctx)
	if cause == nil && ctx.Err() == nil {
		start(false)
		select {
		case <-ctx.Done():
		case r := <-failed:
			if cause = r.err; cause == nil {
				cause = errors.New("it ended by itself")
			}
			cause = fmt.Errorf("%s: %w", r.name, cause)
		}
	}
	return errors.Join(cause, stop(logger, started, cause != nil))
}

// startPart starts a part, which outlives ctx: it is stopped in its turn.
func startPart(ctx context.Context, p part, failed chan<- *running) *running {
	own, cancel := context.WithCancel(context.WithoutCancel(ctx))
	r := &running{part: p, cancel: cancel, done: make(chan struct{})}
	go func() {
		r.err = p.run(own)
		close(r.done)
		failed <- r
	}()
	return r
}

// stop stops the parts that were started, the last one first.
func stop(logger *slog.Logger, started []*running, failing bool) error {
	var errs []error
	for i := len(started) - 1; i >= 0; i-- {
		r := started[i]
		if r == nil {
			continue
		}
		r.cancel()
		select {
		case <-r.done:
			if r.err != nil && !failing {
				errs = append(errs, fmt.Errorf("%s: %w", r.name, r.err))
			}
			logger.Debug("stopped", "part", r.name)
		case <-time.After(stopTimeout):
			errs = append(errs, fmt.Errorf("%s did not stop within %s", r.name, stopTimeout))
		}
	}
	return errors.Join(errs...)
}

// ready says whether the process can do its work: a public listener needs
// PostgreSQL alone, for it takes webhooks while Temporal is away; a worker needs
// both.
func (sys *system) ready(ctx context.Context) admin.ReadyReport {
	report := admin.ReadyReport{Ready: true, Checks: map[string]string{"postgres": "ok", "temporal": "ok"}}
	if err := sys.store.CheckSchema(ctx); err != nil {
		report.Ready, report.Checks["postgres"] = false, "does not answer, or lacks this build's schema"
		sys.logger.Debug("not ready", "error", err)
	}
	needsTemporal := !sys.role.Ingress
	if sys.worker != nil {
		report.Checks["worker"] = "ok"
		if err := sys.worker.Ready(); err != nil {
			report.Checks["worker"] = "does not poll yet: Temporal or its search attributes are missing; the log says which"
			report.Ready = report.Ready && !needsTemporal
		}
	}
	if err := (dispatch.Temporal{Client: sys.temporal}).Health(ctx); err != nil {
		report.Checks["temporal"] = "does not answer"
		report.Ready = report.Ready && !needsTemporal
	}
	return report
}

// identity names this process in the ledger.
func identity() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown" // the random part tells processes apart
	}
	return host + "/" + strconv.Itoa(os.Getpid()) + "/" + rand.Text()[:8]
}
