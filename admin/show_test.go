package admin_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"testing"

	"admit/admin"
	"admit/onboarding"
)

func TestShow(t *testing.T) {
	t.Parallel()
	s := newSetup(t, newStore("user-1"), admin.Limits{})
	w := s.ask("GET", "/v1/onboardings/user-1", readToken, "")
	got := wantJSON[onboarding.Onboarding](t, w, http.StatusOK)
	if !reflect.DeepEqual(got, user("user-1")) {
		t.Errorf("%+v", got)
	}
	var raw map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &raw); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(raw["held"], raw["nextDeadline"]) != "[] <nil>" {
		t.Errorf("held %v, nextDeadline %v", raw["held"], raw["nextDeadline"])
	}
	for name, want := range map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"} {
		if w.Header().Get(name) != want {
			t.Errorf("%s: %q", name, w.Header().Get(name))
		}
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	type page struct {
		Items []onboarding.Onboarding
		Next  string
	}
	yes, no := true, false
	for _, c := range []struct {
		query string
		want  onboarding.ListFilter
		items int
		next  string
	}{
		{"", onboarding.ListFilter{Limit: 100}, 3, ""},
		{"?limit=2", onboarding.ListFilter{Limit: 2}, 2, "b"},
		{"?limit=2&after=b", onboarding.ListFilter{Limit: 2, After: "b"}, 1, ""},
		{"?after=c", onboarding.ListFilter{Limit: 100, After: "c"}, 0, ""},
		{"?after=a%2Bb%26", onboarding.ListFilter{Limit: 100, After: "a+b&"}, 2, ""},
		{"?stage=on_hold&blockedOn=compliance&stalled=true", onboarding.ListFilter{
			Limit: 100, Stage: onboarding.StageOnHold, BlockedOn: onboarding.Compliance, Stalled: &yes}, 3, ""},
		{"?reversed=true", onboarding.ListFilter{Limit: 100, Reversed: &yes}, 3, ""},
		{"?stalled=false", onboarding.ListFilter{Limit: 100, Stalled: &no}, 3, ""},
	} {
		t.Run(c.query, func(t *testing.T) {
			t.Parallel()
			s := newSetup(t, newStore("a", "b", "c"), admin.Limits{})
			w := s.ask("GET", "/v1/onboardings"+c.query, readToken, "")
			got := wantJSON[page](t, w, http.StatusOK)
			if got.Items == nil || len(got.Items) != c.items || got.Next != c.next {
				t.Errorf("%s", w.Body)
			}
			if !reflect.DeepEqual(s.store.filter, c.want) {
				t.Errorf("asked for %+v, want %+v", s.store.filter, c.want)
			}
		})
	}
}

func TestTimeline(t *testing.T) {
	t.Parallel()
	type page struct {
		Entries []onboarding.TimelineEntry
		Next    string
	}
	st := newStore("user-1")
	st.timeline = []onboarding.TimelineEntry{
		{Kind: "log", At: at, Seq: 1, Input: "p100/kyc-verification", Outcome: onboarding.Applied, Body: json.RawMessage(`{"a":1}`)},
		{Kind: "effect", At: at, Effect: "access.granted", Target: "core", State: onboarding.EffectWaiting},
	}
	s := newSetup(t, st, admin.Limits{})
	first := wantJSON[page](t, s.ask("GET", "/v1/onboardings/user-1/timeline?limit=2", readToken, ""), http.StatusOK)
	if !reflect.DeepEqual(first, page{st.timeline, "place-2"}) {
		t.Errorf("%+v", first)
	}
	last := wantJSON[page](t, s.ask("GET", "/v1/onboardings/user-1/timeline?after=place-2", readToken, ""), http.StatusOK)
	if last.Entries == nil || len(last.Entries) != 0 || last.Next != "" {
		t.Errorf("%+v", last)
	}
	p := wantProblem(t, s.ask("GET", "/v1/onboardings/user-1/timeline?after=elsewhere", readToken, ""), 422, "invalid")
	if p.locations()[0] != "query.after" {
		t.Errorf("%+v", p)
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	s := newSetup(t, newStore(), admin.Limits{})
	if got := wantJSON[map[string]bool](t, s.ask("GET", "/healthz", "", ""), http.StatusOK); !got["alive"] {
		t.Errorf("%v", got)
	}
	if got := wantJSON[admin.ReadyReport](t, s.ask("GET", "/readyz", "", ""), http.StatusOK); !got.Ready || got.Checks["postgres"] != "ok" {
		t.Errorf("%v", got)
	}
	s.ready = admin.ReadyReport{Checks: map[string]string{"postgres": "ok", "temporal": "does not answer"}}
	if got := wantJSON[admin.ReadyReport](t, s.ask("GET", "/readyz", "", ""), http.StatusServiceUnavailable); got.Ready || got.Checks["temporal"] != "does not answer" {
		t.Errorf("%v", got)
	}
	s.ready = admin.ReadyReport{Ready: true}
	if got := s.ask("GET", "/readyz", "", "").Body.String(); got != `{"ready":true,"checks":{}}`+"\n" {
		t.Errorf("%s", got)
	}
	if got := s.ask("GET", "/metrics", "", "").Body.String(); got != "metric 1\n" {
		t.Errorf("%s", got)
	}
}
