package main

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
)

// trail records what happened in which order.
type trail struct {
	mu    sync.Mutex
	steps []string
}

func (t *trail) add(step string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.steps = append(t.steps, step)
}

func (t *trail) part(name string, early bool) part {
	return part{name, early, func(ctx context.Context) error {
		<-ctx.Done()
		t.add("stop " + name)
		return nil
	}}
}

func TestPartsStopFromTheLastToTheFirst(t *testing.T) {
	t.Parallel()
	var seen trail
	ctx, cancel := context.WithCancel(t.Context())
	parts := []part{seen.part("admin", true), seen.part("worker", false), seen.part("public", true)}
	err := runParts(ctx, slog.New(slog.DiscardHandler), parts, func(context.Context) error {
		seen.add("prepare")
		cancel()
		return nil
	})
	// The worker was never started: the process was stopped while it prepared.
	if want := []string{"prepare", "stop public", "stop admin"}; err != nil || !slices.Equal(seen.steps, want) {
		t.Fatalf("error %v, steps %q, want %q", err, seen.steps, want)
	}
}

func TestAPartThatFailsStopsTheRest(t *testing.T) {
	t.Parallel()
	var seen trail
	parts := []part{seen.part("admin", true), {"the worker", false, func(context.Context) error { return errors.New("no more") }}, seen.part("public", true)}
	err := runParts(t.Context(), slog.New(slog.DiscardHandler), parts, func(context.Context) error { return nil })
	if want := []string{"stop public", "stop admin"}; err == nil || !strings.Contains(err.Error(), "the worker: no more") || !slices.Equal(seen.steps, want) {
		t.Fatalf("error %v, steps %q, want %q", err, seen.steps, want)
	}
}

func TestAFailedPreparationStartsNothingMore(t *testing.T) {
	t.Parallel()
	var seen trail
	parts := []part{seen.part("admin", true), {"the worker", false, func(context.Context) error { seen.add("worker started"); return nil }}}
	err := runParts(t.Context(), slog.New(slog.DiscardHandler), parts, func(context.Context) error { return errors.New("wrong schema") })
	if want := []string{"stop admin"}; err == nil || !slices.Equal(seen.steps, want) {
		t.Fatalf("error %v, steps %q, want %q", err, seen.steps, want)
	}
}
