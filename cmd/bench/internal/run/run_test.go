package run_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"google.golang.org/protobuf/types/known/timestamppb"

	"admit/cmd/bench/internal/run"
)

func TestReportComparesRoundByRound(t *testing.T) {
	t.Parallel()
	// The machine was busy in the last round: both sides lost, the ratio did not.
	admit, base := []float64{90, 95, 9}, []float64{100, 100, 10}
	var r run.Report
	r.AddRow("answers", "batcher", admit, base, run.AtLeast(0.8))
	r.AddRow("folds", "signal", admit, base, run.AtMost(0.5))
	r.AddRow("shown", "signal", admit, base, nil)
	r.AddMemory(60e6, 151e6)
	var verdicts []string
	for _, row := range r.Rows {
		switch {
		case row.Met == nil:
			verdicts = append(verdicts, "-")
		case *row.Met:
			verdicts = append(verdicts, "met")
		default:
			verdicts = append(verdicts, "missed")
		}
	}
	if want := []string{"met", "missed", "-", "missed", "-"}; !slices.Equal(verdicts, want) {
		t.Errorf("verdicts %v, want %v", verdicts, want)
	}
	if got := *r.Rows[0].Ratio; got != 0.9 {
		t.Errorf("ratio %v", got)
	}
	if r.Rows[0].Admit != 90 || *r.Rows[0].Baseline != 100 || r.Rows[3].Admit != 151 {
		t.Errorf("rows %+v", r.Rows)
	}
	text := r.Text()
	for _, want := range []string{"MISSED", "at least 0.80", "at most 150 MB", "no durable answers"} {
		if !strings.Contains(text, want) {
			t.Errorf("the report does not say %q:\n%s", want, text)
		}
	}
	if _, err := json.Marshal(r); err != nil {
		t.Error(err)
	}
}

func TestReportWithoutMemory(t *testing.T) {
	t.Parallel()
	var r run.Report
	r.AddMemory(0, 0)
	if len(r.Rows) != 0 || strings.Contains(r.Text(), "What the memory is") {
		t.Errorf("a figure that nobody told is reported:\n%s", r.Text())
	}
}

func TestInTurn(t *testing.T) {
	t.Parallel()
	sides := []string{"a", "b", "c"}
	for round, want := range []string{"abc", "cba", "abc"} {
		if got := strings.Join(run.InTurn(sides, round), ""); got != want {
			t.Errorf("round %d: %s, want %s", round, got, want)
		}
	}
}

func TestEnviron(t *testing.T) {
	t.Parallel()
	got := run.Environ([]string{"PATH=/bin", "ADMIT_SHADOW=true", "DATABASE_URL=postgres://x", "TEMPORAL_ADDRESS=127.0.0.1:1"})
	if want := []string{"PATH=/bin", "TEMPORAL_ADDRESS=127.0.0.1:1"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestSplit(t *testing.T) {
	t.Parallel()
	const (
		signalled = enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED
		started   = enumspb.EVENT_TYPE_WORKFLOW_TASK_STARTED
		completed = enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
		timer     = enumspb.EVENT_TYPE_TIMER_FIRED
	)
	since := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	type event struct {
		ms int
		is enumspb.EventType
	}
	for _, tc := range []struct {
		name       string
		events     []event
		wake, work []float64
	}{
		{"a signal", []event{{0, signalled}, {4, started}, {10, completed}}, []float64{4}, []float64{6}},
		{"two signals, one task", []event{{0, signalled}, {1, signalled}, {4, started}, {10, completed}}, []float64{4}, []float64{6}},
		{"a timer's task", []event{{0, timer}, {4, started}, {10, completed}}, nil, nil},
		{"a signal while a task runs", []event{{0, timer}, {1, started}, {3, signalled}, {10, completed}}, nil, nil},
		{"before the rounds", []event{{-20, signalled}, {-16, started}, {-10, completed}, {0, signalled}, {1, started}, {3, completed}}, []float64{1}, []float64{2}},
		{"a task that timed out", []event{{0, signalled}, {1, started}, {9, started}, {10, completed}}, []float64{9}, []float64{1}},
		{"nothing", nil, nil, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var events []*historypb.HistoryEvent
			for _, e := range tc.events {
				events = append(events, &historypb.HistoryEvent{
					EventType: e.is, EventTime: timestamppb.New(since.Add(time.Duration(e.ms) * time.Millisecond)),
				})
			}
			wake, work := run.Split(events, since)
			if !slices.Equal(wake, tc.wake) || !slices.Equal(work, tc.work) {
				t.Errorf("got %v and %v, want %v and %v", wake, work, tc.wake, tc.work)
			}
		})
	}
}
