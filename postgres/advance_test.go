package postgres_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"admit/onboarding"
	"admit/postgres"
)

// replayed folds the changes in a user's log, from nothing.
func replayed(t testing.TB, db *pgxpool.Pool, userID string) onboarding.State {
	t.Helper()
	s := onboarding.State{}
	for _, text := range all[[]byte](t, db, "select changes from log where user_id = $1 order by seq", userID) {
		var changes []onboarding.Change
		err := json.Unmarshal(text, &changes)
		if err == nil {
			s, err = onboarding.Patch(s, changes)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	s.UserID = userID
	return s
}

// consistent holds that the user's log has no gap, has each event once, and adds
// up to the stored state.
func consistent(t testing.TB, db *pgxpool.Pool, userID string) {
	t.Helper()
	seqs := all[int64](t, db, "select seq from log where user_id = $1 order by seq", userID)
	for i, seq := range seqs {
		if seq != int64(i+1) {
			t.Fatalf("log of %s: number %d is %d", userID, i+1, seq)
		}
	}
	if last := one[int64](t, db, "select last_seq from onboardings where user_id = $1", userID); last != int64(len(seqs)) {
		t.Errorf("last_seq = %d of %d", last, len(seqs))
	}
	if n := one[int64](t, db, `select count(*) from events e where user_id = $1 and not malformed
		and not exists (select from log l where l.event_id = e.id)
		and not exists (select from inbox i where i.event_id = e.id)`, userID); n != 0 {
		t.Errorf("%d events are neither in the log nor in the inbox", n)
	}
	var stored onboarding.State
	if err := json.Unmarshal(one[[]byte](t, db, "select state from onboardings where user_id = $1", userID), &stored); err != nil {
		t.Fatal(err)
	}
	got, _ := json.Marshal(replayed(t, db, userID)) // strings and numbers alone
	want, _ := json.Marshal(stored)
	if string(got) != string(want) {
		t.Errorf("the log of %s adds up to\n%s\nthe state is\n%s", userID, got, want)
	}
}

func TestAdvanceFoldsALife(t *testing.T) {
	t.Parallel()
	var folded []string
	s, db := setup(t, func(o *postgres.Options) {
		o.OnFold = func(kind onboarding.InputKind, outcome onboarding.Outcome, lag time.Duration) {
			if folded = append(folded, string(kind)+" "+string(outcome)); lag <= 0 || lag > time.Minute {
				t.Errorf("lag = %s", lag)
			}
		}
	})
	accept(t, s, report("user-1", started), report("user-1", verified))

	a := advance(t, s, "user-1")
	if a.Summary.Stage != onboarding.StageApproved || a.Summary.Access != onboarding.AccessGranted || a.More || a.Done {
		t.Errorf("after a pass: %+v", a)
	}
	var inputs []string
	for _, l := range a.Summary.Recent {
		inputs = append(inputs, fmt.Sprintf("%d %s %s %s", l.Seq, l.Input, l.Outcome, l.Stage))
	}
	if want := []string{"1 p100/kyc-verification applied in_review", "2 p100/kyc-verification applied approved"}; !slices.Equal(inputs, want) {
		t.Errorf("recent = %q", inputs)
	}
	first := one[int64](t, db, "select min(id) from effects where target = 'crm' and lane = 'access'")
	lanes := []onboarding.LaneWork{
		{Target: "core", Lane: onboarding.LaneAccess, First: one[int64](t, db, "select min(id) from effects where target = 'core'")},
		{Target: "crm", Lane: onboarding.LaneAccess, First: first, TaskQueue: "crm", Activity: "OnOnboardingEvent"},
		{Target: "crm", Lane: onboarding.LaneRest, First: one[int64](t, db, "select min(id) from effects where target = 'crm' and lane = 'rest'"), TaskQueue: "crm", Activity: "OnOnboardingEvent"},
	}
	if !slices.Equal(a.Lanes, lanes) {
		t.Errorf("lanes = %+v, want %+v", a.Lanes, lanes)
	}
	if n := one[int64](t, db, "select count(*) from inbox"); n != 0 {
		t.Errorf("%d rows are left in the inbox", n)
	}
	if text := one[string](t, db, "select text from policies"); text != string(onboarding.DefaultPolicy().Text()) {
		t.Errorf("policy = %s", text)
	}
	if want := []string{"report applied", "report applied"}; !slices.Equal(folded, want) {
		t.Errorf("folded = %q", folded)
	}
	consistent(t, db, "user-1")
}

func TestAdvanceTwiceWritesOnce(t *testing.T) {
	t.Parallel()
	s, db := setup(t)
	accept(t, s, report("user-1", verified))
	first := advance(t, s, "user-1")
	before := one[string](t, db, "select xmin::text from onboardings where user_id = 'user-1'")

	second := advance(t, s, "user-1")
	if after := one[string](t, db, "select xmin::text from onboardings where user_id = 'user-1'"); after != before {
		t.Error("a call with nothing to do wrote the row")
	}
	first.In, second.In = 0, 0 // what is left of the wait is all that differs
	a, _ := json.Marshal(first)
	b, _ := json.Marshal(second)
	if string(a) != string(b) {
		t.Errorf("answers differ:\n%s\n%s", a, b)
	}
}

func TestAdvanceOfNobodyLeavesNoTrace(t *testing.T) {
	t.Parallel()
	s, db := setup(t)
	if a := advance(t, s, "user-1"); !a.Done || a.Summary.Stage != onboarding.StageCollecting {
		t.Errorf("nobody = %+v", a)
	}
	if n := one[int64](t, db, "select count(*) from onboardings"); n != 0 {
		t.Error("a row was made")
	}
}

func TestAdvanceExactlyOnceUnderCompetition(t *testing.T) {
	t.Parallel()
	const callers, events = 8, 120
	s, db := setup(t)
	bodies := []body{started, verified, expired}

	var folding, sending sync.WaitGroup
	stop := make(chan struct{})
	errs := make(chan error, callers)
	for range callers {
		folding.Go(func() {
			for {
				_, err := s.Advance(t.Context(), onboarding.AdvanceRequest{UserID: "user-1"})
				if err != nil {
					errs <- err
					return
				}
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	for i := range 4 {
		sending.Go(func() {
			for j := range events / 4 {
				if _, err := s.Accept(t.Context(), report("user-1", bodies[(i+j)%len(bodies)])); err != nil {
					t.Error(err)
				}
			}
		})
	}
	sending.Wait()
	eventually(t, "an empty inbox", func() bool { return one[int64](t, db, "select count(*) from inbox") == 0 })
	close(stop)
	folding.Wait()
	close(errs)
	for err := range errs {
		t.Error(err)
	}
	if n := one[int64](t, db, "select count(distinct event_id) from log"); n != events {
		t.Errorf("%d of %d events are in the log", n, events)
	}
	if n := one[int64](t, db, "select count(*) from log l join log m on l.user_id = m.user_id and l.seq < m.seq and l.at > m.at"); n != 0 {
		t.Errorf("%d pairs of log rows go back in time", n)
	}
	consistent(t, db, "user-1")
}

func TestAdvanceOfAPileLeavesDeadlinesForLater(t *testing.T) {
	t.Parallel()
	policy := onboarding.DefaultPolicy()
	policy.Jitter = 0
	s, db := setup(t, func(o *postgres.Options) {
		o.Policy = policy
		o.Clock = func(t time.Time) time.Time { return t.Add(30 * 24 * time.Hour) } // everything is due
	})
	for range 430 {
		accept(t, s, report("user-1", started))
	}
	for call, want := range []int64{200, 400} {
		a := advance(t, s, "user-1")
		if n := one[int64](t, db, "select max(seq) from log"); !a.More || n != want {
			t.Fatalf("call %d: %d rows, more = %t", call+1, n, a.More)
		}
	}
	a := advance(t, s, "user-1")
	deadlines := one[int64](t, db, "select count(*) from log where event_id is null")
	if a.More || deadlines == 0 || !a.Deadline.After(time.Now().Add(30*24*time.Hour)) || a.In <= 0 {
		t.Errorf("last call: %d deadlines, %+v", deadlines, a)
	}
	if first := one[int64](t, db, "select min(seq) from log where event_id is null"); first != 431 {
		t.Errorf("the first deadline is number %d", first)
	}
	consistent(t, db, "user-1")
}

func TestAdvanceFoldsAtMostAHundredDeadlines(t *testing.T) {
	t.Parallel()
	policy := onboarding.DefaultPolicy()
	policy.Jitter = 0
	policy.Stall.InReview = onboarding.StageStall{Escalate: []onboarding.Duration{onboarding.Duration(time.Second)}}
	ahead := time.Duration(0)
	s, db := setup(t, func(o *postgres.Options) {
		o.Policy = policy
		o.Clock = func(t time.Time) time.Time { return t.Add(ahead) }
	})
	accept(t, s, report("user-1", started))
	if a := advance(t, s, "user-1"); a.In <= 0 || a.In > time.Second || a.More || a.Kind != onboarding.DeadlineEscalate {
		t.Fatalf("next deadline in %s", a.In)
	}
	ahead = 150 * time.Second
	if a := advance(t, s, "user-1"); !a.More || a.Done {
		t.Errorf("150 deadlines in one call: %+v", a)
	}
	if n := one[int64](t, db, "select count(*) from log where input = 'deadline/escalate'"); n != 100 {
		t.Errorf("%d deadlines were folded", n)
	}
	if a := advance(t, s, "user-1"); a.More || a.In <= 0 {
		t.Errorf("the rest: %+v", a)
	}
	acted := all[int64](t, db, "select seq from log where input = 'deadline/escalate' and outcome = 'applied'")
	if len(acted) != 1 {
		t.Errorf("%d escalations acted, want the last alone", len(acted))
	}
	consistent(t, db, "user-1")
}

func TestAdvanceOnAChangedPolicy(t *testing.T) {
	t.Parallel()
	s, db := setup(t)
	accept(t, s, report("user-1", verified))
	advance(t, s, "user-1")

	strict := onboarding.DefaultPolicy()
	strict.RequireAll = []onboarding.Check{onboarding.POA}
	url := db.Config().ConnString()
	other := open(t, url, func(o *postgres.Options) { o.Policy = strict })
	accept(t, s, report("user-2", started))
	a := advance(t, other, "user-1")
	b := advance(t, other, "user-2")
	if a.Summary.Stage != onboarding.StageApproved {
		t.Errorf("a stricter policy threw an approved user out: %s", a.Summary.Stage)
	}
	if got := all[string](t, db, "select input || ' ' || outcome || ' ' || policy_hash from log where user_id = 'user-1' order by seq"); !slices.Equal(got,
		[]string{"p100/kyc-verification applied " + onboarding.DefaultPolicy().Hash(), "policy/changed applied " + strict.Hash()}) {
		t.Errorf("log = %q", got)
	}
	if len(b.Summary.Recent) != 1 {
		t.Errorf("a new user's first input is not its event: %+v", b.Summary.Recent)
	}
	if n := one[int64](t, db, "select count(*) from policies"); n != 2 {
		t.Errorf("%d policies are kept", n)
	}
	consistent(t, db, "user-1")
}

func TestAdvanceOfWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, provider, route, body, input string }{
		{"a decoder's error", "p100", "undecodable", `{}`, "p100/undecodable"},
		{"a decoder's panic", "p100", "panics", `{}`, "p100/panics"},
		{"no JSON", "p100", "kyc-verification", `{`, "p100/kyc-verification"},
		{"no check", "p100", "kyc-verification", `{"Check":"shoe_size"}`, "p100/kyc-verification"},
		{"a command without a name", onboarding.SourceOperator, onboarding.RouteCommand, `{}`, "operator/command"},
		{"a start that is no JSON", onboarding.SourceMerchant, onboarding.RouteStart, ``, "merchant/start"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s, db := setup(t)
			accept(t, s,
				onboarding.Event{UserID: "user-1", Provider: tc.provider, Route: tc.route, Body: []byte(tc.body)},
				report("user-1", verified))
			if a := advance(t, s, "user-1"); a.Summary.Stage != onboarding.StageApproved {
				t.Errorf("the log stopped: %+v", a.Summary)
			}
			if got := all[string](t, db, "select input || ' ' || outcome || ' ' || code from log order by seq"); got[0] != tc.input+" unrecognised undecodable" {
				t.Errorf("log = %q", got)
			}
			if n := one[int64](t, db, "select count(*) from effects where name = 'onboarding.escalated'"); n == 0 {
				t.Error("nobody was told")
			}
			consistent(t, db, "user-1")
		})
	}
}

func TestAdvanceDone(t *testing.T) {
	t.Parallel()
	s, _ := setup(t, func(o *postgres.Options) { o.Targets = nil })
	accept(t, s, report("user-1", started))
	if a := advance(t, s, "user-1"); a.Done {
		t.Errorf("in review, but done: %+v", a)
	}
	if _, err := s.AcceptCommand(t.Context(), "user-1", onboarding.Command{Name: onboarding.CommandClose}); err != nil {
		t.Fatal(err)
	}
	if a := advance(t, s, "user-1"); !a.Done || !a.Deadline.IsZero() {
		t.Errorf("closed, but not done: %+v", a)
	}
}

// BenchmarkAdvance measures one call that folds one event, and one that finds
// nothing to do.
func BenchmarkAdvance(b *testing.B) {
	s, _ := setup(b)
	b.Run("one event", func(b *testing.B) {
		for i := range b.N {
			b.StopTimer()
			accept(b, s, report(fmt.Sprint("user-", i%500), []body{started, verified}[i/500%2]))
			b.StartTimer()
			advance(b, s, fmt.Sprint("user-", i%500))
		}
	})
	b.Run("nothing", func(b *testing.B) {
		accept(b, s, report("user-0", started))
		advance(b, s, "user-0")
		for b.Loop() {
			advance(b, s, "user-0")
		}
	})
}
