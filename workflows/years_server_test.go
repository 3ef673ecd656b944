package workflows_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"

	"admit/onboarding"
)

// stretches is into how many parts the life is cut on a real server, where a
// timer takes a second at least; they are lived at the same time.
const stretches = 8

// TestYearsOnAServer lives the life in stretches on a real server: the database's
// clock jumps to what comes next, and each timer is given a second. So the
// histories are those of the years, event by event: no run's grows too long,
// each replays, and what the gauge counts is not less.
func TestYearsOnAServer(t *testing.T) {
	t.Parallel()
	_, want := byRules(t)
	for n := range stretches {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			begin, end := born.Add(lifespan/stretches*time.Duration(n)), born.Add(lifespan/stretches*time.Duration(n+1))
			if n == stretches-1 {
				end = end.Add(day)
			}
			clock := born
			young := newRow(func() time.Time { return clock }, everybody()...)
			moments := young.live(t, &clock, life(), begin)
			from := len(young.log)

			l := &stretch{server: newServer(t, nil)}
			l.row = young
			l.keepTime(clock)
			l.serveRow(young)
			l.live(moments, end)
			sameStory(t, young.story(from), want[from:min(len(want), from+len(young.story(from)))])
			l.measure()
		})
	}
}

// stretch is a part of a life on a real server.
type stretch struct {
	*server
	now atomic.Int64 // the database's clock, in microseconds
}

// keepTime makes the row live by the stretch's clock, whose time jumps, and gives
// each timer the second that none is shorter than.
func (l *stretch) keepTime(from time.Time) {
	l.row.mu.Lock()
	defer l.row.mu.Unlock()
	l.jump(from)
	l.row.clock = func() time.Time { return time.UnixMicro(l.now.Load()).UTC() }
	l.row.wait = func(time.Duration) time.Duration { return 0 }
}

func (l *stretch) jump(to time.Time) { l.now.Store(to.UnixMicro()) }

// live lets what comes next happen, one after the other.
func (l *stretch) live(moments []moment, until time.Time) {
	l.t.Helper()
	if l.entries() > 0 {
		l.ring() // the run adopts what stands in the row
	}
	for {
		at, deadline, ok := l.row.turn(moments, until)
		if !ok {
			return
		}
		before := l.entries()
		l.jump(at)
		if !deadline {
			in := moments[0].in
			moments = moments[1:]
			l.row.accept(in)
			if in.Kind == onboarding.InputCommand {
				if o, err := l.update(in.Command.RequestID); err != nil || o.Outcome != onboarding.Applied {
					l.t.Errorf("%s was answered %+v, %v", in.Command.Name, o, err)
				}
			} else {
				l.ring()
			}
		}
		l.until(fmt.Sprintf("what comes at %s is folded, and nothing waits", at), func() bool {
			return l.entries() > before && l.row.settled()
		})
		// What the end of a delivery wakes would see the clock of what comes next.
		if l.row.next() {
			l.idle()
		}
	}
}

func (l *stretch) entries() int {
	l.row.mu.Lock()
	defer l.row.mu.Unlock()
	return len(l.row.log)
}

// measure holds every run that the stretch took to what a run may be.
func (l *stretch) measure() {
	l.t.Helper()
	for _, h := range l.chain() {
		run := h.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetOriginalExecutionRunId()
		d, err := l.c.DescribeWorkflowExecution(l.ctx(), l.id(), run)
		if err != nil {
			l.t.Fatal(err)
		}
		events, bytes := len(h.GetEvents()), d.GetWorkflowExecutionInfo().GetHistorySizeBytes()
		if events >= mostEvents || bytes >= mostBytes {
			l.t.Errorf("run %s has %d events and %d bytes", run, events, bytes)
		}
		if g := gauged(h); g < events {
			l.t.Errorf("run %s has %d events, the gauge counts only %d", run, events, g)
		}
		l.t.Logf("%d events, %d bytes, %d actions; the gauge counts %d events", events, bytes, billed(h).actions(), gauged(h))
		replay(l.t, h)
	}
}

// chain returns the histories of the user's runs, the newest first.
func (l *stretch) chain() []*historypb.History {
	l.t.Helper()
	var all []*historypb.History
	for run := ""; ; {
		h := l.history(run)
		all = append(all, h)
		run = h.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetContinuedExecutionRunId()
		if run == "" {
			return all
		}
	}
}

// gauged counts a real history by the gauge's rules.
func gauged(h *historypb.History) int {
	g := gauge{}
	g.add(1, 1)
	for _, e := range h.GetEvents() {
		switch e.GetEventType() {
		case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED, enumspb.EVENT_TYPE_TIMER_FIRED:
			g.add(1, 1)
		case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
			g.add(updateEvents, 1)
		case enumspb.EVENT_TYPE_TIMER_STARTED, enumspb.EVENT_TYPE_TIMER_CANCELED:
			g.add(1, 0)
		case enumspb.EVENT_TYPE_MARKER_RECORDED:
			g.add(advanceEvents, 0)
		case enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
			g.add(activityEvents, 1)
		}
	}
	return g.events
}
