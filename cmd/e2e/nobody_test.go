package e2e_test

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// TestNobodyPolls names a task queue that nobody polls: the ledger, the list of
// hooks and a metric say so, nobody else waits, and a worker that comes later is
// told everything once.
func TestNobodyPolls(t *testing.T) {
	t.Parallel()
	k, crm := newSink(t), &colleague{}
	s := newSystem(t, options{config: noJitter + "hooks:\n" + k.hook(`"*"`) +
		"  - {name: crm, task_queue: crm, activity: OnOnboardingEvent, events: [\"onboarding.*\", \"access.*\"]}\n"})
	s.serve()
	user := s.user(1)
	began := time.Now()
	s.accepted(pathKYC, kyc(user, "VERIFIED", "SUCCESSFUL"))
	eventually(t, "the hook is told", func() error {
		if n := len(k.of(user)); n != 4 {
			return errFew{int64(n), 4}
		}
		return nil
	})
	t.Logf("the hook was told of everything after %v", time.Since(began).Round(time.Millisecond))
	v := s.shows("crm", "without a poller", func(v hookView) bool { return v.Pollers != nil && *v.Pollers == 0 && v.Waiting > 0 })
	if v.Kind != "task_queue" || v.TaskQueue != "crm" {
		t.Errorf("it is shown as %+v", v)
	}
	s.measures(`admit_hook_pollers{hook="crm"}`, func(n float64) bool { return n == 0 })
	says(t, []string{"ADMIT_ADMIN_URL=http://" + s.admin, "ADMIT_TOKEN=" + readerToken}, []string{"hooks", "list"}, exitDone, []string{"nobody polls crm"})
	eventually(t, "the ledger says that nobody polls", func() error {
		for _, e := range s.effects(user, "crm") {
			if strings.Contains(e.LastAnswer, "nobody polls the task queue crm") {
				t.Logf("after %v %s says %q", time.Since(began).Round(time.Millisecond), e.Key, e.LastAnswer)
				return nil
			}
		}
		return errors.New("no effect says so")
	})

	crm.work(t, s)
	s.settled()
	for _, e := range s.effects(user, "crm") {
		if n := len(crm.of(user, e.Effect)); n != 1 || e.State != "delivered" || e.LastAnswer != "completed" {
			t.Errorf("%s is %s, %q, and was heard %d times", e.Key, e.State, e.LastAnswer, n)
		}
	}
	s.shows("crm", "polled", func(v hookView) bool { return v.Pollers != nil && *v.Pollers > 0 && v.Waiting == 0 })
	s.measures(`admit_hook_pollers{hook="crm"}`, func(n float64) bool { return n > 0 })
}
