package workflows_test

import (
	"fmt"
	"slices"
	"testing"

	"admit/onboarding"
)

// TestResetToAnyTask resets a run, whose hook on another team's queue has heard of a
// grant and of a revoke, to each workflow task that it has: the hook hears neither
// again, and then what is new. No task of the run falls into the time of one of the
// hook's activities: a reset to such a one makes the server itself hand the activity
// out again.
func TestResetToAnyTask(t *testing.T) {
	t.Parallel()
	b := newBook()
	s := serve(t, b, nil)
	heard := s.elsewhere()
	tell := func(name string) (run, body string) {
		b.change(func(b *book) { b.add("crm", onboarding.LaneAccess, name) })
		run = s.ring()
		s.sent(name)
		s.until("the run rests", func() bool { return s.pending() == "" && s.rests() })
		return run, `{"type":"` + name + `"}`
	}
	run, granted := tell(onboarding.EffectGranted)
	again, revoked := tell(onboarding.EffectRevoked)
	if again != run {
		t.Fatal("the run has ended")
	}
	h := s.history(run)
	want := []string{granted, revoked}
	for _, end := range tasks(h) {
		s.resetTo(run, end)
		s.until("the new run rests", func() bool { return s.pending() == "" && s.rests() })
		if got := heard(); !slices.Equal(got, want) {
			t.Errorf("after a reset to the task that ended with event %d the hook has heard %q, want %q", end, got, want)
		}
		next, body := tell(fmt.Sprintf("onboarding.after-%d", end))
		want = []string{body}
		replay(t, s.history(next))
	}
}
