package workflows_test

import (
	"testing"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
)

// bill is what a hosted Temporal charges for a history, in actions.
type bill struct {
	starts     int // a start, also one by a signal, and a run that continues another
	signals    int // but for the one that came with the start
	updates    int
	timers     int
	activities int
	retries    int // of activities that have ended; others are in no history yet
	markers    int // all local activities, versions and side effects of a task are one
	upserts    int // calls, whatever they hold
	children   int // two each
}

func (b bill) actions() int {
	return b.starts + b.signals + b.updates + b.timers + b.activities + b.retries + b.markers + b.upserts + 2*b.children
}

// changeVersion is the search attribute in which the SDK keeps the versions of
// workflow.GetVersion; upserting it alone is free.
const changeVersion = "TemporalChangeVersion"

// billed reads a history as the price list of Temporal Cloud does. What leaves no
// event there (queries, heartbeats, updates that were rejected) is not in it.
func billed(h *historypb.History) bill {
	var b bill
	tasks := map[int64]bool{} // that recorded a marker
	for i, e := range h.GetEvents() {
		switch e.GetEventType() {
		case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
			b.starts++
		case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
			if i != 1 || h.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetContinuedExecutionRunId() != "" {
				b.signals++
			}
		case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
			b.updates++
		case enumspb.EVENT_TYPE_TIMER_STARTED:
			b.timers++
		case enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
			b.activities++
		case enumspb.EVENT_TYPE_ACTIVITY_TASK_STARTED:
			b.retries += int(e.GetActivityTaskStartedEventAttributes().GetAttempt()) - 1
		case enumspb.EVENT_TYPE_MARKER_RECORDED:
			tasks[e.GetMarkerRecordedEventAttributes().GetWorkflowTaskCompletedEventId()] = true
		case enumspb.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES:
			keys := e.GetUpsertWorkflowSearchAttributesEventAttributes().GetSearchAttributes().GetIndexedFields()
			if _, version := keys[changeVersion]; len(keys) > 1 || !version {
				b.upserts++
			}
		case enumspb.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED:
			b.children++
		}
	}
	b.markers = len(tasks)
	return b
}

// event makes an event of a kind; edit fills in its attributes.
func event(kind enumspb.EventType, edit func(e *historypb.HistoryEvent)) *historypb.HistoryEvent {
	e := &historypb.HistoryEvent{EventType: kind}
	if edit != nil {
		edit(e)
	}
	return e
}

func startedEvent(continues string) *historypb.HistoryEvent {
	return event(enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED, func(e *historypb.HistoryEvent) {
		e.Attributes = &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{
			WorkflowExecutionStartedEventAttributes: &historypb.WorkflowExecutionStartedEventAttributes{ContinuedExecutionRunId: continues},
		}
	})
}

func markerEvent(task int64) *historypb.HistoryEvent {
	return event(enumspb.EVENT_TYPE_MARKER_RECORDED, func(e *historypb.HistoryEvent) {
		e.Attributes = &historypb.HistoryEvent_MarkerRecordedEventAttributes{
			MarkerRecordedEventAttributes: &historypb.MarkerRecordedEventAttributes{WorkflowTaskCompletedEventId: task},
		}
	})
}

func attemptEvent(n int32) *historypb.HistoryEvent {
	return event(enumspb.EVENT_TYPE_ACTIVITY_TASK_STARTED, func(e *historypb.HistoryEvent) {
		e.Attributes = &historypb.HistoryEvent_ActivityTaskStartedEventAttributes{
			ActivityTaskStartedEventAttributes: &historypb.ActivityTaskStartedEventAttributes{Attempt: n},
		}
	})
}

func upsertEvent(keys ...string) *historypb.HistoryEvent {
	return event(enumspb.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES, func(e *historypb.HistoryEvent) {
		fields := map[string]*commonpb.Payload{}
		for _, k := range keys {
			fields[k] = &commonpb.Payload{}
		}
		e.Attributes = &historypb.HistoryEvent_UpsertWorkflowSearchAttributesEventAttributes{
			UpsertWorkflowSearchAttributesEventAttributes: &historypb.UpsertWorkflowSearchAttributesEventAttributes{
				SearchAttributes: &commonpb.SearchAttributes{IndexedFields: fields},
			},
		}
	})
}

func TestBilled(t *testing.T) {
	t.Parallel()
	signal := event(enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED, nil)
	task := event(enumspb.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED, nil)
	tests := []struct {
		name   string
		events []*historypb.HistoryEvent
		want   int
	}{
		{"nothing", nil, 0},
		{"a start", []*historypb.HistoryEvent{startedEvent(""), task}, 1},
		{"a start by a signal is one", []*historypb.HistoryEvent{startedEvent(""), signal, task}, 1},
		{"a later signal is one more", []*historypb.HistoryEvent{startedEvent(""), signal, task, signal}, 2},
		{"a signal after a plain start", []*historypb.HistoryEvent{startedEvent(""), task, signal}, 2},
		{"a run that continues another", []*historypb.HistoryEvent{startedEvent("before"), signal}, 2},
		{"an update", []*historypb.HistoryEvent{
			event(enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED, nil), event(enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED, nil),
		}, 1},
		{"a timer, also one that is cancelled", []*historypb.HistoryEvent{
			event(enumspb.EVENT_TYPE_TIMER_STARTED, nil), event(enumspb.EVENT_TYPE_TIMER_CANCELED, nil),
		}, 1},
		{"an activity", []*historypb.HistoryEvent{event(enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, nil), attemptEvent(1)}, 1},
		{"an activity's third attempt", []*historypb.HistoryEvent{event(enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, nil), attemptEvent(3)}, 3},
		{"markers of one task", []*historypb.HistoryEvent{markerEvent(4), markerEvent(4)}, 1},
		{"markers of two tasks", []*historypb.HistoryEvent{markerEvent(4), markerEvent(8)}, 2},
		{"an upsert of many", []*historypb.HistoryEvent{upsertEvent("A", "B", changeVersion)}, 1},
		{"an upsert of versions alone", []*historypb.HistoryEvent{upsertEvent(changeVersion)}, 0},
		{"a child", []*historypb.HistoryEvent{event(enumspb.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED, nil)}, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := billed(&historypb.History{Events: tt.events}); got.actions() != tt.want {
				t.Errorf("%d actions, want %d: %+v", got.actions(), tt.want, got)
			}
		})
	}
}
