package postgres_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"admit/onboarding"
	"admit/postgres"
)

// newcomer adds a hook that is new to those of systems.
func newcomer(o *postgres.Options) {
	systems(o)
	o.Targets = append(o.Targets, onboarding.Target{Name: "new", Events: []string{"access.*", "onboarding.*", "check.*"}})
}

func TestTellPresent(t *testing.T) {
	t.Parallel()
	s, db := setup(t, systems)
	letIn(t, s, users(1, 3)...)
	accept(t, s, report("user-2", expired), report("user-4", started), report("user-5", started))
	for _, user := range users(2, 4) {
		advance(t, s, user)
	}
	added := open(t, db.Config().ConnString(), newcomer)
	tell := func(after string, limit int) (int, []string, string) {
		t.Helper()
		told, who, next, err := added.TellPresent(t.Context(), "new", after, limit, "ops-1", "a new receiver")
		if err != nil {
			t.Fatalf("tell: %v", err)
		}
		return told, who, next
	}
	told, who, next := tell("", 3)
	if told != 6 || !slices.Equal(who, users(1, 3)) || next != "user-3" {
		t.Errorf("the first page: %d %q %q", told, who, next)
	}
	if told, who, next = tell(next, 3); told != 1 || !slices.Equal(who, []string{"user-4"}) || next != "" {
		t.Errorf("the last page: %d %q %q", told, who, next) // user-5 is not folded yet
	}
	if told, who, next = tell("", 0); told != 0 || len(who) != 0 || next != "" {
		t.Errorf("again: %d %q %q", told, who, next)
	}
	got := all[string](t, db, "select key || ' ' || lane || ' ' || state || ' ' || replayed_by || ' ' || replay_reason from effects where target = 'new' and next_attempt_at <= now() order by id")
	if want := []string{
		"user-1/1/access.granted/new access waiting ops-1 a new receiver", "user-1/1/onboarding.approved/new rest waiting ops-1 a new receiver",
		"user-2/2/access.revoked/new access waiting ops-1 a new receiver", "user-2/2/onboarding.suspended/new rest waiting ops-1 a new receiver",
		"user-3/1/access.granted/new access waiting ops-1 a new receiver", "user-3/1/onboarding.approved/new rest waiting ops-1 a new receiver",
		"user-4/1/onboarding.in_review/new rest waiting ops-1 a new receiver",
	}; !slices.Equal(got, want) {
		t.Errorf("effects = %q", got)
	}
	var p onboarding.Payload
	if err := json.Unmarshal(take(t, added, onboarding.LaneRef{UserID: "user-2", Target: "new", Lane: onboarding.LaneAccess}, "a").Delivery.Payload, &p); err != nil ||
		p.Type != onboarding.EffectRevoked || p.Data.Access != onboarding.AccessRevoked || p.Data.AccessVersion != 2 || p.Data.Version != 2 || time.Since(p.Timestamp) > time.Minute {
		t.Errorf("payload = %+v %v", p, err)
	}
	accept(t, s, report("user-1", expired))
	advance(t, added, "user-1")
	if got := all[string](t, db, "select name || ' ' || state from effects where target = 'new' and user_id = 'user-1' and lane = 'access' order by id"); !slices.Equal(got, []string{"access.granted superseded", "access.revoked waiting"}) {
		t.Errorf("what follows: %q", got)
	}
	if _, _, _, err := s.TellPresent(t.Context(), "new", "", 0, "ops-1", "r"); !errors.Is(err, onboarding.ErrData) {
		t.Errorf("a target that is not configured: %v", err)
	}
}

// TestTellPresentTellsWhatIsWanted holds that a target is not told of more, that it
// is not told anew what a fold has told it, and that in shadow mode nothing is sent.
func TestTellPresentTellsWhatIsWanted(t *testing.T) {
	t.Parallel()
	s, db := setup(t, newcomer)
	letIn(t, s, "user-1")
	for _, tc := range []struct {
		target, want string
		told         int
		shadow       bool
	}{{"crm", "", 0, false}, {"new", "", 0, false}, {"stages", "onboarding.approved waiting", 1, false}, {"revokes", "", 0, false}, {"quiet", "access.granted shadow", 1, true}} {
		other := open(t, db.Config().ConnString(), newcomer, func(o *postgres.Options) {
			o.Shadow = tc.shadow
			o.Targets = append(o.Targets, onboarding.Target{Name: "stages", Events: []string{"onboarding.approved"}},
				onboarding.Target{Name: "revokes", Events: []string{"access.revoked"}}, onboarding.Target{Name: "quiet", Events: []string{"access.*"}})
		})
		told, _, _, err := other.TellPresent(t.Context(), tc.target, "", 0, "ops-1", "r")
		if err != nil || told != tc.told {
			t.Errorf("%s: %d %v", tc.target, told, err)
		}
		if got := all[string](t, db, "select name || ' ' || state from effects where target = $1 and replayed_at is not null", tc.target); tc.want == "" && len(got) != 0 || tc.want != "" && !slices.Equal(got, []string{tc.want}) {
			t.Errorf("%s: %q", tc.target, got)
		}
	}
}

// TestTellPresentTellsWhatWasNot holds that what a target was never told, because
// nothing was sent in shadow mode or because it was given up on, is no reason to pass
// a user over; and that in shadow mode nothing of it is sent.
func TestTellPresentTellsWhatWasNot(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name         string
		then, now    bool // in shadow mode
		park         string
		told         int
		access, rest string
	}{
		{"recorded in shadow mode", true, false, "false", 2, "waiting", "waiting"},
		{"given up on", false, false, "true", 2, "waiting", "waiting"},
		{"one of them given up on", false, false, "lane = 'access'", 1, "waiting", "waiting"},
		{"still in shadow mode", true, true, "false", 0, "shadow", "shadow"},
		{"given up on before shadow mode", false, true, "true", 0, "parked", "parked"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			shadow := func(on bool) func(*postgres.Options) {
				return func(o *postgres.Options) { newcomer(o); o.Shadow = on }
			}
			s, db := setup(t, shadow(tc.then))
			letIn(t, s, "user-1")
			park(t, db, "target = 'new' and "+tc.park)
			told, who, _, err := open(t, db.Config().ConnString(), shadow(tc.now)).TellPresent(t.Context(), "new", "", 0, "ops-1", "r")
			if err != nil || told != tc.told || len(who) != min(told, 1) {
				t.Errorf("told %d of %q: %v", told, who, err)
			}
			for lane, want := range map[string]string{"access.granted": tc.access, "onboarding.approved": tc.rest} {
				if got := one[string](t, db, "select state from effects where target = 'new' and name = $1", lane); got != want {
					t.Errorf("%s is %s, want %s", lane, got, want)
				}
			}
			if again := one[int64](t, db, "select count(*) from effects where replayed_by = 'ops-1' and replay_reason = 'r' and refusals = 0 and done_at is null and next_attempt_at <= now()"); again != int64(tc.told) {
				t.Errorf("%d are due", again)
			}
		})
	}
}

// TestThePresentIsSpread holds that many stages do not come at once, and that access
// does.
func TestThePresentIsSpread(t *testing.T) {
	t.Parallel()
	s, db := setup(t, systems)
	letIn(t, s, users(1, 24)...)
	added := open(t, db.Config().ConnString(), newcomer)
	if told, _, _, err := added.TellPresent(t.Context(), "new", "", 0, "ops-1", "a new receiver"); err != nil || told != 48 {
		t.Fatalf("told %d: %v", told, err)
	}
	for lane, want := range map[onboarding.Lane]float64{onboarding.LaneAccess: 0, onboarding.LaneRest: 57.5} {
		last := one[float64](t, db, "select max(extract(epoch from next_attempt_at - replayed_at))::float8 from effects where target = 'new' and lane = $1", lane)
		if last < want-1 || last > want+1 {
			t.Errorf("%s: due within %.1f s, want %.1f", lane, last, want)
		}
	}
}
