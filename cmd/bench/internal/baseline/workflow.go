package baseline

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

const (
	workflowType = "Receive"
	signalName   = "webhook"
	insertName   = "Insert"
)

// maxEvents is the length of the history after which a run continues as new.
const maxEvents = 500

// Ring is a signal's payload, about as large as that of Admit's.
type Ring struct {
	Number   int64  `json:"number"`
	Provider string `json:"provider"`
	Route    string `json:"route"`
}

// Input is the workflow's argument.
type Input struct {
	Insert bool `json:"insert"` // insert a row for what was received
}

// Receive takes signals for ever. The numbers of those that are there at once are
// inserted by one local activity, where the input asks for it.
func Receive(ctx workflow.Context, in Input) error {
	rings := workflow.GetSignalChannel(ctx, signalName)
	ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		ScheduleToCloseTimeout: 2 * time.Second,
		RetryPolicy:            &temporal.RetryPolicy{MaximumAttempts: 3},
	})
	for workflow.GetInfo(ctx).GetCurrentHistoryLength() < maxEvents || rings.Len() > 0 {
		var r Ring
		rings.Receive(ctx, &r)
		numbers := []int64{r.Number}
		for rings.ReceiveAsync(&r) {
			numbers = append(numbers, r.Number)
		}
		if !in.Insert {
			continue
		}
		if err := workflow.ExecuteLocalActivity(ctx, insertName, numbers).Get(ctx, nil); err != nil {
			return fmt.Errorf("insert: %w", err)
		}
	}
	return workflow.NewContinueAsNewError(ctx, workflowType, in)
}

// inserter is the activity.
type inserter struct{ pool *pgxpool.Pool }

// Insert inserts a row for each number, with the database's time.
func (i inserter) Insert(ctx context.Context, numbers []int64) error {
	_, err := i.pool.Exec(ctx, `insert into signalled (number, at) select unnest($1::bigint[]), clock_timestamp() on conflict do nothing`, numbers)
	if err != nil {
		return fmt.Errorf("insert: %w", err)
	}
	return nil
}
