// Package postgres runs a private PostgreSQL server: it finds the programs,
// makes the cluster, starts the server and ends it. It listens on the loopback
// interface alone and trusts whoever connects there.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"admit/cmd/devstack/internal/lock"
	"admit/cmd/devstack/internal/ports"
	"admit/cmd/devstack/internal/proc"
)

const (
	// A server that was killed replays its log first, so this is generous.
	startTimeout = 2 * time.Minute
	stopTimeout  = 20 * time.Second
	pollInterval = 10 * time.Millisecond
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
		return nil, errors.Join(fmt.Errorf("PostgreSQL: %w", err), held.Release())
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

func (s *Server) launch(data string) error {
	log, err := os.OpenFile(s.logPath(), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("open the log: %w", err)
	}
	cmd := exec.Command(filepath.Join(s.bin, "postgres"), append([]string{"-D", data}, s.settings()...)...)
	cmd.Dir = data
	cmd.Env = environment()
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = s.config.Account.attributes()
	s.process, err = proc.Start(cmd, s.stopSignal())
	return errors.Join(err, log.Close())
}

func (s *Server) settings() []string {
	values := []string{
		"listen_addresses=" + ports.Host,
		"port=" + strconv.Itoa(s.config.Port),
		"unix_socket_directories=",
		"max_connections=200",
		"timezone=UTC",
		"log_timezone=UTC",
	}
	if !s.config.Durable {
		// synchronous_commit stays on: without it even a crash of the server
		// alone would lose commits, and with fsync off it costs nothing.
		values = append(values, "fsync=off", "full_page_writes=off")
	}
	var args []string
	for _, value := range values {
		args = append(args, "-c", value)
	}
	return args
}

// ready waits until the server accepts connections. It reads that where pg_ctl
// does: from the eighth line of the file that the server keeps.
func (s *Server) ready(ctx context.Context, data string) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		lines := pidFile(data)
		if len(lines) >= 8 && lines[0] == strconv.Itoa(s.process.PID()) && strings.TrimSpace(lines[7]) == "ready" {
			return nil
		}
		select {
		case <-s.Done():
			return fmt.Errorf("ended at once: %w\n%s", s.process.Err(), s.logTail())
		case <-ctx.Done():
			return fmt.Errorf("did not come up: %w\n%s", ctx.Err(), s.logTail())
		case <-ticker.C:
		}
	}
}

// stopSignal asks for a shutdown that needs no recovery at the next start, or
// for an immediate one when the data is not kept.
func (s *Server) stopSignal() syscall.Signal {
	if s.config.Durable {
		return syscall.SIGINT
	}
	return syscall.SIGQUIT
}

func (s *Server) end() {
	for _, sig := range []syscall.Signal{s.stopSignal(), syscall.SIGQUIT, syscall.SIGKILL} {
		s.process.Signal(sig)
		if s.process.Ended(stopTimeout) {
			return
		}
	}
}

func (s *Server) logPath() string { return filepath.Join(s.config.Dir, "postgres.log") }

// logTail returns the end of the log for an error message.
func (s *Server) logTail() string {
	raw, err := os.ReadFile(s.logPath())
	if err != nil {
		return err.Error()
	}
	const most = 2000
	if len(raw) > most {
		raw = raw[len(raw)-most:]
	}
	return strings.TrimSpace(string(raw))
}
