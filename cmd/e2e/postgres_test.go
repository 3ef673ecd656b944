package e2e_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestPostgresAway kills PostgreSQL while webhooks come in: they are refused
// with 503 and a Retry-After until it is back, and nothing that was answered 200
// is lost.
func TestPostgresAway(t *testing.T) {
	t.Parallel()
	dir, port := openDir(t), freePort(t)
	postgres, url := startPostgres(t, port, filepath.Join(dir, "data"))
	s := newSystem(t, options{database: url, temporal: os.Getenv("TEMPORAL_ADDRESS"), namespace: newNamespace(t), config: noJitter})
	s.serve()
	l := &load{s: s, senders: 8, users: 40, each: 20, insist: time.Minute}
	done := make(chan error, 1)
	go func() { done <- l.run() }()
	eventually(t, "the webhooks come in", func() error {
		if n := l.answered.Load(); n < 200 {
			return errFew{n, 200}
		}
		return nil
	})
	if err := syscall.Kill(postmaster(t, dir), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	gone := time.Now()
	<-postgres.done
	s.refusedAway(t)
	_, again := startPostgres(t, port, filepath.Join(dir, "data"))
	if again != url {
		t.Fatalf("PostgreSQL came back at %s, not %s", again, url)
	}
	back := time.Now()
	eventually(t, "webhooks are accepted again", func() error {
		a, err := s.post(pathKYC, kyc(s.user(901), "VERIFIED", ""))
		if err == nil && a.status != http.StatusOK {
			err = fmt.Errorf("answer %v", a)
		}
		return err
	})
	t.Logf("PostgreSQL was away for %v; webhooks were accepted %v after it was back", back.Sub(gone).Round(time.Millisecond), time.Since(back).Round(time.Millisecond))
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	t.Logf("%d webhooks were answered 200, %d times they were refused", l.answered.Load(), l.refused.Load())
	s.folded()
	l.verify(t)
}

// refusedAway holds how a webhook is refused without PostgreSQL, and that the
// health that providers ask for stays good.
func (s *system) refusedAway(t *testing.T) {
	t.Helper()
	asked := time.Now()
	a, err := s.post(pathKYC, kyc(s.user(902), "VERIFIED", ""))
	if err != nil || a.status != http.StatusServiceUnavailable || a.code() != "unavailable" || a.header.Get("Retry-After") == "" {
		t.Errorf("without PostgreSQL: %v, Retry-After %q, %v", a, a.header.Get("Retry-After"), err)
	}
	t.Logf("refused with 503 after %v", time.Since(asked).Round(time.Millisecond))
	if status, body, err := s.get("http://"+s.public+"/webhook/health", ""); err != nil || status != http.StatusOK {
		t.Errorf("health: %d %s, %v", status, body, err)
	}
	if status, body, err := s.get("http://"+s.admin+"/readyz", ""); err != nil || status != http.StatusServiceUnavailable {
		t.Errorf("ready without PostgreSQL: %d %s, %v", status, body, err)
	}
}

// openDir makes a directory that the account of a PostgreSQL can enter, unlike
// those that the testing package makes.
func openDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "admit-e2e-postgres-")
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
