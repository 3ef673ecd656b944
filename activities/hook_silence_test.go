package activities_test

import (
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"admit/activities"
	"admit/onboarding"
)

// tunnel leads to an endpoint, as a load balancer does. The connections that are
// open when it is cut stay open, and nothing comes through any more; later ones work.
type tunnel struct {
	net.Listener
	to string

	mu    sync.Mutex
	conns []net.Conn
	cut   *atomic.Bool // of the connections that are opened now
}

func newTunnel(t *testing.T, to string) *tunnel {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &tunnel{Listener: l, to: to, cut: &atomic.Bool{}}
	t.Cleanup(func() {
		_ = l.Close() // it was open until the test ended
		n.mu.Lock()
		defer n.mu.Unlock()
		for _, c := range n.conns {
			_ = c.Close() // the other end may have closed it
		}
	})
	go func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return // closed
			}
			n.join(from)
		}
	}()
	return n
}

func (n *tunnel) join(from net.Conn) {
	to, err := net.Dial("tcp", n.to)
	if err != nil {
		_ = from.Close() // the hook sees a broken connection
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.conns = append(n.conns, from, to)
	cut := n.cut
	for _, way := range [][2]net.Conn{{to, from}, {from, to}} {
		go func() {
			// Its end is the connection's.
			_, _ = io.Copy(swallow{way[0], cut}, way[1])
			_ = way[0].Close()
		}()
	}
}

// silence cuts the connections that are open.
func (n *tunnel) silence() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cut.Store(true)
	n.cut = &atomic.Bool{}
}

// swallow writes until it is cut, and then only says so.
type swallow struct {
	net.Conn
	cut *atomic.Bool
}

func (s swallow) Write(b []byte) (int, error) {
	if s.cut.Load() {
		return len(b), nil
	}
	return s.Conn.Write(b)
}

// TestHookConnectionThatWentSilent holds that a kept connection whose other end is
// gone without a word fails one attempt, and not those after it.
func TestHookConnectionThatWentSilent(t *testing.T) {
	t.Parallel()
	var protocol atomic.Value
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { protocol.Store(r.Proto) }))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	n := newTunnel(t, server.Listener.Addr().String())
	ca := filepath.Join(t.TempDir(), "ca.pem")
	put(t, ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	h := hook(t, activities.HookConfig{URL: "https://" + n.Addr().String(), AllowPrivate: true, CA: ca})

	const most = 5 * time.Second // of an attempt
	for range 2 {
		if a := h.Send(within(t, most), grant); !same(a, delivered) || protocol.Load() != "HTTP/2.0" {
			t.Fatalf("Send = %+v over %v", a, protocol.Load())
		}
	}
	n.silence()
	if a := h.Send(within(t, most), grant); a.Result != onboarding.AttemptFailed {
		t.Errorf("Send into the silence = %+v", a)
	}
	if a := h.Send(within(t, most), grant); !same(a, delivered) {
		t.Errorf("Send after it = %+v", a)
	}
}
