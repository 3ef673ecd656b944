package postgres_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"admit/onboarding"
	"admit/postgres"
)

// life is a user to whom anything happens, drawn from a seed.
type life struct {
	*rand.Rand
	t      *testing.T
	db     *pgxpool.Pool
	stores []*postgres.Store // of two policies, and one that does not know core
	ahead  time.Duration     // of the database's clock
	odd    []int64           // events that may be replayed
	calls  int
	told   int64 // the newest access version that core was told
}

func newLife(t *testing.T, seed uint64) *life {
	l := &life{Rand: rand.New(rand.NewPCG(seed, seed)), t: t}
	clock := func(o *postgres.Options) {
		o.Clock = func(now time.Time) time.Time { return now.Add(l.ahead) }
		o.Policy.FourEyes = []string{onboarding.CommandLift, onboarding.CommandErase}
		o.Policy.Confirm = []onboarding.Check{onboarding.SEPAKYC}
		o.Policy.ReversalsPerHour = 1
	}
	s, db := setup(t, asking, clock)
	strict := open(t, db.Config().ConnString(), asking, clock, func(o *postgres.Options) {
		o.Policy.RequireAll, o.Policy.Confirm = []onboarding.Check{onboarding.POA}, []onboarding.Check{}
	})
	without := open(t, db.Config().ConnString(), asking, clock, func(o *postgres.Options) {
		o.Targets = slices.DeleteFunc(slices.Clone(o.Targets), func(t onboarding.Target) bool { return t.Name == "core" })
	})
	l.db, l.stores = db, []*postgres.Store{s, s, s, strict, without}
	l.beats()
	return l
}

// beats has a process say that it has core, as it does all the time.
func (l *life) beats() {
	l.t.Helper()
	if err := l.stores[0].Beat(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
}

func pick[T any](l *life, from ...T) T { return from[l.IntN(len(from))] }

// report draws a webhook.
func (l *life) report() onboarding.Event {
	e := report("user-1", pick(l, verified, expired, started, body{Check: onboarding.KYC, Status: strange.Status},
		body{Check: onboarding.KYC, Status: "NOT_VERIFIED"}, body{Check: onboarding.KYC, Status: "NOT_VERIFIED", Attempt: "REJECTED_BY_PROVIDER", Reasons: []string{"DOC_EXPIRED"}},
		body{Check: onboarding.POA, Status: "WAITING"}, body{Check: onboarding.POA, Status: "APPROVED"}, body{Check: onboarding.HighRisk, Status: "OK"},
		body{Check: onboarding.SEPAKYC, Status: "FULL_USER"}, body{Check: onboarding.SEPAKYC, Status: "HARD_KYC_FAILED"}))
	if e.Route = pick(l, "kyc-verification", "kyc-verification", "undecodable"); strings.Contains(string(e.Body), "sepa_kyc") {
		e.Provider = "xgateway"
	}
	return e
}

// command draws a command, now and then one that approves what was proposed.
func (l *life) command(s *postgres.Store) onboarding.Command {
	l.calls++
	c := onboarding.Command{
		Name: pick(l, onboarding.Commands[:]...), Reason: "r", Actor: pick(l, "ops-1", "ops-2"), RequestID: fmt.Sprint("r", l.calls),
		Check: pick(l, onboarding.KYC, onboarding.SEPAKYC), Status: pick(l, onboarding.StatusPassed, onboarding.StatusFailed), By: onboarding.Duration(time.Hour),
	}
	if o, err := s.Onboarding(l.t.Context(), "user-1"); err == nil && len(o.Proposals) > 0 && l.IntN(2) == 0 {
		p := pick(l, o.Proposals...)
		c = onboarding.Command{Name: p.Command, Reason: "r", Actor: c.Actor, RequestID: c.RequestID, Approves: p.RequestID}
	}
	return c
}

// step has something happen.
func (l *life) step(s *postgres.Store) {
	t := l.t
	t.Helper()
	switch l.IntN(16) {
	case 0, 1, 2:
		e := l.report()
		id := accept(t, s, e)
		if e.Route == "undecodable" || strings.Contains(string(e.Body), strange.Status) {
			l.odd = append(l.odd, id)
		}
	case 3, 4:
		if _, err := s.AcceptCommand(t.Context(), "user-1", l.command(s)); err != nil {
			t.Fatal(err)
		}
	case 5, 6:
		l.answer(s)
	case 7:
		l.ahead += time.Duration(l.IntN(200)) * time.Hour
		l.beats()
	case 8:
		begin(t, s, pick(l, "user-1@example.com", "one@example.com"))
	case 9:
		if len(l.odd) > 0 {
			_, _, err := s.Replay(t.Context(), pick(l, l.odd...), "ops-1")
			if err != nil && !errors.Is(err, onboarding.ErrNotReplayable) {
				t.Fatal(err)
			}
		}
	case 10, 11:
		l.deliver(s)
	case 12, 13:
		l.resend(s)
	case 14, 15:
		if err := s.Beat(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// deliver has an attempt made at a lane, with any end.
func (l *life) deliver(s *postgres.Store) {
	exec(l.t, l.db, "update effects set next_attempt_at = now()")
	exec(l.t, l.db, "update hooks set next_probe = now() where failing_from is not null")
	d := take(l.t, s, pick(l, coreAccess, coreAccess, crmRest, mailNotify), "a").Delivery
	if d == nil {
		return
	}
	a := pick(l, delivered, delivered, failed, refused, gone,
		onboarding.Attempt{Result: onboarding.AttemptDeferred, RetryAfter: time.Hour}, onboarding.Attempt{Result: onboarding.AttemptMoot})
	record(l.t, s, d.ID, "a", a)
	if d.Lane == onboarding.LaneAccess && a.Result == onboarding.AttemptDelivered {
		l.hears(d)
	}
}

// hears has core be told of access.
func (l *life) hears(d *onboarding.Delivery) {
	var p onboarding.Payload
	if err := json.Unmarshal(d.Payload, &p); err != nil {
		l.t.Fatal(err)
	}
	if p.Data.AccessVersion < l.told {
		l.t.Errorf("access goes back from version %d to %d", l.told, p.Data.AccessVersion)
	}
	l.told = p.Data.AccessVersion
}

// hearsTheLast holds that core, once it has been told of access, is told in the end how
// the user stands, whoever decided it.
func (l *life) hearsTheLast() {
	s := l.stores[0]
	for {
		exec(l.t, l.db, "update effects set next_attempt_at = now()")
		d := take(l.t, s, coreAccess, "a").Delivery
		if d == nil {
			break
		}
		record(l.t, s, d.ID, "a", delivered)
		l.hears(d)
	}
	if last := one[int64](l.t, l.db, "select access_version from onboardings"); l.told != 0 && l.told != last {
		l.t.Errorf("core was told of version %d last, access is at %d", l.told, last)
	}
}

// resend has effects given up on, sent again, or told anew, or a contact forgotten.
func (l *life) resend(s *postgres.Store) {
	var err error
	switch l.IntN(4) {
	case 0:
		exec(l.t, l.db, "update effects set state = 'parked', last_answer = 'target not configured', done_at = now() where state = 'waiting' and target = $1", pick(l, "core", "crm"))
	case 1:
		_, _, _, err = s.ReplayEffects(l.t.Context(), pick(l, "core", "crm", onboarding.MailTarget), nil, 1+l.IntN(3), "ops-1", "r")
	case 2:
		_, _, _, err = l.stores[0].TellPresent(l.t.Context(), pick(l, "core", "crm"), "", 0, "ops-1", "r")
	case 3:
		_, _, err = s.DeleteContact(l.t.Context(), "user-1", "ops-1", "r")
	}
	if err != nil {
		l.t.Fatal(err)
	}
}

// answer answers a question that waits.
func (l *life) answer(s *postgres.Store) {
	target := pick(l, onboarding.P100Target, onboarding.XGatewayTarget)
	exec(l.t, l.db, "update effects set next_attempt_at = now()")
	d := take(l.t, s, onboarding.LaneRef{UserID: "user-1", Target: target, Lane: onboarding.LaneRest}, "a").Delivery
	if d == nil {
		return
	}
	b := pick(l, verified, expired, started)
	if target == onboarding.XGatewayTarget {
		b = pick(l, body{Check: onboarding.SEPAKYC, Status: "FULL_USER"}, body{Check: onboarding.SEPAKYC, Status: "KYC_PENDING"})
	}
	record(l.t, s, d.ID, "a", pick(l, failed, answered(d.Now.Add(l.ahead), said(b)), answered(d.Now.Add(l.ahead), pick(l, "P412", "undecodable"))))
}

// seen is how a user was shown right after an Advance.
type seen struct {
	at   time.Time
	view onboarding.Onboarding
}

// TestLives holds that whatever happens to a user the log adds up to the state,
// and that an audit tells of any moment what was shown then.
func TestLives(t *testing.T) {
	t.Parallel()
	var answers atomic.Int64
	t.Cleanup(func() {
		if answers.Load() == 0 {
			t.Error("no question was answered")
		}
	})
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			l := newLife(t, seed)
			if l.IntN(2) == 0 {
				importing(t, l.stores[0], imported("user-1", 1))
			} else {
				accept(t, l.stores[0], report("user-1", verified))
			}
			var moments []seen
			for range 120 {
				s := pick(l, l.stores...)
				l.step(s)
				if l.IntN(3) == 0 {
					continue
				}
				advance(t, s, "user-1")
				o, err := s.Onboarding(t.Context(), "user-1")
				if err != nil {
					t.Fatal(err)
				}
				moments = append(moments, seen{one[time.Time](t, l.db, "select max(at) from log"), o})
			}
			advance(t, l.stores[0], "user-1")
			consistent(t, l.db, "user-1")
			l.hearsTheLast()
			answers.Add(one[int64](t, l.db, "select count(*) from log where input in ('p100/api', 'xgateway/api')"))
			for _, m := range moments {
				sameAsSeen(t, l, m)
			}
		})
	}
}

// sameAsSeen compares an audit with what was shown, but for what came to wait
// since by a clock that the test does not move, and for the contact.
func sameAsSeen(t *testing.T, l *life, m seen) {
	t.Helper()
	a := audit(t, pick(l, l.stores...), m.at)
	shown := func(o onboarding.Onboarding) string {
		o.Pending, o.HasContact = 0, false
		text, _ := json.Marshal(o) // strings, numbers and times alone
		return string(text)
	}
	if got, want := shown(a.Onboarding), shown(m.view); got != want {
		t.Errorf("at %d the audit shows\n%s\nwas\n%s", m.view.LastSeq, got, want)
	}
	if d := about(t, a, "stage"); string(d.Value) != `"`+string(m.view.Stage)+`"` {
		t.Errorf("stage: %s", d.Value)
	}
	for _, d := range a.Decisions {
		path := d.About
		if check, is := strings.CutPrefix(path, "checks."); is && !strings.Contains(check, ".") {
			path += ".status"
		}
		i := slices.IndexFunc(d.Entry.Changes, func(c onboarding.Change) bool { return c.Path == path })
		if d.Entry.Seq == 0 || d.Entry.Seq > m.view.LastSeq {
			t.Errorf("%s was decided by number %d of %d", d.About, d.Entry.Seq, m.view.LastSeq)
		}
		if exact := d.About == "stage" || d.About == "access" || strings.HasSuffix(path, ".status"); exact && (i < 0 || string(d.Entry.Changes[i].After) != string(d.Value)) {
			t.Errorf("%s is %s, but its entry changed %+v", d.About, d.Value, d.Entry.Changes)
		}
	}
}
