package worker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"admit/onboarding"
)

// DefaultQuery finds every run of the workflow that the namespace still keeps.
const DefaultQuery = `WorkflowType="` + onboarding.WorkflowType + `"`

const (
	// replayPage is how many runs are listed at once.
	replayPage = 200
	// replayers is how many histories are fetched and replayed at the same time:
	// fetching waits for the network most of the time.
	replayers = 8
	// maxReason is how much is told of why a history does not replay, in bytes: it
	// names the event and the command that differ, and goes on with all they hold.
	maxReason = 400
)

// ReplayOptions says which histories Replay replays, and on what.
type ReplayOptions struct {
	Client client.Client // its namespace is where the histories are
	// Workflow is replayed as onboarding.WorkflowType.
	Workflow any
	// DataConverter reads what the histories hold; nil means the SDK's own.
	DataConverter converter.DataConverter
	// FailureConverter reads the failures in them; nil means the SDK's own.
	FailureConverter converter.FailureConverter
	// Query chooses the runs; "" means DefaultQuery. The server lists open ones
	// first, and of those the newest first.
	Query string
	// Limit is how many runs are looked at, 0 for all.
	Limit int
	// Progress, when set, is told of each run, one at a time.
	Progress func(Replayed, ReplayCounts)
}

// ReplayCounts counts runs.
type ReplayCounts struct {
	Found    int64 // what the query finds; the server's count is approximate
	Replayed int   // replay on this build
	Failed   int   // do not
	Skipped  int   // another workflow's, gone meanwhile, or without a workflow task that has ended
}

// Done returns how many runs were looked at.
func (c ReplayCounts) Done() int { return c.Replayed + c.Failed + c.Skipped }

// Replayed is one run that was looked at.
type Replayed struct {
	WorkflowID, RunID string
	Skipped           bool
	// Reason says in a line why the history does not replay, "" when it does.
	Reason string
}

// Replay replays the histories of a namespace as a worker of this build would
// that takes the workflows over. It changes nothing there. The error says why not
// all were looked at; a history that does not replay is none.
func Replay(ctx context.Context, o ReplayOptions) (ReplayCounts, error) {
	if o.Client == nil || o.Workflow == nil {
		return ReplayCounts{}, errors.New("replay: a client and a workflow are needed")
	}
	o.Query = cmp.Or(o.Query, DefaultQuery)
	engine, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{
		DataConverter: o.DataConverter, FailureConverter: o.FailureConverter, DisableRegistrationAliasing: true,
		DisableDeadlockDetection: true, // a busy machine is no deadlock
	})
	if err != nil {
		return ReplayCounts{}, fmt.Errorf("replay: %w", err)
	}
	engine.RegisterWorkflowWithOptions(o.Workflow, workflow.RegisterOptions{Name: onboarding.WorkflowType})
	found, err := o.Client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: o.Query})
	if err != nil {
		return ReplayCounts{}, fmt.Errorf("replay: count what %s finds: %w", o.Query, err)
	}
	r := replay{o: o, engine: engine, counts: ReplayCounts{Found: found.GetCount()}}
	return r.all(ctx)
}

// replay is one call of Replay.
type replay struct {
	o      ReplayOptions
	engine worker.WorkflowReplayer

	mu     sync.Mutex
	counts ReplayCounts
	err    error // the first that kept a run from being looked at
}

func (r *replay) all(ctx context.Context) (ReplayCounts, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	runs := make(chan *workflowpb.WorkflowExecutionInfo)
	var workers sync.WaitGroup
	for range replayers {
		workers.Go(func() {
			for run := range runs {
				if err := r.one(ctx, run); err != nil {
					r.fail(err)
					cancel()
				}
			}
		})
	}
	if err := r.list(ctx, runs); err != nil {
		r.fail(err)
	}
	close(runs)
	workers.Wait()
	return r.counts, r.err
}

// fail keeps the first error: those after it follow from it.
func (r *replay) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = err
	}
}

// list hands out the runs that the query finds.
func (r *replay) list(ctx context.Context, runs chan<- *workflowpb.WorkflowExecutionInfo) error {
	var page []byte
	for n := 0; ; {
		found, err := r.o.Client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Query: r.o.Query, PageSize: replayPage, NextPageToken: page,
		})
		if err != nil {
			return fmt.Errorf("replay: list what %s finds: %w", r.o.Query, err)
		}
		for _, run := range found.GetExecutions() {
			if r.o.Limit > 0 && n >= r.o.Limit {
				return nil
			}
			n++
			select {
			case runs <- run:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if page = found.GetNextPageToken(); len(page) == 0 {
			return nil
		}
	}
}

// one fetches and replays the history of a run. A run that the server no longer
// has is skipped.
func (r *replay) one(ctx context.Context, run *workflowpb.WorkflowExecutionInfo) error {
	execution := run.GetExecution()
	done := Replayed{WorkflowID: execution.GetWorkflowId(), RunID: execution.GetRunId()}
	if run.GetType().GetName() != onboarding.WorkflowType {
		done.Skipped = true
		r.done(done)
		return nil
	}
	history, err := r.fetch(ctx, execution)
	var gone *serviceerror.NotFound
	switch {
	case errors.As(err, &gone):
		done.Skipped = true
	case err != nil:
		return fmt.Errorf("replay: read the history of %s: %w", done.WorkflowID, err)
	case !begun(history):
		done.Skipped = true
	default:
		err := r.engine.ReplayWorkflowHistoryWithOptions(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)), history,
			worker.ReplayWorkflowHistoryOptions{OriginalExecution: workflow.Execution{ID: done.WorkflowID, RunID: done.RunID}})
		if err != nil {
			done.Reason = reason(err)
		}
	}
	r.done(done)
	return nil
}

func (r *replay) fetch(ctx context.Context, of *commonpb.WorkflowExecution) (*historypb.History, error) {
	h := &historypb.History{}
	it := r.o.Client.GetWorkflowHistory(ctx, of.GetWorkflowId(), of.GetRunId(), false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for it.HasNext() {
		e, err := it.Next()
		if err != nil {
			return nil, err
		}
		h.Events = append(h.Events, e)
	}
	return h, nil
}

// begun says whether a workflow task has ended: before that there is nothing to
// compare.
func begun(h *historypb.History) bool {
	return slices.ContainsFunc(h.GetEvents(), func(e *historypb.HistoryEvent) bool {
		return e.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
	})
}

func (r *replay) done(one Replayed) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case one.Skipped:
		r.counts.Skipped++
	case one.Reason != "":
		r.counts.Failed++
	default:
		r.counts.Replayed++
	}
	if r.o.Progress != nil {
		r.o.Progress(one, r.counts)
	}
}

// reason cuts the SDK's account of a difference to a line.
func reason(err error) string {
	text := strings.Join(strings.Fields(err.Error()), " ")
	if at := strings.Index(text, "[TMPRL"); at > 0 {
		text = text[at:]
	}
	if len(text) > maxReason {
		text = strings.ToValidUTF8(text[:maxReason], "") + "…"
	}
	return text
}
