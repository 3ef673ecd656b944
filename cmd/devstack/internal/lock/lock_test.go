package lock_test

import (
	"errors"
	"path/filepath"
	"testing"

	"admit/cmd/devstack/internal/lock"
)

func TestOneHolderAtATime(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	first, err := lock.Take(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lock.Take(path); !errors.Is(err, lock.ErrHeld) {
		t.Fatalf("second Take: %v, want ErrHeld", err)
	}
	if err := first.Release(); err != nil {
		t.Fatal(err)
	}
	second, err := lock.Take(path)
	if err != nil {
		t.Fatalf("Take after Release: %v", err)
	}
	if err := second.Release(); err != nil {
		t.Fatal(err)
	}
}

func TestNoDirectory(t *testing.T) {
	t.Parallel()
	_, err := lock.Take(filepath.Join(t.TempDir(), "none", "lock"))
	if err == nil || errors.Is(err, lock.ErrHeld) {
		t.Fatalf("Take: %v, want another error than ErrHeld", err)
	}
}
