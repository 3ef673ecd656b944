package postgres_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"admit/onboarding"
	"admit/postgres"
	"admit/postgres/postgrestest"
)

// fleet is the processes that share a database and a clock.
type fleet struct {
	t     *testing.T
	db    *pgxpool.Pool
	ahead atomic.Int64 // of the database's clock

	first, second *postgres.Store // processes of two policies, in the order in which they came
}

func newFleet(t *testing.T) *fleet {
	t.Helper()
	_, db := setup(t)
	return &fleet{t: t, db: db}
}

// start starts a process with a policy.
func (f *fleet) start(p onboarding.Policy, change ...func(*postgres.Options)) *postgres.Store {
	f.t.Helper()
	return open(f.t, f.db.Config().ConnString(), append([]func(*postgres.Options){func(o *postgres.Options) {
		o.Policy = p
		o.Clock = func(now time.Time) time.Time { return now.Add(time.Duration(f.ahead.Load())) }
	}}, change...)...)
}

func (f *fleet) pass(d time.Duration) { f.ahead.Add(int64(d)) }

// beat has processes beat, one after the other.
func (f *fleet) beat(processes ...*postgres.Store) {
	f.t.Helper()
	for _, s := range processes {
		if err := s.Beat(f.t.Context()); err != nil {
			f.t.Fatal(err)
		}
	}
}

// judged returns how often users were judged anew by a policy.
func (f *fleet) judged(p onboarding.Policy) int64 {
	f.t.Helper()
	return one[int64](f.t, f.db, "select count(*) from log where input = 'policy/changed' and policy_hash = $1", p.Hash())
}

// has fails unless the user's row is of the policy.
func (f *fleet) has(userID string, p onboarding.Policy) {
	f.t.Helper()
	if got := one[string](f.t, f.db, "select policy_hash from onboardings where user_id = $1", userID); got != p.Hash() {
		f.t.Errorf("%s has the policy %s, want %s", userID, got, p.Hash())
	}
}

// Policies that remind a user who has done nothing each quarter of an hour, and once
// in three days.
var restless, patient = reminding(slices.Repeat([]time.Duration{15 * time.Minute}, 12)...), reminding(72 * time.Hour)

// reminding returns a policy that reminds after each of the waits.
func reminding(waits ...time.Duration) onboarding.Policy {
	p := onboarding.DefaultPolicy()
	p.Jitter = 0
	var after time.Duration
	stall := onboarding.StageStall{Abandon: onboarding.Duration(720 * time.Hour)}
	for _, w := range waits {
		after += w
		stall.Remind = append(stall.Remind, onboarding.Duration(after))
	}
	p.Stall.Collecting = stall
	return p
}

// idle is a report that leaves the user in collecting.
var idle = body{Check: onboarding.KYC, Status: "NOT_VERIFIED"}

// TestTheNewerPolicyWins has processes of two policies touch the same users for an
// hour, in turns, and holds that each user is judged anew once, by the newer policy,
// and reminded by that alone; and that without beats it goes on for ever.
func TestTheNewerPolicyWins(t *testing.T) {
	t.Parallel()
	const users, rounds = 5, 30
	for _, tc := range []struct {
		name             string
		older, newer     onboarding.Policy
		beats            bool
		byOlder, byNewer int64 // how often users were judged anew
		reminders        int64 // that came due
	}{
		{"the newer is patient", restless, patient, true, 0, users, 0},
		{"the newer is restless", patient, restless, true, 0, users, 4 * users},
		{"nobody beats", restless, patient, false, rounds * users, rounds * users, 10 * users}, // as many as a stay in a stage has,
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t)
			older, newer := f.start(tc.older), f.start(tc.newer)
			beat := func(processes ...*postgres.Store) {
				if f.pass(10 * time.Second); tc.beats {
					f.beat(processes...)
				}
			}
			beat(older)
			var ids []string
			for i := range users {
				ids = append(ids, fmt.Sprint("user-", i))
				accept(t, older, report(ids[i], idle))
				advance(t, older, ids[i])
			}
			for range rounds {
				for range 12 { // two minutes
					beat(newer, older)
				}
				for _, id := range ids {
					theirs := advance(t, newer, id)
					f.has(id, tc.newer)
					if ours := advance(t, older, id); tc.beats && (!ours.Deadline.Equal(theirs.Deadline) || ours.In <= 0) {
						t.Errorf("the older process has %s wait until %v, the newer until %v", id, ours.Deadline, theirs.Deadline)
					}
				}
			}
			for _, id := range ids {
				consistent(t, f.db, id)
			}
			if o, n := f.judged(tc.older), f.judged(tc.newer); o != tc.byOlder || n != tc.byNewer {
				t.Errorf("users were judged anew %d and %d times, want %d and %d", o, n, tc.byOlder, tc.byNewer)
			}
			if n := one[int64](t, f.db, "select count(*) from log where input = 'deadline/remind'"); n != tc.reminders {
				t.Errorf("%d reminders came due, want %d", n, tc.reminders)
			}
		})
	}
}

// TestWhatCannotWaitIsFolded holds that an older process folds what comes in, and
// what is due by the newer policy, and that the user is the newer's again after it.
func TestWhatCannotWaitIsFolded(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	older, newer := f.start(restless), f.start(patient)
	f.beat(older)
	accept(t, newer, report("user-1", idle))
	f.pass(10 * time.Second)
	f.beat(newer, older)
	advance(t, newer, "user-1")
	f.pass(time.Hour) // four reminders of the older policy
	f.beat(newer, older)
	f.beat(newer)
	inputs := func() []string {
		return all[string](t, f.db, "select input || ' ' || outcome from log where user_id = 'user-1' order by seq")
	}
	if a := advance(t, older, "user-1"); len(inputs()) != 1 || a.Kind != "" || a.Done || a.In < 70*time.Hour {
		t.Errorf("the older process did something: %+v, %q", a, inputs())
	}

	accept(t, older, report("user-1", started))
	if a := advance(t, older, "user-1"); a.Summary.Stage != onboarding.StageInReview {
		t.Errorf("a report at the older process: %+v", a)
	}
	f.has("user-1", restless)
	advance(t, newer, "user-1")
	advance(t, older, "user-1")
	f.has("user-1", patient)

	accept(t, newer, report("user-1", idle))
	due := advance(t, newer, "user-1").In
	f.pass(due)
	f.beat(newer, older)
	advance(t, older, "user-1")
	f.has("user-1", restless)
	advance(t, newer, "user-1")
	f.has("user-1", patient)
	consistent(t, f.db, "user-1")
	if got := inputs(); !slices.Contains(got, "deadline/escalate applied") {
		t.Errorf("nothing was due: %q", got)
	}
}

// TestWhomAnOlderPolicyLetsIn holds what is said of policies that disagree: of a user
// whom the newer one would not approve, and the older approves by what comes in, the
// row is the newer's in the end, and the approval stays until it is lost.
func TestWhomAnOlderPolicyLetsIn(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	lax := onboarding.DefaultPolicy()
	strict := lax
	strict.RequireAll = []onboarding.Check{onboarding.POA}
	older, newer := f.start(lax), f.start(strict)
	f.beat(older)
	f.pass(time.Second)
	f.beat(newer, older)
	access := func(s *postgres.Store, reports ...body) onboarding.Access {
		for _, b := range reports {
			accept(t, newer, report("user-1", b))
		}
		return advance(t, s, "user-1").Summary.Access
	}
	if got := access(newer, verified); got != onboarding.AccessNone {
		t.Fatalf("by the newer policy access is %s", got)
	}
	if got := access(older); got != onboarding.AccessNone {
		t.Errorf("the older policy judges whom it leaves alone: %s", got)
	}
	if got := access(older, body{Check: onboarding.Account, Status: "ACTIVE"}); got != onboarding.AccessGranted {
		t.Errorf("by the older policy access is %s", got)
	}
	f.pass(time.Hour)
	f.beat(newer)
	if got := access(newer); got != onboarding.AccessGranted {
		t.Errorf("by the newer policy again access is %s", got)
	}
	f.has("user-1", strict)
	if got := access(newer, expired); got != onboarding.AccessRevoked {
		t.Errorf("once the check is lost access is %s", got)
	}
}

// TestOrderOfPolicies says who has a user in the end whom processes of two policies
// touch in turns, by what happened to the processes.
func TestOrderOfPolicies(t *testing.T) {
	t.Parallel()
	const lapse = 31 * time.Second
	for _, tc := range []struct {
		name    string
		happens func(f *fleet)
		wins    *onboarding.Policy // nil where they go on in turns
	}{
		{"both live on", func(*fleet) {}, &patient},
		{"one of several processes of the first starts anew", func(f *fleet) {
			f.pass(lapse)
			f.beat(f.second, f.first)
			f.first = f.start(restless)
			f.beat(f.first)
		}, &patient},
		{"the only process of the first starts anew at once", func(f *fleet) {
			f.first = f.start(restless)
			f.pass(25 * time.Second)
			f.beat(f.second, f.first)
		}, &patient},
		{"a rollback", func(f *fleet) {
			f.pass(lapse)
			f.beat(f.second)
			f.first = f.start(restless)
			f.beat(f.first, f.second)
		}, &restless},
		{"a rollback, and a process of what was rolled back starts anew", func(f *fleet) {
			f.pass(lapse)
			f.beat(f.second)
			f.first, f.second = f.start(restless), f.start(patient)
			f.beat(f.first, f.second)
		}, &restless},
		{"the database was away from all", func(f *fleet) {
			f.pass(time.Hour)
			f.beat(f.second, f.first)
		}, &patient},
		{"the second was away and is back", func(f *fleet) {
			f.pass(lapse)
			f.beat(f.first, f.second, f.first)
		}, &patient},
		{"the second does not beat any more", func(f *fleet) {
			f.pass(lapse)
			f.beat(f.first)
		}, nil},
		{"nobody beats any more", func(f *fleet) { f.pass(lapse) }, nil},
		{"a process of the first has never beaten", func(f *fleet) { f.first = f.start(restless) }, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t)
			f.first, f.second = f.start(restless), f.start(patient)
			f.beat(f.first)
			f.pass(time.Second)
			f.beat(f.second, f.first)
			accept(t, f.first, report("user-1", idle))
			advance(t, f.second, "user-1")
			tc.happens(f)
			var owners []string
			for range 4 {
				for _, s := range []*postgres.Store{f.first, f.second} {
					advance(t, s, "user-1")
					owners = append(owners, one[string](t, f.db, "select policy_hash from onboardings"))
				}
			}
			switch last := owners[len(owners)-2:]; {
			case tc.wins == nil && last[0] == last[1]:
				t.Errorf("one leaves the user to the other: %q", owners)
			case tc.wins != nil && (last[0] != tc.wins.Hash() || last[1] != tc.wins.Hash()):
				t.Errorf("the user was had by %q, want %s in the end", owners, tc.wins.Hash())
			}
			consistent(t, f.db, "user-1")
		})
	}
}

// TestPoliciesOfOneMoment holds that of two policies that came alive at the same
// moment one is the newer, and both know which.
func TestPoliciesOfOneMoment(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	now := time.Now()
	still := func(o *postgres.Options) { o.Clock = func(time.Time) time.Time { return now } }
	a, b := f.start(restless, still), f.start(patient, still)
	f.beat(a, b, a)
	accept(t, a, report("user-1", idle))
	for range 5 {
		advance(t, a, "user-1")
		advance(t, b, "user-1")
	}
	if n := f.judged(restless) + f.judged(patient); n > 1 {
		t.Errorf("the user was judged anew %d times", n)
	}
}

// lines is a log that is read while it is written.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) count(words string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), words)
}

func (l *lines) to(o *postgres.Options) { o.Logger = slog.New(slog.NewTextHandler(l, nil)) }

// TestAForgottenProcessSaysSo holds that a process whose policy is not the newest
// logs it once, with both policies, and anew when it is so anew.
func TestAForgottenProcessSaysSo(t *testing.T) {
	t.Parallel()
	const words = "another policy is newer"
	var old, new lines
	f := newFleet(t)
	f.first, f.second = f.start(restless, old.to), f.start(patient, new.to)
	for range 3 {
		f.beat(f.first, f.second, f.first)
		f.pass(10 * time.Second)
	}
	if n := old.count(words + `" policy=` + restless.Hash() + " newer=" + patient.Hash()); n != 1 || new.count(words) != 0 {
		t.Errorf("told %d times by the older and %d by the newer: %s", n, new.count(words), old.text.String())
	}
	f.pass(time.Minute)
	f.beat(f.first) // the second is gone
	f.beat(f.start(patient), f.first)
	if n := old.count(words); n != 2 {
		t.Errorf("after another rollout it was told %d times", n)
	}
}

// TestKeepBeating holds that a process beats from its start until its context ends,
// and says once that it cannot.
func TestKeepBeating(t *testing.T) {
	t.Parallel()
	const failed = "others cannot be told"
	var said lines
	s := open(t, postgrestest.URL(t), said.to, func(o *postgres.Options) { o.BeatEvery = time.Millisecond })
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.KeepBeating(ctx) }()
	eventually(t, "it fails without a schema", func() bool { return said.count(failed) > 0 })
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it beats", func() bool { return said.count("others are told again") == 1 })
	if n := said.count(failed); n != 1 {
		t.Errorf("a failure was told %d times", n)
	}
	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(30 * time.Second):
		t.Error("it does not end")
	}
}
