package cli_test

import (
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// execute starts devstack exec with a shell that writes its variables, runs
// script, and waits for its input to end.
func execute(t *testing.T, script string) (*devstack, map[string]string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "env")
	d := start(t, "exec", "--", "sh", "-c", script+`; env >"$0.new" && mv "$0.new" "$0"; cat >/dev/null; exit 7`, file)
	return d, d.variables(file)
}

func TestExecRunsCommandInWorkingStack(t *testing.T) {
	t.Parallel()
	d, env := execute(t, "true")

	if got := mustQuery(t, env["DATABASE_URL"], "select current_user || ' ' || current_database()"); got != "admit admit" {
		t.Errorf("user and database are %q", got)
	}
	if got := mustQuery(t, env["DATABASE_URL"], "show max_connections"); got != "200" {
		t.Errorf("max_connections is %s", got)
	}
	if got := mustQuery(t, env["DATABASE_URL"], "show fsync"); got != "off" {
		t.Errorf("fsync is %s", got)
	}
	checkTemporal(t, env["TEMPORAL_ADDRESS"])
	if got := env["TEMPORAL_NAMESPACE"]; got != "default" {
		t.Errorf("namespace is %q", got)
	}
	for _, name := range []string{"TEMPORAL_UI_URL", "DEVSTACK_MAIL_URL"} {
		answer, err := http.Get(env[name])
		if err != nil {
			t.Fatal(err)
		}
		if err := answer.Body.Close(); err != nil || answer.StatusCode != http.StatusOK {
			t.Errorf("%s answers %d, %v", name, answer.StatusCode, err)
		}
	}
	sendMail(t, env["DEVSTACK_SMTP_ADDRESS"], "hello")
	if got := mails(t, env["DEVSTACK_MAIL_DIR"]); got != 1 {
		t.Errorf("%d mails are kept, want 1", got)
	}

	if err := d.in.Close(); err != nil {
		t.Fatal(err)
	}
	if code := d.wait(); code != 7 {
		t.Errorf("exit code %d, want the command's 7", code)
	}
	if out := d.output(); out != "" {
		t.Errorf("devstack wrote into the command's output:\n%s", out)
	}
}

func TestExecLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		end  func(*testing.T, *devstack)
		code int
	}{
		"when the command ends": {func(t *testing.T, d *devstack) {
			if err := d.in.Close(); err != nil {
				t.Fatal(err)
			}
		}, 7},
		"on SIGTERM": {func(_ *testing.T, d *devstack) { d.signal(syscall.SIGTERM) }, 128 + int(syscall.SIGTERM)},
		"on SIGINT":  {func(_ *testing.T, d *devstack) { d.signal(syscall.SIGINT) }, 128 + int(syscall.SIGINT)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			note := filepath.Join(t.TempDir(), "pid")
			d, env := execute(t, "sleep 3600 & echo $! >"+note)
			raw, err := os.ReadFile(note)
			if err != nil {
				t.Fatal(err)
			}
			leftover, err := strconv.Atoi(strings.TrimSpace(string(raw)))
			if err != nil {
				t.Fatal(err)
			}
			server := serverPID(t, env["DATABASE_URL"])
			home := filepath.Dir(env["DEVSTACK_MAIL_DIR"])

			test.end(t, d)
			if code := d.wait(); code != test.code {
				t.Errorf("exit code %d, want %d", code, test.code)
			}
			if alive(server) {
				t.Errorf("PostgreSQL outlived devstack")
			}
			eventually(t, "end of what the command left", func() bool { return !alive(leftover) })
			if _, err := os.Stat(home); err == nil {
				t.Errorf("%s is still there", home)
			}
		})
	}
}

func TestKilledExecTakesPostgresAlong(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux ties a child to its parent's life")
	}
	d, env := execute(t, "true")
	server := serverPID(t, env["DATABASE_URL"])
	home := filepath.Dir(env["DEVSTACK_MAIL_DIR"])
	d.signal(syscall.SIGKILL)
	d.wait()
	eventually(t, "end of PostgreSQL", func() bool { return !alive(server) })
	if err := os.RemoveAll(home); err != nil {
		t.Fatal(err)
	}
}

func TestExecExitCodes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args []string
		code int
	}{
		"success":              {[]string{"exec", "--", "true"}, 0},
		"killed":               {[]string{"exec", "--", "sh", "-c", "kill -KILL $$"}, 137},
		"no such command":      {[]string{"exec", "--", "devstack-no-such-command"}, 127},
		"no command":           {[]string{"exec", "--"}, 2},
		"unknown flag":         {[]string{"exec", "--nonsense", "--", "true"}, 2},
		"help":                 {[]string{"exec", "--help"}, 0},
		"no devstack command":  {nil, 2},
		"an unknown one":       {[]string{"down"}, 2},
		"a stray argument":     {[]string{"up", "now"}, 2},
		"up with no command":   {[]string{"up", "--"}, 2},
		"up with no such one":  {[]string{"up", "--", "devstack-no-such-command"}, 127},
		"a stray one before":   {[]string{"up", "now", "--", "true"}, 2},
		"postgres without dir": {[]string{"postgres"}, 2},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if code := start(t, test.args...).wait(); code != test.code {
				t.Errorf("exit code %d, want %d", code, test.code)
			}
		})
	}
}
