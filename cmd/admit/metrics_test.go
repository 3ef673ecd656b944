package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"admit/activities"
	"admit/cmd/admit/settings"
	"admit/ingress"
	"admit/onboarding"
	"admit/postgres"
	"admit/providers"
)

// TestAHangingTemporalHidesNothing holds that what PostgreSQL knows is shown
// while Temporal takes connections and says nothing.
func TestAHangingTemporalHidesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := gauges{
			temporal: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
			stats: func(ctx context.Context) (postgres.Stats, error) {
				return postgres.Stats{
					RevokeOldest: 90 * time.Second, ParkedAccess: 2, AskOldest: time.Hour, ParkedAsks: 3, ReversedLastHour: 21, CollectedOldest: time.Minute,
					Queues: map[string]postgres.Queue{"crm": {Waiting: 4, Oldest: time.Minute}}, Failing: map[string]bool{"crm": true},
				}, ctx.Err()
			},
			pollers: func(ctx context.Context, _ string) (int, time.Time, error) {
				<-ctx.Done()
				return 0, time.Time{}, ctx.Err()
			},
			targets:   []onboarding.Target{{Name: "crm", TaskQueue: "crm", Events: []string{"onboarding.*"}}},
			reversals: 20,
			logger:    slog.New(slog.DiscardHandler),
		}
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
		for name, want := range map[string]float64{
			"admit_postgres_up": 1, "admit_revoke_oldest_seconds": 90, "admit_access_parked": 2, "admit_temporal_up": 0,
			"admit_asks_oldest_seconds": 3600, "admit_asks_parked": 3, "admit_reversed_users": 21, "admit_reversals_per_hour": 20,
			"admit_digest_oldest_seconds": 60, "admit_hook_failing": 1, "admit_hook_waiting": 4, "admit_hook_oldest_seconds": 60,
		} {
			if v, ok := got[name]; !ok || v != want {
				t.Errorf("%s is %v (shown: %v), want %v", name, v, ok, want)
			}
		}
		if v, ok := got["admit_hook_pollers"]; ok {
			t.Errorf("who polls is %v although nobody knows", v)
		}
	})
}

// TestHookGauges holds that each target has its own values, and that an alert can
// tell the hooks for access from the others.
func TestHookGauges(t *testing.T) {
	t.Parallel()
	g := gauges{
		temporal: func(context.Context) error { return nil },
		stats: func(context.Context) (postgres.Stats, error) {
			return postgres.Stats{
				Queues:  map[string]postgres.Queue{"core": {}, "crm": {Waiting: 2, Oldest: 90 * time.Second}, "mail": {Waiting: 1, Oldest: time.Second}},
				Failing: map[string]bool{"core": true, "crm": false},
			}, nil
		},
		pollers: func(_ context.Context, queue string) (int, time.Time, error) {
			if queue != "crm-work" {
				t.Errorf("asked who polls %q", queue)
			}
			return 3, time.Time{}, nil
		},
		targets: []onboarding.Target{
			{Name: "core", Events: []string{"*"}}, {Name: "crm", Events: []string{"onboarding.*"}, TaskQueue: "crm-work"}, {Name: onboarding.MailTarget},
		},
		logger: slog.New(slog.DiscardHandler),
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(g)
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

// TestCountersBeginAtZero holds that an alert sees the first of a kind come: of each
// outcome on a path of a provider that is on, and of each end of a message.
func TestCountersBeginAtZero(t *testing.T) {
	t.Parallel()
	m := newMetrics(settings.Settings{Build: "test", Mail: &settings.Mail{}, Hooks: []settings.Hook{
		{Name: "texts", Events: []string{"notify.*"}}, {Name: "core", Events: []string{"*"}},
	}}, settings.Role{Ingress: true})
	m.takes(providers.P100{})
	page := httptest.NewRecorder()
	m.handler(slog.New(slog.DiscardHandler)).ServeHTTP(page, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	want := []string{`admit_build_info{build="test",ingress="true",worker="false"} 1`}
	text, err := os.ReadFile("../../ingress/ingress.go")
	if err != nil {
		t.Fatal(err)
	}
	outcomes := regexp.MustCompile(`(?m)^\tOutcome\w+ += "(\w+)"`).FindAllSubmatch(text, -1)
	if len(outcomes) < 10 {
		t.Fatalf("ingress.go names the outcomes %q", outcomes)
	}
	for _, outcome := range outcomes {
		switch name := string(outcome[1]); name {
		case ingress.OutcomeNotFound, ingress.OutcomeMethodNotAllowed: // on nobody's path
		default:
			providers.P100{}.Routes(func(route, _, _ string) {
				want = append(want, fmt.Sprintf(`admit_webhooks_total{outcome=%q,provider="p100",route=%q} 0`, name, route))
			})
		}
	}
	for _, result := range []string{"delivered", "failed", "refused"} {
		for _, target := range []string{"mail", "texts"} {
			want = append(want, fmt.Sprintf(`admit_delivery_attempts_total{lane="notify",result=%q,target=%q} 0`, result, target))
		}
	}
	for _, line := range want {
		if !strings.Contains(page.Body.String(), line+"\n") {
			t.Errorf("%s is missing", line)
		}
	}
	for _, none := range []string{`provider="xgateway",route`, `target="core"`} {
		if strings.Contains(page.Body.String(), none) {
			t.Errorf("%s is there", none)
		}
	}
}

// TestWhatIsNotSentTakesNoTime holds that deliveries which are put off, or have
// nothing left to say, are counted apart.
func TestWhatIsNotSentTakesNoTime(t *testing.T) {
	t.Parallel()
	m := newMetrics(settings.Settings{}, settings.Role{})
	for _, result := range []onboarding.AttemptResult{onboarding.AttemptDeferred, onboarding.AttemptMoot, onboarding.AttemptDelivered} {
		m.attempt(activities.Observation{Target: onboarding.MailTarget, Lane: onboarding.LaneNotify, Result: result, Took: time.Second})
	}
	page := httptest.NewRecorder()
	m.handler(slog.New(slog.DiscardHandler)).ServeHTTP(page, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, want := range []string{
		`admit_delivery_attempts_total{lane="notify",result="deferred",target="mail"} 1`, `admit_delivery_attempts_total{lane="notify",result="moot",target="mail"} 1`,
		`admit_delivery_attempts_total{lane="notify",result="delivered",target="mail"} 1`,
		`admit_delivery_attempt_seconds_count{target="mail"} 1`, `admit_delivery_age_seconds_count{lane="notify",target="mail"} 1`,
	} {
		if !strings.Contains(page.Body.String(), want+"\n") {
			t.Errorf("%s is missing", want)
		}
	}
}
