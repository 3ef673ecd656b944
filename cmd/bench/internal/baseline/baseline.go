// Package baseline holds what Admit is compared with: the least that could do a
// part of its work. Each kind runs in a process of its own, as Admit does, behind
// a listener with the same route.
//
//   - batcher stores a webhook by group commit and answers.
//   - request sends SignalWithStart and answers when Temporal has taken it.
//   - worker runs the workflows that request signals.
//   - signal answers, then sends SignalWithStart to a workflow, in the same
//     process, that inserts a row by one local activity.
package baseline

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"admit/cmd/bench/internal/load"
)

// Kinds of baselines.
const (
	Batcher = "batcher"
	Request = "request"
	Worker  = "worker"
	Signal  = "signal"
)

// Paths beside the webhook's.
const (
	HealthPath  = "/webhook/health"
	MetricsPath = "/metrics"
)

// maxBody bounds a webhook, in bytes; it is Admit's bound.
const maxBody = 64 << 10

// Options are what a baseline is told. Temporal is found by Temporal's own
// variables.
type Options struct {
	Kind        string
	Listen      string
	Token       string
	TaskQueue   string
	DatabaseURL string
}

// webhook is what a baseline reads of a body.
type webhook struct {
	User   string `json:"externalUserId"`
	Number int64  `json:"benchmark"`
}

// keeper takes a webhook before it is answered. What it returns, if anything, is
// called after the answer was written.
type keeper func(ctx context.Context, hook webhook, body []byte) (after func(), err error)

// Run serves until ctx ends.
func Run(ctx context.Context, o Options) error {
	mux := http.NewServeMux()
	mux.HandleFunc(HealthPath, func(http.ResponseWriter, *http.Request) {})
	stop, err := o.kind(ctx, mux)
	if err != nil {
		return fmt.Errorf("baseline %s: %w", o.Kind, err)
	}
	defer stop()
	ln, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return fmt.Errorf("baseline %s: %w", o.Kind, err)
	}
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ln) }()
	select {
	case err := <-served:
		return fmt.Errorf("baseline %s: %w", o.Kind, err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := srv.Shutdown(grace); err != nil {
		return fmt.Errorf("baseline %s: stop serving: %w", o.Kind, err)
	}
	return nil
}

// kind starts what the kind needs and adds its routes.
func (o Options) kind(ctx context.Context, mux *http.ServeMux) (stop func(), err error) {
	receive := func(keep keeper) { mux.Handle("POST "+load.Path, o.handler(keep)) }
	switch o.Kind {
	case Batcher:
		return o.batcher(ctx, mux, receive)
	case Request:
		return o.request(ctx, receive)
	case Worker:
		return o.worker()
	case Signal:
		return o.signal(ctx, receive)
	}
	return nil, errors.New("no such kind")
}

// handler checks the token, reads, keeps and answers.
func (o Options) handler(keep keeper) http.Handler {
	want := []byte("Bearer " + o.Token)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), want) != 1 {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		var hook webhook
		if err := json.Unmarshal(body, &hook); err != nil || hook.User == "" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		after, err := keep(r.Context(), hook, body)
		if err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		// The load generator sees it when the answer does not come.
		_, _ = io.WriteString(w, "{}")
		if after != nil {
			after()
		}
	})
}
