// Package crm is what a customer-relations team might write to hear of its users'
// onboarding. It shares no code with Admit: what it reads is the documented JSON.
package crm

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
)

// ActivityName is the name under which the activity is registered, and which
// Admit's configuration gives.
const ActivityName = "OnOnboardingEvent"

// ErrorUnusable is the type of the error for an event that no repetition mends;
// Admit counts it as a definite no.
const ErrorUnusable = "Unusable"

// maxUsers bounds what the worker remembers. A user that was forgotten costs at
// most one event handled twice.
const maxUsers = 10_000

// Event is what Admit tells: the type, when it was decided, and the state that
// the decision left behind. Fields that are not read here are left out.
type Event struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      struct {
		UserID        string            `json:"userId"`
		Stage         string            `json:"stage"`
		Access        string            `json:"access"`
		AccessVersion int64             `json:"accessVersion"` // only grows; an older one is stale
		Version       int64             `json:"version"`       // of the decision; several events may share one
		Checks        map[string]string `json:"checks"`
		Check         string            `json:"check"` // of check.changed and check.reversed
	} `json:"data"`
}

// Work is what a team does with an event. What it fails with is tried again by
// Admit, later and later; an error that is not retryable counts as a definite no.
type Work func(context.Context, Event) error

// Handler does the work of each event once. Admit delivers at least once: what was
// done, but whose answer was lost, comes again, so Handler remembers, per user, the
// events of the last version it handled, and the last access version. A system with
// a database keeps this there, and writes it in the transaction that does the work.
type Handler struct {
	Logger *slog.Logger
	Work   Work // needed

	mu    sync.Mutex
	users map[string]*seen
}

// seen is what was handled of one user.
type seen struct {
	version int64
	events  map[string]bool // of that version: type and check
	access  int64
}

// OnOnboardingEvent is the activity. It is called with one attempt; what it fails
// with is tried again by Admit, later and later.
func (h *Handler) OnOnboardingEvent(ctx context.Context, e Event) error {
	if e.Type == "" || e.Data.UserID == "" {
		return temporal.NewNonRetryableApplicationError("an event needs a type and a user", ErrorUnusable, nil)
	}
	log := h.Logger.With("type", e.Type, "user", e.Data.UserID, "version", e.Data.Version, "workflow", activity.GetInfo(ctx).WorkflowExecution.ID)
	if h.handled(e) {
		log.Info("event seen before, or overtaken")
		return nil
	}
	if err := h.Work(ctx, e); err != nil {
		return err // as it is: Temporal reads its type
	}
	// Only now: work that failed is to be done when the event comes again.
	h.remember(e)
	log.Info("onboarding event", "stage", e.Data.Stage, "access", e.Data.Access, "check", e.Data.Check, "decided", e.Timestamp)
	return nil
}

// handled says whether the event was handled before, or overtaken by a later one: a
// user's events come in the order in which they were decided. Opening and shutting
// access has an order, and a version, of its own.
func (h *Handler) handled(e Event) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	u, known := h.users[e.Data.UserID]
	switch {
	case !known:
		return false
	case e.opensOrShuts():
		return e.Data.AccessVersion <= u.access
	}
	return e.Data.Version < u.version || e.Data.Version == u.version && u.events[e.name()]
}

// remember keeps in mind that the event was handled.
func (h *Handler) remember(e Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	u := h.user(e.Data.UserID)
	if e.opensOrShuts() {
		u.access = max(u.access, e.Data.AccessVersion)
		return
	}
	if e.Data.Version > u.version {
		u.version, u.events = e.Data.Version, map[string]bool{}
	}
	if e.Data.Version == u.version {
		u.events[e.name()] = true
	}
}

// opensOrShuts says whether the event is one of the access lane.
func (e Event) opensOrShuts() bool {
	return e.Type == "access.granted" || e.Type == "access.revoked"
}

// name tells the event from the others of its version.
func (e Event) name() string { return e.Type + ":" + e.Data.Check }

// user returns what is remembered of a user, making room when there is none.
func (h *Handler) user(id string) *seen {
	if u, ok := h.users[id]; ok {
		return u
	}
	if h.users == nil {
		h.users = map[string]*seen{}
	}
	if len(h.users) >= maxUsers {
		for other := range h.users { // any will do
			delete(h.users, other)
			break
		}
	}
	u := &seen{events: map[string]bool{}}
	h.users[id] = u
	return u
}
