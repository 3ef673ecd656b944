package cli

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// pacer spreads over time what is done often: at most rate a second, and no
// burst after a wait.
type pacer struct {
	a     *app
	every time.Duration
	next  time.Time
}

func (a *app) pacer(r rate) *pacer { return &pacer{a: a, every: r.every()} }

// wait returns when n more may be done, or with an error when ctx ends first.
func (p *pacer) wait(ctx context.Context, n int) error {
	now := p.a.Now()
	if p.next.Before(now) {
		p.next = now
	}
	d := p.next.Sub(now)
	p.next = p.next.Add(time.Duration(n) * p.every)
	if d <= 0 {
		return ctx.Err()
	}
	return p.a.Sleep(ctx, d)
}

// Retries of what may work later: about a minute in all, so that a restart of
// what is behind the API is waited out.
const (
	maxTries   = 9
	firstPause = 500 * time.Millisecond
	longPause  = 15 * time.Second
)

// patiently does something that may be done again until it works, fails for good,
// or was tried maxTries times. What is in flight when ctx ends is still waited for;
// nothing is tried again then. again, if given, hears of each failure that is
// followed by another try.
func (a *app) patiently(ctx context.Context, again func(error), try func(context.Context) error) error {
	pause := firstPause
	for n := 1; ; n++ {
		if ctx.Err() != nil {
			return interrupted()
		}
		err := try(context.WithoutCancel(ctx))
		var f *failure
		if err == nil || !errors.As(err, &f) || !f.passing || n == maxTries {
			return err
		}
		if again != nil {
			again(err)
		}
		// Up to half as much again, so that many who wait do not come back at once.
		wait := max(pause+rand.N(pause/2), min(f.after, 2*longPause))
		if a.Sleep(ctx, wait) != nil {
			return interrupted()
		}
		pause = min(2*pause, longPause)
	}
}
