package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	sdkworker "go.temporal.io/sdk/worker"
)

// TestPollers holds what is known of a task queue before, while and after a worker
// polls it.
func TestPollers(t *testing.T) {
	t.Parallel()
	c, queue := dialTemporal(t), "pollers-"+strings.ToLower(rand.Text()[:12])
	now := pollers{c, time.Now}
	if n, last, err := now.Pollers(t.Context(), queue); n != 0 || !last.IsZero() || err != nil {
		t.Fatalf("a queue that nobody ever polled: %d, %s, %v", n, last, err)
	}
	w := sdkworker.New(c, queue, sdkworker.Options{DisableWorkflowWorker: true})
	w.RegisterActivityWithOptions(func(context.Context) error { return nil }, activity.RegisterOptions{Name: "Nothing"})
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
	soon(t, "the worker is seen", func() error {
		n, last, err := now.Pollers(t.Context(), queue)
		if err == nil && (n != 1 || time.Since(last) > time.Minute) {
			err = fmt.Errorf("%d pollers, the last at %s", n, last)
		}
		return err
	})
	later := pollers{c, func() time.Time { return time.Now().Add(4 * time.Minute) }}
	if n, last, err := later.Pollers(t.Context(), queue); n != 0 || last.IsZero() || err != nil {
		t.Errorf("after minutes of silence: %d, %s, %v", n, last, err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := now.Pollers(gone, queue); err == nil {
		t.Error("an engine that does not answer is taken for one that knows of nobody")
	}
}
