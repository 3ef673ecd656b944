package stack

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"admit/cmd/devstack/internal/postgres"
)

// DatabaseDir returns where PostgreSQL's data for dir, an absolute path, goes:
// to dir itself when the account can enter it, and else beside the temporary
// files, under a name that is always the same for dir.
func DatabaseDir(dir string, account *postgres.Account) (string, error) {
	if account.CanEnter(dir) {
		return dir, nil
	}
	root, err := temporaryRoot(account)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(dir))
	return filepath.Join(root, "devstack-data-"+hex.EncodeToString(sum[:8])), nil
}

// MakeDatabaseDir makes the directory that DatabaseDir returned, when it is
// missing. It refuses one that somebody else made or can write to, which a
// known name among the temporary files could be.
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
