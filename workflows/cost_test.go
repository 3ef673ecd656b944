package workflows_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	historypb "go.temporal.io/api/history/v1"

	"admit/onboarding"
)

// mostJourneyActions is what the canonical journey may cost. A change that raises
// it should be worth it; one that lowers it lowers it here.
const mostJourneyActions = 18

// journey is the canonical way to an approval: six webhooks, one by one.
var journey = []onboarding.Report{
	{Check: onboarding.KYC, Status: "NOT_VERIFIED"},
	{Check: onboarding.KYCFiles, Status: "ADDED"},
	{Check: onboarding.KYC, Status: "NOT_VERIFIED", Attempt: "PENDING"},
	{Check: onboarding.KYC, Status: "NOT_VERIFIED", Attempt: "VERIFICATION"},
	{Check: onboarding.KYC, Status: "NOT_VERIFIED", Attempt: "SUCCESSFUL"},
	{Check: onboarding.KYC, Status: "VERIFIED", Attempt: "SUCCESSFUL"},
}

// oneHook is the journey's one target.
var oneHook = []onboarding.Target{{Name: "core", Events: []string{"access.*"}}}

// TestCostOfAnOnboarding counts what the canonical journey leaves in a real
// history and what a hosted Temporal charges for it, beside what the same journey
// costs a workflow written without a thought of it.
func TestCostOfAnOnboarding(t *testing.T) {
	t.Parallel()
	ours, naive := ourJourney(t), naiveJourney(t)
	a, b := billed(ours), billed(naive)
	t.Log("\n" + costTable(ours, naive))
	if a.actions() >= b.actions() || len(ours.GetEvents()) >= len(naive.GetEvents()) || size(ours) >= size(naive) {
		t.Error("the shell costs no less than the naive variant")
	}
	if a.actions() > mostJourneyActions {
		t.Errorf("%d actions, want %d at most", a.actions(), mostJourneyActions)
	}
	// The journey is what it says: a start, five signals, a timer and a delivery.
	if a.starts != 1 || a.signals != len(journey)-1 || a.timers != 1 || a.activities != 1 || a.retries != 0 {
		t.Errorf("the journey was %+v", a)
	}
	if b.starts != 1 || b.signals != len(journey)-1 || b.activities != len(journey)+1 || b.retries != 0 {
		t.Errorf("the naive journey was %+v", b)
	}
}

// ourJourney sends the journey through the shell.
func ourJourney(t *testing.T) *historypb.History {
	t.Helper()
	s := newServer(t, nil)
	r := newRow(time.Now, oneHook...)
	s.serveRow(r)
	run := ""
	for i, report := range journey {
		r.accept(onboarding.Input{Kind: onboarding.InputReport, Report: report})
		run = s.ring()
		s.until("the webhook is folded", func() bool { return len(r.story(0)) == i+1 && r.settled() })
	}
	s.idle()
	if got := r.story(0)[len(journey)-1]; !strings.HasSuffix(got, " approved") {
		t.Errorf("the journey ends with %q", got)
	}
	return s.history(run)
}

// naiveJourney sends it through the naive variant.
func naiveJourney(t *testing.T) *historypb.History {
	t.Helper()
	s := newServer(t, nil)
	n := naive{hooks: s.hooks, targets: oneHook, policy: onboarding.DefaultPolicy()}
	var mu sync.Mutex
	done := map[string]int{}
	s.acts, s.shell = n.activities(func(name string) {
		mu.Lock()
		defer mu.Unlock()
		done[name]++
	}), n.Onboarding
	s.startWorkers()
	run := ""
	for i, report := range journey {
		r, err := s.c.SignalWithStartWorkflow(s.ctx(), s.id(), onboarding.SignalEvents, report, s.options(), onboarding.WorkflowType, s.in)
		if err != nil {
			t.Fatal(err)
		}
		run = r.GetRunID()
		s.until("the webhook is recorded", func() bool {
			mu.Lock()
			defer mu.Unlock()
			return done[activityRecordEvent] == i+1
		})
	}
	s.until("the hook is called and nothing runs", func() bool {
		mu.Lock()
		called := done[onboarding.ActivityDeliver] == 1
		mu.Unlock()
		return called && s.pending() == "" && s.rests()
	})
	return s.history(run)
}

// rests says whether no workflow task is under way.
func (s *server) rests() bool {
	d, err := s.c.DescribeWorkflowExecution(s.ctx(), s.id(), "")
	return err == nil && d.GetPendingWorkflowTask() == nil
}

// size is a history's size in bytes.
func size(h *historypb.History) int {
	n := 0
	for _, e := range h.GetEvents() {
		n += e.Size()
	}
	return n
}

func costTable(ours, naive *historypb.History) string {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(what string, of func(h *historypb.History) int) {
		// Writing to memory does not fail.
		_, _ = fmt.Fprintf(w, "%s\t%d\t%d\t\n", what, of(ours), of(naive))
	}
	_, _ = fmt.Fprintf(w, "an onboarding\tthe shell\tnaive\t\n")
	for _, c := range []struct {
		what string
		of   func(b bill) int
	}{
		{"starts", func(b bill) int { return b.starts }},
		{"signals", func(b bill) int { return b.signals }},
		{"timers", func(b bill) int { return b.timers }},
		{"activities", func(b bill) int { return b.activities + b.retries }},
		{"tasks with local activities", func(b bill) int { return b.markers }},
		{"search attribute upserts", func(b bill) int { return b.upserts }},
		{"ACTIONS", bill.actions},
	} {
		row(c.what, func(h *historypb.History) int { return c.of(billed(h)) })
	}
	row("history events", func(h *historypb.History) int { return len(h.GetEvents()) })
	row("history bytes", size)
	// Nor does this.
	_ = w.Flush()
	return text.String()
}
