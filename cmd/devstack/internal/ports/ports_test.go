package ports_test

import (
	"net"
	"testing"

	"admit/cmd/devstack/internal/ports"
)

// listen takes a free port for the length of the test.
func listen(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", ports.Addr(0))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return listener.Addr().(*net.TCPAddr).Port
}

func TestFreeNeverRepeats(t *testing.T) {
	t.Parallel()
	var picker ports.Picker
	seen := make(map[int]bool)
	for range 200 {
		port, err := picker.Free()
		if err != nil {
			t.Fatal(err)
		}
		if seen[port] {
			t.Fatalf("port %d twice", port)
		}
		seen[port] = true
	}
}

func TestTakenPort(t *testing.T) {
	t.Parallel()
	var picker ports.Picker
	taken := listen(t)
	if got, err := picker.Prefer(taken); err != nil || got == taken {
		t.Errorf("Prefer(taken) = %d, %v; want another port", got, err)
	}
	if got, err := picker.Exactly(taken); err == nil {
		t.Errorf("Exactly(taken) = %d; want an error", got)
	}
}

func TestFreePort(t *testing.T) {
	t.Parallel()
	var finder, picker ports.Picker
	free, err := finder.Free()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := picker.Prefer(free); err != nil || got != free {
		t.Errorf("Prefer(%d) = %d, %v", free, got, err)
	}
	if got, err := picker.Exactly(free); err == nil {
		t.Errorf("Exactly gave %d out a second time", got)
	}
	if got, err := picker.Exactly(0); err != nil || got == 0 {
		t.Errorf("Exactly(0) = %d, %v; want any free port", got, err)
	}
}
