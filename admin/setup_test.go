package admin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"admit/admin"
)

// setup is a listener with everything around it faked.
type setup struct {
	*admin.Server
	store *store
	ready admin.ReadyReport
	mu    sync.Mutex
	log   bytes.Buffer
}

func (s *setup) Write(line []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.Write(line)
}

func (s *setup) logged() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

func newSetup(t testing.TB, st *store, limits admin.Limits) *setup {
	t.Helper()
	parsed, err := admin.ParseTokens(tokens)
	if err != nil {
		t.Fatal(err)
	}
	s := &setup{store: st, ready: admin.ReadyReport{Ready: true, Checks: map[string]string{"postgres": "ok", "temporal": "ok"}}}
	clock := at
	s.Server, err = admin.New(admin.Options{
		Tokens: parsed, Store: st, Hooks: st, Contacts: st, Tester: st, Pollers: st, Commander: st, Ringer: st, Limits: limits, Decoder: turned{},
		Engine: func(context.Context) error {
			st.mu.Lock()
			defer st.mu.Unlock()
			return st.engine
		},
		Ready: func(context.Context) admin.ReadyReport { return s.ready },
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "metric 1\n")
		}),
		Logger: slog.New(slog.NewJSONHandler(s, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Now: func() time.Time {
			s.mu.Lock()
			defer s.mu.Unlock()
			clock = clock.Add(time.Second)
			return clock
		},
		NewID: func() string { return "made-1" },
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// ask sends a request with a token, "" for none.
func (s *setup) ask(method, path, token, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w
}

// problem is a problem document as a caller reads it.
type problem struct {
	Type, Title, Code, Detail, Reason, RequestID string
	Status                                       int
	Errors                                       []mistake
}

// mistake is one of a problem's.
type mistake struct {
	Location, Message string
	Line              int
}

// locations returns where the mistakes are.
func (p problem) locations() []string {
	var all []string
	for _, e := range p.Errors {
		all = append(all, e.Location)
	}
	slices.Sort(all)
	return all
}

// wantProblem checks the form of a problem and returns it.
func wantProblem(t *testing.T, w *httptest.ResponseRecorder, status int, code string) problem {
	t.Helper()
	var p problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatalf("no problem: %v: %s", err, w.Body)
	}
	if w.Code != status || p.Status != status || p.Code != code {
		t.Fatalf("%d %s, want %d %s: %s", w.Code, p.Code, status, code, w.Body)
	}
	if p.Type != "about:blank" || p.Title != http.StatusText(status) || p.Detail == "" || p.RequestID == "" {
		t.Errorf("an incomplete problem: %s", w.Body)
	}
	if p.RequestID != w.Header().Get("X-Request-Id") || w.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("headers %v", w.Header())
	}
	return p
}

// wantJSON checks the status and decodes the body.
func wantJSON[T any](t *testing.T, w *httptest.ResponseRecorder, status int) (v T) {
	t.Helper()
	if w.Code != status || w.Header().Get("Content-Type") != "application/json" {
		t.Fatalf("%d %s, want %d: %s", w.Code, w.Header().Get("Content-Type"), status, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatal(err)
	}
	return v
}
