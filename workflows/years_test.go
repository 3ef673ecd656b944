package workflows_test

import (
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"

	"admit/onboarding"
	"admit/workflows"
)

// What no run's history may reach, however a life goes: a run has to be replayed
// whenever a worker does not have it in memory.
const (
	mostEvents = 1000
	mostBytes  = 256 << 10
)

// gauge counts how long a run's history would be at most where the engine is only
// simulated, and tells the workflow: each signal, update, timer and end of an
// activity is taken to have a workflow task of its own, and each Advance an upsert.
// What real histories count is in TestYearsOnAServer.
type gauge struct {
	env    *testsuite.TestWorkflowEnvironment // nil for a real history
	events int
}

// Events that one thing leaves in a history, its workflow task apart.
const (
	taskEvents     = 3 // scheduled, started, completed
	activityEvents = 3
	updateEvents   = 2 // accepted, completed
	advanceEvents  = 2 // the marker and an upsert
)

func (g *gauge) add(events, tasks int) {
	if g.events += events + taskEvents*tasks; g.env != nil {
		g.env.SetCurrentHistoryLength(g.events)
	}
}

func (g *gauge) listen(env *testsuite.TestWorkflowEnvironment) {
	g.env = env
	g.add(1, 1)
	env.SetOnTimerScheduledListener(func(string, time.Duration) { g.add(1, 0) })
	env.SetOnTimerFiredListener(func(string) { g.add(1, 1) })
	env.SetOnTimerCanceledListener(func(string) { g.add(1, 0) })
	env.SetOnLocalActivityCompletedListener(func(*activity.Info, converter.EncodedValue, error) { g.add(advanceEvents, 0) })
	env.SetOnActivityCompletedListener(func(*activity.Info, converter.EncodedValue, error) { g.add(activityEvents, 1) })
}

// years is a life in the time-skipping environment, run after run.
type years struct {
	t       *testing.T
	row     *row
	now     func() time.Time // the environment's clock, which is the database's
	moments []moment
	passed  int // moments that have come
	runs    []*gauge
}

// TestThreeYears lives the life through the workflow: the same things happen in
// the same order as by the rules alone, nothing is due for longer than a timer may
// be late, and no run grows too long.
func TestThreeYears(t *testing.T) {
	t.Parallel()
	_, want := byRules(t)
	y := &years{t: t, moments: life()}
	y.row = newRow(func() time.Time { return y.now() }, everybody()...)
	start, in := born, input()
	for {
		env := y.run(start, in)
		if env.GetWorkflowError() == nil {
			break // the user is closed
		}
		start = env.Now()
		if next := continued(t, env); next.Run != in.Run+1 {
			t.Fatalf("run %d was followed by %+v", in.Run, next)
		}
		in.Run++
	}
	sameStory(t, y.row.story(0), want)
	for _, l := range y.row.log {
		// A timer is rounded up to whole seconds.
		if late := l.At.Sub(l.Due); !l.Due.IsZero() && late > time.Second {
			t.Errorf("%s was due at %s and folded %s later", l.Input, l.Due, late)
		}
	}
	longest := 0
	for i, g := range y.runs {
		longest = max(longest, g.events)
		if g.events >= mostEvents {
			t.Errorf("run %d has %d events", i, g.events)
		}
	}
	if len(y.runs) < 4 {
		t.Errorf("%d runs: the life is to need some", len(y.runs))
	}
	t.Logf("%d log entries, %d Advances, %d runs, none of more than %d events", len(y.row.log), y.row.advances, len(y.runs), longest)
}

// sameStory holds that two stories are the same.
func sameStory(t *testing.T, got, want []string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Errorf("%d entries, want %d; entry %d on: %q, want %q", len(got), len(want), i, got[min(i, len(got)):min(i+3, len(got))], want[min(i, len(want)):min(i+3, len(want))])
			return
		}
	}
}

// run lets one run live from start until it ends.
func (y *years) run(start time.Time, in workflows.Input) *testsuite.TestWorkflowEnvironment {
	y.t.Helper()
	env := environment(y.t, y.row.activities())
	env.SetStartTime(start)
	y.now = env.Now
	g := &gauge{}
	y.runs = append(y.runs, g)
	g.listen(env)
	for i := y.passed; i < len(y.moments); i++ {
		at(env, max(0, born.Add(y.moments[i].at).Sub(start)), func() { y.happens(env, i) })
	}
	run(y.t, env, in)
	return env
}

// happens lets a moment come to pass.
func (y *years) happens(env *testsuite.TestWorkflowEnvironment, i int) {
	y.passed = i + 1
	m := y.moments[i]
	y.row.accept(m.in)
	g := y.runs[len(y.runs)-1]
	if m.in.Kind != onboarding.InputCommand {
		g.add(1, 1)
		env.SignalWorkflow(onboarding.SignalEvents, onboarding.Ring{EventID: 1})
		return
	}
	g.add(updateEvents, 1)
	id := m.in.Command.RequestID
	env.UpdateWorkflow(onboarding.UpdateName, id, &testsuite.TestUpdateCallback{
		OnAccept: func() {},
		OnReject: func(err error) { y.t.Errorf("%s: %v", id, err) },
		OnComplete: func(v any, err error) {
			if o, ok := v.(onboarding.CommandOutcome); err != nil || !ok || o.Outcome != onboarding.Applied {
				y.t.Errorf("%s was answered %+v, %v", id, v, err)
			}
		},
	}, onboarding.CommandRequest{RequestID: id})
}
