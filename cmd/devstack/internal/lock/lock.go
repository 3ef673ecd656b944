// Package lock keeps two devstacks out of the same data. The locks belong to
// open files, so the operating system drops them when a process dies in
// whatever way: there are no stale locks.
package lock

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// ErrHeld reports that another process holds the lock.
var ErrHeld = errors.New("another devstack is using it")

// Lock is a held lock.
type Lock struct {
	file *os.File
}

// Take creates the file at path when it is missing and locks it, without
// waiting. It returns ErrHeld when another process, or another Lock of this
// one, holds it. The file stays when the lock is released.
func Take(path string) (*Lock, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock file: %w", err)
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return &Lock{file: file}, nil
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = ErrHeld
	}
	return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), file.Close())
}

// Release gives the lock up.
func (l *Lock) Release() error {
	// Closing alone would leave the lock to a child that is between fork and
	// exec and has the file still open.
	unlockErr := syscall.Flock(int(l.file.Fd()), syscall.LOCK_UN)
	if err := errors.Join(unlockErr, l.file.Close()); err != nil {
		return fmt.Errorf("release lock: %w", err)
	}
	return nil
}
