package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"admit/onboarding"
	"admit/postgres"
)

// quiet returns gauges of a database in which little waits, and of a Temporal that is
// up.
func quiet(t *testing.T) gauges {
	return gauges{
		ping: func(context.Context) error { return nil },
		stats: func(context.Context) (postgres.Stats, error) {
			return postgres.Stats{
				RevokeOldest: 90 * time.Second, ParkedAccess: 2, AskOldest: time.Hour, ReversedLastHour: 21, CollectedOldest: time.Minute,
				Oldest:  map[string]time.Duration{"core": 0, "crm": 90 * time.Second, "mail": time.Second},
				Failing: map[string]bool{"core": true, "crm": false},
			}, nil
		},
		waiting: func(context.Context) (map[string]int64, error) {
			return map[string]int64{"core": 0, "crm": 2, "mail": 1}, nil
		},
		parked: func(context.Context) (map[string]int64, error) {
			return map[string]int64{"crm": 7, onboarding.P100Target: 1, onboarding.XGatewayTarget: 2}, nil
		},
		temporal: func(context.Context) error { return nil },
		pollers: func(_ context.Context, queue string) (int, time.Time, error) {
			if queue != "crm-work" {
				t.Errorf("asked who polls %q", queue)
			}
			return 3, time.Time{}, nil
		},
		targets: []onboarding.Target{
			{Name: "core", Events: []string{"*"}}, {Name: "crm", Events: []string{"onboarding.*"}, TaskQueue: "crm-work"}, {Name: onboarding.MailTarget},
		},
		reversals: 20,
		logger:    slog.New(slog.DiscardHandler),
	}
}

// scraped returns the first value of each metric.
func scraped(t *testing.T, g gauges) map[string]float64 {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(g)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		got[f.GetName()] = f.GetMetric()[0].GetGauge().GetValue()
	}
	return got
}

// TestWhatHangsHidesNothing holds that all that is known in time is shown, while
// PostgreSQL has too much to count, or Temporal takes connections and says nothing;
// and that PostgreSQL counts as away only where it does not answer at all.
func TestWhatHangsHidesNothing(t *testing.T) {
	t.Parallel()
	hangs := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	count := func(ctx context.Context) (map[string]int64, error) { return nil, hangs(ctx) }
	all := map[string]float64{
		"admit_postgres_up": 1, "admit_temporal_up": 1, "admit_hook_pollers": 3, "admit_hook_waiting": 0, "admit_effects_parked": 7, "admit_asks_parked": 3,
		"admit_inbox_events": 0, "admit_inbox_oldest_seconds": 0, "admit_effects_oldest_seconds": 0, "admit_revoke_oldest_seconds": 90,
		"admit_revoke_overdue_users": 0, "admit_access_parked": 2, "admit_asks_oldest_seconds": 3600, "admit_reversed_users": 21,
		"admit_reversals_per_hour": 20, "admit_digest_oldest_seconds": 60, "admit_hook_failing": 0, "admit_hook_oldest_seconds": 0,
	}
	for _, tc := range []struct {
		name    string
		hang    func(*gauges)
		changed map[string]float64 // -1 for what is missing
	}{
		{"nothing", func(*gauges) {}, nil},
		{"Temporal", func(g *gauges) { g.temporal = hangs }, map[string]float64{"admit_temporal_up": 0}},
		{"who polls", func(g *gauges) {
			g.pollers = func(ctx context.Context, _ string) (int, time.Time, error) { return 0, time.Time{}, hangs(ctx) }
		}, map[string]float64{"admit_hook_pollers": -1}},
		{"how much waits", func(g *gauges) { g.waiting = count }, map[string]float64{"admit_hook_waiting": -1}},
		{"what was given up on", func(g *gauges) { g.parked = count }, map[string]float64{"admit_effects_parked": -1, "admit_asks_parked": -1}},
		{"what waits longest", func(g *gauges) {
			g.stats = func(ctx context.Context) (postgres.Stats, error) { return postgres.Stats{}, hangs(ctx) }
		}, map[string]float64{
			"admit_inbox_events": -1, "admit_inbox_oldest_seconds": -1, "admit_effects_oldest_seconds": -1, "admit_revoke_oldest_seconds": -1,
			"admit_revoke_overdue_users": -1, "admit_access_parked": -1, "admit_asks_oldest_seconds": -1, "admit_reversed_users": -1,
			"admit_reversals_per_hour": -1, "admit_digest_oldest_seconds": -1, "admit_hook_failing": -1, "admit_hook_oldest_seconds": -1,
		}},
		{"PostgreSQL", func(g *gauges) {
			g.ping = func(context.Context) error { return errors.New("away") }
		}, map[string]float64{"admit_postgres_up": 0}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := quiet(t)
				tc.hang(&g)
				got := scraped(t, g)
				for name, want := range all {
					if changed, ok := tc.changed[name]; ok {
						want = changed
					}
					if v, ok := got[name]; ok != (want >= 0) || ok && v != want {
						t.Errorf("%s is %v (shown: %v), want %v", name, v, ok, want)
					}
				}
			})
		})
	}
}

// TestHookGauges holds that each target has its own values, and that an alert can
// tell the hooks for access from the others.
func TestHookGauges(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	registry.MustRegister(quiet(t))
	page := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(page, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	var got []string
	for line := range strings.Lines(page.Body.String()) {
		if strings.HasPrefix(line, "admit_hook_") {
			got = append(got, strings.TrimSpace(line))
		}
	}
	want := []string{
		`admit_hook_failing{access="false",hook="crm"} 0`, `admit_hook_failing{access="true",hook="core"} 1`,
		`admit_hook_oldest_seconds{target="core"} 0`, `admit_hook_oldest_seconds{target="crm"} 90`, `admit_hook_oldest_seconds{target="mail"} 1`,
		`admit_hook_pollers{hook="crm"} 3`,
		`admit_hook_waiting{target="core"} 0`, `admit_hook_waiting{target="crm"} 2`, `admit_hook_waiting{target="mail"} 1`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("metrics\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}
