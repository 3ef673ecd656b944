package activities

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"

	"admit/onboarding"
)

// foreignHold is for how long a lane is kept for an activity on another team's
// task queue: the minute that the activity may take from schedule to close, and
// what the engine needs around it, as for the rest of the workflow task in which the
// lane was taken.
const foreignHold = 65 * time.Second

// RecordRequest says what came of a delivery by another team's activity.
type RecordRequest struct {
	EffectID int64              `json:"effectId"`
	Attempt  onboarding.Attempt `json:"attempt"`
}

// TakeEffect takes the next effect of a lane that another team's activity
// serves; no delivery means that the lane is empty. An effect that has to wait is
// an ErrorWaiting: a run that calls it inside its workflow task waits by itself. A
// lane that was taken and never recorded is free again after 65 s.
func (a *Activities) TakeEffect(ctx context.Context, lane onboarding.LaneRef) (onboarding.Taken, error) {
	taken, err := a.Ledger.Take(ctx, lane, foreignSender(ctx), foreignHold)
	switch {
	case err != nil:
		return onboarding.Taken{}, fmt.Errorf("take the next effect: %w", err)
	case taken.Wait > 0:
		return onboarding.Taken{}, waiting("the lane waits", taken.Wait)
	case taken.Delivery != nil:
		taken.Delivery.Payload = withoutDetails(taken.Delivery.Payload)
	}
	return taken, nil
}

// withoutDetails takes the providers' words out of a payload that was decided when
// the target was a hook that is told them: Temporal would keep them.
func withoutDetails(payload []byte) []byte {
	var p onboarding.Payload
	if json.Unmarshal(payload, &p) != nil || p.Data.Details == nil {
		return payload // as it is, byte by byte
	}
	p.Data.Details = nil
	without, err := json.Marshal(p)
	if err != nil {
		return payload // it was read from JSON: never seen
	}
	return without
}

// RecordAttempt writes down what came of an effect that TakeEffect gave out in
// the same run. Doing so twice is left to the ledger: only who holds the lane
// gives it back.
func (a *Activities) RecordAttempt(ctx context.Context, r RecordRequest) error {
	r.Attempt.Answer = clip(r.Attempt.Answer)
	wait, err := a.Ledger.Record(ctx, r.EffectID, foreignSender(ctx), r.Attempt)
	if err != nil {
		return fmt.Errorf("record the attempt: %w", err)
	}
	if r.Attempt.Result != onboarding.AttemptDelivered {
		a.logger().Warn("effect not delivered by another team's activity", "id", r.EffectID,
			"result", r.Attempt.Result, "answer", r.Attempt.Answer, "wait", wait)
	}
	return nil
}

// foreignSender is the workflow run: the lane is taken in one process and given
// back in another, and between them only the run is the same.
func foreignSender(ctx context.Context) string {
	w := activity.GetInfo(ctx).WorkflowExecution
	return "workflow/" + w.ID + "/" + w.RunID
}
