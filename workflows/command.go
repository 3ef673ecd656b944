package workflows

import (
	"errors"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"admit/onboarding"
)

// ErrorUnknownCommand is the type of the error that answers an update whose
// request ID names no stored command.
const ErrorUnknownCommand = "UnknownCommand"

// request is an update that waits for the outcome of its command.
type request struct {
	id      string
	done    bool
	outcome onboarding.CommandOutcome
	err     error
}

// validCommand refuses what cannot name a command; a refused update leaves no
// trace in the history.
func validCommand(c onboarding.CommandRequest) error {
	if c.RequestID == "" {
		return errors.New("requestId is empty: it names a command that the admin API has stored")
	}
	return nil
}

// command answers the update: it waits until the loop has advanced and knows what
// became of the command.
func (r *run) command(ctx workflow.Context, c onboarding.CommandRequest) (onboarding.CommandOutcome, error) {
	ctx, _ = workflow.NewDisconnectedContext(ctx) // a request to cancel changes nothing here either
	q := &request{id: c.RequestID}
	r.requests = append(r.requests, q)
	if err := workflow.Await(ctx, func() bool { return q.done }); err != nil {
		return onboarding.CommandOutcome{}, err
	}
	return q.outcome, q.err
}

// answer hands the outcomes that Advance returned to the updates that were asked
// for. When everything stored is folded, a request without an outcome names no
// command.
func (r *run) answer(asked []*request) {
	for _, q := range asked {
		for _, o := range r.now.Outcomes {
			if o.RequestID == q.id {
				q.outcome, q.done = o, true
			}
		}
		if !q.done && !r.now.More {
			q.done = true
			q.err = temporal.NewNonRetryableApplicationError(
				"no command of this user has this requestId: commands are sent to the admin API, POST /v1/onboardings/{userId}/commands",
				ErrorUnknownCommand, nil)
		}
	}
	waiting := r.requests[:0]
	for _, q := range r.requests {
		if !q.done {
			waiting = append(waiting, q)
		}
	}
	if len(waiting) < len(r.requests) {
		r.answeredAt = workflow.GetInfo(r.ctx).GetCurrentHistoryLength()
	}
	r.requests = waiting
}
