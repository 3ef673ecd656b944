package main

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"admit/activities"
	"admit/cmd/admit/settings"
	"admit/ingress"
	"admit/onboarding"
	"admit/providers"
)

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
