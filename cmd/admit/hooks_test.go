package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"admit/activities"
	"admit/cmd/admit/settings"
	"admit/onboarding"
	"admit/postgres/postgrestest"
)

// endpoint is a merchant's system that verifies what it is sent.
type endpoint struct {
	*httptest.Server
	mu   sync.Mutex
	took []onboarding.Payload
}

func newEndpoint(t *testing.T) *endpoint {
	t.Helper()
	verifier, err := standardwebhooks.NewWebhook(hookSecretOfTests)
	if err != nil {
		t.Fatal(err)
	}
	e := &endpoint{}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = verifier.Verify(body, r.Header)
		}
		var p onboarding.Payload
		if err == nil {
			err = json.Unmarshal(body, &p)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		e.mu.Lock()
		defer e.mu.Unlock()
		e.took = append(e.took, p)
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(e.Close)
	return e
}

// taken returns what it was sent so far.
func (e *endpoint) taken() []onboarding.Payload {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.took)
}

// do asks a worker's admin API and returns the status and the body.
func do(t *testing.T, sys *system, method, path, body string) (int, string) {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+tokenOfTests)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	sys.admin.Handler().ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// TestHooksThroughTheAdminAPI holds that an operator sees how the hooks fare, who
// polls a task queue, and what comes of trying one, and that a contact is kept.
func TestHooksThroughTheAdminAPI(t *testing.T) {
	t.Parallel()
	core := newEndpoint(t)
	sys := aWorker(t, settings.Settings{
		DatabaseURL: postgrestest.URL(t), Policy: onboarding.DefaultPolicy(), AdminTokens: "ops:operate:" + tokenOfTests, Build: "test",
		Hooks: []settings.Hook{
			{Name: "core", URL: core.URL, Secrets: []string{hookSecretOfTests}, AllowPrivate: true, Events: []string{"*"}},
			{Name: "crm", TaskQueue: "hooks-test-that-nobody-polls", Activity: "OnOnboardingEvent", Events: []string{"onboarding.*"}},
		},
	})
	if err := sys.store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if status, body := do(t, sys, http.MethodPost, "/v1/hooks/core/test", ""); status != http.StatusOK || !strings.Contains(body, `"result":"delivered","answer":"204"`) {
		t.Errorf("a test of core: %d %s", status, body)
	}
	if took := core.taken(); len(took) != 1 || took[0].Type != onboarding.EffectHookTest {
		t.Errorf("core was sent %+v", took)
	}
	if status, body := do(t, sys, http.MethodPost, "/v1/hooks/crm/test", ""); status != http.StatusConflict || !strings.Contains(body, "crm cannot be tried") {
		t.Errorf("a test of crm: %d %s", status, body)
	}
	status, body := do(t, sys, http.MethodGet, "/v1/hooks", "")
	var list struct {
		Items []struct {
			onboarding.HookView
			Pollers *int
		}
	}
	if err := json.Unmarshal([]byte(body), &list); err != nil || status != http.StatusOK || len(list.Items) != 2 {
		t.Fatalf("the hooks: %d %s, %v", status, body, err)
	}
	if h := list.Items[0]; h.Name != "core" || !h.Access || h.LastAnswer != "204" || h.State != onboarding.HookWorking || h.Pollers != nil {
		t.Errorf("core is shown as %s", body)
	}
	if h := list.Items[1]; h.Name != "crm" || h.Access || h.Pollers == nil || *h.Pollers != 0 {
		t.Errorf("crm is shown as %s", body)
	}
	if status, body := do(t, sys, http.MethodPut, "/v1/users/user-1/contact", `{"email":"user-1@example.com"}`); status != http.StatusNotFound {
		t.Errorf("a contact of nobody: %d %s", status, body)
	}
}

// hook returns what sends to an HTTP hook.
func (sys *system) hook(t *testing.T, name string) *activities.Hook {
	t.Helper()
	h, ok := sys.senders[name].(*activities.Hook)
	if !ok {
		t.Fatalf("%s is sent to by %T", name, sys.senders[name])
	}
	return h
}

// TestSendersSpeak holds who is given words for users: mail, and the hooks that ask
// for them.
func TestSendersSpeak(t *testing.T) {
	t.Parallel()
	hook := func(name string, full bool, events ...string) settings.Hook {
		return settings.Hook{Name: name, URL: "https://" + name + ".example", Secrets: []string{hookSecretOfTests}, Events: events, Full: full, MaxInFlight: 3}
	}
	sys := aWorker(t, settings.Settings{
		DatabaseURL: postgrestest.URL(t), Policy: onboarding.DefaultPolicy(), Voice: &settings.Voice{},
		Hooks: []settings.Hook{hook("push", false, "notify.*"), hook("core", true, "*")},
		Mail:  &settings.Mail{Address: "smtp.example:587", TLS: "starttls", From: "Example <hello@example.com>"},
	})
	push, core := sys.hook(t, "push"), sys.hook(t, "core")
	if push.Voice == nil || push.Texts != nil || push.AtOnce(onboarding.LaneAccess) != 3 {
		t.Errorf("push has the voice %v and the texts %v", push.Voice, push.Texts)
	}
	if core.Voice != nil || core.Texts == nil {
		t.Errorf("core has the voice %v and the texts %v", core.Voice, core.Texts)
	}
	if sys.senders[onboarding.MailTarget] == nil {
		t.Error("nobody sends the mails")
	}
}
