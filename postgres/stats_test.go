package postgres_test

import (
	"maps"
	"testing"
	"time"

	"admit/onboarding"
	"admit/postgres"
)

// parked holds how many effects were given up on, of each target that has some.
func parked(t *testing.T, s *postgres.Store, want map[string]int64) {
	t.Helper()
	if got, err := s.Parked(t.Context()); err != nil || !maps.Equal(got, want) {
		t.Errorf("parked: %v %v, want %v", got, err, want)
	}
}

func TestStats(t *testing.T) {
	t.Parallel()
	s, db := setup(t)
	if st, err := s.Stats(t.Context()); err != nil || st.InboxCount != 0 || st.InboxOldest != 0 || st.AccessOldest != 0 {
		t.Errorf("empty: %+v %v", st, err)
	}
	parked(t, s, map[string]int64{})
	accept(t, s, report("user-1", verified), report("user-1", expired))
	advance(t, s, "user-1")
	accept(t, s, report("user-1", started), report("user-2", started))
	exec(t, db, "update effects set created = now() - interval '90 seconds' where name = 'access.revoked' and target = 'core'")
	st, err := s.Stats(t.Context())
	if err != nil || st.InboxCount != 2 || st.InboxOldest <= 0 || st.RestOldest <= 0 || st.RevokesOverdue != 1 ||
		st.RevokeOldest < 90*time.Second || st.AccessOldest != st.RevokeOldest {
		t.Errorf("stats = %+v %v", st, err)
	}
	if n := one[int64](t, db, "select count(*) from effects where state = 'parked' and target = 'mail'"); n != 2 {
		t.Errorf("%d messages to a user without a contact", n)
	}
	parked(t, s, map[string]int64{})
	exec(t, db, "update effects set last_answer = '550' where state = 'parked' and name = 'notify.approved'")
	parked(t, s, map[string]int64{onboarding.MailTarget: 1})
	if st.ParkedAccess != 0 {
		t.Errorf("%d parked in the access lanes", st.ParkedAccess)
	}
	exec(t, db, "update effects set created = now() - interval '1 hour' where target = 'core'")
	advance(t, open(t, db.Config().ConnString(), func(o *postgres.Options) { o.Targets = hooks[1:] }), "user-1")
	if st, err := s.Stats(t.Context()); err != nil || st.ParkedAccess != 1 {
		t.Errorf("with an access lane parked: %+v %v", st, err)
	}
	parked(t, s, map[string]int64{"core": 1, onboarding.MailTarget: 1})
}

func TestStatsOfQuestionsAndReversals(t *testing.T) {
	t.Parallel()
	s, db := reversed(t)
	reverse(t, s, "user-2")
	accept(t, s, report("user-3", started))
	advance(t, s, "user-3")
	exec(t, db, "update effects set created = now() - interval '3 hours' where name = 'ask.p100' and user_id = 'user-1'")
	if st, err := s.Stats(t.Context()); err != nil || st.AskOldest < 3*time.Hour || st.AskOldest > 4*time.Hour || st.ReversedLastHour != 2 {
		t.Errorf("stats = %+v %v", st, err)
	}
	parked(t, s, map[string]int64{})
	for range maxRefusals {
		exec(t, db, "update effects set next_attempt_at = now()")
		record(t, s, take(t, s, p100Rest, "a").Delivery.ID, "a", refused)
	}
	exec(t, db, "update onboardings set reversed_at = now() - interval '61 minutes' where user_id = 'user-1'")
	if st, err := s.Stats(t.Context()); err != nil || st.AskOldest > time.Hour || st.ReversedLastHour != 1 {
		t.Errorf("an hour later: %+v %v", st, err)
	}
	parked(t, s, map[string]int64{onboarding.P100Target: 1})
}

// TestAReplayIsYoung holds that the age of what is sent again counts from then,
// wherever an age is told: nobody waited for it before.
func TestAReplayIsYoung(t *testing.T) {
	t.Parallel()
	s, db := setup(t, asking)
	accept(t, s, report("user-1", verified), report("user-1", expired))
	advance(t, s, "user-1")
	exec(t, db, "update effects set created = now() - interval '3 hours', replayed_at = now() - interval '2 hours'")
	if st, err := s.Stats(t.Context()); err != nil || st.AccessOldest < time.Hour || st.RestOldest < time.Hour || st.RevokeOldest < time.Hour ||
		st.AskOldest < time.Hour || st.RevokesOverdue != 1 || st.Oldest["core"] < time.Hour {
		t.Errorf("left for hours: %+v %v", st, err)
	}
	exec(t, db, "update effects set state = 'parked' where state = 'waiting'")
	for _, target := range []string{"core", "crm", onboarding.P100Target} {
		if _, n, _, err := s.ReplayEffects(t.Context(), target, all[int64](t, db, "select id from effects where state = 'parked' and target = $1", target), 0, "ops-1", "it is up"); err != nil || n == 0 {
			t.Fatalf("%s: %d replayed, %v", target, n, err)
		}
	}
	if st, err := s.Stats(t.Context()); err != nil || st.AccessOldest > time.Hour || st.RestOldest > time.Hour || st.RevokeOldest > time.Hour ||
		st.AskOldest > time.Hour || st.RevokesOverdue != 0 || st.Oldest["core"] > time.Hour || st.RevokeOldest == 0 || st.AskOldest == 0 {
		t.Errorf("sent again just now: %+v %v", st, err)
	}
	if v := view(t, s, "core"); v.Oldest == nil || time.Since(*v.Oldest) > time.Hour {
		t.Errorf("listed as waiting since %v", v.Oldest)
	}
	if d := take(t, s, coreAccess, "a").Delivery; d == nil || d.Now.Sub(d.Created) > time.Hour {
		t.Errorf("taken: %+v", d)
	}
}

// TestCountsEnd holds that a backlog is counted so far and no further.
func TestCountsEnd(t *testing.T) {
	t.Parallel()
	s, db := setup(t)
	exec(t, db, `insert into effects (key, user_id, target, lane, name, version, seq, payload, state, created)
		select kind || n, 'user-' || n, 'core', 'access', 'access.revoked', 1, 1, '{}', kind, now() - interval '1 hour'
		from generate_series(1, 10010) n, unnest(array['waiting', 'parked']) kind`)
	exec(t, db, "insert into inbox (user_id, event_id, received) select 'user-' || n, n, now() from generate_series(1, 100010) n")
	st, err := s.Stats(t.Context())
	if err != nil || st.RevokesOverdue != 10001 || st.ParkedAccess != 10001 || st.InboxCount != 100001 {
		t.Errorf("stats: %+v %v", st, err)
	}
	if waiting, err := s.Waiting(t.Context()); err != nil || !maps.Equal(waiting, map[string]int64{"core": 10010, "crm": 0, onboarding.MailTarget: 0}) {
		t.Errorf("waiting: %v %v", waiting, err)
	}
	parked(t, s, map[string]int64{"core": 10010})
	if v := view(t, s, "core"); v.Waiting != 10010 || v.Parked != 10010 {
		t.Errorf("listed: %+v", v)
	}
	for _, statement := range []string{"queued", "parked"} {
		if got := one[int64](t, db, "select count from ("+sqlOf(t, statement)+") counted", 17); got != 17 {
			t.Errorf("%s: %d, counted up to 17", statement, got)
		}
	}
}
