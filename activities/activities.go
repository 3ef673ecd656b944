package activities

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"admit/onboarding"
)

// Advancer folds what waits for a user.
type Advancer interface {
	Advance(ctx context.Context, r onboarding.AdvanceRequest) (onboarding.Advanced, error)
}

// Ledger gives out the effects of a lane one by one. Take keeps the lane for the
// sender and the time hold; Record gives it back and answers how long the effect
// waits before the next attempt, 0 when it is done with. Touch tells that a lane
// comes back by itself after a wait.
type Ledger interface {
	Take(ctx context.Context, lane onboarding.LaneRef, sender string, hold time.Duration) (onboarding.Taken, error)
	Record(ctx context.Context, effectID int64, sender string, a onboarding.Attempt) (time.Duration, error)
	Touch(ctx context.Context, lane onboarding.LaneRef, wait time.Duration) error
}

// Sender makes one attempt at a delivery, within the deadline of ctx. It never
// fails: what went wrong is in the Attempt.
type Sender interface {
	Send(ctx context.Context, d onboarding.Delivery) onboarding.Attempt
}

// Limited is a Sender that says how much its target bears of this process, in each
// of its lanes.
type Limited interface {
	Sender
	// AtOnce returns how many deliveries may be in flight in the lane now; at least 1.
	AtOnce(onboarding.Lane) int
	// PerSecond returns how many may begin in a second; 0 for any number.
	PerSecond() float64
}

// Observation is what came of one attempt, for the metrics.
type Observation struct {
	Target string
	Lane   onboarding.Lane
	Result onboarding.AttemptResult
	Took   time.Duration // the attempt alone
	Age    time.Duration // from the decision, or from when it was last sent again, to the end of the attempt
}

// Activities holds what the activities need. Its methods Advance, Deliver,
// TakeEffect and RecordAttempt are registered under their own names. All fields
// are set before the first call and never changed after it.
type Activities struct {
	Advancer Advancer
	Ledger   Ledger
	// Senders has one for each target that is no activity of another team, by the
	// target's name.
	Senders map[string]Sender
	// Identity names this process in the ledger; unique among all processes.
	Identity string
	// InFlight is how many deliveries to a target run at the same time in this
	// process, for each of its lanes, unless the target's Sender is Limited; 0
	// means DefaultInFlight.
	InFlight int
	Clock    func() time.Time  // nil means time.Now; measures short spans only
	Logger   *slog.Logger      // nil means that nothing is logged
	Observe  func(Observation) // nil means that nothing is counted

	traffic traffic
	away    away
}

// Advance folds what waits for the user. Every error may be tried again: a call
// whose answer was lost has done its work, and the next finds nothing to do.
func (a *Activities) Advance(ctx context.Context, r onboarding.AdvanceRequest) (onboarding.Advanced, error) {
	done, err := a.Advancer.Advance(ctx, r)
	if err != nil {
		return onboarding.Advanced{}, fmt.Errorf("advance: %w", err)
	}
	return done, nil
}

func (a *Activities) now() time.Time {
	if a.Clock == nil {
		return time.Now()
	}
	return a.Clock()
}

// bears returns how many deliveries may run at the same time in a target's lane,
// and how many may begin in a second, 0 for any number.
func (a *Activities) bears(r road) (atOnce int, perSecond float64) {
	if l, ok := a.Senders[r.target].(Limited); ok {
		return l.AtOnce(r.lane), l.PerSecond()
	}
	if a.InFlight == 0 {
		return DefaultInFlight, 0
	}
	return a.InFlight, 0
}

func (a *Activities) logger() *slog.Logger {
	if a.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return a.Logger
}

func (a *Activities) observe(d *onboarding.Delivery, result onboarding.AttemptResult, took time.Duration) {
	if a.Observe == nil {
		return
	}
	a.Observe(Observation{Target: d.Target, Lane: d.Lane, Result: result, Took: took, Age: d.Now.Sub(d.Created) + took})
}
