package ingress_test

import (
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"admit/ingress"
)

// One provider's flood is refused, shuts out nobody who has no token anyway, and
// leaves the other provider and health alone.
func TestOverload(t *testing.T) {
	t.Parallel()
	st := &store{entered: make(chan struct{}, 2), release: make(chan struct{})}
	s := newSetup(t, st, ingress.Limits{InFlight: 1})
	first, other := make(chan int, 1), make(chan int, 1)
	go func() { first <- post(s.Handler(), kycPath, "token-1", good).Code }()
	<-st.entered
	w := post(s.Handler(), "/webhook/user/status", "token-1", good)
	if p := problemOf(t, w.Body); w.Code != http.StatusServiceUnavailable || p.Code != "unavailable" || w.Header().Get("Retry-After") != "1" {
		t.Errorf("answer %d %+v %v", w.Code, p, w.Header())
	}
	if w := post(s.Handler(), kycPath, "token-2", good); w.Code != http.StatusUnauthorized {
		t.Errorf("without a token %d", w.Code)
	}
	if w := post(s.Handler(), "/webhook/health", "", ""); w.Code != http.StatusOK {
		t.Errorf("health %d", w.Code)
	}
	go func() { other <- post(s.Handler(), bodyPath, "", goodHash).Code }()
	<-st.entered
	close(st.release)
	if a, b := <-first, <-other; a != http.StatusOK || b != http.StatusOK {
		t.Errorf("accepted %d, %d", a, b)
	}
	if w := post(s.Handler(), kycPath, "token-1", good); w.Code != http.StatusOK {
		t.Errorf("after the flood %d", w.Code)
	}
}

// Senders who have proven nothing yet hold no place, however slow they are.
func TestSlowStrangersKeepNobodyOut(t *testing.T) {
	t.Parallel()
	s := newSetup(t, &store{}, ingress.Limits{InFlight: 1, Body: time.Minute})
	addr := serve(t, s)
	for range 3 {
		w := dial(t, addr)
		w.send("POST %s HTTP/1.1\nHost: example.com\nExpect: 100-continue\nContent-Length: 100\n\n", bodyPath)
		// The listener asks for the body when it begins to read it.
		if resp, _ := w.answer("POST"); resp.StatusCode != http.StatusContinue {
			t.Fatalf("answer %s", resp.Status)
		}
	}
	if w := post(s.Handler(), bodyPath, "", goodHash); w.Code != http.StatusOK {
		t.Errorf("a proven sender was answered %d", w.Code)
	}
}

func TestRunFinishesWhatIsInFlight(t *testing.T) {
	t.Parallel()
	st := &store{entered: make(chan struct{}), release: make(chan struct{})}
	addr, stop := run(t, newSetup(t, st, ingress.Limits{}))
	w := dial(t, addr)
	w.send("POST %s HTTP/1.1\nHost: example.com\nAuthorization: token-1\nContent-Length: %d\n\n%s", kycPath, len(good), good)
	<-st.entered
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	awaitRefused(t, addr)
	close(st.release)
	if resp, body := w.answer("POST"); resp.StatusCode != http.StatusOK || body != "{}" {
		t.Errorf("answer %s %s", resp.Status, body)
	}
	if err := <-stopped; err != nil {
		t.Errorf("Run: %v", err)
	}
}

func TestRunCutsOffWhatDoesNotFinish(t *testing.T) {
	t.Parallel()
	st := &store{entered: make(chan struct{}), release: make(chan struct{})}
	addr, stop := run(t, newSetup(t, st, ingress.Limits{Shutdown: 10 * time.Millisecond}))
	w := dial(t, addr)
	w.send("POST %s HTTP/1.1\nHost: example.com\nAuthorization: token-1\nContent-Length: %d\n\n%s", kycPath, len(good), good)
	<-st.entered
	if err := stop(); err == nil || !strings.Contains(err.Error(), "stop serving webhooks") {
		t.Errorf("Run: %v", err)
	}
	w.ended()
	close(st.release)
}

func TestRunFails(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	if err := newSetup(t, &store{}, ingress.Limits{}).Run(t.Context(), ln); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Run: %v", err)
	}
}

// awaitRefused waits until nobody listens at addr any more.
func awaitRefused(t *testing.T, addr string) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			return
		}
		conn.Close()
	}
	t.Fatal("still listening")
}
