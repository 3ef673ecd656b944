package stack

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"admit/cmd/devstack/internal/postgres"
)

// A database's directory that its account cannot enter holds a link, linkName, to one
// beside the temporary files, whose name begins with elsewherePrefix.
const (
	linkName        = "elsewhere"
	elsewherePrefix = "devstack-data-"
)

// DatabaseDir returns where PostgreSQL's data for dir, an absolute path, goes: to dir
// itself when the account can enter it, and else beside the temporary files, under a
// random name that dir keeps: where dir is removed, nothing comes back.
func DatabaseDir(dir string, account *postgres.Account) (string, error) {
	link := filepath.Join(dir, linkName)
	elsewhere, err := os.Readlink(link)
	switch {
	case err == nil && !strings.HasPrefix(filepath.Base(elsewhere), elsewherePrefix):
		return "", fmt.Errorf("%s leads to %s, which devstack has not made", link, elsewhere)
	case err == nil:
		return elsewhere, nil
	case !errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("find the database's directory: %w", err)
	case account.CanEnter(dir):
		return dir, nil
	}
	root, err := temporaryRoot(account)
	if err != nil {
		return "", err
	}
	if elsewhere, err = os.MkdirTemp(root, elsewherePrefix); err != nil {
		return "", fmt.Errorf("make the database's directory: %w", err)
	}
	if err := errors.Join(os.Chmod(elsewhere, 0o711), os.MkdirAll(dir, 0o711), os.Symlink(elsewhere, link)); err != nil {
		return "", errors.Join(fmt.Errorf("make the database's directory: %w", err), os.Remove(elsewhere))
	}
	return elsewhere, nil
}

// MakeDatabaseDir makes the directory that DatabaseDir returned, when it is
// missing. It refuses one that somebody else made or can write to, which a
// name among the temporary files could be.
func MakeDatabaseDir(dir string) error {
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return fmt.Errorf("make the database's directory: %w", err)
	}
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
