package admin

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
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"

	"admit/onboarding"
)

// maxHeader is the size of the largest header, in bytes. (net/http adds 4 KiB.)
const maxHeader = 16 << 10

// Server is the admin listener.
type Server struct {
	tokens    []Token
	store     Store
	commander Commander
	ringer    Ringer
	isReady   func(context.Context) ReadyReport
	logger    *slog.Logger
	limits    Limits
	now       func() time.Time
	newID     func() string
	engine    func(context.Context) error // nil where it is not asked
	waking    chan struct{}               // holds one while users are rung
	decoder   Decoder
	hooks     HookStore
	contacts  Contacts
	tester    Tester                                // nil where nothing is sent
	pollers   Pollers                               // nil where Temporal is not asked
	targets   atomic.Pointer[[]onboarding.HookView] // those that are configured; nil until asked for
	// The origin whose pages may have payloads decoded, "" for none.
	codecOrigin string

	// What an import is looked at by.
	schemas      huma.Registry
	importSchema *huma.Schema
	router       *chi.Mux
}

// New returns a Server with all its routes. It fails only when the API cannot be
// described, which is a mistake in this package.
func New(o Options) (*Server, error) {
	s := &Server{
		tokens: o.Tokens, store: o.Store, commander: o.Commander, ringer: o.Ringer, isReady: o.Ready,
		logger: o.Logger, limits: o.Limits.withDefaults(), now: o.Now, newID: o.NewID, router: chi.NewRouter(),
		engine: o.Engine, waking: make(chan struct{}, 1), decoder: o.Decoder, codecOrigin: o.CodecOrigin,
		hooks: o.Hooks, contacts: o.Contacts, tester: o.Tester, pollers: o.Pollers,
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.newID == nil {
		s.newID = rand.Text
	}
	if err := s.route(o.Metrics); err != nil {
		return nil, fmt.Errorf("describe the admin API: %w", err)
	}
	return s, nil
}

// Handler returns what the listener serves, for a server of the caller's own.
func (s *Server) Handler() http.Handler { return s.router }

// Run serves ln until ctx ends, then lets the requests in flight finish. It
// closes ln, and returns nil unless serving failed or requests had to be cut off.
func (s *Server) Run(ctx context.Context, ln net.Listener) error {
	srv := s.server()
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ln) }()
	select {
	case err := <-served:
		return fmt.Errorf("serve the admin API: %w", err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.limits.Shutdown)
	defer cancel()
	if err := srv.Shutdown(grace); err != nil {
		return errors.Join(fmt.Errorf("stop serving the admin API: %w", err), srv.Close())
	}
	return nil
}

func (s *Server) server() *http.Server {
	l := s.limits
	return &http.Server{
		Handler:           s.router,
		ReadHeaderTimeout: l.Header,
		// A handler sets the body's own deadline; this one is for bodies that no
		// handler reads.
		ReadTimeout: l.Header + l.Body,
		// A command asks the store three times and waits for its outcome; others look
		// for their user or hook before or after.
		WriteTimeout:   l.Header + l.Body + max(3*l.Store+l.Command, l.Import, l.Ready+l.Wake, l.Store+l.Replay+l.Wake, 2*l.Store+l.Test, l.Store+l.Pollers),
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
	c.logger.Warn("admin listener", "complaint", strings.TrimSpace(string(text)))
	return len(text), nil
}
