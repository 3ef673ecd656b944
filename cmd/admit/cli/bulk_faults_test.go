package cli_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"admit/cmd/admit/cli"
)

// What may pass by itself is tried again, and a command whose answer was lost is
// done once.
func TestBulkTriesAgain(t *testing.T) {
	t.Parallel()
	st := newStore()
	ids := many(st, 40)
	next := handler(t, st)
	var mu sync.Mutex
	tries := map[string]int{}
	url := between(t, st, func(w http.ResponseWriter, r *http.Request) bool {
		mu.Lock()
		tries[r.URL.Path]++
		n := tries[r.URL.Path]
		mu.Unlock()
		switch {
		case r.Method == http.MethodGet:
		case n == 1:
			w.WriteHeader(http.StatusBadGateway)
			return true
		case n == 2:
			hangUp()
		case n == 3: // done, and the answer is lost
			next.ServeHTTP(httptest.NewRecorder(), r)
			hangUp()
		}
		return false
	})
	o := operator{url: url, token: operateToken, clock: newClock()}
	code, out, said := o.run(t, "bulk", "run", "hold", "--reason", "a", "--stage", "in_review", "--id", "t1", "--journal", filepath.Join(t.TempDir(), "j"))
	if code != cli.ExitDone || !strings.HasPrefix(out, "hold for 40 users: 40 applied\n") {
		t.Errorf("exit %d: %s%s", code, out, said)
	}
	if got, want := st.ordered(), wanted(ids, "t1"); !slices.Equal(got, want) {
		t.Errorf("sent %v", got)
	}
}

// A run that meets failure upon failure stops by itself, and goes on when told.
func TestBulkStopsByItself(t *testing.T) {
	t.Parallel()
	st := newStore()
	ids := many(st, 200)
	var down atomic.Bool
	var n atomic.Int64
	url := between(t, st, func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost && n.Add(1) > 50 {
			down.Store(true)
		}
		if down.Load() {
			w.Header().Set("Retry-After", "20")
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		return down.Load()
	})
	clock := newClock()
	o := operator{url: url, token: operateToken, clock: clock}
	journal := filepath.Join(t.TempDir(), "a journal")
	code, out, said := o.run(t, "bulk", "run", "hold", "--reason", "a", "--stage", "in_review", "--id", "t1", "--journal", journal, "--stop-after", "5")
	if code != cli.ExitFailed || !strings.Contains(said, "5 commands in a row failed") || !strings.Contains(said, "admit bulk resume '"+journal+"' goes on") ||
		!strings.HasPrefix(out, "hold for 200 users: 50 applied, ") || !strings.Contains(out, "not sent") {
		t.Fatalf("exit %d: %s%s", code, out, said)
	}
	down.Store(false)
	n.Store(-1000)
	code, out, said = o.run(t, "bulk", "resume", journal)
	if code != cli.ExitDone || out != "hold for 200 users: 200 applied\n" {
		t.Fatalf("exit %d: %s%s", code, out, said)
	}
	if got, want := st.ordered(), wanted(ids, "t1"); !slices.Equal(got, want) {
		t.Errorf("sent %v", got)
	}
}

// A mistake of the caller stops a run at once: all others would fare alike.
func TestBulkStopsForTheCaller(t *testing.T) {
	t.Parallel()
	st := newStore()
	many(st, 50)
	var n atomic.Int64
	url := between(t, st, func(_ http.ResponseWriter, r *http.Request) bool {
		n.Add(1)
		return false
	})
	code, _, said := operator{url: url, token: readToken, clock: newClock()}.run(t, "bulk", "run", "hold", "--reason", "a", "--stage", "in_review",
		"--journal", filepath.Join(t.TempDir(), "j"))
	if code != cli.ExitUnauthorized || !strings.Contains(said, "50 users left") || n.Load() > 40 {
		t.Errorf("exit %d after %d requests: %s", code, n.Load(), said)
	}
}

// An engine that is away leaves commands pending; resume asks what became of them.
func TestBulkPending(t *testing.T) {
	t.Parallel()
	st := newStore()
	many(st, 3)
	st.engine = errors.New("away")
	o := operator{url: serve(t, st), token: operateToken, clock: newClock()}
	journal := filepath.Join(t.TempDir(), "j")
	code, out, said := o.run(t, "bulk", "run", "hold", "--reason", "a", "--stage", "in_review", "--journal", journal)
	if code != cli.ExitUnavailable || out != "hold for 3 users: 3 pending\n" || !strings.Contains(said, "3 users left") {
		t.Fatalf("exit %d: %s%s", code, out, said)
	}
	st.mu.Lock()
	st.engine = nil
	st.mu.Unlock()
	if code, out, said := o.run(t, "bulk", "resume", journal); code != cli.ExitDone || out != "hold for 3 users: 3 applied\n" || len(st.orders) != 3 {
		t.Errorf("exit %d: %s%s", code, out, said)
	}
}

// What one token has sent another cannot ask about: nothing is called failed that
// may be done, and the token that sent it still finds out.
func TestBulkResumedWithAnotherToken(t *testing.T) {
	t.Parallel()
	st := newStore()
	many(st, 3)
	st.engine = errors.New("away")
	first := operator{url: serve(t, st), token: operateToken, clock: newClock()}
	journal := filepath.Join(t.TempDir(), "j")
	if code, out, said := first.run(t, "bulk", "run", "hold", "--reason", "a", "--stage", "in_review", "--journal", journal); code != cli.ExitUnavailable {
		t.Fatalf("exit %d: %s%s", code, out, said)
	}
	st.mu.Lock()
	st.engine = nil
	st.mu.Unlock()
	second := operator{url: first.url, token: adminToken, clock: newClock()}
	code, out, said := second.run(t, "bulk", "resume", journal)
	if code != cli.ExitUnavailable || !strings.HasPrefix(out, "hold for 3 users: 3 unavailable\n") || !strings.Contains(out, "another token") || !strings.Contains(said, "3 users left") {
		t.Errorf("exit %d: %s%s", code, out, said)
	}
	if code, out, said := first.run(t, "bulk", "resume", journal); code != cli.ExitDone || out != "hold for 3 users: 3 applied\n" || len(st.orders) != 3 {
		t.Errorf("exit %d: %s%s", code, out, said)
	}
}

// An engine that is slow is asked again before the run ends.
func TestBulkSlowEngine(t *testing.T) {
	t.Parallel()
	st := newStore()
	many(st, 30)
	next := handler(t, st)
	var n atomic.Int64
	url := between(t, st, func(w http.ResponseWriter, r *http.Request) bool {
		// Two of three are answered pending at first, one of them the second time too.
		if i := n.Add(1); r.Method == http.MethodGet || i > 46 || i%3 == 0 {
			return false
		}
		next.ServeHTTP(httptest.NewRecorder(), r)
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, `{"outcome":"pending","requestId":"x"}`) // the test would see it fail
		return true
	})
	o := operator{url: url, token: operateToken, clock: newClock()}
	code, out, said := o.run(t, "bulk", "run", "hold", "--reason", "a", "--stage", "in_review", "--journal", filepath.Join(t.TempDir(), "j"))
	if code != cli.ExitDone || !strings.HasPrefix(out, "hold for 30 users: 30 applied\n") || !strings.Contains(said, "30/30 users") || len(st.ordered()) != 30 {
		t.Errorf("exit %d: %s%s", code, out, said)
	}
}

// An interrupted run waits for what is in flight, writes it down, and goes on
// where it was.
func TestBulkInterrupted(t *testing.T) {
	t.Parallel()
	st := newStore()
	ids := many(st, 300)
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	var n atomic.Int64
	url := between(t, st, func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost && n.Add(1) == 100 {
			interrupt()
		}
		return false
	})
	o := operator{url: url, token: operateToken, clock: newClock(), ctx: ctx}
	journal := filepath.Join(t.TempDir(), "j")
	code, out, said := o.run(t, "bulk", "run", "hold", "--reason", "a", "--stage", "in_review", "--id", "t1", "--journal", journal)
	sent := len(st.ordered())
	if code != cli.ExitFailed || !strings.Contains(said, "interrupted with ") || !strings.Contains(said, "admit bulk resume "+journal) || sent < 100 || sent > 120 ||
		!strings.HasPrefix(out, fmt.Sprintf("hold for 300 users: %d applied, %d not sent\n", sent, 300-sent)) {
		t.Fatalf("exit %d, %d sent: %s%s", code, sent, out, said)
	}
	o.ctx = t.Context()
	code, out, said = o.run(t, "bulk", "resume", journal)
	if code != cli.ExitDone || out != "hold for 300 users: 300 applied\n" || !strings.Contains(said, "300/300 users") {
		t.Errorf("exit %d: %s%s", code, out, said)
	}
	if got, want := st.ordered(), wanted(ids, "t1"); !slices.Equal(got, want) {
		t.Errorf("sent %v", got)
	}
}

// However much of its journal a killed run has written, what is left of it goes
// on, or says that nothing was sent.
func TestBulkResumesAnyJournal(t *testing.T) {
	t.Parallel()
	st := newStore()
	ids := many(st, 3)
	o := operator{url: serve(t, st), token: operateToken, clock: newClock()}
	path := filepath.Join(t.TempDir(), "j")
	if code, _, said := o.run(t, "bulk", "run", "hold", "--reason", "a", "--stage", "in_review", "--id", "t1", "--journal", path); code != cli.ExitDone {
		t.Fatal(said)
	}
	whole := read(t, path)
	users := strings.Index(whole, "{\"whole\":true}\n") + len("{\"whole\":true}\n")
	for n := range len(whole) {
		if err := os.WriteFile(path, []byte(whole[:n]), 0o600); err != nil {
			t.Fatal(err)
		}
		code, out, said := o.run(t, "bulk", "resume", path)
		if n < users {
			if code != cli.ExitFailed || out != "" || !strings.Contains(said, "no journal of admit bulk") && !strings.Contains(said, "no command was sent") {
				t.Fatalf("%d bytes: exit %d: %s%s", n, code, out, said)
			}
			continue
		}
		if code != cli.ExitDone || out != "hold for 3 users: 3 applied\n" {
			t.Fatalf("%d bytes: exit %d: %s%s", n, code, out, said)
		}
		if after := read(t, path); strings.Count(after, "\n") != 8 || !strings.HasPrefix(after, whole[:users]) {
			t.Fatalf("%d bytes: the journal is\n%s", n, after)
		}
	}
	if got, want := st.ordered(), wanted(ids, "t1"); !slices.Equal(got, want) {
		t.Errorf("sent %v", got)
	}
}

func TestJournalsThatAreNone(t *testing.T) {
	t.Parallel()
	const header = `{"journal":"admit bulk","id":"t1","admin":"http://127.0.0.1:1","order":{"command":"hold","reason":"a"},"users":1}` + "\n"
	const users = header + `{"n":1,"user":"user-1"}` + "\n" + `{"whole":true}` + "\n"
	for _, c := range []struct{ name, text, says string }{
		{"nothing", "", "no journal of admit bulk"},
		{"another file", "user-1\nuser-2\n", "no journal of admit bulk"},
		{"another JSON file", "{\"id\":\"t1\"}\n", "no journal of admit bulk"},
		{"another command", strings.Replace(users, `"hold"`, `"erase"`, 1), "no journal of admit bulk"},
		{"fewer users", strings.Replace(users, `"users":1`, `"users":2`, 1), "no command was sent"},
		{"a user who is none", strings.Replace(users, "user-1", `\u0001`, 1), "line 2: unusable user ID"},
		{"no order", strings.Replace(users, `"n":1`, `"n":2`, 1), "line 2: the users are not in order"},
		{"a broken user", header + "{}x\n", "line 2: is no user"},
		{"an outcome of nobody", users + `{"n":2,"outcome":"applied"}` + "\n", "line 4: is no outcome"},
		{"an outcome that is none", users + "{\"n\":1}\n", "line 4: is no outcome"},
	} {
		path := file(t, "j", c.text)
		for _, args := range [][]string{{"bulk", "report", path}, {"bulk", "resume", path}} {
			code, out, said := run(t, "http://127.0.0.1:1", operateToken, args...)
			if code != cli.ExitFailed || !strings.Contains(said, c.says) || out != "" {
				t.Errorf("%s: exit %d: %s%s", c.name, code, said, out)
			}
		}
		if read(t, path) != c.text {
			t.Errorf("%s: it was changed", c.name)
		}
	}
	// A journal is of one system, and its address is no one to send a token to.
	path := file(t, "j", users)
	code, _, said := run(t, "http://127.0.0.1:2", operateToken, "bulk", "resume", path)
	if code != cli.ExitUsage || !strings.Contains(said, "sends to http://127.0.0.1:1") || !strings.Contains(said, "--admin http://127.0.0.1:2") {
		t.Errorf("exit %d: %s", code, said)
	}
}
