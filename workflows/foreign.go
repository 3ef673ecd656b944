package workflows

import (
	"errors"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"admit/onboarding"
)

// foreignTime is for how long another team's activity is waited for, from
// schedule to close; the ledger keeps the lane a little longer. pickUpTime is for
// how long a worker is waited for that takes it: so much less that one which takes
// it late is not cut short in the middle of its work.
const (
	foreignTime = time.Minute
	pickUpTime  = foreignTime - 5*time.Second
)

// maxClass is the longest error class that is shown of another team's failure.
const maxClass = 64

// recordRequest is the argument of onboarding.ActivityRecord.
type recordRequest struct {
	EffectID int64              `json:"effectId"`
	Attempt  onboarding.Attempt `json:"attempt"`
}

// deliverElsewhere serves a lane whose target is an activity on another team's
// task queue: it takes the next effect, runs the activity once, records what came
// of it, and goes on until the lane is empty or the run wants to end. It says
// whether something is left.
func (r *run) deliverElsewhere(ctx workflow.Context, w onboarding.LaneWork) bool {
	for {
		d, left := r.take(ctx, w)
		if d == nil {
			return left
		}
		attempt := attemptElsewhere(ctx, w, *d)
		// Recorded also when the lane is being cancelled: else the ledger would keep
		// the lane for an attempt that has ended.
		record, _ := workflow.NewDisconnectedContext(ctx)
		req := recordRequest{EffectID: d.ID, Attempt: attempt}
		if err := r.call(record, onboarding.ActivityRecord, req, label("record how "+d.Name+" went at "+purpose(w))).Get(record, nil); err != nil {
			return r.failed(ctx, w, err)
		}
		if r.over || ctx.Err() != nil {
			return true
		}
	}
}

// take takes the lane's next effect. Where there is none it says whether something is
// left.
func (r *run) take(ctx workflow.Context, w onboarding.LaneWork) (d *onboarding.Delivery, left bool) {
	if r.takesInTask() {
		return r.takeInTask(ctx, w)
	}
	var taken onboarding.Taken
	if err := r.call(ctx, onboarding.ActivityTake, r.ref(w), takeLabel(w)).Get(ctx, &taken); err != nil {
		return nil, r.failed(ctx, w, err)
	}
	return taken.Delivery, false
}

// takesInTask says whether this run takes effects inside its workflow tasks: runs
// that took one before an older build did so by an activity.
func (r *run) takesInTask() bool {
	return workflow.GetVersion(r.ctx, "take-in-task", workflow.DefaultVersion, 1) != workflow.DefaultVersion
}

// takeInTask takes the effect in the workflow task that schedules the other team's
// activity, so that no history holds the one without the other: a run that is reset to
// this task asks the ledger again, and does not send what was delivered or superseded
// since. What the ledger keeps for the run before the reset is waited for, because the
// activity of that run may be running still.
//
// A reset to a task that ran while the activity was in flight is out of its reach: the
// server itself hands out anew what a reset finds scheduled and not ended.
//
// When the ledger does not answer, the lane rests and ends, and the Advance that
// follows waits until the store is back before it starts the lane anew.
func (r *run) takeInTask(ctx workflow.Context, w onboarding.LaneWork) (d *onboarding.Delivery, left bool) {
	// Not cancelled with the lane: else the ledger would keep it for an effect that was
	// given out and never heard of.
	local, _ := workflow.NewDisconnectedContext(ctx)
	local = workflow.WithLocalActivityOptions(local, workflow.LocalActivityOptions{
		ScheduleToCloseTimeout: localTime,
		RetryPolicy:            &temporal.RetryPolicy{MaximumAttempts: 1},
		Summary:                takeLabel(w),
	})
	for {
		var taken onboarding.Taken
		err := workflow.ExecuteLocalActivity(local, onboarding.ActivityTake, r.ref(w)).Get(local, &taken)
		if err == nil {
			r.untaken = 0
			return taken.Delivery, false
		}
		var later *temporal.ApplicationError
		waits := errors.As(err, &later) && later.NextRetryDelay() > 0
		if waits {
			r.sleep(ctx, max(later.NextRetryDelay(), minTimer), label("until something may go to "+purpose(w)))
		} else {
			workflow.GetLogger(ctx).Warn("the ledger did not answer", "target", w.Target, "lane", w.Lane, "error", err)
			r.sleep(ctx, min(minTimer<<min(r.untaken, 5), pause), label("try again after a failure: "+purpose(w)))
			r.untaken++
		}
		if !waits || ctx.Err() != nil {
			return nil, true
		}
	}
}

func takeLabel(w onboarding.LaneWork) string { return label("take what is next for " + purpose(w)) }

// attemptElsewhere runs the other team's activity once. Its input is the body
// that a hook would get, byte by byte.
func attemptElsewhere(ctx workflow.Context, w onboarding.LaneWork, d onboarding.Delivery) onboarding.Attempt {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:              w.TaskQueue,
		ScheduleToCloseTimeout: foreignTime,
		ScheduleToStartTimeout: pickUpTime,
		WaitForCancellation:    true,
		RetryPolicy:            &temporal.RetryPolicy{MaximumAttempts: 1},
		Summary:                label(d.Name + " to " + purpose(w)),
	})
	body := converter.NewRawValue(&commonpb.Payload{
		Metadata: map[string][]byte{converter.MetadataEncoding: []byte(converter.MetadataEncodingJSON)},
		Data:     d.Payload,
	})
	return attemptOf(workflow.ExecuteActivity(ctx, w.Activity, body).Get(ctx, nil), w.TaskQueue)
}

// attemptOf reads how the other team's activity on the queue ended. A failure that calls
// itself final is a definite no; everything else may pass. The ledger is told a
// class of error, never a message, which may hold anything.
func attemptOf(err error, queue string) onboarding.Attempt {
	var application *temporal.ApplicationError
	var timeout *temporal.TimeoutError
	var panicked *temporal.PanicError
	switch {
	case err == nil:
		return onboarding.Attempt{Result: onboarding.AttemptDelivered, Answer: "completed"}
	case temporal.IsCanceledError(err):
		return onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: "cancelled"}
	case errors.As(err, &application):
		a := onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: "failed: " + class(application.Type()), RetryAfter: application.NextRetryDelay()}
		if application.NonRetryable() {
			a.Result = onboarding.AttemptRefused
		}
		return a
	case errors.As(err, &timeout) && timeout.TimeoutType() == enumspb.TIMEOUT_TYPE_SCHEDULE_TO_START:
		// Nobody has seen it, or all who might have had enough to do.
		return onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: "nobody polls the task queue " + queue + ", or too few do"}
	case errors.As(err, &timeout):
		return onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: "timeout: " + timeout.TimeoutType().String()}
	case errors.As(err, &panicked):
		return onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: "panic"}
	}
	return onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: "failed"}
}

// class cuts the type of an error to what a class of errors is written in.
func class(kind string) string {
	if len(kind) > maxClass {
		kind = kind[:maxClass]
	}
	kind = strings.Map(func(c rune) rune {
		if c > ' ' && c < 0x7f {
			return c
		}
		return -1
	}, kind)
	if kind == "" {
		return "error"
	}
	return kind
}
