package e2e_test

import (
	"fmt"
	"testing"
	"time"
)

// pollInterval is how often a condition is looked at.
const pollInterval = 20 * time.Millisecond

// patience is how long anything is waited for: a busy machine is no defect. Where a
// test claims that something is quick, it measures it.
const patience = 5 * time.Minute

// eventually waits until check returns nil, and fails the test with its last answer
// when its patience ends.
func eventually(t *testing.T, what string, check func() error) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("%s: not within %v: %v", what, patience, err)
		}
	}
}

// errFew says how far something has come.
type errFew struct{ have, want int64 }

func (e errFew) Error() string { return fmt.Sprintf("%d of %d", e.have, e.want) }
