package run

import (
	"context"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"

	"admit/cmd/bench/internal/baseline"
	"admit/cmd/bench/internal/figures"
)

// sample is how many workflows' histories are read.
const sample = 40

// stages are what a fold is made of, by Temporal's own clock in the histories:
// medians.
type stages struct {
	Wake float64 // ms from the signal until a worker has the workflow task
	Work float64 // ms until the worker answers the task
}

// readStages reads the histories of some of a side's workflows from a time on.
func readStages(ctx context.Context, s *foldSide, since time.Time) (stages, error) {
	c, err := baseline.Dial(ctx)
	if err != nil {
		return stages{}, err
	}
	defer c.Close()
	var wake, work []float64
	for i := range min(sample, s.script.Users()) {
		var events []*historypb.HistoryEvent
		history := c.GetWorkflowHistory(ctx, s.workflowID(s.script.UserID(i)), "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for history.HasNext() {
			e, err := history.Next()
			if err != nil {
				return stages{}, fmt.Errorf("read a history: %w", err)
			}
			events = append(events, e)
		}
		a, b := split(events, since)
		wake, work = append(wake, a...), append(work, b...)
	}
	return stages{Wake: figures.Median(wake), Work: figures.Median(work)}, nil
}

// split returns for each workflow task that a signal caused how long it waited
// for a worker, and how long the worker took, in milliseconds.
func split(events []*historypb.HistoryEvent, since time.Time) (wake, work []float64) {
	var signalled, started time.Time
	for _, e := range events {
		at := e.GetEventTime().AsTime()
		if at.Before(since) {
			continue
		}
		switch e.GetEventType() {
		case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
			if signalled.IsZero() {
				signalled = at
			}
		case enumspb.EVENT_TYPE_WORKFLOW_TASK_STARTED:
			started = at
		case enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
			if !signalled.IsZero() && !started.Before(signalled) {
				wake = append(wake, milliseconds(started.Sub(signalled)))
				work = append(work, milliseconds(at.Sub(started)))
			}
			signalled = time.Time{}
		}
	}
	return wake, work
}
