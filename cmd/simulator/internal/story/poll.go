package story

import (
	"context"
	"errors"
	"time"
)

// Limits of the waits.
const (
	pollEvery   = 25 * time.Millisecond
	foldWithin  = 30 * time.Second
	awaitWithin = 30 * time.Second
	tellWithin  = 30 * time.Second
)

// errLate means that something did not happen in time.
var errLate = errors.New("it took too long")

// poll asks until the answer is yes, an error, or too late.
func poll(ctx context.Context, within time.Duration, ask func() (bool, error)) error {
	timeout := time.NewTimer(within)
	defer timeout.Stop()
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for {
		yes, err := ask()
		if yes || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-timeout.C:
			return errLate
		case <-ticker.C:
		}
	}
}
