package e2e_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestBulkHold holds 500 users by one command that is interrupted in the middle,
// goes on, is killed, and goes on again: each user is held by one command. It is
// not parallel, for it takes what the machine gives, and others look at the clock.
func TestBulkHold(t *testing.T) {
	const users = 500
	s := newSystem(t, options{config: noJitter})
	s.serve()
	s.inReview(users)
	env := []string{"ADMIT_ADMIN_URL=http://" + s.admin, "ADMIT_TOKEN=" + operatorToken, "USER=operator-1"}
	journal := filepath.Join(t.TempDir(), "hold.jsonl")
	says(t, env, []string{"bulk", "run", "hold", "--stage", "in_review", "--reason", "a look", "--dry-run"}, exitDone, []string{"hold would go to 500 users", "and 480 more"})
	began := time.Now()
	run := spawn(t, "admit bulk run", world.admit, env, "bulk", "run", "hold", "--stage", "in_review", "--reason", "a look", "--journal", journal, "--rate", "100/s")
	outcomes(t, journal, 150)
	if err := run.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	run.says(t, "interrupted with ")
	run.says(t, "admit bulk resume "+journal+" goes on")
	<-run.done
	if code := run.cmd.ProcessState.ExitCode(); code != exitFailed {
		t.Errorf("interrupted, it ended with %d", code)
	}
	done := settled(t, journal)
	if sent := s.holds(); done < 150 || done >= users || sent != int64(done) {
		t.Errorf("%d commands were sent, and %d outcomes are written down", sent, done)
	}
	again := spawn(t, "admit bulk resume", world.admit, env, "bulk", "resume", journal, "--rate", "100/s")
	outcomes(t, journal, done+100)
	again.kill(t)
	// Where the engine is slow, outcomes are pending, and asked for until they are not.
	eventually(t, "the run is done", func() error {
		code, out, said := runOnce(t, world.admit, env, "bulk", "resume", journal, "--rate", "200/s")
		if code == exitFailed || code == exitDone && out != "hold for 500 users: 500 applied\n" {
			t.Fatalf("resume ended with %d: %s%s", code, out, said)
		}
		if code != exitDone {
			return errors.New(out)
		}
		return nil
	})
	t.Logf("500 users were held in %v, with an interruption and a kill; %d commands were done before the first", time.Since(began).Round(time.Millisecond), done)
	says(t, env, []string{"bulk", "report", journal}, exitDone, []string{"500 applied"})
	says(t, env, []string{"bulk", "run", "hold", "--stage", "in_review", "--reason", "a look"}, exitFailed, []string{"nobody is found"})
	if n := s.holds(); n != users {
		t.Errorf("%d commands were sent, want %d", n, users)
	}
	if n := count(t, s.pool, "select count(*) from onboardings where stage = 'on_hold'"); n != users {
		t.Errorf("%d users are on hold, want %d", n, users)
	}
	if n := count(t, s.pool, "select count(*) from log where input = 'operator/hold' and outcome = 'applied'"); n != users {
		t.Errorf("%d holds were applied, want %d", n, users)
	}
}

// inReview has a provider look at n users.
func (s *system) inReview(n int) {
	s.t.Helper()
	users := make(chan int)
	var wg sync.WaitGroup
	var mu sync.Mutex
	var failures []error
	for range 8 {
		wg.Go(func() {
			for i := range users {
				a, err := s.post(pathKYC, kyc(s.user(i), "NOT_VERIFIED", "VERIFICATION"))
				if err == nil && a.status != 200 {
					err = errors.New(a.String())
				}
				mu.Lock()
				failures = append(failures, err)
				mu.Unlock()
			}
		})
	}
	for i := range n {
		users <- i
	}
	close(users)
	wg.Wait()
	if err := errors.Join(failures...); err != nil {
		s.t.Fatal(err)
	}
	s.folded()
}

// holds returns how many commands were stored.
func (s *system) holds() int64 {
	s.t.Helper()
	return count(s.t, s.pool, "select count(*) from events where provider = 'operator'")
}

// settled returns for how many users a journal has an outcome.
func settled(t *testing.T, journal string) int {
	t.Helper()
	users := map[int]bool{}
	for line := range strings.Lines(readFile(t, journal)) {
		var l struct {
			N       int
			Outcome string
		}
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if l.Outcome != "" {
			users[l.N] = true
		}
	}
	return len(users)
}

// outcomes waits until a journal has as many.
func outcomes(t *testing.T, journal string, want int) {
	t.Helper()
	eventually(t, "the bulk run goes on", func() error {
		text, err := os.ReadFile(journal)
		if err != nil {
			return err
		}
		if n := strings.Count(string(text), `"outcome":`); n < want {
			return errFew{int64(n), int64(want)}
		}
		return nil
	})
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
