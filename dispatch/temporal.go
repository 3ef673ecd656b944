package dispatch

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc/codes"

	"admit/onboarding"
)

// taskTimeout is how long the engine waits for a worker that took a workflow task
// before it gives the task to another. Under load the engine itself can lose a task
// between its history and its queues, and finds that out after the same time: so it
// stays below the five seconds that a caller waits for a command's outcome, and above
// the two that Advance may take inside a task.
const taskTimeout = 3 * time.Second

// Input is the workflow's argument as a starter sends it.
type Input struct {
	UserID string `json:"userId"`
}

// StartOptions returns how a user's workflow is started, by whomever: a user
// whose last run has ended gets a new one. There is no timeout, for a run ends
// when nothing more is expected of the user.
func StartOptions(userID string) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID:                    onboarding.WorkflowID(userID),
		TaskQueue:             onboarding.TaskQueue,
		WorkflowTaskTimeout:   taskTimeout,
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		StaticSummary:         summary(userID),
	}
}

// maxSummary is the longest user ID in a static summary, in bytes, as it is and as
// JSON, which writes some bytes as six: the server refuses long summaries, and
// counts them encrypted.
const (
	maxSummary     = 100
	maxSummaryJSON = 200
)

// summary shows the user ID as code, for the UI reads summaries as Markdown.
func summary(userID string) string {
	shown := strings.ReplaceAll(userID, "`", "'")
	written := 0
	for i, r := range shown {
		escaped, _ := json.Marshal(string(r)) // a string always marshals
		written += len(escaped) - len(`""`)
		if i+utf8.RuneLen(r) > maxSummary || written > maxSummaryJSON {
			shown = shown[:i] + "…"
			break
		}
	}
	return "Onboarding of `" + shown + "`"
}

// Temporal is the Starter that rings by SignalWithStart.
type Temporal struct {
	Client    client.Client
	TaskQueue string // "" means onboarding.TaskQueue
}

// Start implements Starter.
func (t Temporal) Start(ctx context.Context, userID string, r onboarding.Ring) error {
	options := StartOptions(userID)
	options.TaskQueue = cmp.Or(t.TaskQueue, options.TaskQueue)
	_, err := t.Client.SignalWithStartWorkflow(ctx, options.ID, onboarding.SignalEvents, r, options, onboarding.WorkflowType, Input{UserID: userID})
	if err != nil {
		return fmt.Errorf("signal with start: %w", err)
	}
	return nil
}

// Health says whether Temporal answers. A server that refuses the health check, as
// a hosted one does to API keys, has answered: whether it takes a ring, only a ring
// can tell.
func (t Temporal) Health(ctx context.Context) error {
	_, err := t.Client.CheckHealth(ctx, &client.CheckHealthRequest{})
	if err == nil {
		return nil
	}
	switch serviceerror.ToStatus(err).Code() { // unwraps the SDK's errors, and gRPC's own
	case codes.PermissionDenied, codes.Unauthenticated, codes.Unimplemented, codes.NotFound:
		return nil
	}
	return fmt.Errorf("temporal: %w", err)
}
