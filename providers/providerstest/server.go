package providerstest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Server is a Fake at an address.
type Server struct {
	URL string // "http://127.0.0.1:40000", without a slash at its end

	server *http.Server
	done   chan error
}

// Start lets the fake listen at an address, "127.0.0.1:0" for a free port. Unlike
// behind a server of the caller's, where that cannot be seen any more, a key is
// taken for missing here whose header is not in lower case.
func (f *Fake) Start(address string) (*Server, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	s := &Server{
		URL: "http://" + l.Addr().String(), done: make(chan error, 1),
		server: &http.Server{
			Handler: f, ReadHeaderTimeout: 10 * time.Second,
			ConnContext: func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, connKey{}, c) },
		},
	}
	go func() { s.done <- s.server.Serve(listener{l}) }()
	return s, nil
}

// Close ends the listener and every connection, and returns what the server died
// of before, if it did.
func (s *Server) Close() error {
	err := s.server.Close()
	if served := <-s.done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

type connKey struct{}

// headerName returns the name under which the key of a request came, as it was
// written, and whether the connection was watched.
func headerName(r *http.Request) (name string, seen bool) {
	c, ok := r.Context().Value(connKey{}).(*watched)
	if !ok {
		return "", false
	}
	return c.take(), true
}

// listener watches its connections.
type listener struct{ net.Listener }

func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &watched{Conn: c}, nil
}

// watched is a connection that remembers how the header with the key was written:
// a server of net/http shows every name in its canonical form. It reads heads of
// requests alone, for questions have no body.
type watched struct {
	net.Conn

	mu   sync.Mutex
	line []byte
	name string
}

func (c *watched) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	for rest := p[:n]; len(rest) > 0; {
		part, after, ended := bytes.Cut(rest, []byte("\n"))
		c.line, rest = append(c.line, part...), after
		if !ended {
			break
		}
		if name, _, found := strings.Cut(string(c.line), ":"); found && strings.EqualFold(name, "x-api-key") {
			c.name = name
		}
		c.line = c.line[:0]
	}
	return n, err
}

// take returns the name that the last head had, and forgets it.
func (c *watched) take() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	name := c.name
	c.name = ""
	return name
}
