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

	"admit/cmd/devstack/internal/ports"
	"admit/cmd/devstack/internal/proc"
)

const (
	// A server that was killed replays its log first, so this is generous.
	startTimeout = 2 * time.Minute
	stopTimeout  = 20 * time.Second
	pollInterval = 10 * time.Millisecond
)

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
