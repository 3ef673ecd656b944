package postgres_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"admit/onboarding"
	"admit/postgres"
)

func collecting(o *postgres.Options) {
	o.Digest = true
	o.Targets = []onboarding.Target{{Name: onboarding.ReviewersTarget}}
	o.Policy.ReversalsPerHour = 1
}

// later is when everything that was collected is due.
func later() time.Time { return time.Now().Add(time.Minute) }

// collected sets up a store with an escalation of each of three users.
func collected(t *testing.T, change ...func(*postgres.Options)) (*postgres.Store, *pgxpool.Pool) {
	t.Helper()
	s, db := setup(t, append([]func(*postgres.Options){collecting}, change...)...)
	reverse(t, s, users(1, 3)...)
	return s, db
}

const ledger = "select state || ' ' || attempts || ' ' || last_answer from effects where name = 'onboarding.escalated' order by id"

func TestDigest(t *testing.T) {
	t.Parallel()
	s, db := collected(t)
	if got := all[string](t, db, "select name || ' ' || state from effects where state <> 'collected' order by id"); !slices.Equal(got, []string{"reversals.exceeded waiting"}) {
		t.Errorf("sent at once: %q", got)
	}
	oldest := func(least, most time.Duration) {
		t.Helper()
		if st, err := s.Stats(t.Context()); err != nil || st.CollectedOldest < least || st.CollectedOldest > most {
			t.Errorf("oldest collected: %v %v", st.CollectedOldest, err)
		}
	}
	oldest(1, time.Minute)
	exec(t, db, "update effects set created = created - interval '5 minutes' where id = (select min(id) from effects where state = 'collected')")
	oldest(5*time.Minute, 6*time.Minute)
	a := advance(t, s, "user-1")
	if len(a.Lanes) != 0 {
		t.Errorf("what is collected has a lane: %+v", a.Lanes)
	}
	var sent [][]onboarding.DigestEntry
	send := func(answer onboarding.Attempt) func(context.Context, []onboarding.DigestEntry) onboarding.Attempt {
		return func(_ context.Context, entries []onboarding.DigestEntry) onboarding.Attempt {
			sent = append(sent, entries)
			return answer
		}
	}
	for _, tc := range []struct {
		name   string
		before time.Time
		limit  int
		answer onboarding.Attempt
		want   int
		calls  int
		ledger []string
	}{
		{"nothing so old", time.Now().Add(-time.Hour), 10, delivered, 0, 0, []string{"collected 0 ", "collected 0 ", "collected 0 "}},
		{"failed", later(), 10, failed, 0, 1, []string{"collected 1 503", "collected 1 503", "collected 1 503"}},
		{"some of it", later(), 2, delivered, 2, 1, []string{"delivered 2 200", "delivered 2 200", "collected 1 503"}},
		{"the rest", later(), 2, delivered, 1, 1, []string{"delivered 2 200", "delivered 2 200", "delivered 2 200"}},
		{"nothing is left", later(), 2, delivered, 0, 0, []string{"delivered 2 200", "delivered 2 200", "delivered 2 200"}},
	} {
		sent = nil
		n, err := s.Digest(t.Context(), tc.before, tc.limit, send(tc.answer))
		if err != nil || n != tc.want || len(sent) != tc.calls {
			t.Errorf("%s: %d sent in %d calls, %v", tc.name, n, len(sent), err)
		}
		if got := all[string](t, db, ledger); !slices.Equal(got, tc.ledger) {
			t.Errorf("%s: %q", tc.name, got)
		}
		for _, entries := range sent {
			var p onboarding.Payload
			if e := entries[0]; json.Unmarshal(e.Payload, &p) != nil || p.Data.UserID != e.UserID || len(p.Data.Causes) == 0 || e.EffectID == 0 || e.Created.IsZero() {
				t.Errorf("%s: entry %+v", tc.name, e)
			}
		}
	}
	if n := one[int64](t, db, "select count(*) from effects where state = 'delivered' and done_at is null"); n != 0 {
		t.Errorf("%d delivered effects are not done", n)
	}
}

func TestDigestIsOnlyForEscalations(t *testing.T) {
	t.Parallel()
	s, db := collected(t, func(o *postgres.Options) { o.Digest = false })
	if n := one[int64](t, db, "select count(*) from effects where state = 'collected'"); n != 0 {
		t.Errorf("%d effects are collected", n)
	}
	shadow := open(t, db.Config().ConnString(), collecting, func(o *postgres.Options) { o.Shadow = true })
	reverse(t, shadow, "user-9")
	if got := all[string](t, db, "select distinct state from effects where user_id = 'user-9'"); !slices.Equal(got, []string{"shadow"}) {
		t.Errorf("in shadow mode: %q", got)
	}
	exec(t, db, "update effects set state = 'collected' where name = 'onboarding.escalated'")
	n, err := shadow.Digest(t.Context(), later(), 10, func(context.Context, []onboarding.DigestEntry) onboarding.Attempt {
		t.Error("sent in shadow mode")
		return delivered
	})
	if err != nil || n != 0 {
		t.Errorf("%d %v", n, err)
	}
	if entries, _, err := s.Timeline(t.Context(), "user-1", "", 0); err != nil || !slices.ContainsFunc(entries, func(e onboarding.TimelineEntry) bool {
		return e.State == onboarding.EffectCollected && e.NextTry == nil && e.Effect == onboarding.EffectEscalated
	}) {
		t.Errorf("the timeline does not show what is collected: %v", err)
	}
}

// TestDigestTwiceAtOnce has a second runner come while the first one sends.
func TestDigestTwiceAtOnce(t *testing.T) {
	t.Parallel()
	s, db := collected(t)
	other := open(t, db.Config().ConnString(), collecting)
	var calls atomic.Int64
	n, err := s.Digest(t.Context(), later(), 2, func(ctx context.Context, entries []onboarding.DigestEntry) onboarding.Attempt {
		calls.Add(1)
		// Neither what is being sent nor the entry that is left.
		if n, err := other.Digest(ctx, later(), 10, func(context.Context, []onboarding.DigestEntry) onboarding.Attempt {
			calls.Add(1)
			return delivered
		}); n != 0 || err != nil {
			t.Errorf("the second runner sends %d: %v", n, err)
		}
		return delivered
	})
	if n != 2 || err != nil || calls.Load() != 1 {
		t.Errorf("%d sent in %d calls, %v", n, calls.Load(), err)
	}

	// Many at once send all there is, each entry once.
	reverse(t, s, users(11, 30)...)
	var mu sync.Mutex
	seen := map[int64]int{}
	var runners sync.WaitGroup
	for range 6 {
		runners.Go(func() {
			for {
				if st, err := other.Stats(t.Context()); err != nil || st.CollectedOldest == 0 {
					return // an error is told by what is left
				}
				if _, err := other.Digest(t.Context(), later(), 3, func(_ context.Context, entries []onboarding.DigestEntry) onboarding.Attempt {
					mu.Lock()
					defer mu.Unlock()
					for _, e := range entries {
						seen[e.EffectID]++
					}
					return delivered
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	runners.Wait()
	for id, n := range seen {
		if n != 1 {
			t.Errorf("effect %d was sent %d times", id, n)
		}
	}
	if n := one[int64](t, db, "select count(*) from effects where state = 'collected'"); n != 0 || len(seen) != 21 {
		t.Errorf("%d are left, %d were sent", n, len(seen))
	}
}

// TestDigestThatDies sends, and does not come to say so.
func TestDigestThatDies(t *testing.T) {
	t.Parallel()
	s, db := collected(t)
	kill := func(ctx context.Context, entries []onboarding.DigestEntry) onboarding.Attempt {
		exec(t, db, "select pg_terminate_backend(pid) from pg_stat_activity where state = 'idle in transaction' and pid in (select pid from pg_locks where relation = 'effects'::regclass)")
		return delivered
	}
	if n, err := s.Digest(t.Context(), later(), 10, kill); n != 0 || !errors.Is(err, onboarding.ErrUnavailable) {
		t.Errorf("%d %v", n, err)
	}
	if got := all[string](t, db, ledger); !slices.Equal(got, []string{"collected 0 ", "collected 0 ", "collected 0 "}) {
		t.Errorf("after the death: %q", got)
	}
	if n, err := s.Digest(t.Context(), later(), 10, func(context.Context, []onboarding.DigestEntry) onboarding.Attempt { return delivered }); n != 3 || err != nil {
		t.Errorf("again: %d %v", n, err)
	}
	if got := all[string](t, db, ledger); !slices.Equal(got, []string{"delivered 1 200", "delivered 1 200", "delivered 1 200"}) {
		t.Errorf("in the end: %q", got)
	}
}

// TestDigestOfACallerWhoGivesUp holds that what was sent counts as sent.
func TestDigestOfACallerWhoGivesUp(t *testing.T) {
	t.Parallel()
	s, _ := collected(t)
	ctx, cancel := context.WithCancel(t.Context())
	n, err := s.Digest(ctx, later(), 10, func(sending context.Context, _ []onboarding.DigestEntry) onboarding.Attempt {
		if until, ok := sending.Deadline(); !ok || time.Until(until) > 20*time.Second {
			t.Errorf("sending may take until %s", until)
		}
		cancel()
		return delivered
	})
	if n != 3 || err != nil {
		t.Errorf("%d %v", n, err)
	}
}
