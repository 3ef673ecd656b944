package admin_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"admit/admin"
	"admit/onboarding"
)

// shownHook is a hook as a caller reads it.
type shownHook struct {
	onboarding.HookView
	Pollers    *int
	LastPolled *time.Time
}

func TestHooks(t *testing.T) {
	t.Parallel()
	two := 2
	for _, c := range []struct {
		name    string
		prepare func(*store)
		pollers *int
		polled  bool
	}{
		{"polled", func(s *store) { s.polls, s.polled = 2, at }, &two, true},
		{"nobody polls", nil, new(int), false},
		{"the engine is away", func(s *store) { s.engine = errors.New("away") }, nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			st := newStore()
			if c.prepare != nil {
				c.prepare(st)
			}
			w := newSetup(t, st, admin.Limits{}).ask("GET", "/v1/hooks", readToken, "")
			got := wantJSON[struct{ Items []shownHook }](t, w, http.StatusOK).Items
			if len(got) != len(st.targets) {
				t.Fatalf("%s", w.Body)
			}
			for i, item := range got {
				if item.Name != st.targets[i].Name || item.Events == nil || (item.Pollers != nil) != (item.Name == "crm" && c.pollers != nil) {
					t.Errorf("%+v", item)
				}
			}
			core, crm := got[0], got[1]
			if !core.Access || core.State != onboarding.HookFailing || core.Waiting != 3 || core.Parked != 2 || core.LastAnswer != "503" || core.Oldest == nil {
				t.Errorf("%+v", core)
			}
			if c.pollers != nil && *crm.Pollers != *c.pollers || (crm.LastPolled != nil) != c.polled {
				t.Errorf("%+v", crm)
			}
		})
	}
	w := newSetup(t, &store{}, admin.Limits{}).ask("GET", "/v1/hooks", readToken, "")
	if got := strings.TrimSpace(w.Body.String()); w.Code != http.StatusOK || got != `{"items":[]}` {
		t.Errorf("no hooks: %d %s", w.Code, got)
	}
}

// What is answered has the fields that the document names.
func TestHooksAreDescribed(t *testing.T) {
	t.Parallel()
	d, _ := readDocument(t)
	s := newSetup(t, newStore(), admin.Limits{})
	for path, name := range map[string]string{"/v1/hooks": "HookItem", "/v1/hooks/core-banking/failed": "FailedEffect"} {
		got := wantJSON[struct{ Items []map[string]json.RawMessage }](t, s.ask("GET", path, readToken, ""), http.StatusOK)
		if len(got.Items) == 0 {
			t.Fatalf("%s lists nothing", path)
		}
		for field := range d.Components.Schemas[name].Properties {
			if _, found := got.Items[0][field]; !found && field != "taskQueue" { // left out of what has none
				t.Errorf("%s does not answer %s", path, field)
			}
		}
		for field := range got.Items[0] {
			if d.Components.Schemas[name].Properties[field] == nil {
				t.Errorf("%s of %s is not described", field, name)
			}
		}
	}
}

func TestFailed(t *testing.T) {
	t.Parallel()
	type page struct {
		Items []onboarding.FailedEffect
		Next  string
	}
	for _, c := range []struct {
		name, path string
		ids        []int64
		next       string
	}{
		{"all", "/v1/hooks/core-banking/failed", []int64{4, 6}, ""},
		{"a page", "/v1/hooks/core-banking/failed?limit=1", []int64{4}, "4"},
		{"the next page", "/v1/hooks/core-banking/failed?limit=1&after=4", []int64{6}, ""},
		{"behind the last", "/v1/hooks/core-banking/failed?after=6", []int64{}, ""},
		{"of nothing", "/v1/hooks/crm/failed?after=", []int64{}, ""},
		{"of a hook that is gone", "/v1/hooks/gone/failed", []int64{5}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newSetup(t, newStore(), admin.Limits{}).ask("GET", c.path, readToken, "")
			got := wantJSON[page](t, w, http.StatusOK)
			ids := []int64{}
			for _, e := range got.Items {
				ids = append(ids, e.ID)
			}
			if got.Items == nil || !slices.Equal(ids, c.ids) || got.Next != c.next {
				t.Errorf("%s", w.Body)
			}
		})
	}
	s := newSetup(t, newStore(), admin.Limits{})
	for query, where := range map[string]string{"?after=x": "query.after", "?after=-1": "query.after", "?limit=501": "query.limit", "?state=parked": "query.state"} {
		p := wantProblem(t, s.ask("GET", "/v1/hooks/core-banking/failed"+query, readToken, ""), 422, "invalid")
		if strings.Join(p.locations(), " ") != where {
			t.Errorf("%s: %+v", query, p)
		}
	}
}

// A hook that nobody configured is told from one that is, with those that there
// are; what is no name at all is not even looked for.
func TestUnknownHook(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ method, path, body string }{
		{"GET", "/failed", ""}, {"POST", "/replay", `{"reason":"a","all":true}`}, {"POST", "/test", ""},
	} {
		st := newStore()
		s := newSetup(t, st, admin.Limits{})
		p := wantProblem(t, s.ask(c.method, "/v1/hooks/core"+c.path, operateToken, c.body), 404, "not_found")
		if p.Detail != "No hook has this name; there are core-banking, crm, mail, reviewers, p100-api." {
			t.Errorf("%s: %s", c.path, p.Detail)
		}
		p = wantProblem(t, s.ask(c.method, "/v1/hooks/Core_"+c.path, operateToken, c.body), 422, "invalid")
		if strings.Join(p.locations(), " ") != "path.name" {
			t.Errorf("%s: %+v", c.path, p)
		}
		none := newSetup(t, &store{}, admin.Limits{})
		p = wantProblem(t, none.ask(c.method, "/v1/hooks/core"+c.path, operateToken, c.body), 404, "not_found")
		if p.Detail != "No hook has this name; none is configured." {
			t.Errorf("%s: %s", c.path, p.Detail)
		}
		if len(st.hookCalls)+len(st.tried) > 0 || strings.Contains(s.logged(), `"hook":`) {
			t.Errorf("%s: %+v: %s", c.path, st.hookCalls, s.logged())
		}
	}
}

type replayAnswer struct {
	Replayed int
	Left     bool
	Next     string
}

func TestReplayHook(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, body string
		want       replayAnswer
		call       hookCall
		rung       string
	}{
		{"all", `{"reason":"a","all":true}`, replayAnswer{Replayed: 2}, hookCall{}, "user-1 a/b"},
		{"one", `{"reason":"a","ids":[6]}`, replayAnswer{Replayed: 1}, hookCall{ids: []int64{6}}, "a/b"},
		{"one that is none", `{"reason":"a","ids":[7]}`, replayAnswer{}, hookCall{ids: []int64{7}}, ""},
		{"the present", `{"reason":"a","present":true}`, replayAnswer{Replayed: 2, Left: true, Next: "user-1"}, hookCall{}, "user-1"},
		{"the next page of it", `{"reason":"a","present":true,"after":"user-1"}`, replayAnswer{}, hookCall{after: "user-1"}, ""},
		{"null as IDs", `{"reason":"a","ids":null,"all":true}`, replayAnswer{Replayed: 2}, hookCall{}, "user-1 a/b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			st := newStore("user-1", "a/b")
			s := newSetup(t, st, admin.Limits{})
			w := s.ask("POST", "/v1/hooks/core-banking/replay", operateToken, c.body)
			if got := wantJSON[replayAnswer](t, w, http.StatusOK); got != c.want {
				t.Errorf("%s", w.Body)
			}
			c.call.target, c.call.limit, c.call.actor, c.call.reason = "core-banking", 200, "clerk", "a"
			if len(st.hookCalls) != 1 || st.hookCalls[0].target != c.call.target || st.hookCalls[0].after != c.call.after ||
				st.hookCalls[0].actor != c.call.actor || st.hookCalls[0].reason != c.call.reason || st.hookCalls[0].limit != c.call.limit || !slices.Equal(st.hookCalls[0].ids, c.call.ids) {
				t.Errorf("called %+v, want %+v", st.hookCalls, c.call)
			}
			if got := strings.Join(st.replayed, " "); got != c.rung {
				t.Errorf("rang %q", got)
			}
			if !strings.Contains(s.logged(), `"hook":"core-banking"`) {
				t.Errorf("log %s", s.logged())
			}
		})
	}
}

func TestReplayHookRefuses(t *testing.T) {
	t.Parallel()
	ids := strings.Repeat("1,", 200) + "1"
	for _, c := range []struct {
		name, hook, body string
		status           int
		where            string
	}{
		{"nothing", "crm", ``, 400, ""},
		{"no reason", "crm", `{"all":true}`, 422, "body"},
		{"a blank reason", "crm", `{"reason":" ","all":true}`, 422, "body.reason"},
		{"nothing chosen", "crm", `{"reason":"a"}`, 422, "body.ids"},
		{"two chosen", "crm", `{"reason":"a","all":true,"present":true}`, 422, "body.ids"},
		{"no IDs", "crm", `{"reason":"a","ids":[]}`, 422, "body.ids"},
		{"an ID that is none", "crm", `{"reason":"a","ids":[1,0]}`, 422, "body.ids[1]"},
		{"too many", "crm", `{"reason":"a","ids":[` + ids + `]}`, 422, "body.ids"},
		{"a place of all", "crm", `{"reason":"a","all":true,"after":"a"}`, 422, "body.after"},
		{"no place", "crm", `{"reason":"a","present":true,"after":"\u0000"}`, 422, "body.after"},
		{"the present by mail", "mail", `{"reason":"a","present":true}`, 422, "body.present"},
		{"another field", "crm", `{"reason":"a","all":true,"limit":5}`, 422, "body.limit"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			st := newStore()
			code := "invalid"
			if c.status == 400 {
				code = "malformed"
			}
			w := newSetup(t, st, admin.Limits{}).ask("POST", "/v1/hooks/"+c.hook+"/replay", operateToken, c.body)
			if p := wantProblem(t, w, c.status, code); strings.Join(p.locations(), " ") != c.where {
				t.Errorf("errors at %q, want %q: %s", p.locations(), c.where, w.Body)
			}
			if len(st.hookCalls) > 0 {
				t.Errorf("called %+v", st.hookCalls)
			}
		})
	}
}

// One call rings users at a time, whatever for; one that is cut short has brought
// back what it did, and the sweeps ring the rest.
func TestReplayHookIsBounded(t *testing.T) {
	t.Parallel()
	const body = `{"reason":"a","all":true}`
	st := newStore("user-1")
	ringing, let := make(chan struct{}, 10), make(chan struct{})
	st.ringing = func() { ringing <- struct{}{}; <-let }
	s := newSetup(t, st, admin.Limits{})
	first := make(chan int)
	go func() { first <- s.ask("POST", "/v1/hooks/core-banking/replay", operateToken, body).Code }()
	<-ringing
	wantProblem(t, s.ask("POST", "/v1/hooks/core-banking/replay", operateToken, body), http.StatusTooManyRequests, "busy")
	wantProblem(t, s.ask("POST", "/v1/wake", operateToken, `{}`), http.StatusTooManyRequests, "busy")
	close(let)
	if code := <-first; code != http.StatusOK {
		t.Errorf("the first call: %d", code)
	}
	if st.listings != 1 {
		t.Errorf("the hooks were listed %d times", st.listings)
	}
	st = newStore("user-1")
	w := newSetup(t, st, admin.Limits{Wake: time.Nanosecond}).ask("POST", "/v1/hooks/core-banking/replay", operateToken, body)
	if got := wantJSON[replayAnswer](t, w, http.StatusOK); got.Replayed != 2 || len(st.replayed) > 1 {
		t.Errorf("%s, rang %q", w.Body, st.replayed)
	}
}

func TestTryHook(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, hook string
		prepare    func(*store)
		status     int
		code, says string
		tried      string
	}{
		{"taken", "core-banking", nil, 200, "", `{"result":"delivered","answer":"204","tookMs":123}`, "core-banking delivered"},
		{"not taken", "core-banking", func(s *store) { s.attempt = onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: "timeout"} }, 200, "",
			`{"result":"failed","answer":"timeout","tookMs":123}`, "core-banking failed"},
		{"taken, and not kept", "core-banking", func(s *store) { s.triedErr = onboarding.ErrUnavailable }, 200, "", `"result":"delivered"`, "core-banking delivered"},
		{"not sent", "core-banking", func(s *store) { s.testErr = errors.New("secret-text") }, 409, "not_testable", "This process does not send to core-banking", ""},
		{"a task queue", "crm", nil, 409, "not_testable", "crm cannot be tried. Its work is another team's activity", ""},
		{"mail", "mail", nil, 409, "not_testable", "admit notify preview", ""},
		{"reviewers", "reviewers", nil, 409, "not_testable", "mail to them", ""},
		{"an API", "p100-api", nil, 409, "not_testable", "reconcile", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			st := newStore()
			if c.prepare != nil {
				c.prepare(st)
			}
			s := newSetup(t, st, admin.Limits{})
			w := s.ask("POST", "/v1/hooks/"+c.hook+"/test", operateToken, "")
			if c.code != "" {
				wantProblem(t, w, c.status, c.code)
			} else if w.Code != c.status {
				t.Errorf("%d", w.Code)
			}
			if !strings.Contains(w.Body.String(), c.says) || strings.Contains(w.Body.String(), "secret") {
				t.Errorf("%s", w.Body)
			}
			if got := strings.Join(st.tried, " "); got != c.tried {
				t.Errorf("kept %q", got)
			}
			if st.triedErr != nil && !strings.Contains(s.logged(), "the store is unavailable") {
				t.Errorf("log %s", s.logged())
			}
		})
	}
}

// A process that sends nothing says so, and shows its hooks all the same.
func TestHooksWithoutSenders(t *testing.T) {
	t.Parallel()
	parsed, err := admin.ParseTokens(tokens)
	if err != nil {
		t.Fatal(err)
	}
	st := newStore()
	srv, err := admin.New(admin.Options{Tokens: parsed, Store: st, Hooks: st, Contacts: st, Commander: st, Ringer: st,
		Metrics: http.NotFoundHandler(), Logger: slog.New(slog.DiscardHandler), Ready: func(context.Context) admin.ReadyReport { return admin.ReadyReport{} }})
	if err != nil {
		t.Fatal(err)
	}
	s := &setup{Server: srv, store: st}
	wantProblem(t, s.ask("POST", "/v1/hooks/core-banking/test", operateToken, ""), 409, "not_testable")
	got := wantJSON[struct{ Items []shownHook }](t, s.ask("GET", "/v1/hooks", readToken, ""), 200)
	if len(got.Items) != len(st.targets) || got.Items[1].Pollers != nil {
		t.Errorf("%+v", got)
	}
}
