package admin_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"admit/admin"
	"admit/onboarding"
)

const command = `{"command":"hold","reason":"a reason"}`

// guarded are the requests that need a token, and the least role of each.
var guarded = []struct {
	method, path, body, role string
	status                   int
}{
	{"GET", "/v1/onboardings", "", "read", 200},
	{"GET", "/v1/onboardings/user-1", "", "read", 200},
	{"GET", "/v1/onboardings/user-1/timeline", "", "read", 200},
	{"POST", "/v1/onboardings", `{"userId":"user-1"}`, "operate", 200},
	{"POST", "/v1/onboardings/user-1/commands", command, "operate", 200},
	{"GET", "/v1/events", "", "read", 200},
	{"POST", "/v1/events/7/replay", "", "operate", 202},
	{"GET", "/v1/onboardings/user-1/audit?at=2026-02-28", "", "read", 200},
	{"GET", "/v1/onboardings/user-1/explain", "", "read", 200},
	{"DELETE", "/v1/users/user-1/personal-data", `{"reason":"a reason"}`, "admin", 200},
	{"POST", "/v1/imports", imported, "admin", 200},
	{"POST", "/v1/wake", `{"userIds":["user-1"]}`, "operate", 200},
	{"GET", "/v1/hooks", "", "read", 200},
	{"GET", "/v1/hooks/core-banking/failed", "", "read", 200},
	{"POST", "/v1/hooks/core-banking/replay", `{"reason":"a reason","all":true}`, "operate", 200},
	{"POST", "/v1/hooks/core-banking/test", "", "operate", 200},
	{"GET", "/v1/users/user-1/contact", "", "operate", 200},
	{"PUT", "/v1/users/user-1/contact", `{"email":"user-1@example.com"}`, "operate", 200},
	{"DELETE", "/v1/users/user-1/contact", `{"reason":"a reason"}`, "operate", 200},
}

func TestRoles(t *testing.T) {
	t.Parallel()
	ranks := map[string]int{"none": 0, "read": 1, "operate": 2, "admin": 3}
	for _, g := range guarded {
		for _, c := range []struct{ role, token string }{
			{"none", ""}, {"read", readToken}, {"operate", operateToken}, {"admin", adminToken},
		} {
			t.Run(g.method+" "+g.path+" as "+c.role, func(t *testing.T) {
				t.Parallel()
				st := newStore("user-1")
				st.contacts["user-1"] = onboarding.Contact{Locale: "de"}
				s := newSetup(t, st, admin.Limits{})
				w := s.ask(g.method, g.path, c.token, g.body)
				switch {
				case c.role == "none":
					wantProblem(t, w, http.StatusUnauthorized, "unauthorized")
				case ranks[c.role] < ranks[g.role]:
					wantProblem(t, w, http.StatusForbidden, "forbidden")
				case w.Code != g.status:
					t.Errorf("%d: %s", w.Code, w.Body)
				}
				if len(st.commands)+len(st.replays)+len(st.imports)+len(st.rings)+len(st.hookCalls)+len(st.tried)+len(st.forgotten) > 0 && w.Code >= 400 {
					t.Error("what was refused is stored")
				}
			})
		}
	}
}

func TestOpenRoutes(t *testing.T) {
	t.Parallel()
	s := newSetup(t, newStore(), admin.Limits{})
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/openapi.json", "/docs"} {
		for _, token := range []string{"", "no token at all"} {
			if w := s.ask("GET", path, token, ""); w.Code != http.StatusOK {
				t.Errorf("%s: %d", path, w.Code)
			}
		}
	}
}

func TestAuthorization(t *testing.T) {
	t.Parallel()
	s := newSetup(t, newStore("user-1"), admin.Limits{})
	for _, c := range []struct {
		name   string
		header []string
		want   int
	}{
		{"good", []string{"Bearer " + readToken}, 200},
		{"in any case", []string{"bEARER " + readToken}, 200},
		{"more blanks", []string{"Bearer   " + readToken}, 200},
		{"none", nil, 401},
		{"empty", []string{""}, 401},
		{"without a scheme", []string{readToken}, 401},
		{"the scheme alone", []string{"Bearer"}, 401},
		{"the scheme and a blank", []string{"Bearer "}, 401},
		{"another scheme", []string{"Basic " + readToken}, 401},
		{"another token", []string{"Bearer read-token-0000002"}, 401},
		{"the start of one", []string{"Bearer " + readToken[:17]}, 401},
		{"more than one", []string{"Bearer " + readToken + "x"}, 401},
		{"with its name", []string{"Bearer viewer:read:" + readToken}, 401},
		{"two headers", []string{"Bearer " + readToken, "Bearer " + readToken}, 401},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest("GET", "/v1/onboardings/user-1", nil)
			r.Header["Authorization"] = c.header
			w := httptest.NewRecorder()
			s.Handler().ServeHTTP(w, r)
			if w.Code != c.want {
				t.Fatalf("%d, want %d", w.Code, c.want)
			}
			if c.want == 401 && !strings.HasPrefix(w.Header().Get("WWW-Authenticate"), "Bearer ") {
				t.Errorf("headers %v", w.Header())
			}
		})
	}
}

// Without tokens nobody gets in, with an empty one neither.
func TestNoTokens(t *testing.T) {
	t.Parallel()
	st := newStore()
	s, err := admin.New(admin.Options{Store: st, Commander: st, Ringer: st, Metrics: http.NotFoundHandler(), Logger: discard()})
	if err != nil {
		t.Fatal(err)
	}
	for _, header := range []string{"", "Bearer ", "Bearer x"} {
		r := httptest.NewRequest("GET", "/v1/onboardings", nil)
		r.Header.Set("Authorization", header)
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		wantProblem(t, w, http.StatusUnauthorized, "unauthorized")
	}
}
