package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"admit/onboarding"
)

// How long one call of the ledger's activities may take, and how far apart the
// engine's own retries are when an activity dies instead of answering: the
// backoffs of deliveries come with its answers.
const (
	deliverTime      = 10 * time.Second
	maxEngineBackoff = time.Minute
)

// maxLabel is the longest label, in bytes.
const maxLabel = 100

// lane is a lane in flight: a coroutine with at most one activity at a time.
type lane struct {
	work      onboarding.LaneWork
	since     time.Time
	cancel    workflow.CancelFunc
	cancelled bool
	named     bool // an Advance found effects waiting in it while it was in flight
	ended     bool
	left      bool // what it answered: effects are waiting still
}

// stop cancels the lane; it goes on until its activity has ended.
func (l *lane) stop() {
	if !l.cancelled {
		l.cancelled = true
		l.cancel()
	}
}

// startLanes starts each lane that has waiting effects and is not in flight. A
// lane in flight is only marked, but for the access lane whose first effect is
// another than the one it was started for, and for a lane in front of whose first
// effect an older one was put, which is being replayed and may go out while the
// other backs off: these are cancelled, and started anew by the Advance that follows
// their end.
func (r *run) startLanes() {
	for _, w := range r.now.Lanes {
		l := r.laneOf(w)
		switch {
		case l != nil:
			l.named = true
			switch {
			case w.Lane == onboarding.LaneAccess && w.First != l.work.First:
				l.stop()
			case w.First < l.work.First && r.restartsReplays():
				l.stop()
			case w.Lane != onboarding.LaneAccess:
				l.work.First = w.First // what was before it is done with
			}
		case r.leaving():
			// The successor starts it.
		default:
			r.startLane(w)
		}
	}
	if r.now.Done {
		// No effect is waiting, so what runs still is waiting for nothing.
		for _, l := range r.lanes {
			l.stop()
		}
	}
}

// restartsReplays says whether this run restarts lanes for what is replayed: runs
// that met it before an older build did not do so.
func (r *run) restartsReplays() bool {
	return workflow.GetVersion(r.ctx, "replay-restarts-lane", workflow.DefaultVersion, 1) != workflow.DefaultVersion
}

// leaving says whether no lane may start any more, so that the run can end. While
// lanes of an over-long run are in flight others still may: one hook that is down
// must not hold up the rest until the run is forced to end.
func (r *run) leaving() bool { return r.forced || r.over && len(r.lanes) == 0 }

func (r *run) laneOf(w onboarding.LaneWork) *lane {
	for _, l := range r.lanes {
		if l.work.Target == w.Target && l.work.Lane == w.Lane {
			return l
		}
	}
	return nil
}

func (r *run) startLane(w onboarding.LaneWork) {
	ctx, cancel := workflow.WithCancel(r.ctx)
	l := &lane{work: w, since: workflow.Now(r.ctx), cancel: cancel}
	r.lanes = append(r.lanes, l)
	workflow.GoNamed(ctx, fmt.Sprintf("lane-%s-%s", w.Target, w.Lane), func(ctx workflow.Context) {
		if w.TaskQueue == "" {
			l.left = r.deliver(ctx, w)
		} else {
			l.left = r.deliverElsewhere(ctx, w)
		}
		l.ended = true
	})
}

func (r *run) laneEnded() bool {
	for _, l := range r.lanes {
		if l.ended {
			return true
		}
	}
	return false
}

// sweepLanes forgets the lanes that have ended and says whether that calls for an
// Advance: one has something left or was named while it ran, or it was the last
// of a user of whom nothing more is expected, and the run may be done.
func (r *run) sweepLanes() bool {
	need, ended := false, false
	flying := r.lanes[:0]
	for _, l := range r.lanes {
		if !l.ended {
			flying = append(flying, l)
			continue
		}
		ended = true
		need = need || l.left || l.named
	}
	r.lanes = flying
	if ended {
		r.tell()
	}
	over := onboarding.State{Stage: r.now.Summary.Stage}.Ended()
	return need || ended && over && len(r.lanes) == 0
}

// deliver serves a lane by one activity that sends what waits, and says whether
// something is left.
func (r *run) deliver(ctx workflow.Context, w onboarding.LaneWork) bool {
	var res onboarding.LaneResult
	err := r.call(ctx, onboarding.ActivityDeliver, r.ref(w), label(purpose(w))).Get(ctx, &res)
	return res.Left || err != nil && r.failed(ctx, w, err)
}

func (r *run) ref(w onboarding.LaneWork) onboarding.LaneRef {
	return onboarding.LaneRef{UserID: r.in.UserID, Target: w.Target, Lane: w.Lane}
}

// call starts an activity of the ledger on the queue for deliveries. It is
// retried for ever; cancelled out of a backoff it ends at once, else when the
// attempt in flight has ended.
func (r *run) call(ctx workflow.Context, name string, arg any, summary string) workflow.Future {
	return workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           r.hooks,
		StartToCloseTimeout: deliverTime,
		WaitForCancellation: true,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: maxEngineBackoff,
		},
		Summary: summary,
	}), name, arg)
}

// failed handles an activity of the ledger that ended without an answer: by
// cancellation, or by a failure that calls itself final, after which the lane
// rests before it is tried again. It answers that something is left.
func (r *run) failed(ctx workflow.Context, w onboarding.LaneWork, err error) bool {
	// An attempt that failed after the lane was cancelled is not retried, so its
	// own error may stand for the cancellation.
	if ctx.Err() == nil && !temporal.IsCanceledError(err) {
		workflow.GetLogger(ctx).Error("lane failed", "target", w.Target, "lane", w.Lane, "error", err)
		r.sleep(ctx, pause, label("try again after a failure: "+purpose(w)))
	}
	return true
}

// label is the one line that the UI shows of a lane's activity or timer. The
// server refuses long ones, and counts them encrypted.
func label(text string) string { return text[:min(len(text), maxLabel)] }
