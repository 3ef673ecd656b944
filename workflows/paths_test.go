package workflows_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/activity"

	"admit/onboarding"
	"admit/workflows"
)

// path is one way through the workflow, driven on a real server. drive returns
// the run whose history stands for it.
type path struct {
	name   string
	limits *workflows.Limits
	row    func() *row // stands in for the book where the rules matter
	drive  func(s *server) (runID string)
}

// paths are all ways that are recorded.
var paths = slices.Concat(common, rare)

// common are the ways that most users go, and the ends of a run.
var common = []path{
	{name: "approval", drive: approval},
	{name: "reversal", drive: reversal},
	{name: "foreign-queue", drive: foreignQueue},
	{name: "timer", drive: timerFired},
	{name: "command", drive: commandUpdate},
	{name: "fallback", drive: fallback},
	{name: "continue-as-new", limits: &workflows.Limits{Events: 30}, drive: continueAsNew},
	{name: "successor", limits: &workflows.Limits{Events: 30}, drive: successor},
	{name: "forced", limits: &workflows.Limits{Events: 20, Force: 30}, drive: forced},
	{name: "completion", drive: completion},
}

// report folds one event that leaves the given check behind, and rings.
func (s *server) report(change func(sum *onboarding.Summary)) string {
	s.b.change(func(b *book) {
		b.inbox++
		change(&b.summary)
	})
	return s.ring()
}

func (s *server) folded(events int) {
	s.t.Helper()
	s.until("events folded", func() bool { return read(s.b, func(b *book) int { return b.folded }) == events })
}

// approve walks to an approved user whose grant and hook are delivered.
func (s *server) approve() string {
	s.b.change(func(b *book) {
		if b.deadline.IsZero() {
			b.deadline, b.in = time.Now().Add(24*time.Hour), 24*time.Hour
		}
	})
	run := s.report(func(sum *onboarding.Summary) { sum.Checks.KYC = onboarding.StatusAwaitingUser })
	s.folded(1)
	s.report(func(sum *onboarding.Summary) {
		sum.Stage, sum.BlockedOn, sum.Checks.KYC = onboarding.StageInReview, onboarding.Provider, onboarding.StatusInReview
	})
	s.folded(2)
	s.b.change(func(b *book) {
		b.add("core", onboarding.LaneAccess, onboarding.EffectGranted)
		b.add("core", onboarding.LaneRest, "onboarding.approved")
	})
	s.report(func(sum *onboarding.Summary) {
		sum.Stage, sum.BlockedOn, sum.Access = onboarding.StageApproved, onboarding.Nobody, onboarding.AccessGranted
		sum.Checks.KYC = onboarding.StatusPassed
	})
	return run
}

func approval(s *server) string {
	run := s.approve()
	s.sent(onboarding.EffectGranted)
	s.sent("onboarding.approved")
	s.idle()
	return run
}

// idle waits until no lane is in flight.
func (s *server) idle() {
	s.t.Helper()
	s.until("no lane in flight", func() bool {
		v, err := s.query()
		return err == nil && len(v.Lanes) == 0
	})
}

// revoke takes the approval away again.
func (s *server) revoke() {
	s.b.change(func(b *book) {
		b.supersede(onboarding.EffectGranted)
		b.add("core", onboarding.LaneAccess, onboarding.EffectRevoked)
	})
	s.report(func(sum *onboarding.Summary) {
		sum.Stage, sum.BlockedOn, sum.Access, sum.Reversed = onboarding.StageSuspended, onboarding.User, onboarding.AccessRevoked, true
		sum.Checks.KYC = onboarding.StatusExpired
	})
}

// failed waits until an attempt at the effect has failed.
func (s *server) failed(name string) {
	s.t.Helper()
	s.sent("!" + name)
}

func reversal(s *server) string {
	s.b.send = func(_ context.Context, e effect) error {
		if e.name == onboarding.EffectGranted {
			return again(time.Hour)
		}
		return nil
	}
	run := s.approve()
	s.failed(onboarding.EffectGranted)
	s.revoke()
	s.sent(onboarding.EffectRevoked)
	if s.b.delivered(onboarding.EffectGranted) {
		s.t.Error("the grant was delivered")
	}
	s.idle()
	return run
}

// elsewhere starts another team's worker, whose activity answers with the errors
// in turn and then well; it returns the bodies that the activity got.
func (s *server) elsewhere(errs ...error) func() []string {
	queue := s.queue + "-crm"
	s.b.change(func(b *book) { b.foreign["crm"], b.queue = "OnOnboardingEvent", queue })
	bodies := make(chan string, 100)
	w := s.worker(queue)
	calls := 0
	w.RegisterActivityWithOptions(func(_ context.Context, body json.RawMessage) error {
		bodies <- string(body)
		calls++
		if calls <= len(errs) {
			return errs[calls-1]
		}
		return nil
	}, activity.RegisterOptions{Name: "OnOnboardingEvent"})
	s.start(w)
	return func() []string {
		var all []string
		for len(bodies) > 0 {
			all = append(all, <-bodies)
		}
		return all
	}
}

func foreignQueue(s *server) string {
	bodies := s.elsewhere(again(0))
	s.b.change(func(b *book) {
		b.add("crm", onboarding.LaneRest, "onboarding.started")
		b.add("crm", onboarding.LaneRest, "onboarding.in_review")
	})
	run := s.ring()
	s.sent("onboarding.started")
	s.sent("onboarding.in_review")
	s.idle()
	want := []string{`{"type":"onboarding.started"}`, `{"type":"onboarding.started"}`, `{"type":"onboarding.in_review"}`}
	if got := bodies(); !slices.Equal(got, want) {
		s.t.Errorf("the activity got %v, want %v", got, want)
	}
	return run
}

func timerFired(s *server) string {
	s.b.change(func(b *book) {
		b.deadline, b.in = time.Now().Add(100*time.Millisecond), 100*time.Millisecond
		b.fold = func(b *book, call int) error {
			if call > 1 {
				b.deadline, b.in, b.summary.Stalled = time.Now().Add(time.Hour), time.Hour, true
			}
			return nil
		}
	})
	run := s.ring()
	s.until("the timer fired", func() bool { return read(s.b, func(b *book) int { return len(b.advances) }) == 2 })
	s.until("the next one armed", func() bool {
		v, err := s.query()
		return err == nil && v.Deadline != nil && time.Until(*v.Deadline) > time.Minute
	})
	return run
}

func commandUpdate(s *server) string {
	run := s.ring()
	want := onboarding.CommandOutcome{RequestID: "request-1", Outcome: onboarding.Applied, Seq: 3}
	s.b.change(func(b *book) { b.commands[want.RequestID] = want })
	if got, err := s.update(want.RequestID); err != nil || got != want {
		s.t.Errorf("outcome %+v, %v; want %+v", got, err, want)
	}
	if _, err := s.update("request-2"); err == nil || !strings.Contains(err.Error(), "admin API") {
		s.t.Errorf("an unknown command was answered %v", err)
	}
	return run
}

func fallback(s *server) string {
	s.b.change(func(b *book) {
		b.fold = func(_ *book, call int) error {
			if call <= 2 {
				return errAway
			}
			return nil
		}
	})
	run := s.report(func(*onboarding.Summary) {})
	s.folded(1)
	s.until("adopted", func() bool { v, err := s.query(); return err == nil && v.Version == 1 })
	return run
}

// fill rings until the run has ended, each ring folded before the next.
func (s *server) fill(run string) {
	s.t.Helper()
	for s.status(run) == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		s.report(func(*onboarding.Summary) {})
		s.until("inbox folded", func() bool { return read(s.b, func(b *book) int { return b.inbox }) == 0 })
	}
}

func continueAsNew(s *server) string {
	s.b.change(func(b *book) { b.add("core", onboarding.LaneRest, "onboarding.started") })
	run := s.report(func(*onboarding.Summary) {})
	s.fill(run)
	if got := s.status(run); got != enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW {
		s.t.Errorf("the run is %s", got)
	}
	return run
}

func successor(s *server) string {
	first := continueAsNew(s)
	s.b.change(func(b *book) { b.add("core", onboarding.LaneRest, "onboarding.in_review") })
	next := s.report(func(*onboarding.Summary) {})
	s.sent("onboarding.in_review")
	if next == first {
		s.t.Error("no run followed")
	}
	s.idle()
	return next
}

func forced(s *server) string {
	s.b.change(func(b *book) {
		b.add("core", onboarding.LaneRest, "onboarding.started")
		b.send = func(context.Context, effect) error { return again(time.Hour) }
	})
	run := s.report(func(*onboarding.Summary) {})
	s.failed("onboarding.started")
	s.fill(run)
	s.b.change(func(b *book) { b.send = nil })
	return run
}

func completion(s *server) string {
	run := s.report(func(*onboarding.Summary) {})
	s.folded(1)
	s.b.change(func(b *book) {
		b.done = true
		b.add("core", onboarding.LaneRest, "onboarding.closed")
	})
	s.report(func(sum *onboarding.Summary) { sum.Stage, sum.BlockedOn = onboarding.StageClosed, onboarding.Nobody })
	if err := s.ended(run); err != nil {
		s.t.Errorf("the run ended with %v", err)
	}
	s.sent("onboarding.closed")
	return run
}
