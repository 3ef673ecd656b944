package e2e_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// stopTime bounds a graceful stop: longer than any grace that a process gives.
const stopTime = 40 * time.Second

// shownLog is how much of a child's log is shown when a test fails, in bytes.
const shownLog = 16 << 10

// child is a process that a test runs. It does not outlive the test.
type child struct {
	name string
	cmd  *exec.Cmd
	log  string        // a file with all it wrote
	done chan struct{} // closed when it has ended
}

// spawn starts a process with its output in a file, which is shown when the test
// fails.
func spawn(t *testing.T, name, binary string, env []string, args ...string) *child {
	t.Helper()
	log, err := os.CreateTemp(t.TempDir(), filepath.Base(binary)+"-*.log")
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	c := &child{name: name, cmd: exec.Command(binary, args...), log: log.Name(), done: make(chan struct{})}
	c.cmd.Env, c.cmd.Stdout, c.cmd.Stderr, c.cmd.SysProcAttr = env, log, log, dieWithParent()
	if err := c.cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", name, err)
	}
	go func() {
		// How it ended is read from its state.
		_ = c.cmd.Wait()
		close(c.done)
	}()
	t.Cleanup(func() {
		c.kill(t)
		if t.Failed() {
			t.Logf("%s wrote, at the end:\n%s", name, c.tail())
		}
	})
	return c
}

// ended says whether the process has ended.
func (c *child) ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// kill ends the process as a crash would, SIGKILL, and waits until it is gone.
func (c *child) kill(t *testing.T) {
	t.Helper()
	if err := c.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("kill %s: %v", c.name, err)
	}
	<-c.done
}

// stop asks the process to end and returns its exit code.
func (c *child) stop(t *testing.T) int {
	t.Helper()
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatalf("stop %s: %v", c.name, err)
	}
	timeout := time.NewTimer(stopTime)
	defer timeout.Stop()
	select {
	case <-c.done:
	case <-timeout.C:
		t.Fatalf("%s did not stop within %v", c.name, stopTime)
	}
	return c.cmd.ProcessState.ExitCode()
}

// text returns all that the process wrote so far.
func (c *child) text() string {
	text, err := os.ReadFile(c.log)
	if err != nil {
		return fmt.Sprintf("(its log cannot be read: %v)", err)
	}
	return string(text)
}

func (c *child) tail() string {
	text := c.text()
	return text[max(0, len(text)-shownLog):]
}

// says waits until the process has written a line with the given words, and
// returns the line.
func (c *child) says(t *testing.T, words string) string {
	t.Helper()
	var found string
	eventually(t, c.name+" says "+words, func() error {
		for line := range strings.Lines(c.text()) {
			if strings.Contains(line, words) {
				found = strings.TrimSpace(line)
				return nil
			}
		}
		if c.ended() {
			t.Fatalf("%s ended: %s", c.name, c.tail())
		}
		return errors.New("it has not yet")
	})
	return found
}

// runOnce runs a binary to its end and returns its exit code and what it wrote.
func runOnce(t *testing.T, binary string, env []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	cmd := exec.Command(binary, args...)
	var out, errs bytes.Buffer
	cmd.Env, cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = env, &out, &errs, dieWithParent()
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("run %s %v: %v", filepath.Base(binary), args, err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}
