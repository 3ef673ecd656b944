package main

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"go.temporal.io/sdk/client"

	"admit/onboarding"
)

var (
	errEngine = errors.New("the engine is unwell")
	errStore  = errors.New("the store is unwell")
)

// engine answers an update after some time, with an outcome or an error; without
// either it waits until the update is given up.
type engine struct {
	after   time.Duration
	outcome onboarding.Outcome
	err     error
	options client.UpdateWithStartWorkflowOptions
}

func (e *engine) NewWithStartWorkflowOperation(client.StartWorkflowOptions, any, ...any) client.WithStartWorkflowOperation {
	return nil
}

func (e *engine) UpdateWithStartWorkflow(ctx context.Context, o client.UpdateWithStartWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	e.options = o
	var due <-chan time.Time
	if e.outcome != "" || e.err != nil {
		due = time.After(e.after)
	}
	select {
	case <-due:
		return handle{outcome: e.outcome}, e.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// handle is an update that was answered.
type handle struct {
	client.WorkflowUpdateHandle
	outcome onboarding.Outcome
}

func (h handle) Get(_ context.Context, to any) error {
	to.(*onboarding.CommandOutcome).Outcome = h.outcome
	return nil
}

// row is a stored command that is folded some time after its workflow was rung,
// never for 0.
type row struct {
	folded time.Duration
	err    error // of the first look
	rang   []onboarding.Ring
	at     time.Time // of the first ring
}

func (r *row) Ring(_ string, ring onboarding.Ring) {
	if len(r.rang) == 0 {
		r.at = time.Now()
	}
	r.rang = append(r.rang, ring)
}

func (r *row) CommandOutcome(context.Context, string, string) (onboarding.CommandOutcome, bool, error) {
	if err := r.err; err != nil {
		r.err = nil
		return onboarding.CommandOutcome{}, false, err
	}
	if r.folded == 0 || time.Since(r.at) < r.folded {
		return onboarding.CommandOutcome{}, false, nil
	}
	return onboarding.CommandOutcome{Outcome: onboarding.Refused}, true, nil
}

// The engine of these cases answers applied and the store says refused, which
// tells them apart.
func TestCommander(t *testing.T) {
	t.Parallel()
	const budget = 5 * time.Second
	for _, c := range []struct {
		name   string
		engine engine
		row    row
		want   onboarding.Outcome
		err    error
		took   time.Duration
		rings  int
	}{
		{"answered", engine{after: 10 * time.Millisecond, outcome: onboarding.Applied}, row{}, onboarding.Applied, nil, 10 * time.Millisecond, 0},
		{"answered late", engine{after: 3100 * time.Millisecond, outcome: onboarding.Applied}, row{}, onboarding.Applied, nil, 3100 * time.Millisecond, 1},
		{"lost, and folded after the ring", engine{}, row{folded: 20 * time.Millisecond}, onboarding.Refused, nil, patience + lookEvery, 1},
		{"failed, and folded after the ring", engine{err: errEngine}, row{folded: 20 * time.Millisecond}, onboarding.Refused, nil, lookEvery, 1},
		{"failed late, and folded", engine{after: 2 * time.Second, err: errEngine}, row{folded: 1100 * time.Millisecond}, onboarding.Refused, nil, patience + 5*lookEvery, 1},
		{"lost, the store fails once", engine{}, row{folded: 20 * time.Millisecond, err: errStore}, onboarding.Refused, nil, patience + 2*lookEvery, 1},
		{"lost for good", engine{}, row{}, "", context.DeadlineExceeded, budget, 1},
		{"failed for good", engine{err: errEngine}, row{}, "", errEngine, budget, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), budget)
				defer cancel()
				began := time.Now()
				got, err := commander{updates: &c.engine, store: &c.row, rings: &c.row}.Command(ctx, "user-1", "r1")
				if got.Outcome != c.want || !errors.Is(err, c.err) {
					t.Errorf("outcome %q, %v; want %q, %v", got.Outcome, err, c.want, c.err)
				}
				if took := time.Since(began); took != c.took {
					t.Errorf("it took %v, want %v", took, c.took)
				}
				if len(c.row.rang) != c.rings {
					t.Errorf("%d rings, want %d", len(c.row.rang), c.rings)
				}
				o := c.engine.options.UpdateOptions
				if o.WorkflowID != onboarding.WorkflowID("user-1") || o.UpdateName != onboarding.UpdateName || o.WaitForStage != client.WorkflowUpdateStageCompleted {
					t.Errorf("the update %+v", o)
				}
			})
		})
	}
}
