package ingress

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
)

// storing is more than an Acceptor takes.
const storing = 5 * time.Second

// maxHeader is the size of the largest header, in bytes. (net/http adds 4 KiB.)
const maxHeader = 16 << 10

// Server is the public listener.
type Server struct {
	acceptor Acceptor
	ringer   Ringer
	logger   *slog.Logger
	observe  func(provider, route, outcome string, took time.Duration)
	limits   Limits
	now      func() time.Time
	newID    func() string
	router   *chi.Mux
}

// New returns a Server with the routes of the given providers and of health.
func New(o Options) *Server {
	s := &Server{
		acceptor: o.Acceptor, ringer: o.Ringer, logger: o.Logger, observe: o.Observe,
		limits: o.Limits.withDefaults(), now: o.Now, newID: o.NewID, router: chi.NewRouter(),
	}
	if s.observe == nil {
		s.observe = func(string, string, string, time.Duration) {}
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.newID == nil {
		s.newID = rand.Text
	}
	s.route(o.Providers)
	return s
}

// Handler returns what the listener serves, for a server of the caller's own.
func (s *Server) Handler() http.Handler { return s.router }

// Run serves ln until ctx ends, then lets the requests in flight finish. It
// closes ln, and returns nil unless serving failed or requests had to be cut off.
func (s *Server) Run(ctx context.Context, ln net.Listener) error {
	srv := s.server()
	served := make(chan error, 1)
	go func() { served <- srv.Serve(limit(ln, s.limits.Connections)) }()
	select {
	case err := <-served:
		return fmt.Errorf("serve webhooks: %w", err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.limits.Shutdown)
	defer cancel()
	if err := srv.Shutdown(grace); err != nil {
		return errors.Join(fmt.Errorf("stop serving webhooks: %w", err), srv.Close())
	}
	return nil
}

func (s *Server) server() *http.Server {
	l := s.limits
	return &http.Server{
		Handler:           s.router,
		ReadHeaderTimeout: l.Header,
		// The handler sets the body's own deadline; this one is for bodies that no
		// handler reads.
		ReadTimeout:    l.Header + l.Body,
		WriteTimeout:   l.Body + storing + l.Header,
		IdleTimeout:    l.Idle,
		MaxHeaderBytes: maxHeader,
		// "OPTIONS *" is answered like any other path that is nobody's.
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     log.New(complaints{s.logger}, "", 0),
	}
}

// complaints logs what net/http has to say, which never quotes a request.
type complaints struct{ logger *slog.Logger }

func (c complaints) Write(text []byte) (int, error) {
	c.logger.Warn("webhook listener", "complaint", strings.TrimSpace(string(text)))
	return len(text), nil
}
