package proc_test

import (
	"bufio"
	"context"
	"errors"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"admit/cmd/devstack/internal/proc"
)

// patience bounds every wait. It is long because it only matters in failure.
const patience = time.Minute

func TestRunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := proc.Run(ctx, exec.Command("sleep", "3600")); !errors.Is(err, context.Canceled) {
		t.Errorf("Run: %v, want Canceled", err)
	}
}

func TestRunPassesFailureOn(t *testing.T) {
	t.Parallel()
	err := proc.Run(t.Context(), exec.Command("sh", "-c", "exit 3"))
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 3 {
		t.Errorf("Run: %v, want exit code 3", err)
	}
	if err := proc.Run(t.Context(), exec.Command("/no/such/program")); err == nil {
		t.Errorf("Run of a program that is not there succeeded")
	}
}

// TestGroupEndsWithItsMembers has a child that leaves another behind.
func TestGroupEndsWithItsMembers(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("sh", "-c", "sleep 3600 >/dev/null 2>&1 & echo started; exec true")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	child, err := proc.Start(cmd, syscall.SIGKILL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { child.SignalGroup(syscall.SIGKILL) })
	// The pipe may be closed under the reader by the child's end.
	_, _ = bufio.NewReader(out).ReadString('\n')
	if !child.Ended(patience) {
		t.Fatal("the child does not end")
	}
	if child.GroupEmpty() {
		t.Fatal("the group is empty while a member runs")
	}
	child.SignalGroup(syscall.SIGTERM)
	deadline := time.Now().Add(patience)
	for !child.GroupEmpty() {
		if time.Now().After(deadline) {
			t.Fatal("the group does not end")
		}
		<-time.After(10 * time.Millisecond)
	}
}

func TestCommandLine(t *testing.T) {
	t.Parallel()
	child, err := proc.Start(exec.Command("sleep", "3600"), syscall.SIGKILL)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := proc.CommandLine(child.PID()); err != nil || got != "sleep 3600" {
		t.Errorf("CommandLine = %q, %v", got, err)
	}
	child.Kill()
	if !child.Ended(patience) {
		t.Fatal("the child does not end")
	}
	if got, err := proc.CommandLine(child.PID()); err == nil {
		t.Errorf("CommandLine of an ended process = %q, want an error", got)
	}
}
