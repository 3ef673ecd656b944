package e2e_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestFiftyFailures has a sink fail fifty times for each effect, and another ask
// for a second once: each effect is taken once, under one ID at all attempts, and
// the timeline says how many there were. It takes a minute, for the engine's retries
// are a second apart.
func TestFiftyFailures(t *testing.T) {
	t.Parallel()
	const failures = 50
	k, busy := newSink(t), newSink(t)
	tries := map[string]int{}
	k.answers(func(c call) int {
		if tries[c.key("")]++; tries[c.key("")] <= failures {
			return http.StatusInternalServerError
		}
		return http.StatusNoContent
	})
	busy.answers(func(call) int {
		if len(busy.calls) == 0 {
			return http.StatusTooManyRequests
		}
		return http.StatusNoContent
	})
	const often = "retry: {first: 10ms, max: 100ms}"
	s := newSystem(t, options{config: noJitter + "hooks:\n" +
		hookAt(k.server.URL, "core", `"access.*", "onboarding.approved"`, often) + // a lane each, so that none waits for another
		hookAt(k.server.URL, "starts", `"onboarding.started"`, often) +
		hookAt(k.server.URL, "checks", `"check.changed"`, often) +
		hookAt(busy.server.URL, "busy", `"onboarding.approved"`, "retry: {first: 10ms, max: 10s}")})
	s.serve()
	user := s.user(1)
	began := time.Now()
	s.accepted(pathKYC, kyc(user, "VERIFIED", "SUCCESSFUL"))
	s.settled() // a task that the engine loses costs a minute
	t.Logf("all was taken %v after the webhook", time.Since(began).Round(time.Millisecond))
	ids := map[string]bool{}
	for _, target := range []string{"core", "starts", "checks"} {
		for _, e := range s.effects(user, target) {
			if e.State != "delivered" || e.Attempts != failures+1 || e.LastAnswer != "204" {
				t.Errorf("%s is %s after %d attempts, the last answered %s", e.Key, e.State, e.Attempts, e.LastAnswer)
			}
			ids[k.tried(t, strings.TrimSuffix(e.Key, target), failures+1)] = true
		}
	}
	if len(ids) != 4 {
		t.Errorf("%d effects came, want 4: granted, approved, started, check.changed", len(ids))
	}
	busy.leftAlone(t, s, user)
}

// leftAlone holds that who asked for a second was given it.
func (k *sink) leftAlone(t *testing.T, s *system, user string) {
	t.Helper()
	calls := k.of(user)
	if len(calls) != 2 || calls[0].ID != calls[1].ID {
		t.Fatalf("who asked for time was called %d times about %s", len(calls), user)
	}
	if waited := calls[1].At.Sub(calls[0].At); waited < time.Second {
		t.Errorf("who asked for a second was left alone for %v", waited)
	}
	for _, e := range s.effects(user, "busy") {
		if e.State != "delivered" || e.Attempts != 2 || e.LastAnswer != "204" {
			t.Errorf("%s is %s after %d attempts, the last answered %s", e.Key, e.State, e.Attempts, e.LastAnswer)
		}
	}
}

// effects returns the effects of a user at a target, as the timeline has them.
func (s *system) effects(user, target string) []entry {
	s.t.Helper()
	entries, err := s.timeline(user)
	if err != nil {
		s.t.Fatal(err)
	}
	var found []entry
	for _, e := range entries {
		if e.Kind == "effect" && e.Target == target {
			found = append(found, e)
		}
	}
	return found
}

// tried holds that the effect of a key, its target left out, was tried so often, the
// last time alone with success and always under one ID, which is returned.
func (k *sink) tried(t *testing.T, key string, times int) string {
	t.Helper()
	k.mu.Lock()
	defer k.mu.Unlock()
	var id string
	n := 0
	for _, c := range k.calls {
		if c.key("") != key {
			continue
		}
		n++
		switch {
		case id != "" && c.ID != id:
			t.Errorf("attempt %d at %s came as %s, the first as %s", n, key, c.ID, id)
		case (c.Status < http.StatusMultipleChoices) != (n == times):
			t.Errorf("attempt %d at %s was answered %d", n, key, c.Status)
		}
		id = c.ID
	}
	if n != times {
		t.Errorf("%s was tried %d times, want %d", key, n, times)
	}
	return id
}
