package activities_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"admit/activities"
	"admit/onboarding"
)

var errAway = fmt.Errorf("%w: for the test", onboarding.ErrUnavailable)

// ledger is a fake of the store with one lane. It keeps what it was asked.
type ledger struct {
	queue   []onboarding.Taken
	waits   []time.Duration // what Record answers, in order; 0 after the last
	takeErr error
	recErr  error
	onTake  func()

	takes, records []string // the senders
	holds          []time.Duration
	budgets        []time.Duration // of the takes
	attempts       []onboarding.Attempt
	recordCtx      error // of the last record's context
}

func (l *ledger) Touch(context.Context, onboarding.LaneRef, time.Duration) error { return nil }

func (l *ledger) Take(ctx context.Context, lane onboarding.LaneRef, sender string, hold time.Duration) (onboarding.Taken, error) {
	if lane != ref {
		return onboarding.Taken{}, fmt.Errorf("asked for lane %+v", lane)
	}
	l.takes, l.holds = append(l.takes, sender), append(l.holds, hold)
	if until, ok := ctx.Deadline(); ok {
		l.budgets = append(l.budgets, time.Until(until))
	}
	if l.onTake != nil {
		l.onTake()
	}
	if l.takeErr != nil || len(l.queue) == 0 {
		return onboarding.Taken{}, l.takeErr
	}
	next := l.queue[0]
	l.queue = l.queue[1:]
	return next, nil
}

func (l *ledger) Record(ctx context.Context, _ int64, sender string, a onboarding.Attempt) (time.Duration, error) {
	l.records, l.attempts, l.recordCtx = append(l.records, sender), append(l.attempts, a), ctx.Err()
	if l.recErr != nil || len(l.waits) == 0 {
		return 0, l.recErr
	}
	wait := l.waits[0]
	l.waits = l.waits[1:]
	return wait, nil
}

// sendFunc is a Sender.
type sendFunc func(ctx context.Context, d onboarding.Delivery) onboarding.Attempt

func (f sendFunc) Send(ctx context.Context, d onboarding.Delivery) onboarding.Attempt {
	return f(ctx, d)
}

// clock is a clock that the test moves.
type clock struct{ now time.Time }

func (c *clock) move(d time.Duration) { c.now = c.now.Add(d) }

var (
	ref       = onboarding.LaneRef{UserID: "user-1", Target: "core", Lane: onboarding.LaneRest}
	decided   = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	delivered = onboarding.Attempt{Result: onboarding.AttemptDelivered, Answer: "200"}
	deferred  = onboarding.Attempt{Result: onboarding.AttemptDeferred, Answer: "quiet hours", RetryAfter: 9 * time.Hour}
	moot      = onboarding.Attempt{Result: onboarding.AttemptMoot, Answer: "nothing left to say"}
	broken    = onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: "500"}
)

// same compares attempts, which hold bytes.
func same(a, b onboarding.Attempt) bool { return reflect.DeepEqual(a, b) }

// effects returns n deliveries.
func effects(n int) []onboarding.Taken {
	taken := make([]onboarding.Taken, n)
	for i := range taken {
		taken[i].Delivery = &onboarding.Delivery{ID: int64(i + 1), Key: fmt.Sprintf("user-1/%d/onboarding.started/core", i+1), UserID: "user-1",
			Target: "core", Lane: onboarding.LaneRest, Name: "onboarding.started", Payload: []byte("private payload"),
			Created: decided, Now: decided.Add(time.Minute)}
	}
	return taken
}

// bench is an Activities with everything around it.
type bench struct {
	activities.Activities
	ledger *ledger
	clock  *clock
	log    *bytes.Buffer
	seen   []activities.Observation
	sent   []int64
}

func newBench(l *ledger, send sendFunc) *bench {
	b := &bench{ledger: l, clock: &clock{now: decided}, log: &bytes.Buffer{}}
	b.Activities = activities.Activities{
		Ledger: l, Identity: "worker-1", Clock: func() time.Time { return b.clock.now },
		Logger:  slog.New(slog.NewTextHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Observe: func(o activities.Observation) { b.seen = append(b.seen, o) },
		Senders: map[string]activities.Sender{"core": sendFunc(func(ctx context.Context, d onboarding.Delivery) onboarding.Attempt {
			b.sent = append(b.sent, d.ID)
			return send(ctx, d)
		})},
	}
	return b
}

func (b *bench) deliver(t *testing.T, ctx context.Context) (onboarding.LaneResult, error) {
	t.Helper()
	env := (&testsuite.WorkflowTestSuite{}).NewTestActivityEnvironment()
	env.SetWorkerOptions(worker.Options{BackgroundActivityContext: ctx})
	env.RegisterActivity(b.Deliver)
	value, err := env.ExecuteActivity(b.Deliver, ref)
	if err != nil {
		return onboarding.LaneResult{}, err
	}
	var r onboarding.LaneResult
	if err := value.Get(&r); err != nil {
		t.Fatal(err)
	}
	return r, nil
}

// wantWaiting holds that err makes the engine call again after wait, quietly.
func wantWaiting(t *testing.T, err error, wait time.Duration) {
	t.Helper()
	var e *temporal.ApplicationError
	if !errors.As(err, &e) || e.Type() != activities.ErrorWaiting || e.NextRetryDelay() != wait || e.NonRetryable() ||
		e.Category() != temporal.ApplicationErrorCategoryBenign {
		t.Errorf("error %v, want a benign one of type %s with a delay of %v", err, activities.ErrorWaiting, wait)
	}
}

func always(a onboarding.Attempt) sendFunc {
	return func(context.Context, onboarding.Delivery) onboarding.Attempt { return a }
}

func TestDeliverUntilEmpty(t *testing.T) {
	t.Parallel()
	b := newBench(&ledger{queue: effects(3)}, func(ctx context.Context, d onboarding.Delivery) onboarding.Attempt {
		if until, ok := ctx.Deadline(); !ok || time.Until(until) > 5*time.Second {
			t.Errorf("attempt %d may last until %v", d.ID, until)
		}
		return delivered
	})
	r, err := b.deliver(t, t.Context())
	if err != nil || r.Left || fmt.Sprint(b.sent) != "[1 2 3]" {
		t.Fatalf("Deliver = %+v, %v, sent %v", r, err, b.sent)
	}
	if len(b.ledger.takes) != 4 || len(b.ledger.records) != 3 {
		t.Fatalf("%d takes, %d records", len(b.ledger.takes), len(b.ledger.records))
	}
	for i, sender := range append(b.ledger.takes, b.ledger.records...) {
		if sender != b.ledger.takes[0] || !strings.HasPrefix(sender, "worker-1/") {
			t.Errorf("call %d by %q, the first by %q", i, sender, b.ledger.takes[0])
		}
	}
	for i := range b.ledger.takes {
		if b.ledger.holds[i] != 8*time.Second || b.ledger.budgets[i] > 2*time.Second {
			t.Errorf("take %d for %v within %v", i, b.ledger.holds[i], b.ledger.budgets[i])
		}
	}
	if len(b.seen) != 3 || b.seen[0] != (activities.Observation{Target: "core", Lane: onboarding.LaneRest, Result: onboarding.AttemptDelivered, Age: time.Minute}) {
		t.Errorf("observed %+v", b.seen)
	}
	if strings.Contains(b.log.String(), "private") {
		t.Errorf("the log tells the payload: %s", b.log)
	}
}

// TestDeliverOutcomes holds what one effect in front of another leads to.
func TestDeliverOutcomes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		change  func(*bench)
		waits   []time.Duration
		attempt onboarding.Attempt // recorded first; zero when none was made
		wait    time.Duration      // of the error; 0 when there is none
		is      error
		sent    int
	}{
		{name: "failed", change: func(*bench) {}, waits: []time.Duration{3 * time.Second}, attempt: broken, wait: 3 * time.Second, sent: 1},
		{name: "given up", change: func(*bench) {}, waits: []time.Duration{0}, attempt: broken, sent: 2},
		{name: "put off, and the next is sent", change: func(b *bench) { b.Senders["core"] = sendFunc(always(deferred)) }, waits: []time.Duration{9 * time.Hour},
			attempt: deferred},
		{name: "put off, and the lane waits", change: func(b *bench) {
			b.Senders["core"] = sendFunc(always(deferred))
			b.ledger.queue[1] = onboarding.Taken{Wait: 10 * time.Minute}
		}, waits: []time.Duration{9 * time.Hour}, attempt: deferred, wait: 10 * time.Minute},
		{name: "put off, and overtaken meanwhile", change: func(b *bench) { b.Senders["core"] = sendFunc(always(deferred)) },
			waits: []time.Duration{0}, attempt: deferred},
		{name: "nothing left to say", change: func(b *bench) { b.Senders["core"] = sendFunc(always(moot)) }, waits: []time.Duration{0}, attempt: moot},
		{name: "the lane waits", change: func(b *bench) { b.ledger.queue = []onboarding.Taken{{Wait: time.Minute}} }, wait: time.Minute},
		{name: "nobody to take from", change: func(b *bench) { b.ledger.takeErr = errAway }, is: errAway},
		{name: "nobody to record to", change: func(b *bench) { b.ledger.recErr = errAway }, attempt: broken, is: errAway, sent: 1},
		{name: "unknown target", change: func(b *bench) { b.Senders = nil }, waits: []time.Duration{time.Second},
			attempt: onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: "target not configured here", Unsent: true}, wait: time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(&ledger{queue: effects(2), waits: tt.waits}, always(broken))
			tt.change(b)
			r, err := b.deliver(t, t.Context())
			switch {
			case tt.wait > 0:
				wantWaiting(t, err, tt.wait)
			case tt.is != nil:
				var e *temporal.ApplicationError
				if err == nil || errors.As(err, &e) && e.NonRetryable() || !strings.Contains(err.Error(), tt.is.Error()) {
					t.Errorf("Deliver = %v, want one to try again: %v", err, tt.is)
				}
			case err != nil, r.Left:
				t.Errorf("Deliver = %+v, %v", r, err)
			}
			if len(b.sent) != tt.sent {
				t.Errorf("sent %v", b.sent)
			}
			if same(tt.attempt, onboarding.Attempt{}) {
				if len(b.ledger.attempts) > 0 {
					t.Errorf("recorded %+v", b.ledger.attempts)
				}
			} else if len(b.ledger.attempts) == 0 || !same(b.ledger.attempts[0], tt.attempt) {
				t.Errorf("recorded %+v, want first %+v", b.ledger.attempts, tt.attempt)
			}
		})
	}
}

// TestDeliverTwoSeconds holds that no attempt begins later than that after the
// activity's own start.
func TestDeliverTwoSeconds(t *testing.T) {
	t.Parallel()
	var b *bench
	b = newBench(&ledger{queue: effects(10)}, func(context.Context, onboarding.Delivery) onboarding.Attempt {
		if at := b.clock.now.Sub(decided); at > 2*time.Second {
			t.Errorf("an attempt began after %v", at)
		}
		b.clock.move(600 * time.Millisecond)
		return delivered
	})
	r, err := b.deliver(t, t.Context())
	if err != nil || !r.Left || len(b.sent) != 3 || len(b.ledger.takes) != 3 {
		t.Errorf("Deliver = %+v, %v, sent %v in %d takes", r, err, b.sent, len(b.ledger.takes))
	}
}

// TestDeliverSlowTake holds that an effect that was long in coming is not sent:
// the hold may be over before the attempt is.
func TestDeliverSlowTake(t *testing.T) {
	t.Parallel()
	b := newBench(&ledger{queue: effects(1)}, always(delivered))
	b.ledger.onTake = func() { b.clock.move(2001 * time.Millisecond) }
	r, err := b.deliver(t, t.Context())
	if err != nil || !r.Left || len(b.sent) != 0 || len(b.ledger.records) != 0 {
		t.Errorf("Deliver = %+v, %v, sent %v", r, err, b.sent)
	}
}

// TestDeliverQuietly holds that what is no failure is told as none: it is seen by
// its own result, and warned of nowhere.
func TestDeliverQuietly(t *testing.T) {
	t.Parallel()
	for _, a := range []onboarding.Attempt{deferred, moot} {
		b := newBench(&ledger{queue: effects(1), waits: []time.Duration{a.RetryAfter}}, always(a))
		if _, err := b.deliver(t, t.Context()); err != nil {
			t.Errorf("%s: Deliver = %v", a.Result, err)
		}
		if len(b.seen) != 1 || b.seen[0].Result != a.Result {
			t.Errorf("%s: observed %+v", a.Result, b.seen)
		}
		if log := b.log.String(); strings.Contains(log, "WARN") || strings.Contains(log, "ERROR") || !strings.Contains(log, "result="+string(a.Result)) {
			t.Errorf("%s: logged %s", a.Result, log)
		}
	}
}

func TestDeliverCancelledBefore(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	b := newBench(&ledger{queue: effects(2)}, func(context.Context, onboarding.Delivery) onboarding.Attempt {
		cancel() // while the first is in flight, which comes to its end
		return delivered
	})
	_, err := b.deliver(t, ctx)
	if err == nil || len(b.sent) != 1 || len(b.ledger.takes) != 1 {
		t.Errorf("Deliver = %v, sent %v in %d takes", err, b.sent, len(b.ledger.takes))
	}
	if len(b.ledger.attempts) != 1 || !same(b.ledger.attempts[0], delivered) || b.ledger.recordCtx != nil {
		t.Errorf("recorded %+v under a context that says %v", b.ledger.attempts, b.ledger.recordCtx)
	}
}

// TestDeliverCancelledFailure holds that a failure of a cancelled lane is
// recorded, and is no reason to call again.
func TestDeliverCancelledFailure(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	b := newBench(&ledger{queue: effects(2), waits: []time.Duration{time.Second}}, func(context.Context, onboarding.Delivery) onboarding.Attempt {
		cancel()
		return broken
	})
	_, err := b.deliver(t, ctx)
	var e *temporal.ApplicationError
	if err == nil || errors.As(err, &e) && e.Type() == activities.ErrorWaiting {
		t.Errorf("Deliver = %v", err)
	}
	if len(b.ledger.attempts) != 1 || !same(b.ledger.attempts[0], broken) || b.ledger.recordCtx != nil {
		t.Errorf("recorded %+v under a context that says %v", b.ledger.attempts, b.ledger.recordCtx)
	}
}

func TestDeliverPanic(t *testing.T) {
	t.Parallel()
	b := newBench(&ledger{queue: effects(1), waits: []time.Duration{time.Second}}, func(context.Context, onboarding.Delivery) onboarding.Attempt {
		panic("with a private value")
	})
	_, err := b.deliver(t, t.Context())
	wantWaiting(t, err, time.Second)
	if len(b.ledger.attempts) != 1 || !same(b.ledger.attempts[0], onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: "panic"}) {
		t.Errorf("recorded %+v", b.ledger.attempts)
	}
	if strings.Contains(b.log.String(), "private") || !strings.Contains(b.log.String(), "deliver_test.go") {
		t.Errorf("the log tells the value, or not the place: %s", b.log)
	}
}

func TestDeliverClipsAnswers(t *testing.T) {
	t.Parallel()
	b := newBench(&ledger{queue: effects(1)}, always(onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: strings.Repeat("x", 199) + "ß" + "\xff"}))
	if _, err := b.deliver(t, t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := b.ledger.attempts[0].Answer; got != strings.Repeat("x", 199) {
		t.Errorf("answer %q", got)
	}
}

// TestDeliverBare holds that nothing but the ledger and the senders is needed.
func TestDeliverBare(t *testing.T) {
	t.Parallel()
	b := newBench(&ledger{queue: effects(1), waits: []time.Duration{time.Second}}, always(broken))
	b.Clock, b.Logger, b.Observe = nil, nil, nil
	_, err := b.deliver(t, t.Context())
	wantWaiting(t, err, time.Second)
}

// TestDeliverSenders holds that two attempts of one lane, or two runs, never pass
// for each other.
func TestDeliverSenders(t *testing.T) {
	t.Parallel()
	first, second := newBench(&ledger{}, always(delivered)), newBench(&ledger{}, always(delivered))
	second.Identity = "worker-2"
	for _, b := range []*bench{first, second} {
		if _, err := b.deliver(t, t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if first.ledger.takes[0] == second.ledger.takes[0] {
		t.Errorf("both are %q", first.ledger.takes[0])
	}
}
