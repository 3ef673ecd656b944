package postgres_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"admit/onboarding"
	"admit/postgres"
)

// asking has both providers' APIs asked.
func asking(o *postgres.Options) {
	o.Policy.APIs = []onboarding.Check{onboarding.KYC, onboarding.SEPAKYC}
	o.Targets = append(slices.Clone(hooks), onboarding.Target{Name: onboarding.P100Target}, onboarding.Target{Name: onboarding.XGatewayTarget})
}

var p100Rest = onboarding.LaneRef{UserID: "user-1", Target: onboarding.P100Target, Lane: onboarding.LaneRest}

// answered is the attempt of a question that was answered with a text.
func answered(asked time.Time, text string) onboarding.Attempt {
	event, _ := json.Marshal(onboarding.AnswerBody{Asked: asked, HTTP: 200, Answer: text}) // strings and numbers alone
	return onboarding.Attempt{Result: onboarding.AttemptDelivered, Answer: "200", Event: event}
}

func said(b body) string {
	text, _ := json.Marshal(b) // strings alone
	return string(text)
}

// reversed sets up a user who was reversed, so that P100's API is to be asked.
func reversed(t *testing.T, change ...func(*postgres.Options)) (*postgres.Store, *pgxpool.Pool) {
	t.Helper()
	s, db := setup(t, append([]func(*postgres.Options){asking}, change...)...)
	accept(t, s, report("user-1", verified), report("user-1", expired))
	advance(t, s, "user-1")
	return s, db
}

func TestAnAnswerIsAnEvent(t *testing.T) {
	t.Parallel()
	s, db := reversed(t)
	d := take(t, s, p100Rest, "a").Delivery
	if d == nil || d.Name != onboarding.EffectAskP100 {
		t.Fatalf("taken = %+v", d)
	}
	record(t, s, d.ID, "a", answered(d.Now, said(verified)))
	if got := one[string](t, db, "select e.user_id || ' ' || e.provider || ' ' || e.route from inbox i join events e on e.id = i.event_id where i.received = e.received"); got != "user-1 p100 api" {
		t.Errorf("event = %q", got)
	}
	timeline := func() onboarding.TimelineEntry {
		t.Helper()
		entries, _, err := s.Timeline(t.Context(), "user-1", "", 0)
		if err != nil {
			t.Fatal(err)
		}
		entries = slices.DeleteFunc(entries, func(e onboarding.TimelineEntry) bool { return e.Kind == "effect" })
		return entries[len(entries)-1]
	}
	if e := timeline(); e.Kind != "pending" || e.Input != "p100/api" || e.Body == nil {
		t.Errorf("pending = %+v", e)
	}
	advance(t, s, "user-1")
	e := timeline()
	if e.Kind != "log" || e.Input != "p100/api" || e.Outcome != onboarding.Noted || e.Code != "first_answer" {
		t.Errorf("entry = %+v", e)
	}
	if o, err := s.Onboarding(t.Context(), "user-1"); err != nil || o.Events != 2 || o.LastSeq != 3 {
		t.Errorf("an answer counts as a webhook: %+v %v", o, err)
	}
	if _, _, err := s.Replay(t.Context(), e.EventID, "ops-1"); !errors.Is(err, onboarding.ReplayNoWebhook) {
		t.Errorf("replay of an answer: %v", err)
	}
	consistent(t, db, "user-1")
}

// TestTwoAnswersMoveACheck goes the whole way: a question, its answer, the
// deadline, a question again, and its answer.
func TestTwoAnswersMoveACheck(t *testing.T) {
	t.Parallel()
	s, db := reversed(t, func(o *postgres.Options) { o.Policy.AgreeAfter = 0 })
	for i := range 2 {
		d := take(t, s, p100Rest, "a").Delivery
		if d == nil {
			t.Fatalf("question %d: nothing to ask", i+1)
		}
		record(t, s, d.ID, "a", answered(d.Now, said(verified)))
		advance(t, s, "user-1")
	}
	want := []string{"applied", "applied", "noted first_answer", "applied", "applied second_answer"}
	if got := outcomes(t, db); !slices.Equal(got, want) {
		t.Errorf("outcomes %q", got)
	}
	if o, err := s.Onboarding(t.Context(), "user-1"); err != nil || o.Stage != onboarding.StageApproved {
		t.Errorf("after two answers: %+v %v", o, err)
	}
	consistent(t, db, "user-1")
}

func TestAnswersThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"undecodable", "panics"} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			s, db := reversed(t)
			d := take(t, s, p100Rest, "a").Delivery
			record(t, s, d.ID, "a", answered(d.Now, text))
			accept(t, s, report("user-1", started))
			advance(t, s, "user-1")
			if got := outcomes(t, db); !slices.Equal(got[2:], []string{"unrecognised undecodable", "applied"}) {
				t.Errorf("outcomes %q", got)
			}
			if page, _, err := s.EventsList(t.Context(), "", "", 0); err != nil || len(page) != 0 {
				t.Errorf("an answer is listed among the webhooks: %+v %v", page, err)
			}
		})
	}
}

func TestAnAnswerIsAcceptedOnce(t *testing.T) {
	t.Parallel()
	events := "select count(*) from events where route = 'api'"
	for _, tc := range []struct {
		name string
		do   func(*testing.T, *postgres.Store, *pgxpool.Pool, *onboarding.Delivery)
		want int64
	}{
		{"recorded twice", func(t *testing.T, s *postgres.Store, _ *pgxpool.Pool, d *onboarding.Delivery) {
			record(t, s, d.ID, "a", answered(d.Now, "P412"))
			record(t, s, d.ID, "a", answered(d.Now, "P412"))
		}, 1},
		{"by two senders", func(t *testing.T, s *postgres.Store, db *pgxpool.Pool, d *onboarding.Delivery) {
			exec(t, db, "update effects set taken_until = now() - interval '1 second' where id = $1", d.ID)
			other := take(t, s, p100Rest, "b").Delivery
			record(t, s, d.ID, "a", answered(d.Now, "P412"))
			record(t, s, other.ID, "b", answered(other.Now, "P445"))
		}, 1},
		{"failed, with a body", func(t *testing.T, s *postgres.Store, _ *pgxpool.Pool, d *onboarding.Delivery) {
			a := answered(d.Now, "P412")
			a.Result = onboarding.AttemptFailed
			record(t, s, d.ID, "a", a)
		}, 0},
		{"the recording dies", func(t *testing.T, s *postgres.Store, db *pgxpool.Pool, d *onboarding.Delivery) {
			tx, err := db.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer tx.Rollback(context.WithoutCancel(t.Context())) // it only locked
			if _, err := tx.Exec(t.Context(), "lock table inbox in share mode"); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			if _, err := s.Record(ctx, d.ID, "a", answered(d.Now, "P412")); !errors.Is(err, onboarding.ErrUnavailable) {
				t.Errorf("record: %v", err)
			}
			if got := one[string](t, db, "select state from effects where id = $1", d.ID); got != "waiting" {
				t.Errorf("the question is %s without its answer", got)
			}
		}, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s, db := reversed(t)
			tc.do(t, s, db, take(t, s, p100Rest, "a").Delivery)
			if n := one[int64](t, db, events); n != tc.want {
				t.Errorf("%d events, want %d", n, tc.want)
			}
		})
	}
	t.Run("of a hook", func(t *testing.T) {
		t.Parallel()
		s, db := reversed(t)
		record(t, s, take(t, s, coreAccess, "a").Delivery.ID, "a", answered(time.Now(), "P412"))
		if n := one[int64](t, db, events); n != 0 {
			t.Error("what a hook answers was accepted as an event")
		}
	})
}

func TestQuestionsThatWaitAreNotAskedTwice(t *testing.T) {
	t.Parallel()
	waiting := "select count(*) from effects where name = 'ask.p100' and state = 'waiting'"
	again := []onboarding.Event{report("user-1", verified), report("user-1", expired)} // held, then a duplicate
	t.Run("one that nobody has taken", func(t *testing.T) {
		t.Parallel()
		s, db := reversed(t)
		accept(t, s, again...)
		advance(t, s, "user-1")
		if n := one[int64](t, db, waiting); n != 1 {
			t.Errorf("%d questions wait", n)
		}
		d := take(t, s, p100Rest, "a").Delivery
		record(t, s, d.ID, "a", failed)
		accept(t, s, again...)
		advance(t, s, "user-1")
		if n := one[int64](t, db, waiting); n != 1 {
			t.Errorf("%d questions wait after one has failed", n)
		}
	})
	t.Run("two causes in one fold", func(t *testing.T) {
		t.Parallel()
		s, db := reversed(t)
		record(t, s, take(t, s, p100Rest, "a").Delivery.ID, "a", answered(time.Now(), "P412"))
		accept(t, s, again[0], again[0])
		advance(t, s, "user-1")
		if n := one[int64](t, db, waiting); n != 1 {
			t.Errorf("%d questions wait", n)
		}
	})
	t.Run("one in flight may have been asked before", func(t *testing.T) {
		t.Parallel()
		s, db := reversed(t)
		take(t, s, p100Rest, "a")
		accept(t, s, again...)
		advance(t, s, "user-1")
		if n := one[int64](t, db, waiting); n != 2 {
			t.Errorf("%d questions wait", n)
		}
	})
}

// TestAnAnswerEndsQuestionsGivenUpOn holds that the figure of parked questions goes
// down again.
func TestAnAnswerEndsQuestionsGivenUpOn(t *testing.T) {
	t.Parallel()
	s, db := reversed(t)
	exec(t, db, "update effects set state = 'parked', done_at = now() where name = 'ask.p100' or id = (select min(id) from effects where target = 'crm')")
	exec(t, db, "insert into effects (key, user_id, target, lane, name, version, seq, payload, state, created) "+
		"values ('other', 'user-2', 'p100-api', 'rest', 'ask.p100', 1, 1, '{}', 'parked', now())")
	parked := func(asks, crm int64) {
		t.Helper()
		if got, err := s.Parked(t.Context()); err != nil || got[onboarding.P100Target] != asks || got["crm"] != crm {
			t.Errorf("parked: %+v %v", got, err)
		}
	}
	order(t, s, onboarding.Command{Name: onboarding.CommandReconcile, Reason: "the API is back", Actor: "ops-1", RequestID: "r1"})
	parked(2, 1)
	d := take(t, s, p100Rest, "a").Delivery
	record(t, s, d.ID, "a", failed)
	parked(2, 1)
	exec(t, db, "update effects set next_attempt_at = now() where state = 'waiting'")
	d = take(t, s, p100Rest, "b").Delivery
	record(t, s, d.ID, "b", answered(d.Now, "P412"))
	parked(1, 1) // the other user's, and the hook's
	if got := all[string](t, db, "select state from effects where name = 'ask.p100' and user_id = 'user-1' order by id"); !slices.Equal(got, []string{"superseded", "delivered"}) {
		t.Errorf("questions: %q", got)
	}
}

// TestNothingIsLearntOfWhoWasClosed holds that who is closed and erased stays so,
// whatever was being asked.
func TestNothingIsLearntOfWhoWasClosed(t *testing.T) {
	t.Parallel()
	end := func(t *testing.T, s *postgres.Store) onboarding.Advanced {
		t.Helper()
		order(t, s, onboarding.Command{Name: onboarding.CommandClose, Reason: "the user left", Actor: "ops-1", RequestID: "r1"})
		order(t, s, onboarding.Command{Name: onboarding.CommandErase, Reason: "asked for", Actor: "ops-1", RequestID: "r2"})
		return advance(t, s, "user-1")
	}
	learnt := func(t *testing.T, db *pgxpool.Pool) {
		t.Helper()
		if n := one[int64](t, db, "select count(*) from events where provider = 'p100' and body is not null"); n != 0 {
			t.Errorf("%d bodies after the erasing", n)
		}
	}
	t.Run("a question waits", func(t *testing.T) {
		t.Parallel()
		s, db := reversed(t)
		record(t, s, take(t, s, p100Rest, "a").Delivery.ID, "a", failed)
		if a := end(t, s); slices.ContainsFunc(a.Lanes, func(l onboarding.LaneWork) bool { return l.Target == onboarding.P100Target }) {
			t.Errorf("lanes: %+v", a.Lanes)
		}
		exec(t, db, "update effects set next_attempt_at = now()")
		if got := take(t, s, p100Rest, "b"); got != (onboarding.Taken{}) {
			t.Errorf("still asked: %+v", got.Delivery)
		}
		learnt(t, db)
	})
	t.Run("in the fold that decides on it", func(t *testing.T) {
		t.Parallel()
		s, db := setup(t, asking)
		accept(t, s, report("user-1", verified), report("user-1", expired))
		end(t, s)
		if got := all[string](t, db, "select state from effects where name = 'ask.p100'"); !slices.Equal(got, []string{"superseded"}) {
			t.Errorf("questions: %q", got)
		}
	})
	t.Run("a question is in flight", func(t *testing.T) {
		t.Parallel()
		s, db := reversed(t)
		d := take(t, s, p100Rest, "a").Delivery
		end(t, s)
		record(t, s, d.ID, "a", answered(d.Now, said(verified)))
		advance(t, s, "user-1")
		learnt(t, db)
		if got := one[string](t, db, "select state from effects where name = 'ask.p100'"); got != "delivered" {
			t.Errorf("the question is %s", got)
		}
		consistent(t, db, "user-1")
	})
}

func TestShadowModeAsks(t *testing.T) {
	t.Parallel()
	shadow := func(o *postgres.Options) { o.Shadow = true }
	s, db := reversed(t, shadow)
	a := advance(t, s, "user-1")
	if len(a.Lanes) != 1 || a.Lanes[0].Target != onboarding.P100Target || a.Done {
		t.Errorf("lanes = %+v", a.Lanes)
	}
	if got := all[string](t, db, "select distinct state || ' ' || target from effects where state <> 'shadow'"); !slices.Equal(got, []string{"waiting p100-api"}) {
		t.Errorf("effects = %q", got)
	}
	exec(t, db, "update effects set stale_at = now() - interval '1 second' where state = 'waiting'")
	if users, err := s.OverdueUsers(t.Context(), 10); err != nil || !slices.Equal(users, []string{"user-1"}) {
		t.Errorf("overdue: %q %v", users, err)
	}
	if d := take(t, s, p100Rest, "a").Delivery; d == nil || d.Name != onboarding.EffectAskP100 {
		t.Errorf("taken = %+v", d)
	}
	if got := take(t, s, crmRest, "a"); got != (onboarding.Taken{}) {
		t.Errorf("a hook is sent: %+v", got)
	}
}
