package postgres_test

import (
	"os"
	"path/filepath"
	"testing"

	"admit/cmd/devstack/internal/postgres"
)

func TestCanEnter(t *testing.T) {
	t.Parallel()
	uid, gid := uint32(os.Getuid()), uint32(os.Getgid())
	stranger := &postgres.Account{UID: 4000000001, GID: 4000000001}
	tests := map[string]struct {
		mode    os.FileMode
		account *postgres.Account
		want    bool
	}{
		"own user":                 {0o700, &postgres.Account{UID: uid, GID: gid}, true},
		"own user shut out":        {0o077, &postgres.Account{UID: uid, GID: gid}, false},
		"group":                    {0o710, &postgres.Account{UID: stranger.UID, GID: gid}, true},
		"group shut out":           {0o701, &postgres.Account{UID: stranger.UID, GID: gid}, false},
		"others":                   {0o701, stranger, true},
		"others that may read":     {0o704, stranger, false},
		"no account needs nothing": {0o000, nil, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, err := os.MkdirTemp("", "devstack-test-")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.Remove(dir) })
			if err := os.Chmod(dir, test.mode); err != nil {
				t.Fatal(err)
			}
			// The last parts need not exist.
			inside := filepath.Join(dir, "not", "yet")
			if os.Getuid() != 0 && test.mode&0o100 == 0 && test.account != nil {
				inside = dir
			}
			if got := test.account.CanEnter(inside); got != test.want {
				t.Errorf("CanEnter is %t, want %t", got, test.want)
			}
		})
	}
}

// TestServerAccount holds what PostgreSQL demands: it never runs as root.
func TestServerAccount(t *testing.T) {
	t.Parallel()
	account, err := postgres.ServerAccount()
	if err != nil {
		t.Fatal(err)
	}
	if root := os.Geteuid() == 0; root != (account != nil) {
		t.Fatalf("root: %t, account: %+v", root, account)
	}
	if account != nil && account.UID == 0 {
		t.Errorf("the account is root")
	}
}
