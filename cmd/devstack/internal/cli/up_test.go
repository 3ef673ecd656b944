package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// startUp starts devstack up on free ports with its data in dir.
func startUp(t *testing.T, dir string, args ...string) (*devstack, map[string]string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "env")
	free := []string{"--pg-port", "0", "--temporal-port", "0", "--ui-port", "0", "--smtp-port", "0", "--mail-port", "0"}
	all := append([]string{"up", "--dir", dir, "--env-file", file}, free...)
	d := start(t, append(all, args...)...)
	return d, d.variables(file)
}

// end ends devstack as a service manager does.
func end(t *testing.T, d *devstack) {
	t.Helper()
	d.signal(syscall.SIGTERM)
	if code := d.wait(); code != 0 {
		t.Errorf("exit code %d after SIGTERM, want 0", code)
	}
}

func TestUpKeepsDataUntilFresh(t *testing.T) {
	t.Parallel()
	dir := enterable(t)
	const count = "select count(*) from pg_class where relname = 'kept'"

	first, env := startUp(t, dir)
	checkTemporal(t, env["TEMPORAL_ADDRESS"])
	if got := mustQuery(t, env["DATABASE_URL"], "show fsync"); got != "on" {
		t.Errorf("fsync is %s", got)
	}
	mustQuery(t, env["DATABASE_URL"], "create table kept(); select 1")
	sendMail(t, env["DEVSTACK_SMTP_ADDRESS"], "kept")
	startWorkflow(t, env["TEMPORAL_ADDRESS"], "kept")
	server := serverPID(t, env["DATABASE_URL"])
	end(t, first)
	if alive(server) {
		t.Errorf("PostgreSQL outlived devstack")
	}

	second, env := startUp(t, dir)
	if got := mustQuery(t, env["DATABASE_URL"], count); got != "1" {
		t.Errorf("the table was not kept")
	}
	if got := mails(t, env["DEVSTACK_MAIL_DIR"]); got != 1 {
		t.Errorf("%d mails were kept, want 1", got)
	}
	if !hasWorkflow(t, env["TEMPORAL_ADDRESS"], "kept") {
		t.Errorf("the workflow was not kept")
	}
	end(t, second)

	third, env := startUp(t, dir, "--fresh")
	if got := mustQuery(t, env["DATABASE_URL"], count); got != "0" {
		t.Errorf("the table outlived --fresh")
	}
	if got := mails(t, env["DEVSTACK_MAIL_DIR"]); got != 0 {
		t.Errorf("%d mails outlived --fresh", got)
	}
	if hasWorkflow(t, env["TEMPORAL_ADDRESS"], "kept") {
		t.Errorf("the workflow outlived --fresh")
	}
	end(t, third)
}

func TestUpRecoversFromKill(t *testing.T) {
	t.Parallel()
	dir := enterable(t)
	first, env := startUp(t, dir)
	mustQuery(t, env["DATABASE_URL"], "create table kept(); select 1")
	startWorkflow(t, env["TEMPORAL_ADDRESS"], "kept")
	first.signal(syscall.SIGKILL)
	first.wait()

	// At once: the server of the killed run may still be ending.
	second, env := startUp(t, dir)
	if got := mustQuery(t, env["DATABASE_URL"], "select count(*) from kept"); got != "0" {
		t.Errorf("kept has %s rows", got)
	}
	if !hasWorkflow(t, env["TEMPORAL_ADDRESS"], "kept") {
		t.Errorf("the workflow was not kept")
	}
	if out := second.output(); strings.Contains(out, "another devstack") {
		t.Errorf("the killed run still holds the data:\n%s", out)
	}
	end(t, second)
}

// TestUpRecoversFromStaleMark has the server's mark name a process that lives
// but is no server: the number was given out again.
func TestUpRecoversFromStaleMark(t *testing.T) {
	t.Parallel()
	dir := enterable(t)
	first, env := startUp(t, dir)
	data := mustQuery(t, env["DATABASE_URL"], "show data_directory")
	end(t, first)
	stale := "1\n" + data + "\n"
	if err := os.WriteFile(filepath.Join(data, "postmaster.pid"), []byte(stale), 0o600); err != nil {
		t.Fatal(err)
	}
	second, env := startUp(t, dir)
	if got := mustQuery(t, env["DATABASE_URL"], "select 1"); got != "1" {
		t.Errorf("select 1 is %s", got)
	}
	end(t, second)
}

// TestSecondUpIsIndependent uses the preferred ports: whether they are free or
// not, two stacks never share one.
func TestSecondUpIsIndependent(t *testing.T) {
	t.Parallel()
	dir := enterable(t)
	files := []string{filepath.Join(t.TempDir(), "env"), filepath.Join(t.TempDir(), "env")}
	first := start(t, "up", "--dir", dir, "--env-file", files[0])
	one := first.variables(files[0])
	second := start(t, "up", "--dir", dir, "--env-file", files[1])
	two := second.variables(files[1])

	for _, name := range []string{"DATABASE_URL", "TEMPORAL_ADDRESS", "TEMPORAL_UI_URL", "DEVSTACK_SMTP_ADDRESS", "DEVSTACK_MAIL_URL"} {
		if port(t, one[name]) == port(t, two[name]) {
			t.Errorf("both have %s at %s", name, one[name])
		}
	}
	mustQuery(t, one["DATABASE_URL"], "create table mine(); select 1")
	if _, err := query(t, two["DATABASE_URL"], "select count(*) from mine"); err == nil {
		t.Errorf("both have the same database")
	}
	for _, said := range []string{"another devstack is using", "is taken; --pg-port is"} {
		if !strings.Contains(second.output(), said) {
			t.Errorf("the second does not say %q:\n%s", said, second.output())
		}
	}

	private := filepath.Dir(two["DEVSTACK_MAIL_DIR"])
	end(t, second)
	if _, err := os.Stat(private); err == nil {
		t.Errorf("the second's data is still in %s", private)
	}
	if _, err := os.Stat(files[1]); err == nil {
		t.Errorf("the second's variables are still in %s", files[1])
	}
	checkTemporal(t, one["TEMPORAL_ADDRESS"])
	end(t, first)
}

func TestAskedForPortIsNotReplaced(t *testing.T) {
	t.Parallel()
	_, env := startUp(t, enterable(t))
	taken := port(t, env["DATABASE_URL"])
	second := start(t, "up", "--dir", enterable(t), "--pg-port", taken)
	if code := second.wait(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	if out := second.output(); !strings.Contains(out, "--pg-port: port "+taken+" is taken") {
		t.Errorf("devstack says:\n%s", out)
	}
}

// TestUpWhereDatabaseUserCannotGo has the data below a directory that is only
// its owner's, as a project in root's home is.
func TestUpWhereDatabaseUserCannotGo(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root runs PostgreSQL as another user")
	}
	dir := filepath.Join(t.TempDir(), ".devstack")
	d, env := startUp(t, dir)
	data := mustQuery(t, env["DATABASE_URL"], "show data_directory")
	t.Cleanup(func() { _ = os.RemoveAll(filepath.Dir(data)) })
	if strings.HasPrefix(data, dir) {
		t.Errorf("the data is in %s after all", data)
	}
	if out := d.output(); !strings.Contains(out, "PostgreSQL's data is in "+filepath.Dir(data)) {
		t.Errorf("devstack does not say where the data is:\n%s", out)
	}
	end(t, d)
}
