package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// upWith starts devstack up on free ports with its data in dir and a shell as its
// command, which writes its variables, waits for its input to end, and ends with
// exit code 7.
func upWith(t *testing.T, dir, script string) (*devstack, map[string]string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "env")
	d := start(t, "up", "--dir", dir, "--pg-port", "0", "--temporal-port", "0", "--ui-port", "0", "--smtp-port", "0", "--mail-port", "0",
		"--", "sh", "-c", script+`; env >"$0.new" && mv "$0.new" "$0"; cat >/dev/null; exit 7`, file)
	return d, d.variables(file)
}

func TestUpRunsCommandOnKeptData(t *testing.T) {
	t.Parallel()
	dir := enterable(t)
	first, env := upWith(t, dir, "true")
	checkTemporal(t, env["TEMPORAL_ADDRESS"])
	if got := mustQuery(t, env["DATABASE_URL"], "show fsync"); got != "on" {
		t.Errorf("fsync is %s", got)
	}
	mustQuery(t, env["DATABASE_URL"], "create table kept(); select 1")
	server := serverPID(t, env["DATABASE_URL"])
	if err := first.in.Close(); err != nil {
		t.Fatal(err)
	}
	if code := first.wait(); code != 7 {
		t.Errorf("exit code %d, want the command's 7", code)
	}
	if alive(server) {
		t.Errorf("PostgreSQL outlived devstack")
	}
	if out := first.output(); !strings.Contains(out, "devstack is ready") {
		t.Errorf("devstack does not say where everything is:\n%s", out)
	}

	_, env = upWith(t, dir, "true")
	if got := mustQuery(t, env["DATABASE_URL"], "select count(*) from kept"); got != "0" {
		t.Errorf("kept has %s rows", got)
	}
}

// TestUpAsksCommandToEnd has a command that ends in order when it is asked to.
func TestUpAsksCommandToEnd(t *testing.T) {
	t.Parallel()
	note := filepath.Join(t.TempDir(), "asked")
	d, env := upWith(t, enterable(t), `trap 'echo asked >"`+note+`"; exit 0' TERM`)
	server := serverPID(t, env["DATABASE_URL"])
	d.signal(syscall.SIGTERM)
	if code := d.wait(); code != 0 {
		t.Errorf("exit code %d, want the command's 0", code)
	}
	if alive(server) {
		t.Errorf("PostgreSQL outlived devstack")
	}
	if _, err := os.Stat(note); err != nil {
		t.Errorf("the command was not asked to end: %v", err)
	}
}
