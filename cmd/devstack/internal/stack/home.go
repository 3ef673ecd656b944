package stack

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"admit/cmd/devstack/internal/lock"
	"admit/cmd/devstack/internal/postgres"
)

// lockName is the file that marks a directory as one of devstack's in use.
const lockName = "lock"

// Home is where a stack keeps its data. It is locked while it is open.
type Home struct {
	// Dir holds everything but, sometimes, the database's.
	Dir string
	// Database is PostgreSQL's part, which its account can enter.
	Database string
	// Temporary homes are removed when they are closed.
	Temporary bool

	lock *lock.Lock
}

// Keep opens the home at dir, which stays between runs. With fresh
// what an earlier run kept there is removed. It fails with lock.ErrHeld when another stack has it open.
func Keep(dir string, fresh bool, account *postgres.Account) (*Home, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("find the data directory: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make the data directory: %w", err)
	}
	held, err := lock.Take(filepath.Join(dir, lockName))
	if err != nil {
		return nil, err
	}
	h := &Home{Dir: dir, lock: held}
	if h.Database, err = DatabaseDir(filepath.Join(dir, "postgres"), account); err == nil && fresh {
		err = h.startOver()
	}
	if err == nil {
		err = h.fill()
	}
	if err != nil {
		return nil, errors.Join(err, held.Release())
	}
	return h, nil
}

// Discard opens a new home that is gone when it is closed. It also removes
// those of killed runs.
func Discard(account *postgres.Account) (*Home, error) {
	root, err := temporaryRoot(account)
	if err != nil {
		return nil, err
	}
	if err := sweep(root); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(root, temporaryPrefix)
	if err != nil {
		return nil, fmt.Errorf("make a temporary directory: %w", err)
	}
	held, err := lock.Take(filepath.Join(dir, lockName))
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	h := &Home{Dir: dir, Database: filepath.Join(dir, "postgres"), Temporary: true, lock: held}
	if err := errors.Join(os.Chmod(dir, 0o711), h.fill()); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

// Mail is where the mails are kept.
func (h *Home) Mail() string { return filepath.Join(h.Dir, "mail") }

// Log is the path of a log.
func (h *Home) Log(name string) string { return filepath.Join(h.logs(), name) }

func (h *Home) logs() string { return filepath.Join(h.Dir, "log") }

// Close unlocks the home, and removes it when it is temporary.
func (h *Home) Close() error {
	var err error
	if h.Temporary {
		err = os.RemoveAll(h.Dir)
	}
	return errors.Join(err, h.lock.Release())
}

func (h *Home) fill() error {
	for _, dir := range []string{h.Mail(), h.logs()} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("make a directory: %w", err)
		}
	}
	return MakeDatabaseDir(h.Database)
}

// startOver removes what devstack keeps in a home, and nothing else: the
// directory may be one that has other things in it.
func (h *Home) startOver() error {
	databases, err := filepath.Glob(filepath.Join(h.Dir, "temporal.db*"))
	if err != nil {
		return fmt.Errorf("start over: %w", err)
	}
	for _, path := range append(databases, h.Mail(), h.logs(), h.Database) {
		if err := os.RemoveAll(path); err != nil {
			return fmt.Errorf("start over: %w", err)
		}
	}
	return nil
}

// DatabaseElsewhere reports whether the database's data is not in Dir, because
// its account cannot go there.
func (h *Home) DatabaseElsewhere() bool {
	return h.Database != filepath.Join(h.Dir, "postgres")
}
