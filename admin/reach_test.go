package admin_test

import (
	"net/http"
	"strings"
	"testing"

	"admit/admin"
	"admit/onboarding"
)

const reachPath = "/v1/users/user-1/contact"

type shownContact struct{ UserID, Email, Locale, Name, TimeZone string }

func TestContact(t *testing.T) {
	t.Parallel()
	st := newStore("user-1", "user-2")
	s := newSetup(t, st, admin.Limits{})
	wantProblem(t, s.ask("GET", reachPath, operateToken, ""), 404, "no_contact")
	want := shownContact{UserID: "user-1", Email: "user-1@example.com", Locale: "de-AT", Name: "U", TimeZone: "Europe/Vienna"}
	w := s.ask("PUT", reachPath, operateToken, `{"email":"user-1@example.com","locale":"de-AT","name":"U","timeZone":"Europe/Vienna"}`)
	if got := wantJSON[shownContact](t, w, http.StatusOK); got != want {
		t.Errorf("set %s", w.Body)
	}
	if rings := st.rung(); len(rings) != 1 || rings[0].EventID != 7 || rings[0].Provider != onboarding.SourceMerchant || rings[0].Route != onboarding.RouteStart {
		t.Errorf("rings %+v", rings)
	}
	if got := wantJSON[shownContact](t, s.ask("GET", reachPath, operateToken, ""), http.StatusOK); got != want {
		t.Errorf("shown %+v", got)
	}
	// The same again is nothing new; another replaces it whole.
	s.ask("PUT", reachPath, operateToken, `{"email":"user-1@example.com","locale":"de-AT","name":"U","timeZone":"Europe/Vienna"}`)
	if rings := st.rung(); len(rings) != 1 {
		t.Errorf("rings %+v", rings)
	}
	s.ask("PUT", reachPath, operateToken, `{"locale":"en"}`)
	if got := st.contacts["user-1"]; got != (onboarding.Contact{Locale: "en"}) {
		t.Errorf("stored %+v", got)
	}
	if log := s.logged(); strings.Contains(log, "example.com") || strings.Contains(log, "Vienna") {
		t.Errorf("log %s", log)
	}
}

func TestForget(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, query, body string }{
		{"by the body", "", `{"reason":"a reason"}`}, {"by the query", "?reason=a+reason", ""}, {"by both", "?reason=a+reason", `{"reason":"a reason"}`},
	} {
		st := newStore("user-1")
		st.contacts["user-1"] = onboarding.Contact{Email: "user-1@example.com"}
		s := newSetup(t, st, admin.Limits{})
		for i, want := range []string{`{"erased":true}`, `{"erased":false}`} {
			w := s.ask("DELETE", reachPath+c.query, operateToken, c.body)
			if got := strings.TrimSpace(w.Body.String()); w.Code != http.StatusOK || got != want {
				t.Errorf("%s, %d: %d %s", c.name, i, w.Code, got)
			}
		}
		if len(st.contacts) > 0 || strings.Join(st.forgotten, " ") != "user-1 by clerk: a reason" {
			t.Errorf("%s: %v %v", c.name, st.contacts, st.forgotten)
		}
		if rings := st.rung(); len(rings) != 1 || rings[0].EventID != 8 {
			t.Errorf("%s: rings %+v", c.name, rings)
		}
	}
}

func TestContactRefuses(t *testing.T) {
	t.Parallel()
	const nobody = "/v1/users/user-2/contact"
	for _, c := range []struct {
		name, method, path, body string
		status                   int
		code, where, says        string
	}{
		{"nobody's", "GET", nobody, "", 404, "not_found", "", "No user"},
		{"set nobody's", "PUT", nobody, `{"email":"user-2@example.com"}`, 404, "not_found", "", "POST /v1/onboardings starts one"},
		{"forget nobody's", "DELETE", nobody, `{"reason":"a"}`, 404, "not_found", "", "No user"},
		{"nothing", "PUT", reachPath, ``, 400, "malformed", "", ""},
		{"an empty one", "PUT", reachPath, `{}`, 422, "invalid", "body", "DELETE removes"},
		{"no address", "PUT", reachPath, `{"email":"User <user-1@example.com>","timeZone":"Local","locale":"de_AT"}`, 422, "invalid",
			"body.email body.locale body.timeZone", "bare e-mail address"},
		{"another field", "PUT", reachPath, `{"email":"user-1@example.com","phone":"1"}`, 422, "invalid", "body.phone", ""},
		{"no reason", "DELETE", reachPath, ``, 422, "invalid", "body.reason", ""},
		{"a blank reason", "DELETE", reachPath, `{"reason":" "}`, 422, "invalid", "body.reason", ""},
		{"two reasons", "DELETE", reachPath + "?reason=a", `{"reason":"b"}`, 422, "invalid", "query.reason", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			st := newStore("user-1")
			w := newSetup(t, st, admin.Limits{}).ask(c.method, c.path, operateToken, c.body)
			if p := wantProblem(t, w, c.status, c.code); strings.Join(p.locations(), " ") != c.where || !strings.Contains(w.Body.String(), c.says) {
				t.Errorf("errors at %q, want %q: %s", p.locations(), c.where, w.Body)
			}
			if len(st.contacts)+len(st.forgotten)+len(st.rung()) > 0 {
				t.Errorf("%+v", st.contacts)
			}
		})
	}
}
