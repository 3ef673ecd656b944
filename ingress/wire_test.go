package ingress_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"admit/ingress"
)

// patience is how long a test waits for what must come. Nothing takes so long
// unless it is broken.
const patience = 20 * time.Second

// serve runs the listener for as long as the test, and returns its address.
func serve(t testing.TB, s *setup) string {
	t.Helper()
	addr, stop := run(t, s)
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return addr
}

// run runs the listener until stop, which returns what Run returned.
func run(t testing.TB, s *setup) (addr string, stop func() error) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx, ln) }()
	return ln.Addr().String(), func() error {
		cancel()
		select {
		case err := <-done:
			return err
		case <-time.After(patience):
			return errors.New("still running")
		}
	}
}

// wire is a connection that a test writes to byte by byte.
type wire struct {
	t testing.TB
	net.Conn
	in *bufio.Reader
}

func dial(t testing.TB, addr string) *wire {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return &wire{t, conn, bufio.NewReader(conn)}
}

func (w *wire) send(format string, args ...any) {
	w.t.Helper()
	if _, err := fmt.Fprintf(w, strings.ReplaceAll(format, "\n", "\r\n"), args...); err != nil {
		w.t.Fatal(err)
	}
}

// answer reads one answer whole.
func (w *wire) answer(method string) (*http.Response, string) {
	w.t.Helper()
	resp, err := http.ReadResponse(w.in, &http.Request{Method: method})
	if err != nil {
		w.t.Fatalf("no answer: %v", err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatalf("no whole answer: %v", err)
	}
	return resp, string(body)
}

// ended waits for the listener to close the connection.
func (w *wire) ended() {
	w.t.Helper()
	_, err := w.in.ReadByte()
	if timeout, ok := errors.AsType[net.Error](err); err == nil || ok && timeout.Timeout() {
		w.t.Errorf("the connection is still open: %v", err)
	}
}

// No answer here may wait for a body that never comes.
func TestAnsweredBeforeTheBody(t *testing.T) {
	t.Parallel()
	s := newSetup(t, &store{}, ingress.Limits{Header: time.Minute, Body: time.Minute})
	addr := serve(t, s)
	const length, chunked = "Content-Length: 100\n", "Transfer-Encoding: chunked\n"
	for _, c := range []struct {
		name, method, path, header string
		status                     int
	}{
		{"no token", "POST", kycPath, length, 401},
		{"no token, chunked", "POST", kycPath, chunked, 401},
		{"another token", "POST", kycPath, "Authorization: token-2\n" + length, 401},
		{"no token, waits for 100", "POST", kycPath, "Expect: 100-continue\n" + length, 401},
		{"no token, too large", "POST", kycPath, "Content-Length: 65537\n", 401},
		{"announced too large", "POST", kycPath, "Authorization: token-1\nContent-Length: 65537\n", 413},
		{"announced too large, waits for 100", "POST", bodyPath, "Expect: 100-continue\nContent-Length: 65537\n", 413},
		{"nobody's path", "POST", "/webhook/wallet", length, 404},
		{"another method", "PUT", kycPath, length, 405},
		{"asterisk", "OPTIONS", "*", length, 404},
		{"health", "POST", "/webhook/health", length, 200},
		{"health, chunked", "GET", "/webhook/health", chunked, 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := dial(t, addr)
			w.send("%s %s HTTP/1.1\nHost: example.com\n%s\n", c.method, c.path, c.header)
			if resp, body := w.answer(c.method); resp.StatusCode != c.status {
				t.Errorf("answer %s %s", resp.Status, body)
			}
			w.ended()
		})
	}
}

func TestChunkedTooLarge(t *testing.T) {
	t.Parallel()
	w := dial(t, serve(t, newSetup(t, &store{}, ingress.Limits{})))
	w.send("POST %s HTTP/1.1\nHost: example.com\nAuthorization: token-1\nTransfer-Encoding: chunked\n\n", kycPath)
	chunk := strings.Repeat(" ", 1<<14)
	for range ingress.MaxBody / len(chunk) {
		w.send("%x\n%s\n", len(chunk), chunk)
	}
	w.send("1\n \n") // one byte above, and no end
	if resp, body := w.answer("POST"); resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("answer %s %s", resp.Status, body)
	}
	w.ended()
}

func TestSlowBody(t *testing.T) {
	t.Parallel()
	s := newSetup(t, &store{}, ingress.Limits{Body: 50 * time.Millisecond, Header: time.Minute})
	w := dial(t, serve(t, s))
	w.send("POST %s HTTP/1.1\nHost: example.com\nAuthorization: token-1\nContent-Length: %d\n\n%s", kycPath, len(good), good[:5])
	if resp, body := w.answer("POST"); resp.StatusCode != http.StatusRequestTimeout || !strings.Contains(body, `"timeout"`) {
		t.Errorf("answer %s %s", resp.Status, body)
	}
	w.ended()
	if events, malformed := s.store.kept(); events != nil || malformed != nil {
		t.Errorf("stored %+v, %+v", events, malformed)
	}
}

func TestBodyNotWhole(t *testing.T) {
	t.Parallel()
	s := newSetup(t, &store{}, ingress.Limits{})
	addr := serve(t, s)
	for _, c := range []struct{ name, rest string }{
		{"ends early", "Content-Length: 100\n\n" + good},
		{"chunks that are none", "Transfer-Encoding: chunked\n\nzz\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := dial(t, addr)
			w.send("POST %s HTTP/1.1\nHost: example.com\nAuthorization: token-1\n%s", kycPath, c.rest)
			if err := w.Conn.(*net.TCPConn).CloseWrite(); err != nil {
				t.Fatal(err)
			}
			if resp, body := w.answer("POST"); resp.StatusCode != http.StatusBadRequest {
				t.Errorf("answer %s %s", resp.Status, body)
			}
		})
	}
	if events, malformed := s.store.kept(); events != nil || malformed != nil {
		t.Errorf("stored %+v, %+v", events, malformed)
	}
	for _, o := range s.observations() {
		if o.outcome != "incomplete" {
			t.Errorf("observed %+v", o)
		}
	}
}

// A body may come slower than the header may, and storing may take longer than
// the body may: neither limit counts against the other.
func TestLimitsAreApart(t *testing.T) {
	t.Parallel()
	st := &store{entered: make(chan struct{}), release: make(chan struct{})}
	s := newSetup(t, st, ingress.Limits{Body: 300 * time.Millisecond})
	w := dial(t, serve(t, s))
	w.send("POST %s HTTP/1.1\nHost: example.com\nAuthorization: token-1\nContent-Length: %d\n\n%s", kycPath, len(good), good)
	<-st.entered
	time.AfterFunc(600*time.Millisecond, func() { close(st.release) })
	if resp, body := w.answer("POST"); resp.StatusCode != http.StatusOK {
		t.Errorf("answer %s %s", resp.Status, body)
	}
}

func TestSlowHeader(t *testing.T) {
	t.Parallel()
	s := newSetup(t, &store{}, ingress.Limits{Header: 50 * time.Millisecond})
	w := dial(t, serve(t, s))
	w.send("POST %s HTTP/1.1\nHost: exam", kycPath)
	w.ended()
}

func TestIdle(t *testing.T) {
	t.Parallel()
	s := newSetup(t, &store{}, ingress.Limits{Idle: 50 * time.Millisecond})
	w := dial(t, serve(t, s))
	w.send("GET /webhook/health HTTP/1.1\nHost: example.com\n\n")
	w.answer("GET")
	w.ended()
}

func TestHeaderTooLarge(t *testing.T) {
	t.Parallel()
	w := dial(t, serve(t, newSetup(t, &store{}, ingress.Limits{})))
	w.send("GET /webhook/health HTTP/1.1\nHost: example.com\nX-Long: %s\n\n", strings.Repeat("a", 24<<10))
	if resp, _ := w.answer("GET"); resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("answer %s", resp.Status)
	}
}

// One connection serves one webhook after the other, also after a refusal whose
// body was read.
func TestKeptAlive(t *testing.T) {
	t.Parallel()
	w := dial(t, serve(t, newSetup(t, &store{}, ingress.Limits{})))
	for _, c := range []struct {
		body   string
		status int
	}{{good, 200}, {noStatus, 400}, {emptyUser, 422}, {good, 200}} {
		w.send("POST %s HTTP/1.1\nHost: example.com\nAuthorization: token-1\nContent-Length: %d\n\n%s", kycPath, len(c.body), c.body)
		if resp, body := w.answer("POST"); resp.StatusCode != c.status || resp.Close {
			t.Errorf("answer %s %s, closing: %t", resp.Status, body, resp.Close)
		}
	}
}
