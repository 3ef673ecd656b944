package workflows

import (
	"errors"
	"strings"

	"go.temporal.io/sdk/converter"
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

// toSend says where commands go.
const toSend = "send commands to the admin API, POST /v1/onboardings/{userId}/commands, or with: admit command USER COMMAND --reason TEXT"

// maxRequestID is the longest request ID that the admin API stores.
const maxRequestID = 128

// requestOf reads what an update came with. From the Temporal UI that may be
// anything, so it is read here and not by the SDK, whose refusal would not say
// where commands go.
func requestOf(raw converter.RawValue) (onboarding.CommandRequest, error) {
	var c onboarding.CommandRequest
	if raw.Payload() == nil || converter.GetDefaultDataConverter().FromPayload(raw.Payload(), &c) != nil {
		return c, errors.New("nothing was done: the argument names no stored command; " + toSend)
	}
	if !validRequestID(c.RequestID) {
		return c, errors.New("nothing was done: the requestId names no stored command; " + toSend)
	}
	return c, nil
}

// validRequestID says whether the admin API could have stored a command under the
// ID. Any other must not get to Advance: the database refuses some outright.
func validRequestID(id string) bool {
	for i := range len(id) {
		switch c := id[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("._:-", c) >= 0:
		default:
			return false
		}
	}
	return id != "" && len(id) <= maxRequestID
}

// validCommand refuses what cannot name a command; a refused update leaves no
// trace in the history.
func validCommand(raw converter.RawValue) error {
	_, err := requestOf(raw)
	return err
}

// command answers the update: it waits until the loop has advanced and knows what
// became of the command.
func (r *run) command(ctx workflow.Context, raw converter.RawValue) (onboarding.CommandOutcome, error) {
	c, err := requestOf(raw)
	if err != nil {
		return onboarding.CommandOutcome{}, unknownCommand(err.Error())
	}
	ctx, _ = workflow.NewDisconnectedContext(ctx) // a request to cancel changes nothing here either
	q := &request{id: c.RequestID}
	r.requests = append(r.requests, q)
	if err := workflow.Await(ctx, func() bool { return q.done }); err != nil {
		return onboarding.CommandOutcome{}, err
	}
	return q.outcome, q.err
}

func unknownCommand(text string) error {
	return temporal.NewNonRetryableApplicationError(text, ErrorUnknownCommand, nil)
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
			q.err = unknownCommand("nothing was done: no stored command of this user has this requestId; " + toSend)
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
