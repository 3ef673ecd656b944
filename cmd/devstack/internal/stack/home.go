package stack

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

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

// Keep opens the home at dir, which stays between runs. With fresh it is
// emptied. It fails with lock.ErrHeld when another stack has it open.
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
	if h.Database, err = databaseDir(dir, account); err == nil && fresh {
		err = errors.Join(empty(dir), empty(h.Database))
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
func (h *Home) Log(name string) string { return filepath.Join(h.Dir, "log", name) }

// Close unlocks the home, and removes it when it is temporary.
func (h *Home) Close() error {
	var err error
	if h.Temporary {
		err = os.RemoveAll(h.Dir)
	}
	return errors.Join(err, h.lock.Release())
}

func (h *Home) fill() error {
	for _, dir := range []string{h.Mail(), filepath.Join(h.Dir, "log")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("make a directory: %w", err)
		}
	}
	if err := os.MkdirAll(h.Database, 0o711); err != nil {
		return fmt.Errorf("make the database's directory: %w", err)
	}
	return trusted(h.Database)
}

// databaseDir is inside dir when the account can get there, and else beside
// the temporary files, under a name that is always the same for dir.
func databaseDir(dir string, account *postgres.Account) (string, error) {
	inside := filepath.Join(dir, "postgres")
	if account.CanEnter(inside) {
		return inside, nil
	}
	root, err := temporaryRoot(account)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(dir))
	return filepath.Join(root, "devstack-data-"+hex.EncodeToString(sum[:8])), nil
}

// empty removes everything in dir but the lock, which is held.
func empty(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("start over: %w", err)
	}
	for _, entry := range entries {
		if entry.Name() == lockName {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dir, entry.Name())); err != nil {
			return fmt.Errorf("start over: %w", err)
		}
	}
	return nil
}

// trusted refuses a directory that somebody else made or can write to, which a
// known name among the temporary files could be.
func trusted(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return fmt.Errorf("look at the database's directory: %w", err)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || ok && int(stat.Uid) != os.Geteuid() || info.Mode().Perm()&0o002 != 0 {
		return fmt.Errorf("%s is not a directory of this user's alone", dir)
	}
	return nil
}

// DatabaseElsewhere reports whether the database's data is not in Dir, because
// its account cannot go there.
func (h *Home) DatabaseElsewhere() bool {
	return h.Database != filepath.Join(h.Dir, "postgres")
}
