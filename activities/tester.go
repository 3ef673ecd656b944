package activities

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"admit/onboarding"
)

// ErrNotHTTP means that a target is no HTTP hook of this process.
var ErrNotHTTP = errors.New("no HTTP hook")

// testUser is the user whom onboarding.EffectHookTest is about.
const testUser = "hook-test"

// Tester sends onboarding.EffectHookTest to a hook where an operator asks for it:
// at once and by no ledger.
type Tester struct {
	Senders map[string]Sender
	Clock   func() time.Time // nil means time.Now
	NewID   func() string    // nil means random ones; each test has one of its own
	Logger  *slog.Logger     // nil means that nothing is logged
}

// Test makes one attempt of at most 5 s at the hook of the name, signed as any
// other, and says how long it took. The error is ErrNotHTTP, and then nothing was
// sent: mail and questions to a provider's API go to people and about people, and an
// activity on another team's task queue would take the test for the real thing.
func (t Tester) Test(ctx context.Context, name string) (onboarding.Attempt, time.Duration, error) {
	hook, ok := t.Senders[name].(*Hook)
	if !ok {
		return onboarding.Attempt{}, 0, fmt.Errorf("%q is %w", name, ErrNotHTTP)
	}
	now, newID, log := t.Clock, t.NewID, t.Logger
	if now == nil {
		now = time.Now
	}
	if newID == nil {
		newID = rand.Text
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	begun := now()
	s := onboarding.State{UserID: testUser, Stage: onboarding.StageCollecting, BlockedOn: onboarding.User, Access: onboarding.AccessNone}
	// No decision lies behind it, so it holds nothing of a provider's either.
	body, err := json.Marshal(onboarding.Effect{Name: onboarding.EffectHookTest}.Payload(s, begun.UTC(), onboarding.Target{}))
	if err != nil {
		return onboarding.Attempt{}, 0, fmt.Errorf("write the test event: %w", err)
	}
	tried := sendOnce(ctx, hook, onboarding.Delivery{
		Key: testUser + "/" + newID() + "/" + onboarding.EffectHookTest + "/" + name, UserID: testUser, Target: name,
		Lane: onboarding.LaneRest, Name: onboarding.EffectHookTest, Payload: body, Created: begun, Now: begun,
	}, log)
	return tried, now().Sub(begun), nil
}
