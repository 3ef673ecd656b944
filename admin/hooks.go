package admin

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"admit/onboarding"
)

// HookViewer says how the targets fare.
type HookViewer interface {
	// Hooks returns every configured target, in the order of the configuration.
	Hooks(ctx context.Context) ([]onboarding.HookView, error)
	// FailedEffects returns a page of what a target was given up on, by their IDs from
	// behind after on, and where the next one begins, 0 after the last.
	FailedEffects(ctx context.Context, target string, after int64, limit int) (page []onboarding.FailedEffect, next int64, err error)
}

// HookReplayer has targets told again, or anew.
type HookReplayer interface {
	// ReplayEffects has a target sent again what was given up on: the effects of these
	// IDs, or without any the oldest ones, at most limit, and keeps who asked for it
	// and why. It returns whose they are, how many there were, and whether any of those
	// that were asked for is left.
	ReplayEffects(ctx context.Context, target string, ids []int64, limit int, actor, reason string) (users []string, replayed int, left bool, err error)
	// TellPresent has a target told what is true now of at most limit users behind
	// after, where it was not told before, and keeps who asked for it and why. It
	// returns how much it will be told, of whom, and where the next page begins, ""
	// after the last.
	TellPresent(ctx context.Context, target, after string, limit int, actor, reason string) (told int, users []string, next string, err error)
	// HookTried keeps what came of an operator's test: a hook that took it works.
	HookTried(ctx context.Context, name string, a onboarding.Attempt) error
}

// HookStore is what the API reads and writes of targets.
type HookStore interface {
	HookViewer
	HookReplayer
}

// Tester tries a hook once, outside the ledger.
type Tester interface {
	// Test returns what the hook answered and how long it took. An error means that
	// nothing was sent.
	Test(ctx context.Context, name string) (onboarding.Attempt, time.Duration, error)
}

// Pollers knows who asks a task queue for work.
type Pollers interface {
	// Pollers returns how many workers polled a task queue for activities lately, and
	// when the last one did; the zero time for nobody.
	Pollers(ctx context.Context, taskQueue string) (n int, last time.Time, err error)
}

type hooksOutput struct {
	Body hookList
}

type hookList struct {
	Items []hookItem `json:"items" nullable:"false" doc:"As they are configured"`
}

// hookItem is a target, with what Temporal knows of its workers.
type hookItem struct {
	onboarding.HookView
	Pollers    *int       `json:"pollers"`
	LastPolled *time.Time `json:"lastPolled"`
}

func (s *Server) registerHooks(api huma.API) {
	op := s.operation("list-hooks", http.MethodGet, "/v1/hooks", RoleRead, api.OpenAPI().Components.Schemas)
	op.Summary, op.Tags = "List hooks", []string{tagHooks}
	op.Description = "Everybody who is told of users: hooks, other teams' task queues, mail, reviewers, and the providers' APIs that are asked. " +
		"A hook that takes nothing is failing: it is tried now and then, and what is for it waits. One that opens and shuts access is shown as failing and tried as ever."
	op.Responses["200"] = &huma.Response{Description: "The hooks"}
	huma.Register(api, op, s.listHooks)
}

func (s *Server) listHooks(ctx context.Context, _ *struct{}) (*hooksOutput, error) {
	views, err := s.hookViews(ctx)
	if err != nil {
		return nil, failed(ctx, err)
	}
	items := make([]hookItem, len(views))
	var asked sync.WaitGroup
	for i, v := range views {
		v.Events = listed(v.Events)
		items[i].HookView = v
		if v.TaskQueue != "" && s.pollers != nil {
			asked.Go(func() { s.poll(ctx, &items[i]) })
		}
	}
	asked.Wait()
	return &hooksOutput{hookList{items}}, nil
}

// poll says of a task queue who polls it. An engine that is away leaves it open,
// and does not keep the rest from being shown.
func (s *Server) poll(ctx context.Context, item *hookItem) {
	ctx, cancel := context.WithTimeout(ctx, s.limits.Pollers)
	defer cancel()
	n, last, err := s.pollers.Pollers(ctx, item.TaskQueue)
	if err != nil {
		s.logger.WarnContext(ctx, "pollers of a task queue not known", "hook", item.Name, "error", err)
		return
	}
	item.Pollers = &n
	if !last.IsZero() {
		item.LastPolled = &last
	}
}

func (s *Server) hookViews(ctx context.Context) ([]onboarding.HookView, error) {
	ctx, cancel := context.WithTimeout(ctx, s.limits.Store)
	defer cancel()
	return s.hooks.Hooks(ctx)
}

// hookName is the target that an operation's path names.
type hookName string

// Schema implements huma.SchemaProvider.
func (hookName) Schema(huma.Registry) *huma.Schema {
	most := 255
	return &huma.Schema{Type: huma.TypeString, Pattern: "^[a-z0-9-]+$", MaxLength: &most, Description: "The hook's name in the configuration"}
}

// hook returns the target of that name, and keeps the name for the log. Which
// targets there are does not change while the process runs, so the store, which
// counts what waits for each, is asked once.
func (s *Server) hook(ctx context.Context, name hookName) (onboarding.HookView, error) {
	targets := s.targets.Load()
	if targets == nil {
		views, err := s.hookViews(ctx)
		if err != nil {
			return onboarding.HookView{}, failed(ctx, err)
		}
		targets = &views
		s.targets.Store(targets)
	}
	i := slices.IndexFunc(*targets, func(v onboarding.HookView) bool { return v.Name == string(name) })
	if i < 0 {
		return onboarding.HookView{}, noHook(*targets)
	}
	exchangeOf(ctx).hook = string(name)
	return (*targets)[i], nil
}

// noHook answers a name that is no target's with those that are.
func noHook(targets []onboarding.HookView) *refusal {
	f := &refusal{status: http.StatusNotFound, code: "not_found", detail: "No hook has this name; none is configured."}
	if len(targets) > 0 {
		var names []string
		for _, t := range targets {
			names = append(names, t.Name)
		}
		f.detail = "No hook has this name; there are " + strings.Join(names, ", ") + "."
	}
	return f
}
