package postgres_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"admit/onboarding"
)

func TestEventsList(t *testing.T) {
	t.Parallel()
	s, db := setup(t)
	broken := report("user-1", verified)
	broken.Route = "undecodable"
	odd := accept(t, s, report("user-1", strange))
	nobody := malformed(t, s, db, report("", verified))
	accept(t, s, report("user-2", verified), onboarding.Event{UserID: "user-2", Provider: onboarding.SourceOperator, Route: onboarding.RouteCommand, Body: []byte("?")})
	hurt := malformed(t, s, db, broken)
	twice := accept(t, s, report("user-1", body{Check: onboarding.KYC, Status: "?"}))
	unread := accept(t, s, broken)
	advance(t, s, "user-1")
	advance(t, s, "user-2")
	accept(t, s, report("user-1", strange)) // not folded
	again := replay(t, s, twice)
	advance(t, s, "user-1")
	waits := replay(t, upgrade(t, db), hurt)

	received := func(id int64) time.Time {
		return one[time.Time](t, db, "select received from events where id = $1", id).UTC()
	}
	pending := one[int64](t, db, "select e.id from events e join log l on l.event_id = e.id where l.outcome = 'unrecognised' and e.id > $1 and e.replay_of is null", unread)
	whole := []onboarding.EventView{
		{ID: odd, UserID: "user-1", Provider: "p100", Route: "kyc-verification", State: onboarding.EventUnrecognised},
		{ID: nobody, Provider: "p100", Route: "kyc-verification", State: onboarding.EventMalformed},
		{ID: hurt, UserID: "user-1", Provider: "p100", Route: "undecodable", State: onboarding.EventMalformed, ReplayedBy: waits, Replay: onboarding.OutcomePending},
		{ID: twice, UserID: "user-1", Provider: "p100", Route: "kyc-verification", State: onboarding.EventUnrecognised, ReplayedBy: again, Replay: "unrecognised"},
		{ID: unread, UserID: "user-1", Provider: "p100", Route: "undecodable", State: onboarding.EventUnrecognised},
		{ID: pending, UserID: "user-1", Provider: "p100", Route: "kyc-verification", State: onboarding.EventUnrecognised},
	}
	for i := range whole {
		whole[i].Received = received(whole[i].ID)
	}
	for _, state := range []onboarding.EventState{"", onboarding.EventMalformed, onboarding.EventUnrecognised, "other"} {
		var want []onboarding.EventView
		for _, e := range whole {
			if state == "" || e.State == state {
				want = append(want, e)
			}
		}
		for limit := range len(whole) + 1 {
			var got []onboarding.EventView
			for after := ""; ; {
				page, next, err := s.EventsList(t.Context(), state, after, limit)
				if err != nil || limit > 0 && len(page) > limit {
					t.Fatalf("a page of %d %s: %d, %v", limit, state, len(page), err)
				}
				got = append(got, page...)
				if after = next; next == "" {
					break
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("pages of %d %q:\n%+v\nwant\n%+v", limit, state, got, want)
			}
		}
	}
	for _, after := range []string{"x", "0", "-1", "1.5", "01", "9999999999999999999"} {
		if _, _, err := s.EventsList(t.Context(), "", after, 0); !errors.Is(err, onboarding.ErrData) {
			t.Errorf("after %q: %v", after, err)
		}
	}
}
