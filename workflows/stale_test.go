package workflows_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/types/known/durationpb"
)

// stale returns how a history that was driven just now differs from the recorded
// one of the same path, a line each. The recorded histories are stale where it
// does: they no longer stand for what this build leaves in a cluster.
//
// Replaying cannot tell that: a change behind workflow.GetVersion replays, as do
// other timeouts, retries and summaries. So what the shell has asked the engine for
// is compared: each kind of request once, with everything about it that does not
// depend on the moment. How often and in which order is not compared, for that
// depends on who was faster, and a change of it without GetVersion does not
// replay. A GetVersion is a request of its own.
func stale(recorded, driven *historypb.History) []string {
	before, now := requests(recorded), requests(driven)
	var lines []string
	for _, r := range slices.Sorted(maps.Keys(before)) {
		if !now[r] {
			lines = append(lines, "is recorded, and not asked for any more: "+r)
		}
	}
	for _, r := range slices.Sorted(maps.Keys(now)) {
		if !before[r] {
			lines = append(lines, "is asked for, and not recorded: "+r)
		}
	}
	return lines
}

// fresh holds that the recorded history of a path is not stale.
func fresh(t *testing.T, name string, driven *historypb.History) {
	t.Helper()
	for _, line := range stale(recorded(t, name), driven) {
		t.Errorf("the shell has moved on from %s.%s.json (make record-histories): %s", name, release, line)
	}
}

// recorded reads the history of a path in this build's release.
func recorded(t *testing.T, name string) *historypb.History {
	t.Helper()
	return readHistory(t, filepath.Join(histories, name+"."+release+".json"))
}

func readHistory(t *testing.T, path string) *historypb.History {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatalf("no history of the path (make record-histories): %v", err)
	}
	defer file.Close()
	h, err := client.HistoryFromJSON(file, client.HistoryJSONOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// outside are the events that a workflow does not ask for.
var outside = []enumspb.EventType{
	enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
	enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
	enumspb.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED, enumspb.EVENT_TYPE_WORKFLOW_TASK_STARTED, enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
	enumspb.EVENT_TYPE_WORKFLOW_TASK_FAILED, enumspb.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT,
	enumspb.EVENT_TYPE_ACTIVITY_TASK_STARTED, enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED, enumspb.EVENT_TYPE_ACTIVITY_TASK_FAILED,
	enumspb.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT, enumspb.EVENT_TYPE_ACTIVITY_TASK_CANCELED, enumspb.EVENT_TYPE_TIMER_FIRED,
}

// requests returns what a workflow has asked the engine for.
func requests(h *historypb.History) map[string]bool {
	queue := h.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetTaskQueue().GetName()
	found := map[string]bool{}
	for _, e := range h.GetEvents() {
		if slices.Contains(outside, e.GetEventType()) {
			continue
		}
		text := request(e)
		text = strings.ReplaceAll(text, queue, "QUEUE")
		found[fmt.Sprintf("%s %s", e.GetEventType(), text)] = true
	}
	return found
}

// request describes what an event asks for.
func request(e *historypb.HistoryEvent) string {
	summary := summaryOf(e)
	switch e.GetEventType() {
	case enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
		a := e.GetActivityTaskScheduledEventAttributes()
		summary, _, _ = strings.Cut(summary, ":") // behind it stands the moment's cause
		return fmt.Sprintf("%s on %s, times %s %s %s %s, retries %s %v %s %d, input %s, %q",
			a.GetActivityType().GetName(), a.GetTaskQueue().GetName(), span(a.GetScheduleToCloseTimeout()), span(a.GetScheduleToStartTimeout()),
			span(a.GetStartToCloseTimeout()), span(a.GetHeartbeatTimeout()), span(a.GetRetryPolicy().GetInitialInterval()),
			a.GetRetryPolicy().GetBackoffCoefficient(), span(a.GetRetryPolicy().GetMaximumInterval()), a.GetRetryPolicy().GetMaximumAttempts(),
			fields(a.GetInput()), summary)
	case enumspb.EVENT_TYPE_TIMER_STARTED:
		d := span(e.GetTimerStartedEventAttributes().GetStartToFireTimeout())
		if digits.MatchString(summary) {
			d = "as long as it takes"
		}
		return fmt.Sprintf("%s %q", d, digits.ReplaceAllString(summary, "#"))
	case enumspb.EVENT_TYPE_MARKER_RECORDED:
		m := e.GetMarkerRecordedEventAttributes()
		summary, _, _ = strings.Cut(summary, ":")
		return fmt.Sprintf("%s %s failed=%t %q", m.GetMarkerName(), markerText(m.GetDetails()), m.GetFailure() != nil, summary)
	case enumspb.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES:
		keys := e.GetUpsertWorkflowSearchAttributesEventAttributes().GetSearchAttributes().GetIndexedFields()
		return fmt.Sprint(slices.Sorted(maps.Keys(keys)))
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW:
		c := e.GetWorkflowExecutionContinuedAsNewEventAttributes()
		return fmt.Sprintf("%s on %s, times %s %s, input %s", c.GetWorkflowType().GetName(), c.GetTaskQueue().GetName(),
			span(c.GetWorkflowRunTimeout()), span(c.GetWorkflowTaskTimeout()), fields(c.GetInput()))
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED:
		o := e.GetWorkflowExecutionUpdateCompletedEventAttributes().GetOutcome()
		return fmt.Sprintf("%s%s", fields(o.GetSuccess()), o.GetFailure().GetApplicationFailureInfo().GetType())
	}
	return summary
}

// summaryOf returns the line that the UI shows of an event, "" for none.
func summaryOf(e *historypb.HistoryEvent) string {
	var text string
	if p := e.GetUserMetadata().GetSummary(); p != nil {
		// One that is no text shows as nothing.
		_ = converter.GetDefaultDataConverter().FromPayload(p, &text)
	}
	return text
}

// isKind returns a test for events of a kind.
func isKind(kind enumspb.EventType) func(e *historypb.HistoryEvent) bool {
	return func(e *historypb.HistoryEvent) bool { return e.GetEventType() == kind }
}

var digits = regexp.MustCompile(`[0-9]+`)

// span writes a duration, "-" where none is set.
func span(d *durationpb.Duration) string {
	if d == nil {
		return "-"
	}
	return d.AsDuration().String()
}

// fields names the fields of the JSON objects in a payload.
func fields(ps *commonpb.Payloads) string {
	var names []string
	for _, p := range ps.GetPayloads() {
		var object map[string]json.RawMessage
		if err := json.Unmarshal(p.GetData(), &object); err != nil {
			names = append(names, "?") // no object
			continue
		}
		names = append(names, slices.Sorted(maps.Keys(object))...)
	}
	return fmt.Sprint(names)
}

// markerText says which local activity or which version a marker is of.
func markerText(details map[string]*commonpb.Payloads) string {
	var local struct{ ActivityType string }
	var id string
	var version int
	from := func(name string, to any) {
		// What is not there stays empty.
		_ = converter.GetDefaultDataConverter().FromPayloads(details[name], to)
	}
	from("data", &local)
	from("change-id", &id)
	from("version", &version)
	if id != "" {
		return fmt.Sprintf("%s %d", id, version)
	}
	return local.ActivityType
}
