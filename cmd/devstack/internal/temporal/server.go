// Package temporal runs a real Temporal server in this process, with SQLite
// under it and its Web UI beside it. All of it listens on the loopback
// interface alone.
package temporal

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/temporal"

	"admit/cmd/devstack/internal/lock"
	"admit/cmd/devstack/internal/ports"
)

const (
	// Namespace is the one that the server has.
	Namespace = "default"
	// InMemory as Config.Database keeps nothing.
	InMemory = ":memory:"
)

// Config says where a server keeps its data and listens.
type Config struct {
	// Database is the path of a file in an existing directory, or InMemory.
	Database string
	Port     int
	// UIPort is the Web UI's; 0 for no UI.
	UIPort int
	// Log gets warnings and errors; "" sends them to standard error.
	Log string
	// Ports finds ports for the services behind the frontend.
	Ports *ports.Picker
}

// Server is a running Temporal server.
type Server struct {
	config  Config
	backend *config.SQL
	logger  log.Logger
	server  temporal.Server
	ui      *ui
	lock    *lock.Lock
}

// Start sets up the database on first use and returns once the namespace can be
// worked with, every search attribute included. It fails with lock.ErrHeld when
// another devstack runs a server on that file.
func Start(ctx context.Context, conf Config) (*Server, error) {
	s := &Server{config: conf, backend: sqliteConfig(conf.Database)}
	if conf.Database != InMemory {
		held, err := lock.Take(conf.Database + ".lock")
		if err != nil {
			return nil, err
		}
		s.lock = held
	}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("run Temporal: %w", err), s.Stop())
	}
	return s, nil
}

// Address is where clients connect.
func (s *Server) Address() string { return ports.Addr(s.config.Port) }

// UIURL is the Web UI's, "" without one.
func (s *Server) UIURL() string {
	if s.ui == nil {
		return ""
	}
	return s.ui.url
}

// Stop ends the UI and the server. A server that does not end within its
// deadline is abandoned, with an error: what it committed is safe.
func (s *Server) Stop() error {
	if s.ui != nil {
		s.ui.stop()
	}
	err := s.stopServer()
	if s.lock != nil {
		err = errors.Join(err, s.lock.Release())
	}
	return err
}

func (s *Server) start(ctx context.Context) error {
	s.logger = log.NewZapLogger(log.BuildZapLogger(log.Config{Level: "warn", OutputFile: s.config.Log}))
	if err := createFile(s.config.Database); err != nil {
		return err
	}
	if err := createNamespace(s.backend); err != nil {
		return err
	}
	if err := s.startServer(ctx); err != nil {
		return err
	}
	added, err := addMissing(ctx, s.Address())
	if err != nil {
		return err
	}
	if added {
		// A database of an older devstack. Each service keeps its own copy of
		// the namespace and reads it afresh at the start.
		if err := s.stopServer(); err != nil {
			return err
		}
		if err := s.startServer(ctx); err != nil {
			return err
		}
	}
	if err := usable(ctx, s.Address()); err != nil {
		return err
	}
	if s.config.UIPort == 0 {
		return nil
	}
	s.ui, err = startUI(ctx, s.config.UIPort, s.Address())
	return err
}
