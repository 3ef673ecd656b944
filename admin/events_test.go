package admin_test

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"admit/admin"
	"admit/onboarding"
)

func TestEvents(t *testing.T) {
	t.Parallel()
	type page struct {
		Items []onboarding.EventView
		Next  string
	}
	st := newStore()
	st.events = []onboarding.EventView{
		{ID: 1, Provider: "p100", Route: "kyc-files", Received: at, State: onboarding.EventMalformed},
		{ID: 2, UserID: "user-1", Provider: "p100", Route: "kyc-verification", Received: at, State: onboarding.EventUnrecognised, ReplayedBy: 9, Replay: "applied"},
	}
	s := newSetup(t, st, admin.Limits{})
	for _, c := range []struct {
		query string
		want  eventQuery
		items int
		next  string
	}{
		{"", eventQuery{"", "", 100}, 2, "2"},
		{"?state=malformed&limit=5", eventQuery{onboarding.EventMalformed, "", 5}, 2, "2"},
		{"?state=unrecognised&after=2&limit=500", eventQuery{onboarding.EventUnrecognised, "2", 500}, 0, ""},
	} {
		w := s.ask("GET", "/v1/events"+c.query, readToken, "")
		got := wantJSON[page](t, w, http.StatusOK)
		if got.Items == nil || len(got.Items) != c.items || got.Next != c.next || c.items > 0 && !reflect.DeepEqual(got.Items, st.events) {
			t.Errorf("%q: %s", c.query, w.Body)
		}
		if st.asked != c.want {
			t.Errorf("%q asked for %+v", c.query, st.asked)
		}
	}
	for query, where := range map[string]string{
		"?state=applied": "query.state", "?limit=0": "query.limit", "?limit=501": "query.limit", "?after=x": "query.after", "?user=a": "query.user",
	} {
		if p := wantProblem(t, s.ask("GET", "/v1/events"+query, readToken, ""), 422, "invalid"); !slices.Equal(p.locations(), []string{where}) {
			t.Errorf("%s: %q", query, p.locations())
		}
	}
	var raw struct{ Items []map[string]any }
	if err := json.Unmarshal(s.ask("GET", "/v1/events", readToken, "").Body.Bytes(), &raw); err != nil || len(raw.Items[0]) != 8 {
		t.Errorf("an event has the members %v: %v", raw.Items, err)
	}
}

func TestReplay(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "{}", "no JSON"} {
		s := newSetup(t, newStore("user-1"), admin.Limits{})
		w := s.ask("POST", "/v1/events/7/replay", operateToken, body)
		if got := wantJSON[map[string]any](t, w, http.StatusAccepted); !reflect.DeepEqual(got, map[string]any{"eventId": 70.0, "userId": "user-1"}) {
			t.Errorf("%v", got)
		}
		if !slices.Equal(s.store.replays, []replayed{{7, "clerk"}}) {
			t.Errorf("replayed %+v", s.store.replays)
		}
		if rings := s.store.rung(); !reflect.DeepEqual(rings, []onboarding.Ring{{EventID: 70, Cause: "replay"}}) {
			t.Errorf("rung %+v", rings)
		}
	}
}

func TestReplayIsRefused(t *testing.T) {
	t.Parallel()
	for _, why := range []onboarding.ReplayRefusal{
		onboarding.ReplayNoWebhook, onboarding.ReplayErased, onboarding.ReplayPending, onboarding.ReplayRecognised,
		onboarding.ReplayNoUser, onboarding.ReplayDone, onboarding.ReplayUndecodable, "another",
	} {
		t.Run(string(why), func(t *testing.T) {
			t.Parallel()
			st := newStore("user-1")
			st.refusal = why
			s := newSetup(t, st, admin.Limits{})
			p := wantProblem(t, s.ask("POST", "/v1/events/7/replay", operateToken, ""), http.StatusConflict, "not_replayable")
			if general := p.Detail == "The event cannot be replayed."; p.Reason != string(why) || general != (why == "another") {
				t.Errorf("%+v", p)
			}
			if len(s.store.rung()) > 0 {
				t.Error("the user is rung")
			}
		})
	}
}

func TestReplayOfNothing(t *testing.T) {
	t.Parallel()
	s := newSetup(t, newStore("user-1"), admin.Limits{})
	if p := wantProblem(t, s.ask("POST", "/v1/events/8/replay", operateToken, ""), 404, "not_found"); !strings.Contains(p.Detail, "event") {
		t.Errorf("%+v", p)
	}
	for _, id := range []string{"x", "0", "-1", "1.5", "9223372036854775808", "%20", "7%2F"} {
		if p := wantProblem(t, s.ask("POST", "/v1/events/"+id+"/replay", operateToken, ""), 422, "invalid"); !slices.Equal(p.locations(), []string{"path.id"}) {
			t.Errorf("%s: %+v", id, p)
		}
	}
}
