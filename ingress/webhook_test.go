package ingress_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"admit/ingress"
	"admit/onboarding"
)

const (
	kycPath   = "/webhook/kyc-verification/status"
	bodyPath  = "/handle-kyc-status"
	good      = `{"user":"user-1","status":"VERIFIED"}`
	goodHash  = `{"hash":"hash-1","user":"user-1","status":"FULL_USER"}`
	stripped  = `{"status":"FULL_USER","user":"user-1"}`
	noStatus  = `{"user":"user-1"}`
	emptyUser = `{"user":"","status":"VERIFIED"}`
)

func post(h http.Handler, path, token, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	if token != "" {
		r.Header.Set("Authorization", token)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestAccepted(t *testing.T) {
	t.Parallel()
	type want struct{ route, answer, stored string }
	for path, c := range map[string]struct {
		provider, token, body string
		want
	}{
		"/webhook/kyc-verification/status":                  {"p100", "token-1", good, want{"kyc-verification", "{}", good}},
		"/webhook/kyc-files/status":                         {"p100", "token-1", good, want{"kyc-files", "null", good}},
		"/webhook/poa-verification/status":                  {"p100", "token-1", good, want{"poa-verification", "{}", good}},
		"/user-manual-verification-status-webhook":          {"p100", "token-1", good, want{"high-risk-verification", "{}", good}},
		"/webhook/user-manual-verification-status-webhook":  {"p100", "token-1", good, want{"high-risk-verification", "{}", good}},
		"/webhook/user/status":                              {"p100", "token-1", good, want{"user-status", "{}", good}},
		"/handle-kyc-status":                                {"xgateway", "", goodHash, want{"kyc", "{}", stripped}},
		"/webhook/kyc-files/status?ignored=also;semicolons": {"p100", "token-1", good, want{"kyc-files", "null", good}},
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			s := newSetup(t, &store{}, ingress.Limits{})
			w := post(s.Handler(), path, c.token, c.body)
			if w.Code != http.StatusOK || w.Body.String() != c.answer || w.Header().Get("Content-Type") != "application/json" {
				t.Errorf("answer %d %q %q", w.Code, w.Body, w.Header())
			}
			events, malformed := s.store.kept()
			event := onboarding.Event{UserID: "user-1", Provider: c.provider, Route: c.route, Body: []byte(c.stored)}
			if !reflect.DeepEqual(events, []onboarding.Event{event}) || malformed != nil {
				t.Errorf("stored %+v, malformed %+v", events, malformed)
			}
			if r := s.store.rings["user-1"]; r.EventID != 1 || r.Provider != c.provider || r.Route != c.route || len(r.Words) != 1 {
				t.Errorf("rang %+v", r)
			}
			if got := s.observations(); !reflect.DeepEqual(got, []observation{{c.provider, c.route, "accepted"}}) {
				t.Errorf("observed %+v", got)
			}
		})
	}
}

// refused is a request that is not accepted, and what comes of it.
type refused struct {
	name, path, token, body string
	err                     error // of the store
	status                  int
	code, outcome           string
	header                  map[string]string
	malformed               string // the body kept as malformed
	malformedUser           string
}

var refusals = []refused{
	{name: "no token", path: kycPath, body: good, status: 401, code: "unauthorized", outcome: "unauthorized", header: map[string]string{"WWW-Authenticate": "p100-proof"}},
	{name: "another token, a body too large", path: kycPath, token: "token-2", body: strings.Repeat(" ", 1<<17), status: 401, code: "unauthorized", outcome: "unauthorized"},
	{name: "another token, no JSON", path: kycPath, token: "token-2", body: "text", status: 401, code: "unauthorized", outcome: "unauthorized"},
	{name: "no hash", path: bodyPath, body: good, status: 401, code: "unauthorized", outcome: "unauthorized", header: map[string]string{"WWW-Authenticate": "xgateway-proof"}},
	{name: "no hash, no status", path: bodyPath, body: noStatus, status: 401, code: "unauthorized", outcome: "unauthorized"},

	{name: "one byte too large", path: kycPath, token: "token-1", body: strings.Repeat(" ", ingress.MaxBody+1), status: 413, code: "too_large", outcome: "too_large", header: map[string]string{"Connection": "close"}},
	{name: "too large, unproven", path: bodyPath, body: strings.Repeat(" ", ingress.MaxBody+1), status: 413, code: "too_large", outcome: "too_large"},

	{name: "no JSON", path: kycPath, token: "token-1", body: "text", status: 400, code: "malformed", outcome: "malformed", malformed: "text"},
	{name: "no body", path: kycPath, token: "token-1", status: 400, code: "malformed", outcome: "malformed"},
	{name: "largest body", path: kycPath, token: "token-1", body: strings.Repeat(" ", ingress.MaxBody), status: 400, code: "malformed", outcome: "malformed", malformed: strings.Repeat(" ", ingress.MaxBody)},
	{name: "no status", path: kycPath, token: "token-1", body: noStatus, status: 400, code: "malformed", outcome: "malformed", malformed: noStatus, malformedUser: "user-1"},
	{name: "no status, proven by its body", path: bodyPath, body: `{"hash":"hash-1"}`, status: 400, code: "malformed", outcome: "malformed", malformed: `{}`},
	{name: "no JSON, unproven", path: bodyPath, body: "text", status: 400, code: "malformed", outcome: "malformed"},

	{name: "no user ID", path: kycPath, token: "token-1", body: emptyUser, status: 422, code: "unusable_user_id", outcome: "unusable_user_id", malformed: emptyUser},

	{name: "store away", path: kycPath, token: "token-1", body: good, err: onboarding.ErrUnavailable, status: 503, code: "unavailable", outcome: "unavailable", header: map[string]string{"Retry-After": "5"}},
	{name: "store fails in another way", path: bodyPath, body: goodHash, err: errors.New("surprise"), status: 503, code: "unavailable", outcome: "unavailable"},
	{name: "store away, malformed", path: kycPath, token: "token-1", body: noStatus, err: fmt.Errorf("down: %w", onboarding.ErrUnavailable), status: 503, code: "unavailable", outcome: "unavailable"},
	{name: "store away, no user ID", path: kycPath, token: "token-1", body: emptyUser, err: onboarding.ErrUnavailable, status: 503, code: "unavailable", outcome: "unavailable"},
	{name: "store refuses the data", path: kycPath, token: "token-1", body: good, err: fmt.Errorf("NUL: %w", onboarding.ErrData), status: 400, code: "malformed", outcome: "malformed"},
	{name: "store refuses even malformed data", path: kycPath, token: "token-1", body: noStatus, err: onboarding.ErrData, status: 400, code: "malformed", outcome: "malformed"},
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for _, c := range refusals {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSetup(t, &store{err: c.err}, ingress.Limits{})
			w := post(s.Handler(), c.path, c.token, c.body)
			checkProblem(t, w, c)
			events, malformed := s.store.kept()
			if events != nil || s.store.rings != nil {
				t.Errorf("stored %+v, rang %+v", events, s.store.rings)
			}
			checkMalformed(t, c, malformed)
			observed := s.observations()
			if len(observed) != 1 || observed[0].outcome != c.outcome || observed[0].provider == "" || observed[0].route == "" {
				t.Errorf("observed %+v", observed)
			}
		})
	}
}

func checkProblem(t *testing.T, w *httptest.ResponseRecorder, c refused) {
	t.Helper()
	if w.Code != c.status || w.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("answer %d %v", w.Code, w.Header())
	}
	text := w.Body.String()
	if c.err != nil && strings.Contains(text, c.err.Error()) {
		t.Errorf("the error is shown: %s", text)
	}
	p := problemOf(t, w.Body)
	if p.Type != "about:blank" || p.Title != http.StatusText(c.status) || p.Status != c.status || p.Code != c.code || p.RequestID != "made-1" {
		t.Errorf("problem %s", text)
	}
	for name, value := range c.header {
		if got := w.Header().Get(name); got != value {
			t.Errorf("%s: %q, want %q", name, got, value)
		}
	}
}

func checkMalformed(t *testing.T, c refused, malformed []onboarding.Event) {
	t.Helper()
	proven := c.err == nil && (c.outcome == "malformed" || c.outcome == "unusable_user_id") && (c.path != bodyPath || c.malformed != "")
	if !proven {
		if malformed != nil {
			t.Errorf("kept as malformed: %+v", malformed)
		}
		return
	}
	if len(malformed) != 1 || string(malformed[0].Body) != c.malformed || malformed[0].UserID != c.malformedUser ||
		malformed[0].Provider == "" || malformed[0].Route == "" {
		t.Errorf("kept as malformed: %+v", malformed)
	}
}

// A callback of another kind is told apart before anything is verified.
func TestIgnored(t *testing.T) {
	t.Parallel()
	s := newSetup(t, &store{}, ingress.Limits{})
	w := post(s.Handler(), bodyPath, "", `{"kind":"other","hash":"of other fields"}`)
	if w.Code != http.StatusOK || w.Body.String() != "{}" {
		t.Errorf("answer %d %q", w.Code, w.Body)
	}
	if events, malformed := s.store.kept(); events != nil || malformed != nil || s.store.rings != nil {
		t.Errorf("stored %+v, %+v, rang %+v", events, malformed, s.store.rings)
	}
	if got := s.observations(); !reflect.DeepEqual(got, []observation{{"xgateway", "kyc", "ignored"}}) {
		t.Errorf("observed %+v", got)
	}
}

func TestRingWords(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("A", 65)
	for _, c := range []struct {
		name, status, attempt string
		want                  []string
	}{
		{"codes", "NOT_VERIFIED", "PENDING", []string{"NOT_VERIFIED", "PENDING"}},
		{"an unknown code", "V2_NEW", "", []string{"V2_NEW"}},
		{"free text", "user-1 lives at", "Pending", nil},
		{"at the limit", long[:64], long, []string{long[:64]}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSetup(t, &store{}, ingress.Limits{})
			w := post(s.Handler(), kycPath, "token-1", fmt.Sprintf(`{"user":"user-1","status":%q,"attempt":%q}`, c.status, c.attempt))
			if got := s.store.rings["user-1"].Words; w.Code != http.StatusOK || !reflect.DeepEqual(got, c.want) {
				t.Errorf("answer %d, words %q, want %q", w.Code, got, c.want)
			}
		})
	}
}

func TestPanic(t *testing.T) {
	t.Parallel()
	broken := byHeader
	broken.panics = true
	s := newSetup(t, &store{}, ingress.Limits{}, broken)
	w := post(s.Handler(), kycPath, "token-1", good)
	if p := problemOf(t, w.Body); w.Code != http.StatusInternalServerError || p.Code != "internal" {
		t.Errorf("answer %d %+v", w.Code, p)
	}
	if got := s.observations(); !reflect.DeepEqual(got, []observation{{"p100", "kyc-verification", "panic"}}) {
		t.Errorf("observed %+v", got)
	}
	if log := s.logged(); !strings.Contains(log, "fakes_test.go") || strings.Contains(log, "quotes") {
		t.Errorf("log %s", log)
	}
}

// What was stored was answered 200; a bell that is broken changes neither.
func TestPanicAfterAnswer(t *testing.T) {
	t.Parallel()
	s := newSetup(t, &store{ringPanics: true}, ingress.Limits{})
	w := post(s.Handler(), kycPath, "token-1", good)
	if w.Code != http.StatusOK || w.Body.String() != "{}" {
		t.Errorf("answer %d %q", w.Code, w.Body)
	}
	if got := s.observations(); !reflect.DeepEqual(got, []observation{{"p100", "kyc-verification", "panic"}}) {
		t.Errorf("observed %+v", got)
	}
}
