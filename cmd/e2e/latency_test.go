package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"admit/onboarding"
)

// stages are the parts of the way from a reversal's webhook to the hook, in
// order. Part i is from moment i to moment i+1.
var stages = []string{
	"sent to answered", "answered to ring in Temporal", "ring to workflow task", "workflow task to Advance's transaction",
	"transaction to delivery scheduled", "scheduled to started", "started to the hook's arrival",
}

// TestRevokeLatency measures how long a user who must be shut out stays in: from
// the answer to the reversal's webhook to the hook's arrival, for 100 users one
// after the other. It runs alone; the numbers are for people, and only far too
// slow a median is a failure.
func TestRevokeLatency(t *testing.T) {
	const users = 100
	k := newSink(t)
	s := newSystem(t, options{config: noJitter + "hooks:\n" + k.hook(`"access.*"`)})
	s.serve()
	for i := range users {
		s.accepted(pathKYC, kyc(s.user(i), "VERIFIED", ""))
	}
	s.settled()
	c := dial(t, s.temporal, s.namespace)
	moments := make([][]time.Time, users)
	for i := range users {
		moments[i] = s.revoke(t, k, s.user(i))
	}
	s.settled()
	var total []time.Duration
	parts := make([][]time.Duration, len(stages))
	for i, at := range moments {
		fill(t, c, s, s.user(i), at)
		total = append(total, at[len(at)-1].Sub(at[1]))
		for j := range stages {
			parts[j] = append(parts[j], at[j+1].Sub(at[j]))
		}
	}
	t.Logf("from the answer to the hook's arrival: %s", percentiles(total))
	for j, name := range stages {
		t.Logf("  %-40s %s", name, percentiles(parts[j]))
	}
	if typical := percentile(total, 50); typical > 2*time.Second {
		t.Errorf("half of the revokes took more than %v", typical)
	}
}

// revoke reverses a user and returns when the webhook was sent and answered, and
// when the hook arrived; the moments between are left to fill.
func (s *system) revoke(t *testing.T, k *sink, user string) []time.Time {
	t.Helper()
	at := make([]time.Time, len(stages)+1)
	at[0] = time.Now()
	s.accepted(pathKYC, kyc(user, "NOT_VERIFIED", ""))
	at[1] = time.Now()
	eventually(t, "the hook for "+user, func() error {
		calls := k.of(user, "access.revoked")
		if len(calls) == 0 {
			return errors.New("it has not come")
		}
		at[len(at)-1] = calls[0].At
		return nil
	})
	return at
}

// fill completes the moments from the log's row and the workflow's history.
func fill(t *testing.T, c client.Client, s *system, user string, at []time.Time) {
	t.Helper()
	type row struct{ At time.Time }
	folded := query[row](t, s.pool, "select at from log where user_id = $1 order by seq desc limit 1", user)
	if len(folded) != 1 {
		t.Fatalf("%s has no log", user)
	}
	const transaction = 4
	at[transaction] = folded[0].At
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	events := c.GetWorkflowHistory(ctx, onboarding.WorkflowID(user), "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		if err != nil {
			t.Fatalf("read the history of %s: %v", user, err)
		}
		i, when := moment(e.EventType), e.EventTime.AsTime()
		// The last of its kind counts, but for a workflow task that began after the
		// transaction: it is the next one.
		if i > transaction || i > 0 && when.Before(at[transaction]) {
			at[i] = when
		}
	}
}

// moment returns which moment an event of a history marks, 0 for none.
func moment(kind enums.EventType) int {
	switch kind {
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
		return 2
	case enums.EVENT_TYPE_WORKFLOW_TASK_STARTED:
		return 3
	case enums.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
		return 5
	case enums.EVENT_TYPE_ACTIVITY_TASK_STARTED:
		return 6
	}
	return 0
}

func percentiles(ds []time.Duration) string {
	return fmt.Sprintf("p50 %v, p95 %v, max %v", percentile(ds, 50), percentile(ds, 95), percentile(ds, 100))
}

func percentile(ds []time.Duration, p int) time.Duration {
	sorted := slices.Sorted(slices.Values(ds))
	return sorted[(len(sorted)-1)*p/100].Round(100 * time.Microsecond)
}
