package stack

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"admit/cmd/devstack/internal/lock"
	"admit/cmd/devstack/internal/postgres"
)

const (
	temporaryPrefix = "devstack-run-"
	// A home is a moment old before it is locked; nobody may sweep it then.
	sweepAge = time.Minute
)

// temporaryRoot is the first directory for temporary files that the account
// can enter.
func temporaryRoot(account *postgres.Account) (string, error) {
	for _, dir := range []string{os.TempDir(), "/tmp", "/var/tmp"} {
		info, err := os.Stat(dir)
		if err == nil && info.IsDir() && account.CanEnter(dir) {
			return dir, nil
		}
	}
	return "", errors.New("there is no directory for temporary files that the user who runs PostgreSQL can enter")
}

// sweep removes the temporary homes whose owners were killed: the operating
// system has dropped their locks.
func sweep(root string) error {
	homes, err := filepath.Glob(filepath.Join(root, temporaryPrefix+"*"))
	if err != nil {
		return fmt.Errorf("list temporary directories: %w", err)
	}
	for _, home := range homes {
		path := filepath.Join(home, lockName)
		info, err := os.Stat(path)
		if err != nil || time.Since(info.ModTime()) < sweepAge {
			continue
		}
		held, err := lock.Take(path)
		if err != nil {
			// In use, or another user's: not ours to remove.
			continue
		}
		if err := errors.Join(os.RemoveAll(home), held.Release()); err != nil {
			return fmt.Errorf("remove what a killed run left: %w", err)
		}
	}
	return nil
}
