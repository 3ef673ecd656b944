package admin_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"admit/admin"
	"admit/onboarding"
)

type woken struct {
	Rung    int
	Next    string
	Unknown []string
}

func TestWake(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, body string
		want       woken
		rings      string
		limit      int // of the list that was asked for, 0 for none
	}{
		{"some", `{"userIds":["c","a"]}`, woken{Rung: 2, Unknown: []string{}}, "c a", 0},
		{"one twice", `{"userIds":["a","a"]}`, woken{Rung: 1, Unknown: []string{}}, "a", 0},
		{"somebody unknown", `{"userIds":["x","a","y"]}`, woken{Rung: 1, Unknown: []string{"x", "y"}}, "a", 0},
		{"null as users", `{"userIds":null,"limit":1}`, woken{Rung: 1, Next: "a", Unknown: []string{}}, "a", 1},
		{"all", `{}`, woken{Rung: 3, Unknown: []string{}}, "a b c", 100},
		{"a page", `{"limit":2}`, woken{Rung: 2, Next: "b", Unknown: []string{}}, "a b", 2},
		{"the next page", `{"limit":2,"after":"b","stage":"approved"}`, woken{Rung: 1, Unknown: []string{}}, "c", 2},
		{"after the last", `{"after":"c"}`, woken{Unknown: []string{}}, "", 100},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			st := newStore("a", "b", "c")
			s := newSetup(t, st, admin.Limits{})
			w := s.ask("POST", "/v1/wake", operateToken, c.body)
			got := wantJSON[woken](t, w, http.StatusOK)
			if got.Rung != c.want.Rung || got.Next != c.want.Next || !slices.Equal(got.Unknown, c.want.Unknown) || got.Unknown == nil {
				t.Errorf("%s", w.Body)
			}
			if strings.Join(st.woken, " ") != c.rings || len(st.rung()) != len(st.woken) || st.filter.Limit != c.limit {
				t.Errorf("rang %q, listed %+v", st.woken, st.filter)
			}
			if c.rings != "" && !strings.Contains(s.logged(), fmt.Sprintf(`"users":%d`, c.want.Rung)) {
				t.Errorf("log %s", s.logged())
			}
		})
	}
	st := newStore("a")
	newSetup(t, st, admin.Limits{}).ask("POST", "/v1/wake", operateToken, `{"stage":"on_hold"}`)
	if st.filter.Stage != onboarding.StageOnHold {
		t.Errorf("listed %+v", st.filter)
	}
}

func TestWakeRefuses(t *testing.T) {
	t.Parallel()
	ids := strings.Repeat(`"a",`, 200) + `"a"`
	for _, c := range []struct {
		name, body string
		status     int
		where      string
	}{
		{"nothing", ``, 400, ""},
		{"nobody", `{"userIds":[]}`, 422, "body.userIds"},
		{"another spelling", `{"userIds":["a"],"USERIDS":["b"]}`, 422, "body.USERIDS"},
		{"too many", `{"userIds":[` + ids + `]}`, 422, "body.userIds"},
		{"no user ID", `{"userIds":["a",""]}`, 422, "body.userIds[1]"},
		{"both", `{"userIds":["a"],"limit":1}`, 422, "body.userIds"},
		{"both, by the stage", `{"userIds":["a"],"stage":"approved"}`, 422, "body.userIds"},
		{"limit 0", `{"limit":0}`, 422, "body.limit"},
		{"limit 501", `{"limit":501}`, 422, "body.limit"},
		{"no stage", `{"stage":"done"}`, 422, "body.stage"},
		{"no place", `{"after":"\u0000"}`, 422, "body.after"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			st := newStore("a")
			code := "invalid"
			if c.status == 400 {
				code = "malformed"
			}
			w := newSetup(t, st, admin.Limits{}).ask("POST", "/v1/wake", operateToken, c.body)
			if p := wantProblem(t, w, c.status, code); strings.Join(p.locations(), " ") != c.where {
				t.Errorf("errors at %q, want %q: %s", p.locations(), c.where, w.Body)
			}
			if len(st.rung()) > 0 {
				t.Error("a refused call wakes somebody")
			}
		})
	}
}

// While the engine is away a ring would be lost, and nobody would know.
func TestWakeWithoutAnEngine(t *testing.T) {
	t.Parallel()
	st := newStore("a")
	st.engine = errors.New("no route to secret-text")
	w := newSetup(t, st, admin.Limits{}).ask("POST", "/v1/wake", operateToken, `{}`)
	wantProblem(t, w, 503, "unavailable")
	if len(st.rung()) > 0 || strings.Contains(w.Body.String(), "secret") || w.Header().Get("Retry-After") == "" {
		t.Errorf("rings %v, %v %s", st.rung(), w.Header(), w.Body)
	}
}

func TestWakeIsBounded(t *testing.T) {
	t.Parallel()
	st := newStore("a", "b", "c")
	ringing, let := make(chan struct{}, 10), make(chan struct{})
	st.ringing = func() { ringing <- struct{}{}; <-let }
	s := newSetup(t, st, admin.Limits{})
	first := make(chan int)
	go func() { first <- s.ask("POST", "/v1/wake", operateToken, `{}`).Code }()
	<-ringing
	w := s.ask("POST", "/v1/wake", operateToken, `{}`)
	wantProblem(t, w, http.StatusTooManyRequests, "busy")
	if w.Header().Get("Retry-After") == "" {
		t.Errorf("headers %v", w.Header())
	}
	close(let)
	if code := <-first; code != http.StatusOK {
		t.Errorf("the first call: %d", code)
	}
	if w := s.ask("POST", "/v1/wake", operateToken, `{}`); w.Code != http.StatusOK {
		t.Errorf("the call after: %d", w.Code)
	}
	// A call that takes too long ends.
	st = newStore("a", "b", "c")
	w = newSetup(t, st, admin.Limits{Wake: time.Nanosecond}).ask("POST", "/v1/wake", operateToken, `{}`)
	wantProblem(t, w, 503, "unavailable")
	if len(st.woken) > 1 {
		t.Errorf("rang %q", st.woken)
	}
}
