package ports_test

import (
	"net"
	"testing"

	"admit/cmd/simulator/internal/ports"
)

// hold listens on a port that was free, so that it is taken.
func hold(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", ports.Addr(0))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return ports.Port(l)
}

func TestListenReplacesATakenPort(t *testing.T) {
	t.Parallel()
	taken := hold(t)
	l, err := ports.Listen(taken)
	if err != nil {
		t.Fatal(err)
	}
	if got := ports.Port(l); got == taken || got == 0 {
		t.Errorf("Listen(%d) listens on %d", taken, got)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

func TestPickKeepsFreePortsAndReplacesTakenOnes(t *testing.T) {
	t.Parallel()
	taken := hold(t)
	l, err := net.Listen("tcp", ports.Addr(0))
	if err != nil {
		t.Fatal(err)
	}
	free := ports.Port(l)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := ports.Pick(free, taken, taken)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 {
		t.Fatalf("Pick gives %v, want three ports", got)
	}
	if got[1] == taken || got[2] == taken || got[1] == got[2] || got[0] == got[1] || got[0] == got[2] {
		t.Errorf("Pick(%d, %d, %d) = %v: a taken port, or one given twice", free, taken, taken, got)
	}
	for _, p := range got {
		l, err := net.Listen("tcp", ports.Addr(p))
		if err != nil {
			t.Errorf("port %d is not free: %v", p, err)
			continue
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
}
