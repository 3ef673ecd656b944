package admin_test

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"admit/admin"
	"admit/onboarding"
)

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// A user ID in a path is unescaped exactly once, over a real connection too.
func TestUserIDsInPaths(t *testing.T) {
	t.Parallel()
	ids := []string{"user-1", "a/b", "a%2Fb", "a%252Fb", "ü", "a b", "a+b", "..", ".", "x%", "%", "a?b", "a#b", "a;b", "a/timeline", "a/commands",
		"{userId}", "*", "//", "a\\b", `"`, strings.Repeat("u", 255), strings.Repeat("ü", 127), strings.Repeat("/", 255)}
	s := newSetup(t, newStore(ids...), admin.Limits{})
	srv := httptest.NewServer(s.Handler())
	t.Cleanup(srv.Close)
	for _, id := range ids {
		escaped := strings.ReplaceAll(url.PathEscape(id), ".", "%2E")
		for _, c := range []struct{ method, path, body, token string }{
			{"GET", "/v1/onboardings/%s", "", readToken}, {"GET", "/v1/onboardings/%s/timeline", "", readToken},
			{"GET", "/v1/onboardings/%s/audit?at=2026-02-28", "", readToken}, {"GET", "/v1/onboardings/%s/explain", "", readToken},
			{"POST", "/v1/onboardings/%s/commands", command, operateToken},
			{"DELETE", "/v1/users/%s/personal-data", `{"reason":"a reason","requestId":"e-1"}`, adminToken},
			{"PUT", "/v1/users/%s/contact", `{"locale":"de"}`, operateToken}, {"GET", "/v1/users/%s/contact", "", operateToken},
			{"DELETE", "/v1/users/%s/contact", `{"reason":"a reason"}`, operateToken},
		} {
			req, err := http.NewRequest(c.method, srv.URL+strings.Replace(c.path, "%s", escaped, 1), strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+c.token)
			res, err := srv.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(res.Body)
			if err = errors.Join(err, res.Body.Close()); err != nil {
				t.Fatal(err)
			}
			if res.StatusCode != http.StatusOK {
				t.Errorf("%s %s of %q: %d %s", c.method, c.path, id, res.StatusCode, body)
			}
		}
		if got := wantJSON[onboarding.Onboarding](t, s.ask("GET", "/v1/onboardings/"+escaped, readToken, ""), 200); got.UserID != id {
			t.Errorf("%q shows %q", id, got.UserID)
		}
		for _, requestID := range []string{"made-1", "e-1"} {
			if _, found := s.store.outcomes[id+" "+requestID]; !found {
				t.Errorf("%q got no command %s", id, requestID)
			}
		}
	}
	if w := s.ask("GET", "/v1/onboardings/..", readToken, ""); w.Code != http.StatusOK {
		t.Errorf("dots as they are: %d", w.Code)
	}
}

func TestUnusableUserIDs(t *testing.T) {
	t.Parallel()
	s := newSetup(t, newStore(), admin.Limits{})
	for _, escaped := range []string{"%00", "a%0Ab", "%7F", "%C2%85", "%FF", "%ED%A0%80", strings.Repeat("u", 256), strings.Repeat("%C3%BC", 128)} {
		for _, path := range []string{"", "/timeline", "/audit?at=2026-02-28", "/explain"} {
			p := wantProblem(t, s.ask("GET", "/v1/onboardings/"+escaped+path, readToken, ""), 422, "invalid")
			if len(p.Errors) == 0 || p.Errors[0].Location != "path.userId" {
				t.Errorf("%s: %+v", escaped, p)
			}
		}
		wantProblem(t, s.ask("POST", "/v1/onboardings/"+escaped+"/commands", operateToken, command), 422, "invalid")
		wantProblem(t, s.ask("DELETE", "/v1/users/"+escaped+"/personal-data", adminToken, `{"reason":"a reason"}`), 422, "invalid")
		for method, body := range map[string]string{"GET": "", "PUT": `{"locale":"de"}`, "DELETE": `{"reason":"a reason"}`} {
			p := wantProblem(t, s.ask(method, "/v1/users/"+escaped+"/contact", operateToken, body), 422, "invalid")
			if p.Errors[0].Location != "path.userId" {
				t.Errorf("%s %s: %+v", method, escaped, p)
			}
		}
	}
	if log := s.logged(); strings.Contains(log, `"userId":`) {
		t.Errorf("an unusable user ID is logged: %s", log)
	}
}

func TestNotFoundAndNotAllowed(t *testing.T) {
	t.Parallel()
	s := newSetup(t, newStore("user-1"), admin.Limits{})
	for _, c := range []struct {
		name, method, path string
		status             int
		code, allow        string
	}{
		{"a path of nobody's", "GET", "/", 404, "not_found", ""},
		{"a trailing slash", "GET", "/v1/onboardings/", 404, "not_found", ""},
		{"a double slash", "GET", "//healthz", 404, "not_found", ""},
		{"too deep", "GET", "/v1/onboardings/a/b", 404, "not_found", ""},
		{"a user nobody knows", "GET", "/v1/onboardings/user-2", 404, "not_found", ""},
		{"the timeline of nobody", "GET", "/v1/onboardings/user-2/timeline", 404, "not_found", ""},
		{"the explanation of nobody", "GET", "/v1/onboardings/user-2/explain", 404, "not_found", ""},
		{"an audit of nobody", "GET", "/v1/onboardings/user-2/audit?at=2026-02-28", 404, "not_found", ""},
		{"another method on personal data", "GET", "/v1/users/user-1/personal-data", 405, "method_not_allowed", "DELETE"},
		{"another method on a contact", "POST", "/v1/users/user-1/contact", 405, "method_not_allowed", "GET, PUT, DELETE"},
		{"another method on hooks", "POST", "/v1/hooks", 405, "method_not_allowed", "GET"},
		{"another method", "DELETE", "/v1/onboardings/user-1", 405, "method_not_allowed", "GET"},
		{"another method on both", "PUT", "/v1/onboardings", 405, "method_not_allowed", "GET, POST"},
		{"another method, escaped", "PUT", "/v1/onboardings/a%2Fb", 405, "method_not_allowed", "GET"},
		{"a made-up method", "FETCH", "/v1/onboardings", 405, "method_not_allowed", "GET, POST"},
		{"a made-up method on nobody's path", "FETCH", "/x", 404, "not_found", ""},
		{"the library's own documents", "GET", "/openapi.yaml", 404, "not_found", ""},
		{"the library's own schemas", "GET", "/schemas/Onboarding.json", 404, "not_found", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := s.ask(c.method, c.path, readToken, "")
			wantProblem(t, w, c.status, c.code)
			if w.Header().Get("Allow") != c.allow {
				t.Errorf("Allow %q, want %q", w.Header().Get("Allow"), c.allow)
			}
		})
	}
}

// What the store says becomes a code, and its words stay inside.
func TestStoreErrors(t *testing.T) {
	t.Parallel()
	secret := errors.New("password=secret-text")
	for _, c := range []struct {
		name   string
		err    error
		status int
		code   string
	}{
		{"unavailable", errors.Join(onboarding.ErrUnavailable, secret), 503, "unavailable"},
		{"refused data", errors.Join(onboarding.ErrData, secret), 422, "invalid"},
		{"anything else", secret, 500, "internal"},
	} {
		for _, g := range guarded {
			t.Run(c.name+" "+g.method+" "+g.path, func(t *testing.T) {
				t.Parallel()
				st := newStore("user-1")
				st.err = c.err
				w := newSetup(t, st, admin.Limits{}).ask(g.method, g.path, adminToken, g.body)
				wantProblem(t, w, c.status, c.code)
				if strings.Contains(w.Body.String(), "secret") || strings.Contains(w.Body.String(), "store is") {
					t.Errorf("the answer quotes the error: %s", w.Body)
				}
				if got := w.Header().Get("Retry-After"); (got == "5") != (c.status == 503) {
					t.Errorf("Retry-After %q", got)
				}
			})
		}
	}
}

func TestPanicIsAnswered(t *testing.T) {
	t.Parallel()
	st := newStore("user-1")
	st.panics = true
	s := newSetup(t, st, admin.Limits{})
	// A panic leaves the fake's lock behind it; this is its one request.
	wantProblem(t, s.ask("GET", "/v1/onboardings/user-1", readToken, ""), 500, "internal")
	if log := s.logged(); !strings.Contains(log, "admin handler panicked") || strings.Contains(log, "a panic that quotes") {
		t.Errorf("log %s", log)
	}
}

func TestQueries(t *testing.T) {
	t.Parallel()
	s := newSetup(t, newStore("user-1"), admin.Limits{})
	for _, c := range []struct {
		query  string
		status int
		code   string
		where  string
	}{
		{"?stage=approved&blockedOn=user&stalled=true&limit=500&after=user-0", 200, "", ""},
		{"?stage=&blockedOn=&stalled=&limit=&after=", 200, "", ""},
		{"?stage=done", 422, "invalid", "query.stage"},
		{"?blockedOn=me", 422, "invalid", "query.blockedOn"},
		{"?stalled=perhaps", 422, "invalid", "query.stalled"},
		{"?limit=0", 422, "invalid", "query.limit"},
		{"?limit=501", 422, "invalid", "query.limit"},
		{"?limit=ten", 422, "invalid", "query.limit"},
		{"?after=%00", 422, "invalid", "query.after"},
		{"?after=%FF", 422, "invalid", "query.after"},
		{"?stages=approved", 422, "invalid", "query.stages"},
		{"?stage=approved&stage=closed", 422, "invalid", "query.stage"},
		{"?stage=%zz", 400, "malformed", ""},
		{"?stage=approved;limit=1", 400, "malformed", ""},
	} {
		t.Run(c.query, func(t *testing.T) {
			t.Parallel()
			w := s.ask("GET", "/v1/onboardings"+c.query, readToken, "")
			if c.status == 200 {
				if w.Code != 200 {
					t.Errorf("%d %s", w.Code, w.Body)
				}
				return
			}
			if p := wantProblem(t, w, c.status, c.code); strings.Join(p.locations(), " ") != c.where {
				t.Errorf("errors at %q, want %q", p.locations(), c.where)
			}
		})
	}
}
