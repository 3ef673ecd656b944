package cli_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"admit/cmd/devstack/internal/cli"
)

// runVariable makes this test's program be devstack, so that the tests meet it
// as a process of its own without a second build.
const runVariable = "DEVSTACK_TEST_RUN"

// patience bounds every wait. It is long because it only matters in failure.
const patience = 2 * time.Minute

func TestMain(m *testing.M) {
	if os.Getenv(runVariable) != "" {
		if err := os.Unsetenv(runVariable); err != nil {
			os.Exit(1)
		}
		os.Exit(cli.Run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// devstack is a started devstack.
type devstack struct {
	t    *testing.T
	cmd  *exec.Cmd
	in   io.WriteCloser
	log  string
	done chan struct{}
}

// start starts devstack with those arguments. It is killed at the end of the
// test when it still runs.
func start(t *testing.T, args ...string) *devstack {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	d := &devstack{t: t, cmd: exec.Command(program, args...), done: make(chan struct{})}
	d.log = filepath.Join(t.TempDir(), "output")
	output, err := os.Create(d.log)
	if err != nil {
		t.Fatal(err)
	}
	d.cmd.Env = append(os.Environ(), runVariable+"=1")
	d.cmd.Stdout, d.cmd.Stderr = output, output
	if d.in, err = d.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(d.cmd.Start(), output.Close()); err != nil {
		t.Fatal(err)
	}
	go func() {
		// The exit code is read from the process's state.
		_ = d.cmd.Wait()
		close(d.done)
	}()
	t.Cleanup(func() {
		d.signal(syscall.SIGTERM)
		d.wait()
		if t.Failed() {
			t.Logf("devstack %s:\n%s", strings.Join(args, " "), d.output())
		}
	})
	return d
}

// wait waits for the end and returns the exit code.
func (d *devstack) wait() int {
	d.t.Helper()
	select {
	case <-d.done:
	case <-time.After(patience):
		_ = d.cmd.Process.Kill()
		<-d.done
		d.t.Errorf("devstack did not end")
	}
	return d.cmd.ProcessState.ExitCode()
}

func (d *devstack) signal(sig syscall.Signal) {
	// A process that has ended needs no signal.
	_ = d.cmd.Process.Signal(sig)
}

func (d *devstack) output() string {
	raw, err := os.ReadFile(d.log)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

// variables waits for a file of variables and reads it.
func (d *devstack) variables(path string) map[string]string {
	d.t.Helper()
	eventually(d.t, "variables in "+path, func() bool {
		select {
		case <-d.done:
			d.t.Fatalf("devstack ended early:\n%s", d.output())
		default:
		}
		_, err := os.Stat(path)
		return err == nil
	})
	raw, err := os.ReadFile(path)
	if err != nil {
		d.t.Fatal(err)
	}
	found := make(map[string]string)
	for line := range bytes.Lines(raw) {
		name, value, _ := strings.Cut(strings.TrimSpace(string(line)), "=")
		found[name] = value
	}
	return found
}

// eventually polls until the condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("no %s within %s", what, patience)
		}
		<-ticker.C
	}
}

// enterable makes a directory that PostgreSQL's user can enter, which the
// testing package's are not. It is removed at the end of the test.
func enterable(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "devstack-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}
