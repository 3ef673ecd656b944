package main

import (
	"context"
	"errors"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"admit/onboarding"
)

// commander wakes a user's workflow for a command that is stored already, and
// waits for what becomes of it.
type commander struct {
	client  client.Client
	options func(userID string) client.StartWorkflowOptions
	input   func(userID string) any
}

// Command starts the user's workflow where none runs, sends it the update, and
// returns the command's outcome. It fails when the engine does not answer before
// ctx ends; the command is stored and will be folded all the same.
func (c commander) Command(ctx context.Context, userID, requestID string) (onboarding.CommandOutcome, error) {
	options := c.options(userID)
	options.WorkflowIDConflictPolicy = enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING
	start := c.client.NewWithStartWorkflowOperation(options, onboarding.WorkflowType, c.input(userID))
	handle, err := c.client.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: start,
		UpdateOptions: client.UpdateWorkflowOptions{
			WorkflowID:   options.ID,
			UpdateName:   onboarding.UpdateName,
			Args:         []any{onboarding.CommandRequest{RequestID: requestID}},
			WaitForStage: client.WorkflowUpdateStageCompleted,
		},
	})
	if err != nil {
		return onboarding.CommandOutcome{}, fmt.Errorf("send the command to the workflow: %w", err)
	}
	var outcome onboarding.CommandOutcome
	if err := handle.Get(ctx, &outcome); err != nil {
		return onboarding.CommandOutcome{}, fmt.Errorf("wait for the command's outcome: %w", err)
	}
	if outcome.Outcome == "" {
		return outcome, errors.New("the workflow answered without an outcome")
	}
	return outcome, nil
}
