package e2e_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// mortal is a sink that can be away, at an address that it keeps.
type mortal struct {
	*sink
	t       *testing.T
	address string
	server  *httptest.Server // nil while nobody listens

	mu   sync.Mutex
	now  int // calls that are being looked at
	most int // at the same time, since it came to life
	hung int // calls that were never answered
}

// work is how long a living mortal takes for a call: long enough for others to
// come meanwhile.
const work = 5 * time.Millisecond

// newMortal returns a sink that works.
func newMortal(t *testing.T) *mortal {
	t.Helper()
	m := &mortal{sink: newSink(t), t: t, address: freeAddress(t)}
	t.Cleanup(m.dies)
	m.lives()
	return m
}

// url is where it is called.
func (m *mortal) url() string { return "http://" + m.address }

// dies makes it refuse connections.
func (m *mortal) dies() {
	if m.server != nil {
		m.server.CloseClientConnections()
		m.server.Close()
		m.server = nil
	}
}

// hangs makes it take calls and never answer.
func (m *mortal) hangs() {
	m.listen(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		// The end of the body lets the server see that the caller goes away.
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return
		}
		m.mu.Lock()
		m.hung++
		m.mu.Unlock()
		<-r.Context().Done()
	}))
}

// lives makes it answer, and counts anew how many calls there are at the same time.
func (m *mortal) lives() {
	m.mu.Lock()
	m.most = 0
	m.mu.Unlock()
	m.listen(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.enters(1)
		defer m.enters(-1)
		<-time.After(work)
		m.sink.ServeHTTP(w, r)
	}))
}

// enters counts the calls that are being looked at.
func (m *mortal) enters(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now += n
	m.most = max(m.most, m.now)
}

// seen returns how many calls there were at most at the same time since it came to
// life, and how many were never answered.
func (m *mortal) seen() (most, hung int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.most, m.hung
}

func (m *mortal) listen(h http.Handler) {
	m.t.Helper()
	m.dies()
	ln, err := net.Listen("tcp", m.address)
	if err != nil {
		m.t.Fatal(err)
	}
	m.server = &httptest.Server{Listener: ln, Config: &http.Server{Handler: h}}
	m.server.Start()
}
