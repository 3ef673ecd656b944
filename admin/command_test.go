package admin_test

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"admit/admin"
	"admit/onboarding"
)

const commandsPath = "/v1/onboardings/user-1/commands"

type answer struct {
	Outcome, RequestID string
	Onboarding         *onboarding.Onboarding
}

func TestCommand(t *testing.T) {
	t.Parallel()
	for _, name := range onboarding.Commands {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSetup(t, newStore("user-1"), admin.Limits{})
			w := s.ask("POST", commandsPath, operateToken, `{"command":"`+name+`","reason":"a reason","requestId":"r-1"}`)
			got := wantJSON[answer](t, w, http.StatusOK)
			if got.Outcome != "applied" || got.RequestID != "r-1" || got.Onboarding == nil || got.Onboarding.UserID != "user-1" {
				t.Errorf("%s", w.Body)
			}
			want := onboarding.Command{Name: name, Reason: "a reason", Actor: "clerk", RequestID: "r-1"}
			if got := s.store.commands["user-1 r-1"]; got != want {
				t.Errorf("stored %+v, want %+v", got, want)
			}
			if len(s.store.rung()) > 0 {
				t.Error("a command that was answered rings once more")
			}
		})
	}
}

func TestCommandMakesUpARequestID(t *testing.T) {
	t.Parallel()
	s := newSetup(t, newStore("user-1"), admin.Limits{})
	if got := wantJSON[answer](t, s.ask("POST", commandsPath, operateToken, command), http.StatusOK); got.RequestID != "made-1" {
		t.Errorf("%+v", got)
	}
}

// A repeated request ID answers the same; with another body, or of another token,
// it is a conflict.
func TestCommandIsRepeated(t *testing.T) {
	t.Parallel()
	s := newSetup(t, newStore("user-1", "user-2"), admin.Limits{})
	const body = `{"command":"hold","reason":"a reason","requestId":"r-1"}`
	first := s.ask("POST", commandsPath, operateToken, body)
	again := s.ask("POST", commandsPath, operateToken, body)
	if first.Code != http.StatusOK || again.Code != first.Code || again.Body.String() != first.Body.String() {
		t.Errorf("first %s\nagain %s", first.Body, again.Body)
	}
	wantProblem(t, s.ask("POST", commandsPath, operateToken, strings.Replace(body, "a reason", "another", 1)), 409, "conflict")
	wantProblem(t, s.ask("POST", commandsPath, operateToken, strings.Replace(body, "hold", "lift", 1)), 409, "conflict")
	wantProblem(t, s.ask("POST", commandsPath, adminToken, body), 409, "conflict")
	if w := s.ask("POST", "/v1/onboardings/user-2/commands", operateToken, body); w.Code != http.StatusOK {
		t.Errorf("the same ID of another user: %s", w.Body)
	}
}

func TestCommandIsRefused(t *testing.T) {
	t.Parallel()
	said := map[string]string{}
	for _, reason := range []string{
		onboarding.RefusedClosed, onboarding.RefusedOnHold, onboarding.RefusedNotOnHold, onboarding.RefusedFlagged,
		onboarding.RefusedNotFlagged, onboarding.RefusedAlreadyClosed, onboarding.RefusedNotClosed, "of_a_later_version",
	} {
		st := newStore("user-1")
		st.refuse = reason
		s := newSetup(t, st, admin.Limits{})
		p := wantProblem(t, s.ask("POST", commandsPath, operateToken, command), http.StatusConflict, "refused")
		if p.Reason != reason || said[p.Detail] != "" {
			t.Errorf("%s: %+v, as %s", reason, p, said[p.Detail])
		}
		said[p.Detail] = reason
		if log := s.logged(); !strings.Contains(log, `"outcome":"refused"`) {
			t.Errorf("log %s", log)
		}
	}
}

func TestCommandIsInvalid(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, body string
		status     int
		where      string
	}{
		{"nothing", ``, 400, ""},
		{"no JSON", `hold`, 400, ""},
		{"half a surrogate pair", `{"command":"hold","reason":"\udc00"}`, 400, ""},
		{"no reason", `{"command":"hold"}`, 422, "body"},
		{"null as reason", `{"command":"hold","reason":null}`, 422, "body.reason"},
		{"an empty reason", `{"command":"hold","reason":""}`, 422, "body.reason"},
		{"a blank reason", `{"command":"hold","reason":" \u00a0"}`, 422, "body.reason"},
		{"a reason of two lines", `{"command":"hold","reason":"a\nb"}`, 422, "body.reason"},
		{"too long a reason", `{"command":"hold","reason":"` + strings.Repeat("ü", 501) + `"}`, 422, "body.reason"},
		{"a reason hidden behind another", `{"reason":"a","command":"hold","REASON":""}`, 422, "body.reason"},
		{"no command", `{"reason":"a"}`, 422, "body"},
		{"an unknown command", `{"command":"approve","reason":"a"}`, 422, "body.command"},
		{"another case", `{"command":"Hold","reason":"a"}`, 422, "body.command"},
		{"an empty request ID", `{"command":"hold","reason":"a","requestId":""}`, 422, "body.requestId"},
		{"a bad request ID", `{"command":"hold","reason":"a","requestId":"a b"}`, 422, "body.requestId"},
		{"a line break in the request ID", `{"command":"hold","reason":"a","requestId":"a\n"}`, 422, "body.requestId"},
		{"too long a request ID", `{"command":"hold","reason":"a","requestId":"` + strings.Repeat("a", 129) + `"}`, 422, "body.requestId"},
		{"an actor", `{"command":"hold","reason":"a","actor":"root"}`, 422, "body.actor"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSetup(t, newStore("user-1"), admin.Limits{})
			code := "invalid"
			if c.status == 400 {
				code = "malformed"
			}
			w := s.ask("POST", commandsPath, operateToken, c.body)
			if p := wantProblem(t, w, c.status, code); strings.Join(p.locations(), " ") != c.where {
				t.Errorf("errors at %q, want %q: %s", p.locations(), c.where, w.Body)
			}
			if len(s.store.commands) > 0 {
				t.Error("a refused command is stored")
			}
		})
	}
}

func TestCommandOfNobody(t *testing.T) {
	t.Parallel()
	s := newSetup(t, newStore(), admin.Limits{})
	wantProblem(t, s.ask("POST", commandsPath, operateToken, command), http.StatusNotFound, "not_found")
}

// With no engine to answer, the store may know the outcome; else it is pending.
func TestCommandWithoutAnEngine(t *testing.T) {
	t.Parallel()
	away := errors.New("no route to secret-text")
	folded := onboarding.CommandOutcome{RequestID: "made-1", Outcome: onboarding.Applied}
	no := onboarding.CommandOutcome{RequestID: "made-1", Outcome: onboarding.Refused, Reason: onboarding.RefusedOnHold}
	for _, c := range []struct {
		name    string
		prepare func(*store)
		status  int
		outcome string
	}{
		{"away", func(s *store) { s.engine = away }, http.StatusAccepted, "pending"},
		{"silent", func(s *store) { s.silent = true }, http.StatusAccepted, "pending"},
		{"without an outcome", func(s *store) { s.quiet = true }, http.StatusAccepted, "pending"},
		{"away, folded by then", func(s *store) { s.engine, s.outcomes["user-1 made-1"] = away, folded }, http.StatusOK, "applied"},
		{"silent, folded by then", func(s *store) { s.silent, s.outcomes["user-1 made-1"] = true, folded }, http.StatusOK, "applied"},
		{"away, refused by then", func(s *store) { s.engine, s.outcomes["user-1 made-1"] = away, no }, http.StatusConflict, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			st := newStore("user-1")
			c.prepare(st)
			s := newSetup(t, st, admin.Limits{Command: time.Millisecond})
			w := s.ask("POST", commandsPath, operateToken, command)
			if c.outcome == "" {
				wantProblem(t, w, c.status, "refused")
			} else if got := wantJSON[answer](t, w, c.status); got.Outcome != c.outcome || got.RequestID != "made-1" || got.Onboarding == nil {
				t.Errorf("%s", w.Body)
			}
			if strings.Contains(w.Body.String(), "secret-text") {
				t.Errorf("the answer quotes the error: %s", w.Body)
			}
			want := []onboarding.Ring{{EventID: 9, Provider: onboarding.SourceOperator, Route: onboarding.RouteCommand}}
			if got := st.rung(); !reflect.DeepEqual(got, want) {
				t.Errorf("rings %+v", got)
			}
		})
	}
}

// A command that is stored is never answered as if it were not.
func TestCommandWhoseUserCannotBeShown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		engine error
		status int
	}{{nil, http.StatusOK}, {errors.New("away"), http.StatusAccepted}} {
		st := newStore("user-1")
		st.showErr, st.engine = onboarding.ErrUnavailable, c.engine
		w := newSetup(t, st, admin.Limits{}).ask("POST", commandsPath, operateToken, command)
		if got := wantJSON[map[string]any](t, w, c.status); fmt.Sprint(got["requestId"], got["onboarding"]) != "made-1<nil>" {
			t.Errorf("%s", w.Body)
		}
	}
}
