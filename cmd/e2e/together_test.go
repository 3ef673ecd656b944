package e2e_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
)

// TestSameWebhookAtOnce posts one webhook a hundred times at once and holds that
// it changes the state once, and that downstream hears of each change once.
func TestSameWebhookAtOnce(t *testing.T) {
	t.Parallel()
	const times = 100
	k := newSink(t)
	s := newSystem(t, options{config: k.config()})
	s.serve()
	user := s.user(1)
	answers := make([]error, times)
	var wg sync.WaitGroup
	started := time.Now()
	for i := range times {
		wg.Go(func() {
			a, err := s.post(pathKYC, kyc(user, "VERIFIED", "SUCCESSFUL"))
			if err == nil && (a.status != 200 || a.body != "{}") {
				err = fmt.Errorf("answer %v", a)
			}
			answers[i] = err
		})
	}
	wg.Wait()
	t.Logf("%d webhooks at once were answered within %v", times, time.Since(started).Round(time.Millisecond))
	for _, err := range answers {
		if err != nil {
			t.Fatal(err)
		}
	}
	s.settled()

	v := s.sees(user, "approved", func(v view) bool { return v.Events == times && v.Stage == "approved" })
	if v.Version != 1 || v.Access != "granted" || v.AccessVersion != 1 || v.LastSeq != times {
		t.Errorf("%+v", v)
	}
	entries, err := s.timeline(user)
	if err != nil {
		t.Fatal(err)
	}
	outcomes := map[string]int{}
	for _, e := range entries {
		if e.Kind == "log" {
			outcomes[e.Outcome]++
		}
	}
	if fmt.Sprint(outcomes) != fmt.Sprint(map[string]int{"applied": 1, "duplicate": times - 1}) {
		t.Errorf("outcomes %v", outcomes)
	}
	var heard []string
	for _, c := range k.of(user) {
		heard = append(heard, c.Type)
	}
	slices.Sort(heard)
	if want := []string{"access.granted", "check.changed", "onboarding.approved", "onboarding.started"}; !slices.Equal(heard, want) {
		t.Errorf("downstream heard %v, want %v", heard, want)
	}
}
