package admin_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"admit/admin"
	"admit/onboarding"
)

const erasePath = "/v1/users/user-1/personal-data"

func TestErase(t *testing.T) {
	t.Parallel()
	want := onboarding.Command{Name: onboarding.CommandErase, Reason: "a reason", Actor: "root", RequestID: "r-1"}
	approval := want
	approval.Approves = "p-1"
	for _, c := range []struct {
		name, query, body string
		want              onboarding.Command
	}{
		{"by the body", ``, `{"reason":"a reason","requestId":"r-1"}`, want},
		{"by the query", `reason=a+reason&requestId=r-1`, ``, want},
		{"by both", `reason=a+reason`, `{"requestId":"r-1"}`, want},
		{"twice the same", `reason=a+reason&requestId=r-1`, `{"reason":"a reason"}`, want},
		{"an approval", ``, `{"reason":"a reason","requestId":"r-1","approves":"p-1"}`, approval},
		{"an approval by the query", `reason=a+reason&requestId=r-1&approves=p-1`, `{}`, approval},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSetup(t, newStore("user-1"), admin.Limits{})
			got := wantJSON[answer](t, s.ask("DELETE", erasePath+"?"+c.query, adminToken, c.body), http.StatusOK)
			if got.Outcome != "applied" || got.RequestID != "r-1" || got.Onboarding == nil {
				t.Errorf("%+v", got)
			}
			if got := s.store.commands["user-1 r-1"]; got != c.want {
				t.Errorf("stored %+v, want %+v", got, c.want)
			}
		})
	}
}

// It is a command like any other: proposed, pending, refused, repeated.
func TestEraseIsACommand(t *testing.T) {
	t.Parallel()
	const body = `{"reason":"a reason","requestId":"r-1"}`
	for _, c := range []struct {
		name            string
		prepare         func(*store)
		status          int
		outcome, reason string
	}{
		{"proposed", func(s *store) { s.propose = true }, 200, "noted", "proposed"},
		{"pending", func(s *store) { s.engine = errors.New("away") }, 202, "pending", ""},
		{"refused", func(s *store) { s.refuse = onboarding.RefusedSamePerson }, 409, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			st := newStore("user-1")
			c.prepare(st)
			s := newSetup(t, st, admin.Limits{})
			w := s.ask("DELETE", erasePath, adminToken, body)
			if c.status == http.StatusConflict {
				wantProblem(t, w, 409, "refused")
			} else if got := wantJSON[answer](t, w, c.status); got.Outcome != c.outcome || got.Reason != c.reason {
				t.Errorf("%+v", got)
			}
			if log := s.logged(); !strings.Contains(log, `"command":"erase"`) {
				t.Errorf("log %s", log)
			}
		})
	}
	s := newSetup(t, newStore("user-1"), admin.Limits{})
	first, again := s.ask("DELETE", erasePath, adminToken, body), s.ask("DELETE", erasePath, adminToken, body)
	if again.Code != http.StatusOK || first.Body.String() != again.Body.String() {
		t.Errorf("first %s\nagain %s", first.Body, again.Body)
	}
	wantProblem(t, s.ask("DELETE", erasePath, adminToken, `{"reason":"another","requestId":"r-1"}`), 409, "conflict")
	wantProblem(t, s.ask("DELETE", "/v1/users/user-2/personal-data", adminToken, body), 404, "not_found")
}

func TestEraseIsInvalid(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, query, body string
		status            int
		where             string
	}{
		{"nothing", ``, ``, 422, "body.reason"},
		{"an empty body", ``, `{}`, 422, "body.reason"},
		{"null", ``, `null`, 422, "body"},
		{"no JSON", ``, `please`, 400, ""},
		{"a blank reason", `reason=+`, ``, 422, "body.reason"},
		{"a reason of two lines", `reason=a%0Ab`, ``, 422, "body.reason"},
		{"too long a reason", `reason=` + strings.Repeat("a", 501), ``, 422, "query.reason"},
		{"two reasons", `reason=a`, `{"reason":"b"}`, 422, "query.reason"},
		{"two of everything", `reason=a&requestId=a&approves=a`, `{"reason":"b","requestId":"b","approves":"b"}`, 422,
			"query.approves query.reason query.requestId"},
		{"a bad request ID", `reason=a&requestId=a+b`, ``, 422, "body.requestId"},
		{"a bad approval", `reason=a&approves=` + url.QueryEscape("ü"), ``, 422, "body.approves"},
		{"an import's request ID", `reason=a&requestId=import:a`, ``, 422, "body.requestId"},
		{"an unknown field", ``, `{"reason":"a","command":"close"}`, 422, "body.command"},
		{"an unknown parameter", `reason=a&force=1`, ``, 422, "query.force"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSetup(t, newStore("user-1"), admin.Limits{})
			code := "invalid"
			if c.status == 400 {
				code = "malformed"
			}
			w := s.ask("DELETE", erasePath+"?"+c.query, adminToken, c.body)
			if p := wantProblem(t, w, c.status, code); strings.Join(p.locations(), " ") != c.where {
				t.Errorf("errors at %q, want %q: %s", p.locations(), c.where, w.Body)
			}
			if len(s.store.commands) > 0 {
				t.Error("a refused command is stored")
			}
		})
	}
}
