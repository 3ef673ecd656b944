package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"admit/dispatch"
	"admit/onboarding"
)

// patience is how long a commander waits for the update alone, and lookEvery how
// often it then looks for the outcome itself. An engine that is well answers
// within tens of milliseconds.
const (
	patience  = time.Second
	lookEvery = 250 * time.Millisecond
)

// updater sends updates: the part of a Temporal client that a commander needs.
type updater interface {
	NewWithStartWorkflowOperation(options client.StartWorkflowOptions, workflow any, args ...any) client.WithStartWorkflowOperation
	UpdateWithStartWorkflow(ctx context.Context, options client.UpdateWithStartWorkflowOptions) (client.WorkflowUpdateHandle, error)
}

// outcomes knows what became of a command, false while it is not folded.
type outcomes interface {
	CommandOutcome(ctx context.Context, userID, requestID string) (onboarding.CommandOutcome, bool, error)
}

// ringer has a user's workflow rung soon.
type ringer interface {
	Ring(userID string, r onboarding.Ring)
}

// commander wakes a user's workflow for a command that is stored already, and
// waits for what becomes of it.
type commander struct {
	updates updater
	store   outcomes
	rings   ringer
}

// answer is what became of an update.
type answer struct {
	outcome onboarding.CommandOutcome
	err     error
}

// Command returns the outcome of a command. The workflow is sent an update; where
// that fails or goes unanswered for a second, the workflow is rung as well and the
// outcome looked for in the store, which has it before a busy engine says so. A
// workflow task that was given out and got lost on its way is beyond both: the
// engine gives it out anew after its timeout. Command fails when there is no
// outcome before ctx ends; the command is stored and will be folded all the same.
func (c commander) Command(ctx context.Context, userID, requestID string) (onboarding.CommandOutcome, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	answered := make(chan answer, 1)
	go func() {
		outcome, err := c.update(ctx, userID, requestID)
		answered <- answer{outcome, err}
	}()
	late := time.NewTimer(patience)
	defer late.Stop()
	var failure error
	select {
	case a := <-answered:
		if a.err == nil {
			return a.outcome, nil
		}
		failure = a.err
	case <-late.C:
	}
	c.rings.Ring(userID, onboarding.Ring{Provider: onboarding.SourceOperator, Route: onboarding.RouteCommand})
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case a := <-answered:
			if a.err == nil {
				return a.outcome, nil
			}
			failure = a.err
		case <-look.C:
			// A store that cannot say may be able to the next time.
			if outcome, folded, err := c.store.CommandOutcome(ctx, userID, requestID); err == nil && folded {
				return outcome, nil
			}
		case <-ctx.Done():
			if failure == nil {
				failure = fmt.Errorf("wait for the workflow: %w", ctx.Err())
			}
			return onboarding.CommandOutcome{}, failure
		}
	}
}

// update starts the user's workflow where none runs, sends it the update, and
// returns what it answers.
func (c commander) update(ctx context.Context, userID, requestID string) (onboarding.CommandOutcome, error) {
	options := dispatch.StartOptions(userID)
	options.WorkflowIDConflictPolicy = enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING
	start := c.updates.NewWithStartWorkflowOperation(options, onboarding.WorkflowType, dispatch.Input{UserID: userID})
	handle, err := c.updates.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
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
