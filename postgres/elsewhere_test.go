package postgres_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"admit/onboarding"
	"admit/postgres"
)

// rollout is a process that has a hook for access, and one beside it that does not,
// as before the hook was added to the configuration.
type rollout struct {
	*testing.T
	db         *pgxpool.Pool
	knows, not *postgres.Store
	ahead      time.Duration // of the database's clock, for the one that does not
}

// newRollout starts the processes with a hook of those events, which the second
// process has for others, or not at all where there are none.
func newRollout(t *testing.T, events string, others ...string) *rollout {
	t.Helper()
	r := &rollout{T: t}
	core := onboarding.Target{Name: "core", Events: []string{events}, Full: true}
	policy := func(o *postgres.Options) { o.Policy.HeldWindow = onboarding.Windows{} }
	r.knows, r.db = setup(t, policy, func(o *postgres.Options) { o.Targets = []onboarding.Target{core} })
	r.beats()
	r.not = open(t, r.db.Config().ConnString(), policy, func(o *postgres.Options) {
		o.Targets = nil
		if core.Events = others; len(others) > 0 {
			o.Targets = []onboarding.Target{core}
		}
		o.Clock = func(now time.Time) time.Time { return now.Add(r.ahead) }
	})
	return r
}

// beats has the process that knows the hook say so.
func (r *rollout) beats() {
	r.Helper()
	if err := r.knows.Beat(r.Context()); err != nil {
		r.Fatal(err)
	}
}

// hears has the hook be told what waits for it, and returns what that is.
func (r *rollout) hears() (heard []string) {
	r.Helper()
	for {
		exec(r, r.db, "update effects set next_attempt_at = now()")
		d := take(r, r.knows, coreAccess, "a").Delivery
		if d == nil {
			return heard
		}
		var p onboarding.Payload
		if err := json.Unmarshal(d.Payload, &p); err != nil || p.Type != d.Name || p.Data.UserID != "user-1" {
			r.Errorf("payload = %s, %v", d.Payload, err)
		}
		heard = append(heard, fmt.Sprint(strings.TrimPrefix(d.Name, "access."), " ", p.Data.AccessVersion))
		record(r, r.knows, d.ID, "a", delivered)
	}
}

// folds has a report be folded by a process.
func (r *rollout) folds(s *postgres.Store, b body) onboarding.Advanced {
	r.Helper()
	accept(r, r.knows, report("user-1", b))
	return advance(r, s, "user-1")
}

// ledger returns the effects in access lanes.
func (r *rollout) ledger() []string {
	r.Helper()
	return all[string](r, r.db, "select key || ' ' || state from effects where lane = 'access' order by id")
}

// parks has the process that does not know the hook give up what waits for it.
func (r *rollout) parks() {
	r.Helper()
	r.ahead += 11 * time.Minute
	advance(r, r.not, "user-1")
	if n := one[int64](r, r.db, "select count(*) from effects where state = 'waiting'"); n != 0 {
		r.Fatalf("%d effects wait: %q", n, r.ledger())
	}
}

// TestAccessDecidedElsewhere holds that a hook that was told of a user's access is
// told of each change of it, whoever decides it.
func TestAccessDecidedElsewhere(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		events string   // of the hook
		others []string // of the hook, by the process that decides; none where it has no such hook
		first  []body   // folded by the process that knows the hook
		then   []body
		want   []string // that the hook hears in the end
	}{
		{"a revoke", "access.*", nil, []body{verified}, []body{expired}, []string{"granted 1", "revoked 2"}},
		{"a revoke and a grant", "access.*", nil, []body{verified}, []body{expired, verified}, []string{"granted 1", "revoked 2", "granted 3"}},
		{"a grant", "access.*", nil, []body{verified, expired}, []body{verified}, []string{"granted 1", "revoked 2", "granted 3"}},
		{"of a user of whom it has heard nothing", "access.*", nil, []body{started}, []body{verified, expired}, nil},
		{"a hook that is told of something else", "onboarding.*", nil, []body{verified}, []body{expired}, nil},
		{"a revoke, by who has the hook for something else", "access.*", []string{"check.*"}, []body{verified}, []body{expired}, []string{"granted 1", "revoked 2"}},
		{"a grant, by who has the hook for something else", "access.*", []string{"check.*"}, []body{verified, expired}, []body{verified}, []string{"granted 1", "revoked 2"}},
		{"a revoke, by who has the hook for grants alone", "access.granted", []string{"access.granted"}, []body{verified}, []body{expired}, []string{"granted 1"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newRollout(t, tc.events, tc.others...)
			var heard []string
			for _, b := range tc.first {
				r.folds(r.knows, b)
				heard = append(heard, r.hears()...)
			}
			for _, b := range tc.then {
				r.folds(r.not, b)
			}
			if heard = append(heard, r.hears()...); !slices.Equal(heard, tc.want) {
				t.Errorf("the hook hears %q, want %q; the ledger has %q", heard, tc.want, r.ledger())
			}
			consistent(t, r.db, "user-1")
		})
	}
}

// TestNobodyHasTheHook holds that a hook which was removed from every configuration is
// told no more once a day has passed since a process had it, and is told again when one
// has it again.
func TestNobodyHasTheHook(t *testing.T) {
	t.Parallel()
	r := newRollout(t, "access.*")
	r.folds(r.knows, verified)
	r.hears()
	r.ahead = 23 * time.Hour
	r.folds(r.not, expired)
	if got := r.hears(); !slices.Equal(got, []string{"revoked 2"}) {
		t.Errorf("within the day the hook hears %q", got)
	}
	r.ahead = 25 * time.Hour
	r.folds(r.not, verified)
	if got := r.hears(); len(got) != 0 {
		t.Errorf("after it the hook hears %q", got)
	}
	exec(t, r.db, "update hooks set known_until = known_until + interval '2 hours'")
	r.folds(r.not, expired)
	if got := r.hears(); !slices.Equal(got, []string{"revoked 4"}) {
		t.Errorf("when a process has it again the hook hears %q", got)
	}
	consistent(t, r.db, "user-1")
}

// TestAccessDecidedElsewhereIsAnEffectLikeAnother holds its key and payload, that a
// revoke supersedes a grant, that others are told of their own users alone, and that
// it is looked after.
func TestAccessDecidedElsewhereIsAnEffectLikeAnother(t *testing.T) {
	t.Parallel()
	r := newRollout(t, "access.*")
	letIn(t, r.knows, "user-2")
	r.folds(r.knows, verified)
	a := r.folds(r.not, expired)
	if len(a.Lanes) != 0 || a.In != 30*time.Second {
		t.Errorf("who does not know the hook goes on with %+v", a)
	}
	want := []string{"user-2/1/access.granted/core waiting", "user-1/1/access.granted/core superseded", "user-1/2/access.revoked/core waiting"}
	if got := r.ledger(); !slices.Equal(got, want) {
		t.Errorf("ledger = %q", got)
	}
	payload := one[string](t, r.db, "select payload from effects where name = 'access.revoked'")
	if !strings.Contains(payload, `"access":"revoked","accessVersion":2`) || strings.Contains(payload, "details") {
		t.Errorf("payload = %s", payload)
	}
	if a := advance(t, r.knows, "user-1"); len(a.Lanes) != 1 || a.Lanes[0].Target != "core" || a.Lanes[0].Lane != onboarding.LaneAccess {
		t.Errorf("who knows the hook goes on with %+v", a)
	}
	accept(t, r.knows, report("user-1", verified), report("user-1", expired))
	advance(t, r.not, "user-1")
	want = append(want, "user-1/3/access.granted/core superseded", "user-1/4/access.revoked/core waiting")
	if got := r.ledger(); !slices.Equal(got, want) {
		t.Errorf("both in one fold: %q", got)
	}
	shadow := open(t, r.db.Config().ConnString(), func(o *postgres.Options) {
		o.Targets, o.Shadow, o.Policy.HeldWindow = nil, true, onboarding.Windows{}
	})
	r.folds(shadow, verified)
	if got := r.ledger(); got[len(got)-1] != "user-1/5/access.granted/core shadow" {
		t.Errorf("in shadow mode: %q", got)
	}
	consistent(t, r.db, "user-1")
}

// TestParkedAccessIsSentByWhoKnowsTheTarget has access be parked by a process that does
// not know the hook, and folds what comes then by one that does.
func TestParkedAccessIsSentByWhoKnowsTheTarget(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		first  []body // before it is parked
		missed []body // folded by the process that does not know the hook, after that
		then   []body // folded by the one that does
		want   []string
	}{
		{"a revoke", []body{verified, expired}, nil, nil, []string{"revoked 2"}},
		{"a grant", []body{verified}, nil, nil, []string{"granted 1"}},
		{"a grant that is taken back at once", []body{verified}, nil, []body{expired}, []string{"revoked 2"}},
		{"a grant that was taken back meanwhile", []body{verified}, []body{expired}, nil, []string{"revoked 2"}},
		{"a revoke that is taken back at once", []body{verified, expired}, nil, []body{verified}, []string{"granted 3"}},
		{"a revoke that was taken back meanwhile", []body{verified, expired}, []body{verified}, nil, []string{"granted 3"}},
		{"two revokes", []body{verified, expired}, []body{verified, expired}, nil, []string{"revoked 4"}},
	} {
		for _, again := range []bool{false, true} { // what was missed is parked, too
			t.Run(fmt.Sprint(tc.name, ", again ", again), func(t *testing.T) {
				t.Parallel()
				r := newRollout(t, "access.*")
				for _, b := range tc.first {
					r.folds(r.knows, b)
				}
				r.parks()
				for _, b := range tc.missed {
					r.folds(r.not, b)
				}
				if again && len(tc.missed) > 0 {
					r.parks()
				}
				for _, b := range tc.then {
					accept(t, r.knows, report("user-1", b))
				}
				if a := advance(t, r.knows, "user-1"); len(a.Lanes) != 1 {
					t.Errorf("lanes = %+v", a.Lanes)
				}
				if got := r.hears(); !slices.Equal(got, tc.want) {
					t.Errorf("the hook hears %q, want %q; the ledger has %q", got, tc.want, r.ledger())
				}
				if n := one[int64](t, r.db, "select count(*) from effects where state = 'parked'"); n != 0 {
					t.Errorf("%d are parked still: %q", n, r.ledger())
				}
				if got := all[string](t, r.db, "select distinct state || ' ' || replayed_by || ' ' || replay_reason from effects where replayed_at is not null"); len(got) > 1 || len(got) == 1 && got[0] != "delivered admit the target is configured again" {
					t.Errorf("replayed: %q", got)
				}
				consistent(t, r.db, "user-1")
			})
		}
	}
}

// TestWhatStaysParked holds that access alone is sent after all, that a hook which
// nobody has any more stays given up on, and that in shadow mode nothing is sent.
func TestWhatStaysParked(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		parked string // what is done to the revoke
		change func(*postgres.Options)
	}{
		{"of a hook that is gone", "last_answer = 'target not configured', target = 'gone'", nil},
		{"for another reason", "last_answer = 'http 400'", nil},
		{"what is not access", "last_answer = 'target not configured', lane = 'rest'", nil},
		{"what is superseded", "state = 'superseded', last_answer = 'target not configured'", nil},
		{"in shadow mode", "last_answer = 'target not configured'", func(o *postgres.Options) { o.Shadow = true }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newRollout(t, "access.*")
			r.folds(r.knows, verified)
			r.hears()
			r.folds(r.knows, expired)
			exec(t, r.db, "update effects set state = 'parked', done_at = now() where name = 'access.revoked'")
			exec(t, r.db, "update effects set "+tc.parked+" where name = 'access.revoked'")
			s := r.knows
			if tc.change != nil {
				s = open(t, r.db.Config().ConnString(), tc.change)
			}
			if users, err := s.OverdueUsers(t.Context(), 10); err != nil || len(users) != 0 {
				t.Errorf("overdue: %q, %v", users, err)
			}
			before := r.ledger()
			if a := advance(t, s, "user-1"); len(a.Lanes) != 0 || !slices.Equal(r.ledger(), before) {
				t.Errorf("lanes %+v, ledger %q", a.Lanes, r.ledger())
			}
		})
	}
}

// TestParkedAccessInFlight holds that what is in flight while it is parked and sent
// after all is not sent twice at once.
func TestParkedAccessInFlight(t *testing.T) {
	t.Parallel()
	r := newRollout(t, "access.*")
	r.folds(r.knows, verified)
	d := take(t, r.knows, coreAccess, "a").Delivery
	r.parks()
	advance(t, r.knows, "user-1")
	if got := take(t, r.knows, coreAccess, "b"); got.Delivery != nil || got.Wait <= 0 {
		t.Errorf("taken = %+v", got)
	}
	record(t, r.knows, d.ID, "a", delivered)
	advance(t, r.knows, "user-1")
	if got := r.hears(); got != nil {
		t.Errorf("the hook hears %q again", got)
	}
}

// TestParkedAccessDeliveredMeanwhile holds that what is delivered while an Advance is
// about to put it back is not sent again.
func TestParkedAccessDeliveredMeanwhile(t *testing.T) {
	t.Parallel()
	r := newRollout(t, "access.*")
	r.folds(r.knows, verified)
	d := take(t, r.knows, coreAccess, "a").Delivery
	r.parks()
	accept(t, r.knows, report("user-1", body{Check: onboarding.Account, Status: "ACTIVE"}))
	named := open(t, r.db.Config().ConnString()+"&application_name="+url.QueryEscape(t.Name()), func(o *postgres.Options) { o.Targets = hooks[:1] })
	letGo := stopAt(t, r.db, "before insert on log for each row")
	advanced := make(chan error, 1)
	go func() {
		_, err := named.Advance(t.Context(), onboarding.AdvanceRequest{UserID: "user-1"})
		advanced <- err
	}()
	waiting(t, r.db, 1)
	record(t, r.knows, d.ID, "a", delivered)
	letGo()
	if err := <-advanced; err != nil {
		t.Fatal(err)
	}
	if got := r.ledger(); !slices.Equal(got, []string{"user-1/1/access.granted/core delivered"}) {
		t.Errorf("ledger = %q", got)
	}
}

// TestParkedAccessHasItsTimeAgain holds that a process that does not know the hook
// does not park at once again what another has just put back.
func TestParkedAccessHasItsTimeAgain(t *testing.T) {
	t.Parallel()
	r := newRollout(t, "access.*")
	r.folds(r.knows, verified)
	exec(t, r.db, "update effects set created = now() - interval '11 minutes'")
	advance(t, r.not, "user-1")
	advance(t, r.knows, "user-1")
	advance(t, r.not, "user-1")
	if got := r.hears(); !slices.Equal(got, []string{"granted 1"}) {
		t.Errorf("the hook hears %q", got)
	}
}

// TestTheSweepFindsParkedAccess holds that users whose access was parked are rung for
// by who knows its target, behind everybody else, and no oftener than they are.
func TestTheSweepFindsParkedAccess(t *testing.T) {
	t.Parallel()
	r := newRollout(t, "access.*")
	letIn(t, r.knows, users(1, 5)...)
	exec(t, r.db, "update effects set state = 'parked', last_answer = 'target not configured', done_at = now() - interval '1 hour' where user_id <> 'user-5'")
	exec(t, r.db, "insert into effects (key, user_id, target, lane, name, version, seq, payload, state, last_answer, created) select 'k' || n, 'user-1', 'core', 'access', 'access.revoked', 9, 9, '{}', 'parked', 'target not configured', now() from generate_series(1, 5) n")
	exec(t, r.db, "update effects set stale_at = now() - interval '1 second' where user_id = 'user-5'")
	sweep := func(s *postgres.Store, limit int) []string {
		t.Helper()
		found, err := s.OverdueUsers(t.Context(), limit)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	if got := sweep(r.knows, 1); !slices.Equal(got, []string{"user-5"}) {
		t.Errorf("the first: %q", got)
	}
	if got := sweep(r.knows, 3); len(got) != 3 || got[0] != "user-5" {
		t.Errorf("three: %q", got)
	}
	got := sweep(r.knows, 10)
	if slices.Sort(got); !slices.Equal(got, users(1, 5)) {
		t.Errorf("all: %q", got)
	}
	if got := sweep(r.not, 10); !slices.Equal(got, []string{"user-5"}) {
		t.Errorf("by who does not know the hook: %q", got)
	}
	advance(t, r.knows, "user-2")
	if got := sweep(r.knows, 10); slices.Contains(got, "user-2") || len(got) != 4 {
		t.Errorf("one is seen to: %q", got)
	}
}
