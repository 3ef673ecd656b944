package worker

import (
	"context"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/api/workflowservice/v1"

	"admit/onboarding"
)

// attributes are what the workflow upserts. All must be usable before it runs.
var attributes = []string{
	onboarding.AttributeStage, onboarding.AttributeBlockedOn, onboarding.AttributeKYC, onboarding.AttributeSEPAKYC, onboarding.AttributePOA,
	onboarding.AttributeHighRisk, onboarding.AttributeStalled, onboarding.AttributeReversed, onboarding.AttributeDeadline,
}

// How far apart the questions are whether the search attributes are there, and
// how long one may take.
const (
	firstWait  = 250 * time.Millisecond
	maxWait    = 10 * time.Second
	askTimeout = 5 * time.Second
)

// awaitAttributes returns when a query that names every search attribute
// succeeds, and fails only when ctx ends. It logs what is missing when that
// changes.
func (w *Worker) awaitAttributes(ctx context.Context) error {
	logged := ""
	for wait := firstWait; ; wait = min(2*wait, maxWait) {
		err := w.askAttributes(ctx)
		if err == nil {
			return nil
		}
		if reason := err.Error(); reason != logged && ctx.Err() == nil {
			logged = reason
			w.because(reason)
			w.o.Logger.Warn("worker waits before it polls", "reason", reason)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

// askAttributes counts workflows by a query that names every search attribute:
// what the visibility store can query it can also take.
func (w *Worker) askAttributes(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	var missing []string
	for _, name := range attributes {
		_, err := w.o.Client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
			Namespace: w.o.Namespace, Query: name + " IS NULL AND WorkflowId = 'admit-asks'",
		})
		switch {
		case err == nil:
		case strings.Contains(err.Error(), name):
			missing = append(missing, name)
		default:
			return fmt.Errorf("Temporal does not say whether the search attributes are there: %w", err)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("search attributes are missing in namespace %s: %s; admit setup creates them", w.o.Namespace, strings.Join(missing, ", "))
	}
	return nil
}
