package stack_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"admit/cmd/devstack/internal/lock"
	"admit/cmd/devstack/internal/postgres"
	"admit/cmd/devstack/internal/stack"
)

// stranger owns nothing that a test makes.
var stranger = &postgres.Account{Name: "stranger", UID: 4000000001, GID: 4000000001}

func keep(t *testing.T, dir string, fresh bool, account *postgres.Account) *stack.Home {
	t.Helper()
	home, err := stack.Keep(dir, fresh, account)
	if err != nil {
		t.Fatal(err)
	}
	return home
}

func closeHome(t *testing.T, home *stack.Home) {
	t.Helper()
	if err := home.Close(); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func exists(t *testing.T, path string) bool {
	t.Helper()
	_, err := os.Stat(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return err == nil
}

func TestKeptHomeHasOneUser(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := keep(t, dir, false, nil)
	if _, err := stack.Keep(dir, false, nil); !errors.Is(err, lock.ErrHeld) {
		t.Fatalf("second Keep: %v, want ErrHeld", err)
	}
	closeHome(t, first)
	closeHome(t, keep(t, dir, false, nil))
}

func TestFreshRemovesOnlyWhatIsDevstacks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	home := keep(t, dir, false, nil)
	ours := []string{
		filepath.Join(home.Mail(), "one.eml"), filepath.Join(home.Database, "postgres.log"),
		filepath.Join(dir, "temporal.db"), filepath.Join(dir, "temporal.db-wal"), home.Log("temporal.log"),
	}
	theirs := filepath.Join(dir, "thesis.txt")
	for _, path := range append(ours, theirs) {
		write(t, path)
	}
	closeHome(t, home)

	closeHome(t, keep(t, dir, false, nil))
	for _, path := range ours {
		if !exists(t, path) {
			t.Errorf("%s was not kept", path)
		}
	}
	closeHome(t, keep(t, dir, true, nil))
	for _, path := range ours {
		if exists(t, path) {
			t.Errorf("%s outlived fresh", path)
		}
	}
	if !exists(t, theirs) {
		t.Errorf("fresh removed %s", theirs)
	}
}

// TestDatabaseGoesWhereItsUserCan has a home below a directory that only its
// owner may enter. When the home is removed, the database does not come back.
func TestDatabaseGoesWhereItsUserCan(t *testing.T) {
	t.Parallel()
	private := filepath.Join(t.TempDir(), "private")
	if err := os.Mkdir(private, 0o700); err != nil {
		t.Fatal(err)
	}
	home := keep(t, private, false, stranger)
	t.Cleanup(func() { _ = os.RemoveAll(home.Database) })
	if !home.DatabaseElsewhere() || !stranger.CanEnter(home.Database) {
		t.Errorf("the database is in %s, which its user cannot enter", home.Database)
	}
	closeHome(t, home)
	again := keep(t, private, false, stranger)
	if again.Database != home.Database {
		t.Errorf("the database moved from %s to %s", home.Database, again.Database)
	}
	closeHome(t, again)
	if err := errors.Join(os.RemoveAll(private), os.Mkdir(private, 0o700)); err != nil {
		t.Fatal(err)
	}
	anew := keep(t, private, false, stranger)
	t.Cleanup(func() { _ = os.RemoveAll(anew.Database) })
	if anew.Database == home.Database || !anew.DatabaseElsewhere() {
		t.Errorf("the database is in %s, where that of the removed home is", anew.Database)
	}
	closeHome(t, anew)
}

// TestDatabaseIsNotWhereAnybodySays has a link that devstack has not made, to what
// --fresh would remove.
func TestDatabaseIsNotWhereAnybodySays(t *testing.T) {
	t.Parallel()
	dir, theirs := t.TempDir(), t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "postgres"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(theirs, filepath.Join(dir, "postgres", "elsewhere")); err != nil {
		t.Fatal(err)
	}
	if _, err := stack.Keep(dir, true, stranger); err == nil || !strings.Contains(err.Error(), "devstack has not made") {
		t.Errorf("Keep: %v", err)
	}
	if !exists(t, theirs) {
		t.Errorf("fresh removed %s", theirs)
	}
}

func TestDiscardedHomeIsGone(t *testing.T) {
	t.Parallel()
	home, err := stack.Discard(stranger)
	if err != nil {
		t.Fatal(err)
	}
	if !stranger.CanEnter(home.Database) {
		t.Errorf("the database's user cannot enter %s", home.Database)
	}
	closeHome(t, home)
	if exists(t, home.Dir) {
		t.Errorf("%s is still there", home.Dir)
	}
}

// TestKilledRunsAreSwept makes what a killed run leaves: a home that nobody has
// locked. One that is locked, or only just made, must stay.
func TestKilledRunsAreSwept(t *testing.T) {
	root := t.TempDir()
	t.Setenv("TMPDIR", root)
	make := func(name string, age time.Duration) string {
		dir := filepath.Join(root, "devstack-run-"+name)
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "lock")
		write(t, path)
		then := time.Now().Add(-age)
		if err := os.Chtimes(path, then, then); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	killed, running, young := make("killed", time.Hour), make("running", time.Hour), make("young", 0)
	held, err := lock.Take(filepath.Join(running, "lock"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = held.Release() })

	home, err := stack.Discard(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer closeHome(t, home)
	if !strings.HasPrefix(home.Dir, root) {
		t.Fatalf("the home is in %s, not in %s", home.Dir, root)
	}
	if exists(t, killed) || !exists(t, running) || !exists(t, young) {
		t.Errorf("killed %t, running %t, young %t; want only the killed one gone",
			exists(t, killed), exists(t, running), exists(t, young))
	}
}
