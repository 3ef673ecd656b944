package load_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"admit/cmd/bench/internal/load"
)

// receiver is a listener that keeps the bodies it was sent.
type receiver struct {
	mu     sync.Mutex
	bodies []map[string]any
	status int
}

func (rc *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	rc.mu.Lock()
	defer rc.mu.Unlock()
	var fields map[string]any
	if err != nil || json.Unmarshal(body, &fields) != nil || r.URL.Path != load.Path || r.Header.Get("Authorization") != "Bearer token-1" {
		w.WriteHeader(http.StatusTeapot)
		return
	}
	rc.bodies = append(rc.bodies, fields)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(rc.status)
	// The caller checks what it got.
	_, _ = io.WriteString(w, "{}")
}

func serve(t *testing.T, status int) (*receiver, string) {
	t.Helper()
	rc := &receiver{status: status}
	s := httptest.NewServer(rc)
	t.Cleanup(s.Close)
	return rc, strings.TrimPrefix(s.URL, "http://")
}

func TestRequestIsHTTP(t *testing.T) {
	t.Parallel()
	s := load.NewScript("run-user-", "token-1", 12)
	var said []string
	for range 4 {
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(s.Request(nil, 11, 1234))))
		if err != nil {
			t.Fatal(err)
		}
		var body map[string]any
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Fatal(err)
		}
		if body["externalUserId"] != "run-user-11" || body[load.NumberField] != 1234.0 {
			t.Errorf("body %v", body)
		}
		if rest, err := io.ReadAll(r.Body); err != nil || len(rest) > 0 {
			t.Errorf("after the body %q, %v", rest, err)
		}
		said = append(said, body["attemptStatus"].(string))
	}
	if got, want := strings.Join(said, " "), "PENDING VERIFICATION REJECTED_BY_PROVIDER PENDING"; got != want {
		t.Errorf("the webhooks say %s, want %s", got, want)
	}
}

func TestClosedLoopCountsAnswers(t *testing.T) {
	t.Parallel()
	rc, addr := serve(t, http.StatusOK)
	begun := false
	a, err := load.Closed{
		Addr: addr, Script: load.NewScript("user-", "token-1", 8), Connections: 4,
		Warm: 10 * time.Millisecond, For: 100 * time.Millisecond, Begun: func() { begun = true },
	}.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if a.Count == 0 || a.Count != len(a.Latencies) || a.Count > len(rc.bodies) || !begun {
		t.Errorf("%d answers with %d latencies of %d webhooks, begun %v", a.Count, len(a.Latencies), len(rc.bodies), begun)
	}
	if a.PerSecond() <= 0 {
		t.Errorf("%v a second", a.PerSecond())
	}
}

func TestOpenLoopKeepsItsHours(t *testing.T) {
	t.Parallel()
	rc, addr := serve(t, http.StatusOK)
	const users, rate, count, seed = 5, 250, 50, 7
	began := time.Now()
	answered, err := load.Open{
		Addr: addr, Script: load.NewScript("user-", "token-1", users), Rate: rate, Count: count, First: 100, Seed: seed,
	}.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	numbers := map[float64]bool{}
	for _, body := range rc.bodies {
		numbers[body[load.NumberField].(float64)] = true
	}
	random := rand.New(rand.NewPCG(seed, 1))
	random.Perm(users) // drawn before the moments
	due := began       // or a little later
	for i, at := range answered {
		due = due.Add(time.Duration(random.ExpFloat64() / rate * float64(time.Second)))
		if !numbers[float64(100+i)] || at.Before(due) {
			t.Errorf("webhook %d: sent %v, answered %v before it was due", 100+i, numbers[float64(100+i)], due.Sub(at))
		}
	}
	if len(answered) != count {
		t.Errorf("%d answers", len(answered))
	}
}

func TestARefusalEndsTheLoop(t *testing.T) {
	t.Parallel()
	_, addr := serve(t, http.StatusServiceUnavailable)
	s := load.NewScript("user-", "token-1", 4)
	if _, err := (load.Closed{Addr: addr, Script: s, Connections: 2, For: time.Minute}).Run(t.Context()); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("closed loop: %v", err)
	}
	if _, err := (load.Open{Addr: addr, Script: s, Rate: 10, Count: 1000}).Run(t.Context()); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("open loop: %v", err)
	}
}
