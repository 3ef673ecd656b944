package providers

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// turnBurst is how many questions may follow each other without a distance.
	turnBurst = 2
	// maxRetryAfter bounds what a provider may ask for.
	maxRetryAfter = time.Hour
	// tooManyPause is how long a 429 stands that does not say how long.
	tooManyPause = 10 * time.Second
)

// turns gives out the turns to ask one provider, within the limits of this
// process and while the provider has not asked for a pause.
type turns struct {
	clock     func() time.Time
	slots     chan struct{}
	rate      *rate.Limiter
	perSecond float64
	patience  time.Duration // how long a turn is waited for at most

	mu      sync.Mutex
	until   time.Time // the end of the pause
	refused int       // turns that were refused in this pause
}

func newTurns(atOnce int, perSecond float64, patience time.Duration, clock func() time.Time) *turns {
	return &turns{
		clock: clock, slots: make(chan struct{}, atOnce), perSecond: perSecond, patience: patience,
		rate: rate.NewLimiter(rate.Limit(perSecond), turnBurst),
	}
}

// take waits for a turn, for at most half of the time that ctx leaves. It returns
// what gives the turn back, or nil and what came of the question.
func (t *turns) take(ctx context.Context) (leave func(), refused Asked) {
	if wait := t.paused(); wait > 0 {
		return nil, Asked{Class: classTooMany, RetryAfter: wait}
	}
	patience := t.patience
	if deadline, ok := ctx.Deadline(); ok {
		patience = min(patience, time.Until(deadline)/2)
	}
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case t.slots <- struct{}{}:
	case <-waiting.Done():
		return nil, gaveUp(ctx, 0)
	}
	leave = func() { <-t.slots }
	if wait, ok := t.paced(waiting); !ok {
		leave()
		return nil, gaveUp(ctx, wait)
	}
	// Somebody who asked in the meantime may have been told to wait.
	if wait := t.paused(); wait > 0 {
		leave()
		return nil, Asked{Class: classTooMany, RetryAfter: wait}
	}
	return leave, Asked{}
}

// gaveUp says why nobody waits for a turn any longer.
func gaveUp(ctx context.Context, wait time.Duration) Asked {
	if errors.Is(ctx.Err(), context.Canceled) {
		return Asked{Class: classCancelled}
	}
	return Asked{Class: classBusy, RetryAfter: wait}
}

// paced waits until the rate allows one more question. It says no at once where
// that is beyond the end of ctx, and how long it would have been.
func (t *turns) paced(ctx context.Context) (wait time.Duration, ok bool) {
	now := t.clock()
	place := t.rate.ReserveN(now, 1)
	wait = place.DelayFrom(now)
	if wait <= 0 {
		return 0, true
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < wait {
		place.CancelAt(now)
		return wait, false
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return 0, true
	case <-ctx.Done():
		place.CancelAt(t.clock())
		return 0, false
	}
}

// pause refuses every turn until d has passed.
func (t *turns) pause(d time.Duration) {
	now := t.clock()
	t.mu.Lock()
	defer t.mu.Unlock()
	if !now.Before(t.until) {
		t.refused = 0
	}
	if until := now.Add(d); until.After(t.until) {
		t.until = until
	}
}

// paused returns how long the caller has to wait for the end of a pause; 0 when
// there is none. Everybody it sends away gets a place of his own behind that end,
// so that they do not all come back in the same moment.
func (t *turns) paused() time.Duration {
	now := t.clock()
	t.mu.Lock()
	defer t.mu.Unlock()
	left := t.until.Sub(now)
	if left <= 0 {
		return 0
	}
	behind := time.Duration(float64(t.refused) / t.perSecond * float64(time.Second))
	t.refused++
	return min(left+behind, maxRetryAfter)
}

// retryAfter reads a Retry-After header, seconds or a date, as a wait from now:
// at most an hour, 0 when there is none or it cannot be read.
func retryAfter(text string, now time.Time) time.Duration {
	// A number out of range is returned as the largest one.
	if seconds, err := strconv.ParseUint(text, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(seconds, uint64(maxRetryAfter/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return min(max(at.Sub(now), 0), maxRetryAfter)
	}
	return 0
}
