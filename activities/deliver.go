package activities

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"admit/onboarding"
)

// How the time of one Deliver is cut: no attempt begins later than lastStart
// after its own start, one lasts attemptTime at most and writing it down
// recordTime, which together stay below the 10 s that the activity has. Taking an
// effect is not begun with less than takeTime left. The hold outlasts any attempt
// that began under it.
const (
	lastStart   = 2 * time.Second
	takeTime    = 250 * time.Millisecond
	attemptTime = 5 * time.Second
	recordTime  = 2 * time.Second
	laneHold    = 8 * time.Second
)

// maxAnswer is the longest answer that is kept, in bytes.
const maxAnswer = 200

// ErrorWaiting is the type of the error by which Deliver and TakeEffect say that
// the lane has something, but not yet: the engine calls again after the delay
// that the error carries. It is benign, for nothing is wrong with the activity.
const ErrorWaiting = "Waiting"

// Deliver sends what waits in the lane, in the ledger's order, one effect after
// the other. It answers Left when it ran out of time before it saw the end of the
// lane, and an ErrorWaiting when the next effect has to wait, or when the target
// bears no more deliveries now, at the same time or in a second: then at once,
// without asking the ledger. It ends with Left, too, when a provider's API has
// answered: the answer was accepted as an event, which the next Advance folds.
func (a *Activities) Deliver(ctx context.Context, lane onboarding.LaneRef) (onboarding.LaneResult, error) {
	r, start := road{lane.Target, lane.Lane}, a.now()
	atOnce, _ := a.bears(r)
	if !a.traffic.enter(r, atOnce) {
		return onboarding.LaneResult{}, a.turnedAway(ctx, lane, "the target is busy", 0, crowdedPace/time.Duration(max(atOnce, 1)))
	}
	defer a.traffic.leave(r)
	sender := a.sender(ctx)
	for {
		d, left, err := a.next(ctx, lane, sender, start)
		if d == nil || err != nil {
			return onboarding.LaneResult{Left: left}, err
		}
		// A process that was frozen since may no longer rely on its hold.
		if a.now().Sub(start) > lastStart {
			return onboarding.LaneResult{Left: true}, nil
		}
		answered, err := a.attempt(ctx, d, sender)
		if err != nil || answered {
			return onboarding.LaneResult{Left: answered}, err
		}
	}
}

// next takes the lane's next effect when it is the lane's turn at the target. No
// effect means that the lane is empty or, where left is true, that the time of the
// activity, which began at start, is over.
func (a *Activities) next(ctx context.Context, lane onboarding.LaneRef, sender string, start time.Time) (d *onboarding.Delivery, left bool, err error) {
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	giveBack, err := a.awaitTurn(ctx, lane)
	if err != nil {
		return nil, false, err
	}
	a.away.none(lane)
	within := lastStart - a.now().Sub(start)
	if within < takeTime {
		giveBack()
		return nil, true, nil
	}
	d, err = a.take(ctx, lane, sender, within)
	if d == nil {
		giveBack()
	}
	return d, false, err
}

// awaitTurn waits until the target bears one more delivery in its rate, and
// returns how to give that turn back where nothing is sent. A turn that is far off
// is not waited for here: an ErrorWaiting makes the engine do so.
func (a *Activities) awaitTurn(ctx context.Context, lane onboarding.LaneRef) (giveBack func(), err error) {
	r := road{lane.Target, lane.Lane}
	_, perSecond := a.bears(r)
	if perSecond <= 0 {
		return func() {}, nil
	}
	now := a.now()
	wait, mine := a.traffic.turn(r, perSecond, now)
	if !mine {
		return nil, a.turnedAway(ctx, lane, "the target is at its rate", wait, apart(perSecond))
	}
	giveBack = func() { a.giveTurnBack(r) }
	if wait <= 0 {
		return giveBack, nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return giveBack, nil
	case <-ctx.Done():
		giveBack()
		return nil, ctx.Err()
	}
}

// giveTurnBack gives back a turn in which nothing was sent.
func (a *Activities) giveTurnBack(r road) {
	if _, perSecond := a.bears(r); perSecond > 0 {
		a.traffic.giveBack(r, perSecond)
	}
}

// sender names one attempt of one activity of one run, so that an activity left
// over from a terminated run never passes for its successor.
func (a *Activities) sender(ctx context.Context) string {
	i := activity.GetInfo(ctx)
	return fmt.Sprintf("%s/%s/%s/%d", a.Identity, i.WorkflowExecution.RunID, i.ActivityID, i.Attempt)
}

// take takes the lane's next effect within the given time; nil when the lane is
// empty.
func (a *Activities) take(ctx context.Context, lane onboarding.LaneRef, sender string, within time.Duration) (*onboarding.Delivery, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	taken, err := a.Ledger.Take(ctx, lane, sender, laneHold)
	switch {
	case err != nil:
		return nil, fmt.Errorf("take the next effect: %w", err)
	case taken.Wait > 0:
		return nil, waiting("the lane waits", taken.Wait)
	}
	return taken.Delivery, nil
}

// attempt sends d once and writes down what came of it, also when ctx has ended
// meanwhile. No error means that d is done with or put off, answered that an event
// came of it.
func (a *Activities) attempt(ctx context.Context, d *onboarding.Delivery, sender string) (answered bool, err error) {
	begun := a.now()
	tried := a.send(ctx, d)
	a.observe(d, tried.Result, a.now().Sub(begun))
	if tried.Result == onboarding.AttemptDeferred || tried.Result == onboarding.AttemptMoot {
		a.giveTurnBack(road{d.Target, d.Lane}) // nothing was sent
	}

	record, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTime)
	defer cancel()
	wait, err := a.Ledger.Record(record, d.ID, sender, tried)
	log := a.logger().With("user", d.UserID, "target", d.Target, "lane", d.Lane, "effect", d.Name,
		"id", d.ID, "attempt", d.Attempts+1, "result", tried.Result, "answer", tried.Answer)
	switch {
	case err != nil:
		log.Warn("attempt could not be recorded", "error", err)
		return false, fmt.Errorf("record the attempt: %w", err)
	case tried.Result == onboarding.AttemptDelivered:
		log.Debug("effect delivered")
		return tried.Event != nil, nil
	case tried.Result == onboarding.AttemptMoot && wait <= 0:
		log.Debug("effect overtaken")
		return false, nil
	case tried.Result == onboarding.AttemptDeferred:
		log.Debug("effect put off", "wait", wait)
		return false, nil // the ledger knows what else the lane has, and how long it waits
	case wait <= 0:
		log.Error("effect given up")
		return false, nil
	case ctx.Err() != nil:
		return false, ctx.Err()
	}
	log.Warn("effect not delivered", "wait", wait)
	return false, waiting(fmt.Sprintf("%s not delivered: %s", d.Name, tried.Answer), wait)
}

// send makes one attempt.
func (a *Activities) send(ctx context.Context, d *onboarding.Delivery) onboarding.Attempt {
	s, ok := a.Senders[d.Target]
	if !ok {
		// Another process may know the target: a configuration is being rolled out.
		return unsent("target not configured here")
	}
	return sendOnce(ctx, s, *d, a.logger())
}

// sendOnce makes one attempt under its deadline. A panic of the sender is a failed
// attempt.
func sendOnce(ctx context.Context, s Sender, d onboarding.Delivery, log *slog.Logger) (tried onboarding.Attempt) {
	ctx, cancel := context.WithTimeout(ctx, attemptTime)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			// The value may hold what was being sent: only its type and place are told.
			log.Error("sender panicked", "target", d.Target, "id", d.ID, "type", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			tried = failed("panic")
		}
	}()
	tried = s.Send(ctx, d)
	tried.Answer = clip(tried.Answer)
	return tried
}

// clip cuts an answer to what is kept, as valid UTF-8.
func clip(answer string) string {
	if len(answer) > maxAnswer {
		answer = answer[:maxAnswer]
	}
	return strings.ToValidUTF8(answer, "")
}

// waiting returns the error that makes the engine call again after the delay.
func waiting(message string, after time.Duration) error {
	return temporal.NewApplicationErrorWithOptions(message, ErrorWaiting, temporal.ApplicationErrorOptions{
		NextRetryDelay: after,
		Category:       temporal.ApplicationErrorCategoryBenign,
	})
}
