package activities

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"admit/onboarding"
)

const (
	// digestEvery is how often it is looked whether a digest is due.
	digestEvery = time.Minute
	// digestGrace is how long a digest waits behind its boundary for what was decided
	// right before and is still being written.
	digestGrace = time.Minute
	// maxDigestEntries is how many escalations one digest tells of; the next follows
	// at once.
	maxDigestEntries = 5000
)

// Digester gives out what was collected for the reviewers before a time, at most
// limit of it, oldest first, and keeps what came of sending it: a delivery ends it,
// anything else leaves it for the next try. It returns how many were delivered. Of
// several processes that call it at once one sends an entry.
type Digester interface {
	Digest(ctx context.Context, before time.Time, limit int,
		send func(context.Context, []onboarding.DigestEntry) onboarding.Attempt) (sent int, err error)
}

// DigestSender writes to the reviewers of what was collected until a time.
type DigestSender interface {
	SendDigest(ctx context.Context, until time.Time, entries []onboarding.DigestEntry) onboarding.Attempt
}

// Daily is a time of day.
type Daily struct {
	Hour, Minute int
	Zone         *time.Location
}

// ParseDaily reads a time of day, "08:00", in a time zone of the IANA list, ""
// for UTC.
func ParseDaily(text, zone string) (Daily, error) {
	at, err := time.Parse("15:04", text)
	if err != nil {
		return Daily{}, fmt.Errorf("%q is no time of day, as 08:00", text)
	}
	in, known := zoneOf(zone)
	if zone != "" && !known {
		return Daily{}, fmt.Errorf("%q is no time zone, as Europe/Berlin", zone)
	}
	return Daily{Hour: at.Hour(), Minute: at.Minute(), Zone: in}, nil
}

// Last returns when it was that time of day last, at or before now. On a day whose
// clocks leap over it, or come to it twice, it is once, at most as much off as they
// are changed.
func (d Daily) Last(now time.Time) time.Time {
	now = now.In(d.Zone)
	at := time.Date(now.Year(), now.Month(), now.Day(), d.Hour, d.Minute, 0, 0, d.Zone)
	if at.After(now) {
		at = time.Date(now.Year(), now.Month(), now.Day()-1, d.Hour, d.Minute, 0, 0, d.Zone)
	}
	return at
}

// Digests sends the reviewers' digest each day. Several processes may do so at
// once. All fields are set before Run and never changed after it.
type Digests struct {
	Store     Digester
	Reviewers DigestSender
	Daily     *Daily // nil: nothing is collected now; what was before is sent at once

	Clock   func() time.Time               // nil means time.Now
	Logger  *slog.Logger                   // nil means that nothing is logged
	Observe func(onboarding.AttemptResult) // of each mail; nil means that nothing is counted
}

// Run looks each minute whether a digest is due, until ctx ends; then it returns
// nil, when the digest that is being sent has come to its end. What could not be
// sent is tried again a minute later.
func (g *Digests) Run(ctx context.Context) error {
	tick := time.NewTicker(digestEvery)
	defer tick.Stop()
	for {
		g.send(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// send sends what is due, in as many mails as it takes.
func (g *Digests) send(ctx context.Context) {
	until := g.until()
	for ctx.Err() == nil {
		// To its end, which the store bounds: a mail that was cut off would be sent again.
		sent, err := g.Store.Digest(context.WithoutCancel(ctx), until, maxDigestEntries, func(ctx context.Context, entries []onboarding.DigestEntry) onboarding.Attempt {
			tried := g.Reviewers.SendDigest(ctx, until, entries)
			tried.Answer = clip(tried.Answer)
			g.tell(tried, len(entries))
			return tried
		})
		if err != nil {
			g.logger().Warn("digest could not be read or recorded; tried again in a minute", "error", err)
		}
		if err != nil || sent < maxDigestEntries {
			return
		}
	}
}

// until returns the end of what is due.
func (g *Digests) until() time.Time {
	now := time.Now()
	if g.Clock != nil {
		now = g.Clock()
	}
	if g.Daily == nil {
		return now.UTC().Truncate(time.Hour) // the same for all tries of a while
	}
	return g.Daily.Last(now.Add(-digestGrace))
}

func (g *Digests) tell(tried onboarding.Attempt, entries int) {
	if g.Observe != nil {
		g.Observe(tried.Result)
	}
	if tried.Result == onboarding.AttemptDelivered {
		g.logger().Info("digest sent to the reviewers", "entries", entries)
		return
	}
	g.logger().Error("digest not sent to the reviewers; tried again in a minute", "entries", entries, "result", tried.Result, "answer", tried.Answer)
}

func (g *Digests) logger() *slog.Logger {
	if g.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return g.Logger
}
