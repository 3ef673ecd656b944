package ingress_test

import (
	"errors"
	"net/http"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"admit/ingress"
)

// stall begins a body that the listener reads and that does not end.
func stall(t *testing.T, addr string) *wire {
	t.Helper()
	w := dial(t, addr)
	w.send("POST %s HTTP/1.1\nHost: example.com\nExpect: 100-continue\nContent-Length: %d\n\n", bodyPath, len(goodHash))
	// The listener asks for the body when it begins to read it.
	if resp, _ := w.answer("POST"); resp.StatusCode != http.StatusContinue {
		t.Fatalf("answer %s", resp.Status)
	}
	w.send("%s", goodHash[:5])
	return w
}

// Anybody may begin a body that proves its sender at its end, so only so many are
// read at a time. Whom the header proves is kept out by none of them.
func TestStrangersAreBounded(t *testing.T) {
	t.Parallel()
	s := newSetup(t, &store{}, ingress.Limits{Strangers: 2, Body: time.Minute})
	addr := serve(t, s)
	stall(t, addr)
	last := stall(t, addr)

	w := post(s.Handler(), bodyPath, "", goodHash)
	if p := problemOf(t, w.Body); w.Code != http.StatusServiceUnavailable || p.Code != "unavailable" || w.Header().Get("Retry-After") != "1" {
		t.Errorf("one too many was answered %d %+v %v", w.Code, p, w.Header())
	}
	if got := s.observations(); !reflect.DeepEqual(got, []observation{{"xgateway", "kyc", "overloaded"}}) {
		t.Errorf("observed %+v", got)
	}
	if log := s.logged(); !strings.Contains(log, `"level":"ERROR"`) || !strings.Contains(log, `"outcome":"overloaded"`) {
		t.Errorf("log %s", log)
	}
	for range 3 {
		if w := post(s.Handler(), kycPath, "token-1", good); w.Code != http.StatusOK {
			t.Errorf("whom the header proves was answered %d", w.Code)
		}
	}

	last.send("%s", goodHash[5:])
	if resp, body := last.answer("POST"); resp.StatusCode != http.StatusOK {
		t.Errorf("one who was read was answered %s %s", resp.Status, body)
	}
	if w := post(s.Handler(), bodyPath, "", goodHash); w.Code != http.StatusOK {
		t.Errorf("the next was answered %d", w.Code)
	}
}

// A place that a stranger holds is free again when the body's time is over, or the
// stranger gone.
func TestStrangersLeave(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		body  time.Duration
		leave func(w *wire)
	}{
		{"out of time", 50 * time.Millisecond, func(*wire) {}},
		{"gone", time.Minute, func(w *wire) { w.Close() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSetup(t, &store{}, ingress.Limits{Strangers: 1, Body: c.body})
			w := stall(t, serve(t, s))
			c.leave(w)
			for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
				if post(s.Handler(), bodyPath, "", goodHash).Code == http.StatusOK {
					return
				}
				if time.Now().After(deadline) {
					t.Fatal("the place is still taken")
				}
			}
		})
	}
}

// Only so many connections are open at a time; the next is served when one is
// closed, and a listener that waits for that can be stopped.
func TestConnectionsAreBounded(t *testing.T) {
	t.Parallel()
	addr, stop := run(t, newSetup(t, &store{}, ingress.Limits{Connections: 1}))
	const ask = "GET /webhook/health HTTP/1.1\nHost: example.com\n\n"
	first, second := dial(t, addr), dial(t, addr)
	first.send(ask)
	first.answer("GET")
	second.send(ask)
	if err := second.SetReadDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if _, err := second.in.Peek(1); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("a second connection was answered: %v", err)
	}
	if err := second.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	first.Close()
	if resp, _ := second.answer("GET"); resp.StatusCode != http.StatusOK {
		t.Errorf("answer %s", resp.Status)
	}
	if err := stop(); err != nil {
		t.Errorf("Run: %v", err)
	}
}
