package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"admit/cmd/devstack/internal/proc"
)

// pidFile returns the lines of the file by which a server marks its data, none
// when there is no such file.
func pidFile(data string) []string {
	raw, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return nil
	}
	return strings.Split(string(raw), "\n")
}

// endOrphan ends a server that a killed devstack left behind. The caller holds
// the lock on the data, so whatever runs there has no owner. The mark of a dead
// server is left to the new one, which checks more; but a mark whose process id
// has since gone to another program is removed, because there it would give up.
func endOrphan(ctx context.Context, data string) error {
	lines := pidFile(data)
	if len(lines) == 0 {
		return nil
	}
	pid, err := strconv.Atoi(strings.TrimSpace(lines[0]))
	if err == nil && pid > 1 {
		if err := endServer(ctx, data, pid); err != nil {
			return err
		}
		if _, err := proc.CommandLine(pid); err != nil {
			return nil
		}
	}
	err = os.Remove(filepath.Join(data, "postmaster.pid"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove a stale mark: %w", err)
	}
	return nil
}

func endServer(ctx context.Context, data string, pid int) error {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT} {
		if !serves(data, pid) {
			return nil
		}
		if err := syscall.Kill(pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("end the server %d that an earlier run left: %w", pid, err)
		}
		deadline := time.Now().Add(stopTimeout)
		ticker := time.NewTicker(pollInterval)
		for serves(data, pid) && time.Now().Before(deadline) && ctx.Err() == nil {
			<-ticker.C
		}
		ticker.Stop()
	}
	if serves(data, pid) {
		return fmt.Errorf("the server %d that an earlier run left does not end", pid)
	}
	return nil
}

// serves reports whether the process is a server on that data.
func serves(data string, pid int) bool {
	line, err := proc.CommandLine(pid)
	return err == nil && strings.Contains(line, "-D "+data)
}
