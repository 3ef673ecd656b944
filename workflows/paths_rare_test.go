package workflows_test

import (
	"context"
	"fmt"
	"slices"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/temporal"

	"admit/onboarding"
	"admit/workflows"
)

// rare are the ways that a user seldom goes.
var rare = []path{
	{name: "restart", drive: restart},
	{name: "deadlines", row: shortDeadlines, drive: deadlines},
	{name: "earlier-deadline", drive: earlierDeadline},
	{name: "command-ends", drive: commandEnds},
	{name: "answered-at-the-end", limits: &workflows.Limits{Events: 8}, drive: answeredAtTheEnd},
	{name: "backlog", drive: backlog},
	{name: "lane-rests", drive: laneRests},
	{name: "foreign-refuses", drive: foreignRefuses},
	{name: "foreign-cancelled", drive: foreignCancelled},
	{name: "foreign-untaken", drive: foreignUntaken},
	{name: "attempt-in-flight", drive: attemptInFlight},
	{name: "store-away", drive: storeAway},
	{name: "worker-away", drive: workerAway},
	{name: "cancel-request", drive: cancelRequest},
	{name: "other-signal", drive: otherSignal},
	{name: "reset", drive: reset},
}

// asked waits until the run has a timer or an activity whose summary begins so.
func (s *server) asked(run, summary string) {
	s.t.Helper()
	s.until("the history has "+summary, func() bool {
		for _, e := range s.history(run).GetEvents() {
			if text := summaryOf(e); len(text) >= len(summary) && text[:len(summary)] == summary {
				return true
			}
		}
		return false
	})
}

func restart(s *server) string {
	first := completion(s)
	s.b.change(func(b *book) { b.done = false })
	next := s.report(func(sum *onboarding.Summary) { sum.Stage = onboarding.StageInReview })
	s.folded(3)
	s.idle()
	if next == first {
		s.t.Error("no run was started for a user who had ended")
	}
	return next
}

// shortDeadlines is a user with a deadline of each kind ahead.
func shortDeadlines() *row {
	const hour = onboarding.Duration(time.Hour)
	r := newRow(func() time.Time { return born }, everybody()...)
	r.policy.Jitter = 0
	r.policy.Stall.Collecting = onboarding.StageStall{
		Reconcile: []onboarding.Duration{hour}, Remind: []onboarding.Duration{2 * hour}, Escalate: []onboarding.Duration{3 * hour}, Abandon: 24 * hour,
	}
	return r
}

// deadlines lets a user who does nothing be asked about, reminded and given up.
func deadlines(s *server) string {
	l := &stretch{server: s}
	l.keepTime(born)
	l.live([]moment{{in: onboarding.Input{Kind: onboarding.InputStart}}}, born.Add(lifespan))
	run := s.newest()
	if err := s.ended(run); err != nil {
		s.t.Errorf("the run ended with %v", err)
	}
	story := s.row.story(0)
	for _, l := range []string{"deadline/reconcile applied  collecting", "deadline/remind applied  collecting", "deadline/abandon applied  abandoned"} {
		if !slices.Contains(story, l) {
			s.t.Errorf("%q is not in %q", l, story)
		}
	}
	return run
}

// newest returns the user's newest run.
func (s *server) newest() string {
	s.t.Helper()
	d, err := s.c.DescribeWorkflowExecution(s.ctx(), s.id(), "")
	if err != nil {
		s.t.Fatal(err)
	}
	return d.GetWorkflowExecutionInfo().GetExecution().GetRunId()
}

func earlierDeadline(s *server) string {
	s.b.change(func(b *book) { b.deadline, b.in = time.Now().Add(2*time.Hour), 2*time.Hour })
	run := s.ring()
	s.until("the first timer", func() bool { v, err := s.query(); return err == nil && v.Deadline != nil })
	s.b.change(func(b *book) { b.deadline, b.in = time.Now().Add(time.Hour), time.Hour })
	s.ring()
	s.until("the second", func() bool {
		v, err := s.query()
		return err == nil && v.Deadline != nil && time.Until(*v.Deadline) < 90*time.Minute
	})
	return run
}

// commandEnds sends a command after which nothing more is expected of the user.
func commandEnds(s *server) string {
	run := s.report(func(*onboarding.Summary) {})
	s.folded(1)
	want := onboarding.CommandOutcome{RequestID: "request-1", Outcome: onboarding.Applied, Seq: 2}
	s.b.change(func(b *book) {
		b.commands[want.RequestID], b.done, b.summary.Stage = want, true, onboarding.StageClosed
	})
	if got, err := s.update(want.RequestID); err != nil || got != want {
		s.t.Errorf("outcome %+v, %v; want %+v", got, err, want)
	}
	if err := s.ended(run); err != nil {
		s.t.Errorf("the run ended with %v", err)
	}
	return run
}

// answeredAtTheEnd sends the command that fills the history.
func answeredAtTheEnd(s *server) string {
	run := s.ring()
	s.until("the run has begun", func() bool { return read(s.b, func(b *book) int { return len(b.advances) }) == 1 && s.rests() })
	want := onboarding.CommandOutcome{RequestID: "request-1", Outcome: onboarding.Applied}
	s.b.change(func(b *book) { b.commands[want.RequestID] = want })
	if got, err := s.update(want.RequestID); err != nil || got != want {
		s.t.Errorf("outcome %+v, %v; want %+v", got, err, want)
	}
	s.until("the run has continued", func() bool {
		return s.status(run) == enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW
	})
	return run
}

func backlog(s *server) string {
	s.b.change(func(b *book) { b.inbox, b.batch = 25, 10 })
	run := s.ring()
	s.folded(25)
	s.until("the last batch adopted", func() bool { v, err := s.query(); return err == nil && v.Version == 25 })
	return run
}

func laneRests(s *server) string {
	s.b.change(func(b *book) {
		b.add("core", onboarding.LaneRest, "onboarding.started")
		b.send = func(context.Context, effect) error {
			return temporal.NewNonRetryableApplicationError("never", "Final", nil)
		}
	})
	run := s.ring()
	s.asked(run, "try again after a failure")
	return run
}

func foreignRefuses(s *server) string {
	s.elsewhere(temporal.NewNonRetryableApplicationError("never", "NoSuchCustomer", nil))
	s.b.change(func(b *book) { b.add("crm", onboarding.LaneRest, "onboarding.started") })
	run := s.ring()
	s.sent("onboarding.started")
	s.idle()
	return run
}

func foreignCancelled(s *server) string {
	s.b.change(func(b *book) { b.foreign["core"], b.queue = "OnOnboardingEvent", s.queue+"-nobody" })
	run := s.approve()
	s.asked(run, onboarding.EffectGranted)
	s.revoke()
	s.asked(run, onboarding.EffectRevoked)
	return run
}

// foreignUntaken lets the ledger not answer the first take.
func foreignUntaken(s *server) string {
	s.elsewhere()
	s.b.change(func(b *book) {
		b.take = func(_ *book, call int) error {
			if call == 1 {
				return errAway
			}
			return nil
		}
		b.add("crm", onboarding.LaneRest, "onboarding.started")
	})
	run := s.ring()
	s.sent("onboarding.started")
	s.idle()
	return run
}

func attemptInFlight(s *server) string {
	begun, release := make(chan struct{}, 1), make(chan struct{})
	s.b.change(func(b *book) {
		b.send = func(ctx context.Context, e effect) error {
			if e.name != onboarding.EffectGranted {
				return nil
			}
			begun <- struct{}{}
			select {
			case <-release:
				return again(time.Hour)
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	})
	run := s.approve()
	select {
	case <-begun:
	case <-time.After(patience):
		s.t.Fatal("the grant is not being sent")
	}
	s.sent("onboarding.approved")
	s.revoke()
	s.until("the revoke was seen", func() bool {
		v, err := s.query()
		return err == nil && slices.ContainsFunc(v.Lanes, func(l workflows.LaneView) bool { return l.Cancelled })
	})
	close(release)
	s.sent(onboarding.EffectRevoked)
	s.idle()
	return run
}

func storeAway(s *server) string {
	s.b.change(func(b *book) {
		b.fold = func(*book, int) error {
			return temporal.NewNonRetryableApplicationError("never", "Final", nil)
		}
	})
	run := s.ring()
	s.asked(run, "try again after a failure")
	return run
}

// workerAway lets a ring and a timer come in while no worker is there.
func workerAway(s *server) string {
	s.b.change(func(b *book) { b.deadline, b.in = time.Now().Add(time.Second), time.Second })
	run := s.ring()
	s.until("the run has begun", func() bool { return read(s.b, func(b *book) int { return len(b.advances) }) == 1 && s.rests() })
	s.stop()
	s.report(func(*onboarding.Summary) {})
	s.until("the timer has fired", func() bool {
		return slices.ContainsFunc(s.history(run).GetEvents(), isKind(enumspb.EVENT_TYPE_TIMER_FIRED))
	})
	s.b.change(func(b *book) { b.deadline = time.Time{} })
	s.startWorkers()
	s.folded(1)
	s.until("adopted", func() bool { v, err := s.query(); return err == nil && v.Version == 1 })
	return run
}

// cancelRequest asks the run to be cancelled, which changes nothing.
func cancelRequest(s *server) string {
	run := s.report(func(*onboarding.Summary) {})
	s.folded(1)
	if err := s.c.CancelWorkflow(s.ctx(), s.id(), run); err != nil {
		s.t.Fatal(err)
	}
	s.until("the request is seen", func() bool {
		return slices.ContainsFunc(s.history(run).GetEvents(), isKind(enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED)) && s.rests()
	})
	s.b.change(func(b *book) { b.add("core", onboarding.LaneRest, "onboarding.started") })
	if again := s.report(func(*onboarding.Summary) {}); again != run {
		s.t.Error("the run has ended")
	}
	s.sent("onboarding.started")
	s.folded(2)
	s.idle()
	return run
}

// otherSignal sends a signal that nobody waits for.
func otherSignal(s *server) string {
	run := s.ring()
	if err := s.c.SignalWorkflow(s.ctx(), s.id(), run, "approve", "now"); err != nil {
		s.t.Fatal(err)
	}
	s.report(func(*onboarding.Summary) {})
	s.folded(1)
	s.until("adopted", func() bool { v, err := s.query(); return err == nil && v.Version == 1 })
	return run
}

// reset resets an approved user's run to its beginning.
func reset(s *server) string {
	run := approval(s)
	next := s.resetTo(run, tasks(s.history(run))[0])
	s.report(func(*onboarding.Summary) {})
	s.folded(4)
	s.idle()
	return next
}

// tasks returns the events that ended the workflow tasks of a history.
func tasks(h *historypb.History) []int64 {
	var ends []int64
	for _, e := range h.GetEvents() {
		if e.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			ends = append(ends, e.GetEventId())
		}
	}
	return ends
}

// resetTo resets a run to the workflow task that ended with the event and returns the
// new run.
func (s *server) resetTo(run string, end int64) string {
	s.t.Helper()
	next, err := s.c.ResetWorkflowExecution(s.ctx(), &workflowservice.ResetWorkflowExecutionRequest{
		Namespace: namespace(), WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: s.id(), RunId: run},
		Reason: "test", WorkflowTaskFinishEventId: end, RequestId: fmt.Sprintf("%s-%d", run, end),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return next.GetRunId()
}
