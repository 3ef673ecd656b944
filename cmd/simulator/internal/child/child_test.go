package child_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"admit/cmd/simulator/internal/child"
)

// patience bounds every wait. It is long because it only matters in failure.
const patience = time.Minute

func shell(t *testing.T, script string) *child.Process {
	t.Helper()
	p, err := child.Start("/bin/sh", []string{"-c", script}, os.Environ(), filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// Only so that a failed test leaves nothing running.
		_ = p.Stop(0)
	})
	return p
}

func wait(t *testing.T, p *child.Process) {
	t.Helper()
	select {
	case <-p.Done():
	case <-time.After(patience):
		t.Fatal("the program does not end")
	}
}

// saying waits until the program has written something.
func saying(t *testing.T, p *child.Process) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for len(p.Tail(1)) == 0 {
		if time.Now().After(deadline) {
			t.Fatal("the program says nothing")
		}
		<-time.After(5 * time.Millisecond)
	}
}

func TestTailAndExit(t *testing.T) {
	t.Parallel()
	p := shell(t, "echo one; echo two >&2; echo three; exit 3")
	wait(t, p)
	if err := p.Err(); err == nil || err.Error() != "exit status 3" {
		t.Errorf("Err() = %v, want exit status 3", err)
	}
	if got := p.Tail(2); !slices.Equal(got, []string{"two", "three"}) {
		t.Errorf("Tail(2) = %q", got)
	}
	if got := p.Tail(9); !slices.Equal(got, []string{"one", "two", "three"}) {
		t.Errorf("Tail(9) = %q", got)
	}
	if err := p.Stop(patience); err != nil {
		t.Errorf("Stop of a program that has ended: %v", err)
	}
}

func TestTailOfSilence(t *testing.T) {
	t.Parallel()
	p := shell(t, "true")
	wait(t, p)
	if got := p.Tail(5); got != nil {
		t.Errorf("Tail = %q of a program that said nothing", got)
	}
}

func TestStopAsksFirst(t *testing.T) {
	t.Parallel()
	p := shell(t, `trap 'echo asked; exit 0' TERM; echo up; while :; do sleep 0.01; done`)
	saying(t, p)
	if err := p.Stop(patience); err != nil {
		t.Fatalf("Stop: %v", err)
	}
	if got := p.Tail(1); !slices.Equal(got, []string{"asked"}) {
		t.Errorf("the program was not asked to end: %q", got)
	}
	if err := p.Err(); err != nil {
		t.Errorf("Err() = %v", err)
	}
}

func TestStopKillsTheDeaf(t *testing.T) {
	t.Parallel()
	p := shell(t, `trap '' TERM; echo up; while :; do sleep 0.01; done`)
	saying(t, p)
	if err := p.Stop(50 * time.Millisecond); !errors.Is(err, child.ErrKilled) {
		t.Errorf("Stop: %v, want ErrKilled", err)
	}
	wait(t, p)
}

func TestStartTellsWhatIsMissing(t *testing.T) {
	t.Parallel()
	if _, err := child.Start("/no/such/program", nil, nil, filepath.Join(t.TempDir(), "log")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Start of nothing: %v, want ErrNotExist", err)
	}
	if _, err := child.Start("/bin/sh", nil, nil, filepath.Join(t.TempDir(), "no", "log")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Start with a log that cannot be made: %v, want ErrNotExist", err)
	}
}
