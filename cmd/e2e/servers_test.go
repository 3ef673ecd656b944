package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// startTemporal runs a Temporal on a port with its data in a file, and returns
// when it can be worked with.
func startTemporal(t *testing.T, port int, file string) *child {
	t.Helper()
	c := spawn(t, "Temporal", world.devstack, os.Environ(), "temporal", "--port", fmt.Sprint(port), "--db", file)
	c.says(t, "Temporal is ready")
	return c
}

// startPostgres runs a PostgreSQL on a port with its data in a directory, and
// returns its URL with it. Right after a crash the data may still be held for a
// moment, so it is tried until it starts.
func startPostgres(t *testing.T, port int, dir string) (*child, string) {
	t.Helper()
	const ready = "PostgreSQL is ready at "
	deadline := time.Now().Add(patience)
	for {
		c := spawn(t, "PostgreSQL", world.devstack, os.Environ(), "postgres", "--port", fmt.Sprint(port), "--dir", dir)
		var url string
		eventually(t, "PostgreSQL starts or fails", func() error {
			if _, after, ok := strings.Cut(c.text(), ready); ok && strings.Contains(after, "\n") {
				url, _, _ = strings.Cut(after, "\n")
				return nil
			}
			if c.ended() {
				return nil
			}
			return fmt.Errorf("it wrote %q", c.text())
		})
		if url != "" {
			return c, url
		}
		if time.Now().After(deadline) {
			t.Fatalf("PostgreSQL did not start: %s", c.tail())
		}
	}
}

// postmaster returns the process ID of the PostgreSQL that keeps its data below
// a directory.
func postmaster(t *testing.T, dir string) int {
	t.Helper()
	var pid int
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.Name() != "postmaster.pid" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		_, err = fmt.Sscan(string(text), &pid)
		return err
	})
	if err != nil || pid == 0 {
		t.Fatalf("no postmaster.pid below %s: %v", dir, err)
	}
	return pid
}
