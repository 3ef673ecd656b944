package workflows_test

import (
	"context"
	"encoding/json"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/testsuite"

	"admit/onboarding"
)

// elsewhere lets another team serve the target crm, by an activity that takes what it is
// given, and returns what the activity got.
func elsewhere(env *testsuite.TestWorkflowEnvironment, b *book) (heard *[]string) {
	heard = &[]string{}
	b.foreign["crm"], b.queue = "OnOnboardingEvent", "crm"
	env.RegisterActivityWithOptions(func(_ context.Context, body json.RawMessage) error {
		b.change(func(*book) { *heard = append(*heard, string(body)) })
		return nil
	}, activity.RegisterOptions{Name: "OnOnboardingEvent"})
	return heard
}

// timers returns the durations of the timers that are armed from now on.
func timers(env *testsuite.TestWorkflowEnvironment) *[]time.Duration {
	armed := &[]time.Duration{}
	env.SetOnTimerScheduledListener(func(_ string, d time.Duration) { *armed = append(*armed, d) })
	return armed
}

// What the ledger says to wait for, as for what another run has in flight, is waited for
// by one timer, of a second at least.
func TestTakeWaitsAsTheLedgerSays(t *testing.T) {
	t.Parallel()
	b := newBook()
	b.add("crm", onboarding.LaneRest, "onboarding.started")
	b.take = func(_ *book, call int) error {
		switch call {
		case 1:
			return again(65 * time.Second)
		case 2:
			return again(10 * time.Millisecond)
		}
		return nil
	}
	env := setup(t, b)
	heard, armed := elsewhere(env, b), timers(env)
	finish(env, b, time.Hour)
	run(t, env, input())
	completed(t, env)
	if want := []time.Duration{65 * time.Second, time.Second}; !slices.Equal(*armed, want) {
		t.Errorf("timers %v, want %v", *armed, want)
	}
	if want := []string{`{"type":"onboarding.started"}`}; !slices.Equal(*heard, want) || b.takes != 4 {
		t.Errorf("heard %q after %d takes, want %q after 4: two that waited, and one that found the lane empty", *heard, b.takes, want)
	}
}

// A ledger that does not answer is asked again after longer and longer pauses, and only
// when Advance has answered.
func TestTakeRestsWhileTheLedgerIsAway(t *testing.T) {
	t.Parallel()
	const failures = 7
	b := newBook()
	b.add("crm", onboarding.LaneRest, "onboarding.started")
	b.take = func(b *book, call int) error {
		if len(b.advances) != min(call, failures+1) {
			t.Errorf("take %d follows Advance %d", call, len(b.advances))
		}
		if call <= failures {
			return errAway
		}
		return nil
	}
	env := setup(t, b)
	heard, armed := elsewhere(env, b), timers(env)
	finish(env, b, time.Hour)
	run(t, env, input())
	completed(t, env)
	want := []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 30 * time.Second, 30 * time.Second}
	if !slices.Equal(*armed, want) {
		t.Errorf("timers %v, want %v", *armed, want)
	}
	if len(*heard) != 1 {
		t.Errorf("heard %q", *heard)
	}
}

// A revoke does not wait for the time that the grant before it has to wait.
func TestRevokeDoesNotWaitForTheGrantsTime(t *testing.T) {
	t.Parallel()
	b := newBook()
	b.add("crm", onboarding.LaneAccess, onboarding.EffectGranted)
	b.take = func(b *book, _ int) error {
		if e := b.first("crm", onboarding.LaneAccess); e != nil && e.name == onboarding.EffectGranted {
			return again(24 * time.Hour)
		}
		return nil
	}
	env := setup(t, b)
	heard := elsewhere(env, b)
	at(env, time.Minute, func() {
		b.change(func(b *book) {
			b.supersede(onboarding.EffectGranted)
			b.add("crm", onboarding.LaneAccess, onboarding.EffectRevoked)
		})
		ring(env)()
	})
	var inTime []string
	at(env, time.Minute+5*time.Second, func() { b.change(func(*book) { inTime = slices.Clone(*heard) }) })
	finish(env, b, time.Hour)
	run(t, env, input())
	completed(t, env)
	if want := []string{`{"type":"access.revoked"}`}; !slices.Equal(inTime, want) {
		t.Errorf("heard %q within five seconds, want %q", inTime, want)
	}
}

// What a lane takes while it is being cancelled is recorded like everything it takes: the
// ledger keeps the lane until then.
func TestWhatACancelledLaneTookIsRecorded(t *testing.T) {
	t.Parallel()
	b := newBook()
	b.add("crm", onboarding.LaneAccess, onboarding.EffectGranted)
	acts, env := b.activities(), (*testsuite.TestWorkflowEnvironment)(nil)
	taking, stopped := make(chan struct{}), make(chan struct{})
	var takes, given, advances atomic.Int32
	acts[onboarding.ActivityTake] = func(ctx context.Context, l onboarding.LaneRef) (onboarding.Taken, error) {
		if takes.Add(1) == 2 {
			close(taking)
			<-stopped
		}
		taken, err := b.TakeEffect(ctx, l)
		if taken.Delivery != nil {
			given.Add(1)
		}
		return taken, err
	}
	// With the record of the grant comes the revoke, whose Advance ends while the lane
	// takes it; the other lane is started by the Advance that cancels this one.
	acts[onboarding.ActivityRecord] = func(ctx context.Context, r recordRequest) error {
		err := b.RecordAttempt(ctx, r)
		if given.Load() == 1 {
			b.change(func(b *book) {
				b.add("crm", onboarding.LaneAccess, onboarding.EffectRevoked)
				b.add("hook", onboarding.LaneRest, "onboarding.suspended")
			})
			ring(env)()
		}
		return err
	}
	acts[onboarding.ActivityAdvance] = func(ctx context.Context, r onboarding.AdvanceRequest) (advanced, error) {
		if advances.Add(1) == 2 {
			<-taking
		}
		return b.Advance(ctx, r)
	}
	b.send = func(context.Context, effect) error { close(stopped); return nil }
	env = environment(t, acts)
	heard := elsewhere(env, b)
	finish(env, b, time.Hour)
	run(t, env, input())
	completed(t, env)
	if given, recorded := int(given.Load()), len(b.records); given != recorded || given != 3 {
		t.Errorf("%d effects were given out and %d recorded, want 3: the grant, and the revoke to the cancelled lane and to the next", given, recorded)
	}
	if want := []string{`{"type":"access.granted"}`, `{"type":"access.revoked"}`}; !slices.Equal(*heard, want) {
		t.Errorf("heard %q, want %q", *heard, want)
	}
}
