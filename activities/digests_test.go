package activities_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"admit/activities"
	"admit/onboarding"
)

// collected is a fake of the store's digest: effects with the times at which they
// were decided.
type collected struct {
	waiting []onboarding.DigestEntry
	away    time.Time   // until then the store does not answer
	asked   []time.Time // the befores
}

func (c *collected) Digest(ctx context.Context, before time.Time, limit int, send func(context.Context, []onboarding.DigestEntry) onboarding.Attempt) (int, error) {
	c.asked = append(c.asked, before)
	if time.Now().Before(c.away) {
		return 0, errAway
	}
	n := 0
	for n < len(c.waiting) && n < limit && c.waiting[n].Created.Before(before) {
		n++
	}
	if n == 0 || send(ctx, c.waiting[:n]).Result != onboarding.AttemptDelivered {
		return 0, nil
	}
	c.waiting = c.waiting[n:]
	return n, nil
}

// digestFunc is a DigestSender.
type digestFunc func(until time.Time, entries []onboarding.DigestEntry) onboarding.Attempt

func (f digestFunc) SendDigest(_ context.Context, until time.Time, entries []onboarding.DigestEntry) onboarding.Attempt {
	return f(until, entries)
}

// TestDigests runs three days: a mail at eight, a mail server that is away for five
// minutes on the second day, and a quiet third.
func TestDigests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		berlin, err := time.LoadLocation("Europe/Berlin")
		if err != nil {
			t.Fatal(err)
		}
		now := time.Now() // midnight UTC of 1 January 2000, by the bubble's clock
		at := func(d time.Duration) onboarding.DigestEntry { return onboarding.DigestEntry{Created: now.Add(d)} }
		store := &collected{waiting: []onboarding.DigestEntry{
			at(time.Hour), at(2 * time.Hour), at(6*time.Hour + 59*time.Minute), // before 8:00 in Berlin, 7:00 UTC
			at(7 * time.Hour), at(30 * time.Hour),
		}}
		type mail struct {
			after time.Duration
			n     int
			ok    bool
		}
		var mails []mail
		var seen []onboarding.AttemptResult
		var log bytes.Buffer
		g := &activities.Digests{
			Store: store, Daily: &activities.Daily{Hour: 8, Zone: berlin},
			Logger: slog.New(slog.NewTextHandler(&log, nil)), Observe: func(r onboarding.AttemptResult) { seen = append(seen, r) },
			Reviewers: digestFunc(func(until time.Time, entries []onboarding.DigestEntry) onboarding.Attempt {
				after := time.Since(now)
				if want := after.Truncate(24*time.Hour) + 7*time.Hour; until.Sub(now) != want {
					t.Errorf("a digest until %v, %v after the start", until, after)
				}
				ok := after < 31*time.Hour || after > 31*time.Hour+5*time.Minute+30*time.Second
				mails = append(mails, mail{after, len(entries), ok})
				if ok {
					return onboarding.Attempt{Result: onboarding.AttemptDelivered, Answer: "250"}
				}
				return onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: "refused connection"}
			}),
		}
		ctx, cancel := context.WithTimeout(t.Context(), 72*time.Hour)
		defer cancel()
		if err := g.Run(ctx); err != nil {
			t.Fatal(err)
		}
		if len(mails) != 7 || mails[0] != (mail{7*time.Hour + time.Minute, 3, true}) || mails[1] != (mail{31*time.Hour + time.Minute, 2, false}) ||
			mails[6] != (mail{31*time.Hour + 6*time.Minute, 2, true}) {
			t.Errorf("mails %+v", mails)
		}
		if len(store.waiting) != 0 || len(seen) != 7 || seen[1] != onboarding.AttemptFailed {
			t.Errorf("%d wait, observed %v", len(store.waiting), seen)
		}
		if got := strings.Count(log.String(), "digest not sent"); got != 5 {
			t.Errorf("the log tells of %d failures:\n%s", got, log.String())
		}
	})
}

// TestDigestsWithoutATime holds that what an earlier configuration collected does
// not wait for ever.
func TestDigestsWithoutATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &collected{waiting: []onboarding.DigestEntry{{Created: time.Now().Add(-2 * time.Hour)}}}
		sent := 0
		g := &activities.Digests{Store: store, Reviewers: digestFunc(func(_ time.Time, entries []onboarding.DigestEntry) onboarding.Attempt {
			sent += len(entries)
			return onboarding.Attempt{Result: onboarding.AttemptDelivered}
		})}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := g.Run(ctx); err != nil || sent != 1 {
			t.Errorf("Run = %v, %d sent", err, sent)
		}
	})
}

// TestDigestsInParts holds that more than one mail can hold goes out in several, at
// once, and that a store which is away is asked again in a minute.
func TestDigestsInParts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &collected{waiting: make([]onboarding.DigestEntry, 12000), away: time.Now().Add(30 * time.Second)}
		var parts []int
		g := &activities.Digests{Store: store, Daily: &activities.Daily{Zone: time.UTC}, Reviewers: digestFunc(func(_ time.Time, entries []onboarding.DigestEntry) onboarding.Attempt {
			parts = append(parts, len(entries))
			return onboarding.Attempt{Result: onboarding.AttemptDelivered}
		})}
		ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
		defer cancel()
		if err := g.Run(ctx); err != nil || len(parts) != 3 || parts[0] != 5000 || parts[2] != 2000 || len(store.asked) != 4 {
			t.Errorf("Run = %v, parts %v after %d questions", err, parts, len(store.asked))
		}
	})
}

func TestDaily(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, zone, now, want string }{
		{"right at it", "08:00", "Europe/Berlin", "2026-01-15T07:00:00Z", "2026-01-15T07:00:00Z"},
		{"right before", "08:00", "Europe/Berlin", "2026-01-15T06:59:59Z", "2026-01-14T07:00:00Z"},
		{"in summer", "08:00", "Europe/Berlin", "2026-07-15T12:00:00Z", "2026-07-15T06:00:00Z"},
		{"no zone", "00:00", "", "2026-07-15T23:59:00Z", "2026-07-15T00:00:00Z"},
		{"another day there", "08:00", "Pacific/Auckland", "2026-07-14T20:30:00Z", "2026-07-14T20:00:00Z"},
		{"the first of a month", "23:30", "", "2026-03-01T10:00:00Z", "2026-02-28T23:30:00Z"},
		{"the day after the clocks were changed", "08:00", "Europe/Berlin", "2026-03-29T12:00:00Z", "2026-03-29T06:00:00Z"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, err := activities.ParseDaily(tt.text, tt.zone)
			if err != nil {
				t.Fatal(err)
			}
			now, err := time.Parse(time.RFC3339, tt.now)
			if err != nil {
				t.Fatal(err)
			}
			if got := d.Last(now).UTC().Format(time.RFC3339); got != tt.want {
				t.Errorf("Last = %s, want %s", got, tt.want)
			}
		})
	}
	for _, bad := range [][2]string{{"8", ""}, {"24:00", ""}, {"08:00", "Berlin"}, {"", ""}, {"08:00", "Local"}} {
		if _, err := activities.ParseDaily(bad[0], bad[1]); err == nil {
			t.Errorf("ParseDaily(%q, %q) = nil", bad[0], bad[1])
		}
	}
}
