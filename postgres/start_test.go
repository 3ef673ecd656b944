package postgres_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"admit/onboarding"
)

func TestStart(t *testing.T) {
	t.Parallel()
	s, db := setup(t)
	first := &onboarding.Contact{Email: "user-1@example.com", Locale: "de", Name: "User One", TimeZone: "Europe/Vienna"}
	moved := &onboarding.Contact{Email: "one@example.com"}
	accept(t, s, report("user-2", verified))
	for _, tc := range []struct {
		name, user    string
		contact       *onboarding.Contact
		created, kept bool
	}{
		{"new", "user-1", first, true, true},
		{"the same again", "user-1", first, false, false},
		{"without a contact", "user-1", nil, false, false},
		{"another contact", "user-1", moved, false, true},
		{"another contact again", "user-1", moved, false, false},
		{"known by a webhook", "user-2", nil, false, false},
		{"known by a webhook, with a contact", "user-2", moved, false, true},
		{"new, without a contact", "user-3", nil, true, true},
		{"and again", "user-3", nil, false, false},
	} {
		created, id, err := s.Start(t.Context(), tc.user, tc.contact, "shop")
		if err != nil || created != tc.created || (id != 0) != tc.kept {
			t.Errorf("%s: created %t, event %d, %v", tc.name, created, id, err)
		}
	}
	for user, want := range map[string]*onboarding.Contact{"user-1": moved, "user-2": moved, "user-3": nil} {
		got, ok, err := s.Contact(t.Context(), user)
		if err != nil || ok != (want != nil) || want != nil && got != *want {
			t.Errorf("contact of %s: %+v %t %v", user, got, ok, err)
		}
	}
	if _, _, err := s.Start(t.Context(), "user\n", nil, "shop"); !errors.Is(err, onboarding.ErrData) {
		t.Errorf("an unusable user ID: %v", err)
	}
	a := advance(t, s, "user-1")
	var lines []string
	for _, l := range a.Summary.Recent {
		lines = append(lines, l.Input+" "+string(l.Outcome))
	}
	if !slices.Equal(lines, []string{"merchant/start applied", "merchant/start noted"}) {
		t.Errorf("log = %q", lines)
	}
	if o, err := s.Onboarding(t.Context(), "user-1"); err != nil || o.Events != 0 || !o.HasContact || o.LastSeq != 2 {
		t.Errorf("starts count as webhooks: %+v %v", o, err)
	}
	if actors := all[string](t, db, "select distinct actor from log"); !slices.Equal(actors, []string{"shop"}) {
		t.Errorf("actors = %q", actors)
	}
}

func TestStartRaces(t *testing.T) {
	t.Parallel()
	const users, callers = 40, 8
	s, db := setup(t)
	for i := range users {
		user := fmt.Sprint("user-", i)
		var created atomic.Int64
		var calls sync.WaitGroup
		for range callers {
			calls.Go(func() {
				is, _, err := s.Start(t.Context(), user, &onboarding.Contact{Email: "user-1@example.com"}, "shop")
				if err != nil {
					t.Error(err)
				}
				if is {
					created.Add(1)
				}
			})
		}
		calls.Wait()
		if n := one[int64](t, db, "select count(*) from events where user_id = $1", user); created.Load() != 1 || n != 1 {
			t.Errorf("%s: %d created, %d events", user, created.Load(), n)
		}
	}
}
