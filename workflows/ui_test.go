package workflows_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	sdkpb "go.temporal.io/api/sdk/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"admit/onboarding"
	"admit/workflows"
)

func TestWhatTheUIShows(t *testing.T) {
	t.Parallel()
	b := newBook()
	b.deadline, b.in, b.due = time.Now().Add(time.Hour), time.Hour, onboarding.DeadlineEscalate
	entered := time.Now().Add(-time.Hour).UTC().Truncate(time.Microsecond)
	b.summary.Since = entered
	b.summary.Checks.POA = onboarding.StatusInReview
	s := serve(t, b, nil)
	run := approval(s)
	b.change(func(b *book) { b.summary.Checks.POA, b.deadline, b.summary.Stalled = "", time.Time{}, true })
	s.ring()

	found := fmt.Sprintf("WorkflowId = '%s' AND OnboardingStage = 'approved' AND OnboardingBlockedOn = 'nobody' AND OnboardingKyc = 'passed' "+
		"AND OnboardingPoa IS NULL AND OnboardingDeadline IS NULL AND OnboardingStalled = true AND OnboardingReversed = false "+
		"AND OnboardingStageSince > '%s' AND OnboardingStageSince < '%s'",
		s.id(), entered.Add(-time.Second).Format(time.RFC3339), entered.Add(time.Second).Format(time.RFC3339))
	s.until("the attributes in the list", func() bool {
		n, err := s.c.CountWorkflow(s.ctx(), &workflowservice.CountWorkflowExecutionsRequest{Query: found})
		return err == nil && n.GetCount() == 1
	})

	meta := s.metadata(run)
	if !strings.Contains(strings.ReplaceAll(meta.GetCurrentDetails(), "\u00a0", ""), "| stage | approved since 20") {
		t.Errorf("current details: %s", meta.GetCurrentDetails())
	}
	described := 0
	for _, d := range slices.Concat(meta.GetDefinition().GetQueryDefinitions(), meta.GetDefinition().GetSignalDefinitions(), meta.GetDefinition().GetUpdateDefinitions()) {
		if slices.Contains([]string{onboarding.QueryState, onboarding.SignalEvents, onboarding.UpdateName}, d.GetName()) && d.GetDescription() != "" {
			described++
		}
	}
	if described != 3 {
		t.Errorf("%d of query, signal and update are described", described)
	}
}

// metadata asks for what the UI shows on top of a run.
func (s *server) metadata(run string) *sdkpb.WorkflowMetadata {
	s.t.Helper()
	got, err := s.c.QueryWorkflow(s.ctx(), s.id(), run, "__temporal_workflow_metadata")
	if err != nil {
		s.t.Fatal(err)
	}
	var meta sdkpb.WorkflowMetadata
	if err := got.Get(&meta); err != nil {
		s.t.Fatal(err)
	}
	return &meta
}

// Every timer, activity and local activity says in a line what it is for.
func TestSummaries(t *testing.T) {
	t.Parallel()
	b := newBook()
	b.deadline, b.in, b.due = time.Now().Add(time.Hour), time.Hour, onboarding.DeadlineRemind
	b.add("core", onboarding.LaneAccess, onboarding.EffectGranted)
	for _, target := range []string{"core", "crm", onboarding.MailTarget, onboarding.ReviewersTarget, onboarding.P100Target, onboarding.XGatewayTarget} {
		b.add(target, onboarding.LaneRest, "onboarding.approved")
	}
	s := serve(t, b, nil)
	s.elsewhere()
	failed := false
	b.fold = func(_ *book, call int) error {
		if call > 1 && !failed {
			failed = true
			return errAway
		}
		return nil
	}
	run := s.ring()
	s.until("everything delivered", func() bool { return read(b, func(b *book) int { return len(b.sent) }) == 7 })
	s.idle()
	b.change(func(b *book) { b.inbox++ })
	s.ring()
	s.folded(1)
	s.until("adopted", func() bool { v, err := s.query(); return err == nil && v.Version == 1 })

	shown := summaries(t, s.history(run))
	for _, want := range []string{
		"fold what is new: the run begins", "fold what is new: rung",
		"the user is reminded at " + b.deadline.UTC().Format("2006-01-02 15:04:05 UTC") + ", unless this has moved by then",
		"core (access)", "core", "mail to the user", "mail to the reviewers", "ask p100", "ask xgateway",
		"take what is next for crm", "onboarding.approved to crm", "record how onboarding.approved went at crm",
	} {
		if !slices.Contains(shown, want) {
			t.Errorf("no summary says %q: %q", want, shown)
		}
	}
}

// versionMarker names the markers of workflow.GetVersion, to which the SDK gives no
// summary.
const versionMarker = "Version"

// summaries returns the summaries of a run's timers, activities and local
// activities, none of which may be empty or too long for the server once it is
// encrypted.
func summaries(t *testing.T, h *historypb.History) []string {
	t.Helper()
	var shown []string
	for _, e := range h.GetEvents() {
		switch e.GetEventType() {
		case enumspb.EVENT_TYPE_TIMER_STARTED, enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
		case enumspb.EVENT_TYPE_MARKER_RECORDED:
			if e.GetMarkerRecordedEventAttributes().GetMarkerName() == versionMarker {
				continue
			}
		default:
			continue
		}
		var got string
		err := converter.GetDefaultDataConverter().FromPayload(e.GetUserMetadata().GetSummary(), &got)
		if err != nil || got == "" || len(got) > 100 {
			t.Errorf("event %d, %s, has the summary %q, %v", e.GetEventId(), e.GetEventType(), got, err)
		}
		shown = append(shown, got)
	}
	return shown
}

func payload(encoding, data string) any {
	return converter.NewRawValue(&commonpb.Payload{Metadata: map[string][]byte{"encoding": []byte(encoding)}, Data: []byte(data)})
}

// strayUpdates are updates that people send by hand.
var strayUpdates = []struct {
	name string
	args []any
}{
	{"nothing", nil},
	{"null", []any{nil}},
	{"a string", []any{"hold"}},
	{"a number", []any{1}},
	{"a list", []any{[]string{"hold"}}},
	{"a command", []any{map[string]string{"command": "hold", "reason": "from the UI"}}},
	{"a request ID of another type", []any{map[string]any{"requestId": 1}}},
	{"no JSON", []any{payload("json/plain", `{"requestId":`)}},
	{"bytes", []any{payload("binary/plain", "\xff\x00")}},
	{"an encoding that nobody knows", []any{payload("text/odd", "hold")}},
	{"JSON for a protocol buffer", []any{payload("json/protobuf", `{"requestId":"r1"}`)}},
	{"an empty request ID", []any{onboarding.CommandRequest{}}},
	{"a request ID that the database would refuse", []any{onboarding.CommandRequest{RequestID: "a\x00b"}}},
	{"a request ID that is too long", []any{onboarding.CommandRequest{RequestID: strings.Repeat("r", 129)}}},
	{"a request ID that was never stored", []any{onboarding.CommandRequest{RequestID: "forged"}}},
	{"more than one argument", []any{onboarding.CommandRequest{RequestID: "forged"}, "hold"}},
}

// Whatever is sent from the UI changes nothing, and a command sent from there is
// answered with where it has to go.
func TestWhatTheUICanSend(t *testing.T) {
	t.Parallel()
	b := newBook()
	s := serve(t, b, nil)
	run := approval(s)
	before, err := s.query()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range strayUpdates {
		if err := s.send(onboarding.UpdateName, tt.args...); err == nil || !tellsWhereToGo(err.Error()) {
			t.Errorf("an update with %s was answered %v", tt.name, err)
		}
	}
	if err := s.send("hold", "user-1"); err == nil || !strings.Contains(err.Error(), "unknown update") {
		t.Errorf("an update of another name was answered %v", err)
	}
	s.signals()
	if got, err := s.c.QueryWorkflow(s.ctx(), s.id(), "", onboarding.QueryState, "hold", 1); err != nil || !got.HasValue() {
		t.Errorf("a query with arguments was answered %v", err)
	}
	if err := s.c.CancelWorkflow(s.ctx(), s.id(), ""); err != nil {
		t.Fatal(err)
	}
	b.change(func(b *book) { b.inbox++ })
	s.ring()
	s.folded(int(before.Version) + 1)
	s.until("as before", func() bool {
		v, err := s.query()
		return err == nil && v.Version == before.Version+1 && v.Stage == before.Stage && v.Access == before.Access && v.Failing == nil
	})
	if got := read(b, func(b *book) int { return len(b.sent) }); got != 2 {
		t.Errorf("%d attempts, want the two from before", got)
	}
	for _, r := range read(b, func(b *book) []onboarding.AdvanceRequest { return b.advances }) {
		if slices.ContainsFunc(r.RequestIDs, func(id string) bool { return id != "forged" }) {
			t.Errorf("Advance was asked for %q", r.RequestIDs)
		}
	}
	if got := s.status(run); got != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		t.Errorf("the run is %s", got)
	}
	replay(t, s.history(run))
}

// send sends an update as the UI would and waits for what comes of it.
func (s *server) send(name string, args ...any) error {
	h, err := s.c.UpdateWorkflow(s.ctx(), client.UpdateWorkflowOptions{
		WorkflowID: s.id(), UpdateName: name, WaitForStage: client.WorkflowUpdateStageCompleted, Args: args,
	})
	if err != nil {
		return err
	}
	return h.Get(s.ctx(), nil)
}

// signals sends signals of every kind.
func (s *server) signals() {
	s.t.Helper()
	for _, name := range []string{onboarding.SignalEvents, onboarding.UpdateName, "hold", "approve", "pröv\u00e9", strings.Repeat("n", 200)} {
		for _, arg := range []any{nil, "hold", 1, map[string]any{"stage": "approved"}, payload("json/plain", "{"), payload("binary/plain", "\xff\x00"), payload("text/odd", "odd")} {
			if err := s.c.SignalWorkflow(s.ctx(), s.id(), "", name, arg); err != nil {
				s.t.Errorf("signal %q: %v", name, err)
			}
		}
	}
}

// A run ends as it would have without the signals that nobody listens for.
func TestRunEndsWithStraySignals(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		limits *workflows.Limits
		end    func(s *server, run string)
		want   enumspb.WorkflowExecutionStatus
	}{
		{
			name: "continued as new", limits: &workflows.Limits{Events: 30}, want: enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW,
			end: func(s *server, run string) { s.fill(run) },
		},
		{
			name: "completed", want: enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED,
			end: func(s *server, run string) {
				s.b.change(func(b *book) { b.done = true })
				s.report(func(sum *onboarding.Summary) { sum.Stage = onboarding.StageClosed })
				if err := s.ended(run); err != nil {
					s.t.Errorf("the run ended with %v", err)
				}
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBook()
			s := serve(t, b, tt.limits)
			run := s.ring()
			s.until("adopted", func() bool { v, err := s.query(); return err == nil && v.InWords != "" })
			for range 3 {
				if err := s.c.SignalWorkflow(context.Background(), s.id(), run, "approve", "user-1"); err != nil {
					t.Fatal(err)
				}
			}
			tt.end(s, run)
			if got := s.status(run); got != tt.want {
				t.Errorf("the run is %s, want %s", got, tt.want)
			}
			replay(t, s.history(run))
		})
	}
}
