package access_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"admit/cmd/examplereceiver/internal/access"
)

// shown returns what the receiver tells of a user, by a path.
func shown(t testing.TB, by http.Handler, path string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	by.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return w.Code, strings.TrimSpace(w.Body.String())
}

// TestAnswers holds what is answered to each kind of body, and what it leaves
// behind.
func TestAnswers(t *testing.T) {
	t.Parallel()
	const in = `{"userId":"user-1","granted":true,"version":1,"decided":"2026-03-01T09:00:00Z"}`
	const out = `{"userId":"user-1","granted":false,"version":2,"decided":"2026-03-01T09:00:00Z"}`
	const nobody = "nothing was heard of this user"
	grown := strings.Replace(hook(1), `"data":{`, `"later":[1],"data":{"later":{"a":1},`, 1)
	for _, c := range []struct {
		name, body string
		want       int
		holds      string
	}{
		{"a grant", hook(1), http.StatusNoContent, in},
		{"a revoke", hook(2), http.StatusNoContent, out},
		{"a grant with fields of later", grown, http.StatusNoContent, in},
		{"another event", `{"type":"onboarding.approved","data":{"userId":"user-1","access":"granted","accessVersion":1}}`, http.StatusNoContent, nobody},
		{"an event of later, about access", `{"type":"access.granted.again","data":{"userId":"user-1","access":"granted","accessVersion":1}}`, http.StatusNoContent, nobody},
		{"an operator's test", `{"type":"hook.test","timestamp":"2026-03-01T09:00:00Z","data":{}}`, http.StatusNoContent, nobody},
		{"a revoke that says granted", strings.Replace(hook(2), `"access":"revoked"`, `"access":"granted"`, 1), http.StatusNoContent, out},
		{"a grant that says revoked", strings.Replace(hook(1), `"access":"granted"`, `"access":"revoked"`, 1), http.StatusBadRequest, nobody},
		{"a grant without a version", strings.Replace(hook(1), `"accessVersion":1,`, ``, 1), http.StatusBadRequest, nobody},
		{"a version in text", strings.Replace(hook(1), `"accessVersion":1`, `"accessVersion":"1"`, 1), http.StatusBadRequest, nobody},
		{"no user", strings.Replace(hook(1), `"userId":"user-1",`, ``, 1), http.StatusBadRequest, nobody},
		{"no type", `{"data":{"userId":"user-1"}}`, http.StatusBadRequest, nobody},
		{"no JSON", `access.granted`, http.StatusBadRequest, nobody},
		{"nothing", ``, http.StatusBadRequest, nobody},
		{"null", `null`, http.StatusBadRequest, nobody},
		{"as long as may be", hook(1) + strings.Repeat(" ", access.MaxBody-len(hook(1))), http.StatusNoContent, in},
		{"too long", hook(1) + strings.Repeat(" ", access.MaxBody), http.StatusRequestEntityTooLarge, nobody},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := receiver(t, &access.Memory{}, slog.New(slog.DiscardHandler))
			if got := deliver(t, r, c.body); got != c.want {
				t.Errorf("status %d, want %d", got, c.want)
			}
			if _, got := shown(t, r, "/access/user-1"); got != c.holds {
				t.Errorf("it holds %s, want %s", got, c.holds)
			}
		})
	}
}

// TestRefused holds that what is not proven changes nothing, and what cannot be
// kept is asked for again.
func TestRefused(t *testing.T) {
	t.Parallel()
	post := func(body io.Reader, header http.Header) *http.Request {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/hooks/admit", body)
		r.Header = header
		return r
	}
	for _, c := range []struct {
		name  string
		store access.Store
		r     *http.Request
		want  int
	}{
		{"not signed", &access.Memory{}, post(strings.NewReader(hook(1)), http.Header{}), http.StatusUnauthorized},
		{"signed by somebody else", &access.Memory{}, post(strings.NewReader(hook(1)), sign(t, hook(1), now, another)), http.StatusUnauthorized},
		{"replaced on the way", &access.Memory{}, post(strings.NewReader(hook(3)), sign(t, hook(1), now, secret)), http.StatusUnauthorized},
		{"broken off", &access.Memory{}, post(iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader(hook(1)))), sign(t, hook(1), now, secret)), http.StatusServiceUnavailable},
		{"the store is away", &away{}, post(strings.NewReader(hook(1)), sign(t, hook(1), now, secret)), http.StatusServiceUnavailable},
		{"another method", &access.Memory{}, httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/hooks/admit", nil), http.StatusMethodNotAllowed},
		{"a question, and the store is away", &away{}, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/access/user-1", nil), http.StatusServiceUnavailable},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			receiver(t, c.store, slog.New(slog.DiscardHandler)).ServeHTTP(w, c.r)
			if w.Code != c.want {
				t.Errorf("status %d, want %d", w.Code, c.want)
			}
			if word, found, err := c.store.Get(t.Context(), "user-1"); err == nil && found {
				t.Errorf("it holds %+v", word)
			}
		})
	}
}

// TestLog holds that the log names users and versions and quotes no body.
func TestLog(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	r := receiver(t, &access.Memory{}, slog.New(slog.NewTextHandler(&log, nil)))
	for _, body := range []string{hook(1), hook(1), strings.Replace(hook(2), "2026-03-01T09:00:00Z", "quoted", 1), `{"type":"quoted`} {
		deliver(t, r, body)
	}
	text := log.String()
	for _, want := range []string{"user=user-1 granted=true version=1 kept=true", "version=1 kept=false", "of another kind"} {
		if !strings.Contains(text, want) {
			t.Errorf("the log lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "quoted") {
		t.Errorf("the log quotes a body:\n%s", text)
	}
}

// TestPaths holds that every user ID can be asked for.
func TestPaths(t *testing.T) {
	t.Parallel()
	for id, path := range map[string]string{
		"user-1": "user-1", "a/b": "a%2Fb", "..": "%2E%2E", "ü ?": "%C3%BC%20%3F", "100%": "100%25", "/": "%2F", "a//b": "a%2F%2Fb",
	} {
		r := receiver(t, &access.Memory{}, slog.New(slog.DiscardHandler))
		if got := deliver(t, r, strings.Replace(hook(1), "user-1", id, 1)); got != http.StatusNoContent {
			t.Fatalf("%q: status %d", id, got)
		}
		if status, got := shown(t, r, "/access/"+path); status != http.StatusOK || !strings.Contains(got, `"granted":true`) {
			t.Errorf("%q: %d %s", id, status, got)
		}
	}
}
