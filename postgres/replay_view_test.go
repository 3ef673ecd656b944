package postgres_test

import (
	"testing"
	"time"

	"admit/onboarding"
)

func TestTimelineOfAReplay(t *testing.T) {
	t.Parallel()
	s, db := setup(t)
	old := accept(t, s, report("user-1", strange))
	advance(t, s, "user-1")
	later := upgrade(t, db)
	id := replay(t, later, old)
	last := func() onboarding.TimelineEntry {
		t.Helper()
		var last onboarding.TimelineEntry
		entries, _, err := later.Timeline(t.Context(), "user-1", "", 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if e.Kind != "effect" {
				last = e
			}
		}
		return last
	}
	received := one[time.Time](t, db, "select received from events where id = $1", old)
	pending := last()
	advance(t, later, "user-1")
	for _, e := range []onboarding.TimelineEntry{pending, last()} {
		if e.EventID != id || e.ReplayOf != old || e.Actor != "ops-1" || e.Input != "p100/kyc-verification" || string(e.Body) != string(report("", strange).Body) ||
			!e.Received.Equal(received) || !e.At.After(received) {
			t.Errorf("%s entry: %+v", e.Kind, e)
		}
	}
	if pending.Kind != "pending" || last().Outcome != onboarding.Applied {
		t.Errorf("pending %+v, folded %+v", pending, last())
	}
}

// An old text does not hide a newer one because it was folded again.
func TestMessageOfAReplay(t *testing.T) {
	t.Parallel()
	s, db := setup(t)
	old := accept(t, s, report("user-1", strange))
	now := expired
	now.Message = "a word of today"
	accept(t, s, report("user-1", now))
	advance(t, s, "user-1")
	later := upgrade(t, db)
	replay(t, later, old)
	advance(t, later, "user-1")
	o, err := later.Onboarding(t.Context(), "user-1")
	if err != nil || o.Checks.KYC.Message != now.Message {
		t.Errorf("%v: %+v", err, o.Checks.KYC)
	}
}
