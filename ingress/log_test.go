package ingress_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"admit/ingress"
)

// Whatever comes, a log line holds no token, hash, text, path or made-up name.
func TestLogHoldsNoSecret(t *testing.T) {
	t.Parallel()
	s := newSetup(t, &store{}, ingress.Limits{})
	const secret = "secret-text"
	bodies := []string{
		`{"user":"user-1","status":"VERIFIED","note":"secret-text"}`,
		`{"user":"user-1","status":"secret-text","hash":"hash-1"}`,
		`{"user":"secret-text\u0000","status":"VERIFIED","hash":"hash-1"}`,
		`{"user":"user-1","note":"secret-text","hash":"hash-1"}`,
		`{"user":"user-1","status":"VERIFIED","hash":"hash-secret-text"}`, `secret-text`,
		`{"kind":"other","user":"secret-text"}`,
	}
	requests := 0
	for _, body := range bodies {
		for _, path := range []string{kycPath, bodyPath, "/secret-text", kycPath + "?token=secret-text"} {
			for _, token := range []string{"token-1", "secret-text"} {
				for _, method := range []string{http.MethodPost, http.MethodPut, "SECRET-TEXT"} {
					r := httptest.NewRequest(method, path, strings.NewReader(body))
					r.Header.Set("Authorization", token)
					r.Header.Set("X-Request-Id", "{secret-text}")
					r.Header.Set("User-Agent", secret)
					s.Handler().ServeHTTP(httptest.NewRecorder(), r)
					requests++
				}
			}
		}
	}
	log := s.logged()
	for _, word := range []string{secret, "SECRET", "token-1", "hash-1", "192.0.2.1"} {
		if strings.Contains(log, word) {
			t.Errorf("the log holds %q", word)
		}
	}
	if lines := strings.Count(log, "\n"); lines != requests {
		t.Errorf("%d lines for %d requests", lines, requests)
	}
}

func TestLogLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, token, body string
		path              string
		err               error
		want              map[string]any
	}{
		{"accepted", "token-1", good, kycPath, nil, map[string]any{"level": "INFO", "status": 200.0, "outcome": "accepted", "userId": "user-1", "eventId": 1.0}},
		{"unauthorized", "", good, kycPath, nil, map[string]any{"level": "WARN", "status": 401.0, "outcome": "unauthorized"}},
		{"unauthorized by its body", "", good, bodyPath, nil, map[string]any{
			"level": "WARN", "status": 401.0, "outcome": "unauthorized", "provider": "xgateway", "route": "kyc"}},
		{"malformed", "token-1", noStatus, kycPath, nil, map[string]any{"level": "WARN", "status": 400.0, "outcome": "malformed", "userId": "user-1"}},
		{"unavailable", "token-1", good, kycPath, errors.New("no route to host"), map[string]any{
			"level": "ERROR", "status": 503.0, "outcome": "unavailable", "userId": "user-1", "error": "no route to host"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSetup(t, &store{err: c.err}, ingress.Limits{})
			post(s.Handler(), c.path, c.token, c.body)
			if c.path == kycPath {
				c.want["provider"], c.want["route"] = "p100", "kyc-verification"
			}
			for k, v := range map[string]any{"msg": "webhook", "requestId": "made-1", "seconds": 1.0} {
				c.want[k] = v
			}
			var got map[string]any
			if err := json.Unmarshal([]byte(s.logged()), &got); err != nil {
				t.Fatal(err)
			}
			delete(got, "time")
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("logged\n%v, want\n%v", got, c.want)
			}
		})
	}
}

// The address of a sender is logged at debug alone.
func TestLogAtDebug(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	st := &store{}
	h := ingress.New(ingress.Options{
		Providers: []ingress.Provider{byHeader}, Acceptor: st, Ringer: st,
		Logger: slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}).Handler()
	post(h, kycPath, "token-1", good)
	post(h, "/webhook/health", "", "")
	if got := strings.Count(out.String(), "remote=192.0.2.1"); got != 2 {
		t.Errorf("log %s", out.String())
	}
}
