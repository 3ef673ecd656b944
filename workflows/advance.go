package workflows

import (
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"admit/onboarding"
)

// How long Advance may take: in the workflow task, and as an activity after that
// has failed. pause stands between two rounds of both.
const (
	localTime   = 2 * time.Second
	advanceTime = 10 * time.Second
	pause       = 30 * time.Second
)

// foldSummary is what the UI shows of Advance, before what called for it.
const foldSummary = "fold what is new"

// minTimer is the shortest timer, and how much earlier a deadline must be than
// the one that a timer is armed for to have it armed anew.
const minTimer = time.Second

// advance folds what is new and adopts the answer. It says whether events are
// left to fold.
func (r *run) advance() bool {
	r.drain() // what has rung by now is folded by this call
	asked := slices.Clone(r.requests)
	req := onboarding.AdvanceRequest{UserID: r.in.UserID}
	for _, q := range asked {
		req.RequestIDs = append(req.RequestIDs, q.id)
	}
	r.now = r.fold(req)
	r.adopted, r.failing, r.why = true, time.Time{}, "more is waiting"
	r.answer(asked)
	r.show()
	r.arm()
	r.startLanes()
	r.tell()
	return r.now.More
}

// fold calls Advance until it answers.
func (r *run) fold(req onboarding.AdvanceRequest) advanced {
	summary := foldSummary + ": " + r.why
	local := workflow.WithLocalActivityOptions(r.ctx, workflow.LocalActivityOptions{
		ScheduleToCloseTimeout: localTime,
		RetryPolicy:            &temporal.RetryPolicy{MaximumAttempts: 1},
		Summary:                summary,
	})
	normal := workflow.WithActivityOptions(r.ctx, workflow.ActivityOptions{
		TaskQueue:           workflow.GetInfo(r.ctx).TaskQueueName,
		StartToCloseTimeout: advanceTime,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 30 * time.Second,
		},
		Summary: summary,
	})
	for {
		var a advanced
		err := workflow.ExecuteLocalActivity(local, onboarding.ActivityAdvance, req).Get(local, &a)
		if err == nil {
			return a
		}
		r.fails()
		workflow.GetLogger(r.ctx).Warn("advance failed in the workflow task; retrying as an activity", "error", err)
		a = advanced{}
		if err = workflow.ExecuteActivity(normal, onboarding.ActivityAdvance, req).Get(normal, &a); err == nil {
			return a
		}
		// The activity is retried for ever, so this is an answer that nobody can
		// read or a failure that calls itself final. Neither may end the run.
		workflow.GetLogger(r.ctx).Error("advance failed as an activity", "error", err)
		r.sleep(r.ctx, pause, "try again after a failure: "+summary)
	}
}

// fails shows that Advance does not answer.
func (r *run) fails() {
	if r.failing.IsZero() {
		r.failing = workflow.Now(r.ctx)
	}
	r.tell()
}

// arm sees to it that a timer fires when the next deadline is due. A timer armed
// for an earlier one is left to fire: what it finds is that nothing is due.
func (r *run) arm() {
	due := r.now.Deadline
	// While events are left to fold nothing that is due was judged.
	if due.IsZero() || r.now.More || r.now.Done {
		return
	}
	if r.timer.future != nil {
		if r.timer.due.Sub(due) <= minTimer {
			return
		}
		r.timer.cancel()
	}
	ctx, cancel := workflow.WithCancel(r.ctx)
	r.timer = timer{due: due, cancel: cancel, future: workflow.NewTimerWithOptions(ctx, wholeSeconds(r.now.In), workflow.TimerOptions{
		Summary: dueSummary(r.now),
	})}
}

// wholeSeconds rounds up, to one second at least: a timer that fires before the
// deadline would only have to be armed again.
func wholeSeconds(d time.Duration) time.Duration {
	return max(minTimer, (d + time.Second - 1).Truncate(time.Second))
}

// sleep waits for d or until ctx is cancelled.
func (r *run) sleep(ctx workflow.Context, d time.Duration, summary string) {
	// The one error is that of cancellation, which the caller asks ctx for.
	_ = workflow.NewTimerWithOptions(ctx, d, workflow.TimerOptions{Summary: summary}).Get(ctx, nil)
}
