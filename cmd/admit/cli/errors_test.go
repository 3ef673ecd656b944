package cli_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"admit/cmd/admit/cli"
	"admit/onboarding"
)

// Exit codes, and what is said.
func TestFailures(t *testing.T) {
	t.Parallel()
	hold := []string{"command", "user-1", "hold", "--reason", "a reason", "--request-id", "r-1"}
	away := errors.New("away")
	for _, c := range []struct {
		name    string
		prepare func(*store)
		token   string
		args    []string
		code    int
		says    string
	}{
		{"no user", nil, readToken, []string{"status", "user-2"}, cli.ExitNotFound, "user-2: No user has this ID"},
		{"no user's timeline", nil, readToken, []string{"timeline", "user-2"}, cli.ExitNotFound, "user-2: No user has this ID"},
		{"a command to nobody", nil, operateToken, []string{"command", "user-2", "hold", "--reason", "a"}, cli.ExitNotFound, "user-2: No user has this ID"},
		{"no user's contact", nil, operateToken, []string{"contact", "show", "user-2"}, cli.ExitNotFound, "user-2: No user has this ID"},
		{"a contact for nobody", nil, operateToken, []string{"contact", "set", "user-2", "--locale", "de"}, cli.ExitNotFound, "user-2: No user has this ID"},
		{"no contact", nil, operateToken, []string{"contact", "show", "user-1"}, cli.ExitNotFound, "user-1 has no contact, so no mail is written to the user; hooks are told as ever\nadmit contact set --email ADDRESS user-1 says"},
		{"a reader's contact", nil, readToken, []string{"contact", "show", "user-1"}, cli.ExitUnauthorized, "contacts, commands"},
		{"no hook", nil, readToken, []string{"hooks", "failed", "core"}, cli.ExitNotFound, "No hook has this name; there are core-banking, ledger, crm, tickets, mail."},
		{"a replay to no hook", nil, operateToken, []string{"hooks", "replay", "core", "--all", "--reason", "a"}, cli.ExitNotFound, "there are core-banking, "},
		{"a test of no hook", nil, operateToken, []string{"hooks", "test", "core"}, cli.ExitNotFound, "there are core-banking, "},
		{"a reader's hook", nil, readToken, []string{"hooks", "replay", "ledger", "4", "--reason", "a"}, cli.ExitUnauthorized, "need operate"},
		{"the present by mail", nil, operateToken, []string{"hooks", "replay", "mail", "--present", "--reason", "a"}, cli.ExitFailed, "body.present is for hooks"},
		{"no token", nil, "", []string{"status", "user-1"}, cli.ExitUnauthorized, "ADMIT_TOKEN is not set"},
		{"another token", nil, "no-such-token-0001", []string{"status", "user-1"}, cli.ExitUnauthorized, "ADMIT_ADMIN_TOKENS"},
		{"too small a role", nil, readToken, hold, cli.ExitUnauthorized, "need operate"},
		{"refused", func(s *store) { s.refuse = onboarding.RefusedOnHold }, operateToken, hold, cli.ExitFailed, "refused (already_on_hold): The onboarding is on hold already."},
		{"conflict", func(s *store) { s.commands["user-1 r-1"] = onboarding.Command{Name: "close"} }, operateToken, hold, cli.ExitFailed, "another --request-id"},
		{"pending", func(s *store) { s.engine = away }, operateToken, hold, cli.ExitUnavailable, "stored and pending: no engine answered in time"},
		{"pending, how to ask", func(s *store) { s.engine = away }, operateToken, hold, cli.ExitUnavailable, "--request-id r-1"},
		{"unavailable", func(s *store) { s.err = onboarding.ErrUnavailable }, readToken, []string{"list"}, cli.ExitUnavailable, "/readyz says"},
		{"a command while unavailable", func(s *store) { s.err = onboarding.ErrUnavailable }, operateToken, hold, cli.ExitUnavailable, "with --request-id r-1 is done once"},
		{"broken", func(s *store) { s.err = away }, readToken, []string{"list"}, cli.ExitFailed, "under requestId http-1"},
		{"a place that is none", nil, readToken, []string{"timeline", "user-1", "--after", "x"}, cli.ExitFailed, "query.after is not what a page gave"},
		{"too long a reason", nil, operateToken, []string{"command", "user-1", "hold", "--reason", strings.Repeat("a", 501)}, cli.ExitFailed, "body.reason"},
		{"a bad request ID", nil, operateToken, []string{"command", "user-1", "hold", "--reason", "a", "--request-id", "a b"}, cli.ExitFailed, "body.requestId"},
		{"no event", nil, operateToken, []string{"events", "replay", "4"}, cli.ExitNotFound, "4: No event has this ID.\nadmit events list"},
		{"no replay", func(s *store) { s.refusal = onboarding.ReplayDone }, operateToken, []string{"events", "replay", "5"}, cli.ExitFailed, "not replayed (already_replayed): The event was replayed already"},
		{"a reader's replay", nil, readToken, []string{"events", "replay", "5"}, cli.ExitUnauthorized, "replays need operate"},
		{"a replay while unavailable", func(s *store) { s.err = onboarding.ErrUnavailable }, operateToken, []string{"events", "replay", "5"}, cli.ExitUnavailable, "admit events list shows it, and the same command again replays it only where no replay of it waits or was understood"},
		{"events while unavailable", func(s *store) { s.err = onboarding.ErrUnavailable }, readToken, []string{"events", "list"}, cli.ExitUnavailable, "/readyz says"},
		{"events behind no place", nil, readToken, []string{"events", "list", "--after", "x"}, cli.ExitFailed, "query.after is not what a page gave"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			st := newStore()
			if c.prepare != nil {
				c.prepare(st)
			}
			code, out, said := run(t, serve(t, st), c.token, c.args...)
			if code != c.code || !strings.Contains(said, c.says) || !strings.HasPrefix(said, "admit: ") {
				t.Errorf("exit %d, want %d: %s", code, c.code, said)
			}
			if out != "" {
				t.Errorf("printed %q", out)
			}
			if c.token != "" && strings.Contains(said, c.token) {
				t.Error("the token is shown")
			}
		})
	}
}

// With --json a refusal is printed too, for scripts.
func TestRefusalAsJSON(t *testing.T) {
	t.Parallel()
	st := newStore()
	st.refuse = onboarding.RefusedOnHold
	code, out, _ := run(t, serve(t, st), operateToken, "command", "user-1", "hold", "--reason", "a reason", "--json")
	if code != cli.ExitFailed {
		t.Errorf("exit %d", code)
	}
	golden(t, "refused.json", out)
}

func TestCommandMakesUpARequestID(t *testing.T) {
	t.Parallel()
	st := newStore()
	url := serve(t, st)
	for range 2 {
		if code, _, said := run(t, url, operateToken, "command", "user-1", "hold", "--reason", "a reason"); code != cli.ExitDone {
			t.Fatal(said)
		}
	}
	if len(st.commands) != 2 {
		t.Errorf("%d commands", len(st.commands))
	}
	for _, c := range st.commands {
		if c.Actor != "clerk" || c.Reason != "a reason" || len(c.RequestID) < 20 {
			t.Errorf("%+v", c)
		}
	}
}

func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := "http://" + ln.Addr().String()
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	code, _, said := run(t, addr, readToken, "status", "user-1")
	if code != cli.ExitUnavailable || !strings.Contains(said, "no answer from "+addr) || !strings.Contains(said, "ADMIT_ADMIN_URL") {
		t.Errorf("exit %d: %s", code, said)
	}
	code, _, said = run(t, addr, readToken, "command", "user-1", "hold", "--reason", "a")
	if code != cli.ExitUnavailable || !strings.Contains(said, "with --request-id ") {
		t.Errorf("exit %d: %s", code, said)
	}
}

// Who answers may be somebody else: a proxy, another service, an old page.
func TestStrangers(t *testing.T) {
	t.Parallel()
	users := file(t, "users.csv", lines(1))
	var elsewhere atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	t.Cleanup(other.Close)
	for _, c := range []struct {
		name, body string
		status     int
	}{
		{"a page", "<html>\x1b[31m", 200}, {"an error page", "<html>", 404}, {"a gateway", "bad gateway", 502}, {"other JSON", `{"error":"x"}`, 400},
		{"the public listener", `{"code":"not_found","detail":"No webhook has this path."}`, 404},
		{"an empty answer", "", 200}, {"a redirect", "", 307},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", other.URL)
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			}))
			t.Cleanup(srv.Close)
			for _, args := range [][]string{{"status", "user-1"}, {"list"}, {"timeline", "user-1"}, {"command", "user-1", "hold", "--reason", "a"}, {"events", "list"}, {"events", "replay", "7"},
				{"audit", "user-1", "--at", "2026-03-01"}, {"providers", "explain", "user-1"}, {"erase", "user-1", "--reason", "a", "--yes"}, {"wake", "--all"},
				{"wake", "user-1"}, {"hooks", "list"}, {"hooks", "failed", "crm"}, {"hooks", "test", "crm"}, {"hooks", "replay", "crm", "--all", "--reason", "a"},
				{"hooks", "replay", "crm", "7", "--reason", "a"}, {"hooks", "replay", "crm", "--present", "--reason", "a"},
				{"contact", "show", "user-1"}, {"contact", "set", "user-1", "--locale", "de"}, {"contact", "erase", "user-1", "--reason", "a", "--yes"}, {"import", users}, {"bulk", "run", "hold", "--reason", "a", "--stage", "in_review"}} {
				code, out, said := operator{url: srv.URL, token: operateToken, clock: newClock()}.run(t, args...)
				if code != cli.ExitUnavailable || !strings.Contains(said, "not as Admit's admin listener") || out != "" {
					t.Errorf("%v: exit %d: %s%s", args, code, said, out)
				}
			}
		})
	}
	t.Cleanup(func() {
		if elsewhere.Load() > 0 {
			t.Error("a redirect was followed")
		}
	})
}

// A listener that gives the same page for ever does not keep the operator.
func TestEndlessPages(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"items":[],"entries":[],"next":"x"}`)
	}))
	t.Cleanup(srv.Close)
	if code, _, said := run(t, srv.URL, readToken, "timeline", "user-1"); code != cli.ExitFailed || !strings.Contains(said, "again and again") {
		t.Errorf("exit %d: %s", code, said)
	}
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if code, _, said := (operator{token: readToken, ctx: ctx}).run(t, "status", "user-1"); code != cli.ExitFailed || said != "admit: interrupted\n" {
		t.Errorf("exit %d: %s", code, said)
	}
}

// The flag wins over the variable, and a path in front of the API is kept.
func TestAdminURL(t *testing.T) {
	t.Parallel()
	var asked atomic.Value
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Store(r.URL.EscapedPath() + " " + r.Header.Get("Authorization"))
		_, _ = io.WriteString(w, `{}`)
	}))
	t.Cleanup(srv.Close)
	if code, _, said := run(t, "http://127.0.0.1:1", readToken, "status", "../ü", "--admin", srv.URL+"/ops/"); code != cli.ExitDone {
		t.Fatal(said)
	}
	if got := asked.Load(); got != "/ops/v1/onboardings/%2E%2E%2F%C3%BC Bearer "+readToken {
		t.Errorf("asked for %v", got)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestOutputThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	url := serve(t, newStore())
	env := func(name string) string {
		return map[string]string{"ADMIT_TOKEN": readToken, "ADMIT_ADMIN_URL": url}[name]
	}
	var said bytes.Buffer
	if code := cli.Run(t.Context(), []string{"list"}, cli.Surroundings{Env: env, Stdout: full{}, Stderr: &said}); code != cli.ExitFailed || !strings.Contains(said.String(), "no space left") {
		t.Errorf("exit %d: %s", code, said.String())
	}
}
