package ingress_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"admit/ingress"
)

func TestNobodysPaths(t *testing.T) {
	t.Parallel()
	s := newSetup(t, &store{}, ingress.Limits{}, byHeader)
	for _, path := range []string{
		"/", "/webhook", "/webhook/", "/webhook/kyc-verification", "/webhook/kyc-verification/status/", "/webhook/health/",
		"//webhook/kyc-verification/status", "/webhook//kyc-verification/status", "/./webhook/user/status", "/webhook/../webhook/user/status",
		"/Webhook/user/status", "/webhook/user%2Fstatus", "/webhook/user/statu%73", "/webhook/poa-verification/status%00",
		"/handle-kyc-status", // its provider is off
	} {
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodOptions, http.MethodTrace, "PURGE"} {
			t.Run(method+" "+path, func(t *testing.T) {
				t.Parallel()
				r := httptest.NewRequest(method, path, strings.NewReader(good))
				w := httptest.NewRecorder()
				s.Handler().ServeHTTP(w, r)
				if p := problemOf(t, w.Body); w.Code != http.StatusNotFound || p.Code != "not_found" || p.Status != http.StatusNotFound {
					t.Errorf("answer %d %+v", w.Code, p)
				}
				if to := w.Header().Get("Location"); to != "" {
					t.Errorf("redirected to %s", to)
				}
			})
		}
	}
	t.Cleanup(func() {
		for _, o := range s.observations() {
			if o != (observation{"", "", "not_found"}) {
				t.Errorf("observed %+v", o)
			}
		}
	})
}

func TestMethods(t *testing.T) {
	t.Parallel()
	s := newSetup(t, &store{}, ingress.Limits{})
	const all = "GET HEAD POST PUT PATCH DELETE OPTIONS TRACE CONNECT PURGE"
	paths := map[string]string{"/webhook/health": "GET, HEAD, POST"}
	for _, p := range []fake{byHeader, byBody} {
		p.Routes(func(_, path, _ string) { paths[path] = "POST" })
	}
	for path, allow := range paths {
		for method := range strings.FieldsSeq(all) {
			if strings.Contains(allow, method) {
				continue
			}
			t.Run(method+" "+path, func(t *testing.T) {
				t.Parallel()
				r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(good))
				r.Method = method // CONNECT has no path on the wire; it is refused all the same
				r.Header.Set("Authorization", "token-1")
				w := httptest.NewRecorder()
				s.Handler().ServeHTTP(w, r)
				if p := problemOf(t, w.Body); w.Code != http.StatusMethodNotAllowed || p.Code != "method_not_allowed" {
					t.Errorf("answer %d %+v", w.Code, p)
				}
				if got := w.Header().Get("Allow"); got != allow {
					t.Errorf("Allow: %q, want %q", got, allow)
				}
			})
		}
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	s := newSetup(t, &store{err: http.ErrServerClosed}, ingress.Limits{InFlight: 1})
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			s.Handler().ServeHTTP(w, httptest.NewRequest(method, "/webhook/health", strings.NewReader("anything")))
			if w.Code != http.StatusOK || w.Body.String() != "{}" {
				t.Errorf("answer %d %q", w.Code, w.Body)
			}
		})
	}
	t.Cleanup(func() {
		if got := s.observations(); got != nil {
			t.Errorf("observed %+v", got)
		}
		if got := s.logged(); got != "" {
			t.Errorf("logged above debug: %s", got)
		}
	})
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 65)
	for _, c := range []struct{ name, given, want string }{
		{"none", "", "made-1"},
		{"harmless", "Trace.01_a-b", "Trace.01_a-b"},
		{"longest", long[:64], long[:64]},
		{"too long", long, "made-1"},
		{"a space", "a b", "made-1"},
		{"a quote", `a"b`, "made-1"},
		{"no ASCII", "ä", "made-1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSetup(t, &store{}, ingress.Limits{})
			r := httptest.NewRequest(http.MethodPost, kycPath, strings.NewReader(good))
			r.Header.Set("X-Request-Id", c.given)
			w := httptest.NewRecorder()
			s.Handler().ServeHTTP(w, r)
			p := problemOf(t, w.Body)
			if got := w.Header().Get("X-Request-Id"); got != c.want || p.RequestID != c.want {
				t.Errorf("header %q, problem %q, want %q", got, p.RequestID, c.want)
			}
			if !strings.Contains(s.logged(), `"requestId":"`+c.want+`"`) {
				t.Errorf("log %s", s.logged())
			}
		})
	}
}

func TestRequestIDsDiffer(t *testing.T) {
	t.Parallel()
	st := &store{}
	h := ingress.New(ingress.Options{Acceptor: st, Ringer: st, Logger: slog.New(slog.DiscardHandler)}).Handler()
	seen := map[string]bool{}
	for range 10 {
		id := post(h, "/", "", "").Header().Get("X-Request-Id")
		if len(id) < 20 || seen[id] {
			t.Errorf("request ID %q", id)
		}
		seen[id] = true
	}
}
