package dispatch

import (
	"context"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"admit/onboarding"
)

// taskTimeout is how long the engine waits for a worker that took a workflow task
// and may have died.
const taskTimeout = 5 * time.Second

// Input is the workflow's argument as a starter sends it.
type Input struct {
	UserID string `json:"userId"`
}

// StartOptions returns how a user's workflow is started, by whomever: a user
// whose last run has ended gets a new one.
func StartOptions(userID string) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID:                    onboarding.WorkflowID(userID),
		TaskQueue:             onboarding.TaskQueue,
		WorkflowTaskTimeout:   taskTimeout,
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		StaticSummary:         summary(userID),
	}
}

// maxSummary keeps the static summary below what the server takes, also when it
// is encrypted.
const maxSummary = 120

func summary(userID string) string {
	text := "Onboarding of " + userID
	if len(text) > maxSummary {
		// Cut between runes: the summary is shown as text.
		cut := maxSummary
		for cut > 0 && text[cut]&0xC0 == 0x80 {
			cut--
		}
		text = text[:cut] + "…"
	}
	return text
}

// Temporal rings by SignalWithStart.
type Temporal struct {
	Client client.Client
}

// Start implements Starter.
func (t Temporal) Start(ctx context.Context, userID string, r onboarding.Ring) error {
	options := StartOptions(userID)
	_, err := t.Client.SignalWithStartWorkflow(ctx, options.ID, onboarding.SignalEvents, r, options, onboarding.WorkflowType, Input{UserID: userID})
	if err != nil {
		return fmt.Errorf("signal with start: %w", err)
	}
	return nil
}

// Health says whether Temporal answers.
func (t Temporal) Health(ctx context.Context) error {
	if _, err := t.Client.CheckHealth(ctx, &client.CheckHealthRequest{}); err != nil {
		return fmt.Errorf("temporal: %w", err)
	}
	return nil
}
