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
	Outcome, Reason, RequestID string
	Onboarding                 *onboarding.Onboarding
}

func TestCommand(t *testing.T) {
	t.Parallel()
	until := time.Date(2026, 4, 1, 10, 0, 0, 123456000, time.UTC)
	for _, c := range []struct {
		name, fields string
		want         onboarding.Command
	}{
		{"flag_high_risk", ``, onboarding.Command{}},
		{"clear_high_risk", ``, onboarding.Command{}},
		{"hold", ``, onboarding.Command{}},
		{"lift", ``, onboarding.Command{}},
		{"reconcile", ``, onboarding.Command{}},
		{"remind", ``, onboarding.Command{}},
		{"close", ``, onboarding.Command{}},
		{"reopen", ``, onboarding.Command{}},
		{"override_check", `,"check":"kyc","status":"passed"`, onboarding.Command{Check: onboarding.KYC, Status: onboarding.StatusPassed}},
		{"override_check", `,"check":"poa","status":"in_review","until":"2026-04-01T12:00:00.123456789+02:00"`,
			onboarding.Command{Check: onboarding.POA, Status: onboarding.StatusInReview, Until: until}},
		{"lift_override", `,"check":"sepa_kyc"`, onboarding.Command{Check: onboarding.SEPAKYC}},
		{"extend_deadline", `,"by":"36h30m"`, onboarding.Command{By: onboarding.Duration(36*time.Hour + 30*time.Minute)}},
		{"override_check", `,"approves":"p-1"`, onboarding.Command{Approves: "p-1"}},
		{"override_check", `,"approves":"p-1","check":"kyc"`, onboarding.Command{Approves: "p-1", Check: onboarding.KYC}},
		{"extend_deadline", `,"approves":"p-1"`, onboarding.Command{Approves: "p-1"}},
		{"lift", `,"approves":"p-1"`, onboarding.Command{Approves: "p-1"}},
	} {
		t.Run(c.name+c.fields, func(t *testing.T) {
			t.Parallel()
			s := newSetup(t, newStore("user-1"), admin.Limits{})
			w := s.ask("POST", commandsPath, operateToken, `{"command":"`+c.name+`","reason":"a reason","requestId":"r-1"`+c.fields+`}`)
			got := wantJSON[answer](t, w, http.StatusOK)
			if got.Outcome != "applied" || got.Reason != "" || got.RequestID != "r-1" || got.Onboarding == nil || got.Onboarding.UserID != "user-1" {
				t.Errorf("%s", w.Body)
			}
			c.want.Name, c.want.Reason, c.want.Actor, c.want.RequestID = c.name, "a reason", "clerk", "r-1"
			if got := s.store.commands["user-1 r-1"]; got != c.want {
				t.Errorf("stored %+v, want %+v", got, c.want)
			}
			if len(s.store.rung()) > 0 {
				t.Error("a command that was answered rings once more")
			}
		})
	}
}

// The first call of a command that needs two people is answered as a proposal.
func TestCommandIsProposed(t *testing.T) {
	t.Parallel()
	st := newStore("user-1")
	st.propose = true
	o := st.users["user-1"]
	o.Proposals = []onboarding.Proposal{{RequestID: "made-1", Command: "hold", Actor: "clerk", Expires: at.Add(onboarding.ProposalFor)}}
	st.users["user-1"] = o
	s := newSetup(t, st, admin.Limits{})
	got := wantJSON[answer](t, s.ask("POST", commandsPath, operateToken, command), http.StatusOK)
	if got.Outcome != "noted" || got.Reason != "proposed" || !reflect.DeepEqual(got.Onboarding.Proposals, o.Proposals) {
		t.Errorf("%+v", got)
	}
	if log := s.logged(); !strings.Contains(log, `"outcome":"noted"`) {
		t.Errorf("log %s", log)
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
		{"a reason hidden behind another", `{"reason":"a","command":"hold","REASON":""}`, 422, "body.REASON"},
		{"no command", `{"reason":"a"}`, 422, "body"},
		{"an unknown command", `{"command":"approve","reason":"a"}`, 422, "body.command"},
		{"another case", `{"command":"Hold","reason":"a"}`, 422, "body.command"},
		{"an empty request ID", `{"command":"hold","reason":"a","requestId":""}`, 422, "body.requestId"},
		{"a bad request ID", `{"command":"hold","reason":"a","requestId":"a b"}`, 422, "body.requestId"},
		{"a line break in the request ID", `{"command":"hold","reason":"a","requestId":"a\n"}`, 422, "body.requestId"},
		{"too long a request ID", `{"command":"hold","reason":"a","requestId":"` + strings.Repeat("a", 129) + `"}`, 422, "body.requestId"},
		{"an import's request ID", `{"command":"hold","reason":"a","requestId":"import:1"}`, 422, "body.requestId"},
		{"a bad approval", `{"command":"hold","reason":"a","approves":"a b"}`, 422, "body.approves"},
		{"an empty approval", `{"command":"hold","reason":"a","approves":""}`, 422, "body.approves"},
		{"erasing", `{"command":"erase","reason":"a"}`, 422, "body.command"},
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

// Each command has the fields that it needs, and no other's.
func TestCommandFieldsAreInvalid(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, body, where string }{
		{"hold with all that is not its own", `{"command":"hold","reason":"a","check":"kyc","status":"passed","until":"2026-04-01T12:00:00Z","by":"1h"}`,
			"body.by body.check body.status body.until"},
		{"an override of nothing", `{"command":"override_check","reason":"a"}`, "body.check body.status"},
		{"an override by a time", `{"command":"override_check","reason":"a","check":"kyc","status":"passed","by":"1h"}`, "body.by"},
		{"an unknown check", `{"command":"override_check","reason":"a","check":"face","status":"passed"}`, "body.check"},
		{"an unknown status", `{"command":"override_check","reason":"a","check":"kyc","status":"good"}`, "body.status"},
		{"no status", `{"command":"override_check","reason":"a","check":"kyc","status":"none"}`, "body.status"},
		{"a date as end", `{"command":"override_check","reason":"a","check":"kyc","status":"passed","until":"2026-04-01"}`, "body.until"},
		{"an empty end", `{"command":"override_check","reason":"a","check":"kyc","status":"passed","until":""}`, "body.until"},
		{"the end of no override", `{"command":"lift_override","reason":"a"}`, "body.check"},
		{"the end of an override with a status", `{"command":"lift_override","reason":"a","check":"kyc","status":"passed"}`, "body.status"},
		{"an extension by nothing", `{"command":"extend_deadline","reason":"a"}`, "body.by"},
		{"an extension by zero", `{"command":"extend_deadline","reason":"a","by":"0s"}`, "body.by"},
		{"an extension backwards", `{"command":"extend_deadline","reason":"a","by":"-1h"}`, "body.by"},
		{"an extension by days", `{"command":"extend_deadline","reason":"a","by":"2d"}`, "body.by"},
		{"an extension by a number", `{"command":"extend_deadline","reason":"a","by":3600}`, "body.by"},
		{"an approval with a strange field", `{"command":"lift","reason":"a","approves":"p-1","check":"kyc"}`, "body.check"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSetup(t, newStore("user-1"), admin.Limits{})
			w := s.ask("POST", commandsPath, operateToken, c.body)
			if p := wantProblem(t, w, 422, "invalid"); strings.Join(p.locations(), " ") != c.where {
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
