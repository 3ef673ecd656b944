package postgres_test

import (
	"fmt"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"admit/onboarding"
	"admit/postgres"
)

// resend has effects sent again.
func resend(t testing.TB, s *postgres.Store, target string, limit int, ids ...int64) (users []string, replayed int, left bool) {
	t.Helper()
	users, replayed, left, err := s.ReplayEffects(t.Context(), target, ids, limit, "ops-1", "the receiver\x00 was repaired")
	if err != nil {
		t.Fatalf("replay effects: %v", err)
	}
	return users, replayed, left
}

// park has effects given up on.
func park(t testing.TB, db *pgxpool.Pool, where string) {
	t.Helper()
	exec(t, db, "update effects set state = 'parked', attempts = 12, refusals = 5, last_answer = 'http 400', done_at = now(), created = now() - interval '80 hours' where "+where)
}

func TestReplayEffects(t *testing.T) {
	t.Parallel()
	s, db := setup(t, systems)
	letIn(t, s, users(1, 3)...)
	park(t, db, "target = 'crm' and user_id <> 'user-3'")
	total := one[int64](t, db, "select count(*) from effects where state = 'parked'")
	if total != 4 {
		t.Fatalf("%d effects are parked", total)
	}
	who, n, left := resend(t, s, "crm", 3)
	if !slices.Equal(who, []string{"user-1", "user-2"}) || n != 3 || !left {
		t.Errorf("the first three: %q %d %t", who, n, left)
	}
	if who, n, left = resend(t, s, "crm", 3); !slices.Equal(who, []string{"user-2"}) || n != 1 || left {
		t.Errorf("the rest: %q %d %t", who, n, left)
	}
	if who, n, left = resend(t, s, "crm", 3); len(who) != 0 || n != 0 || left {
		t.Errorf("nothing is parked any more: %q %d %t", who, n, left)
	}
	if got := all[string](t, db, "select distinct state || attempts || refusals || replayed_by || replay_reason || (replayed_at <= now())::text || (done_at is null)::text || (next_attempt_at <= now())::text from effects where target = 'crm' and user_id <> 'user-3'"); !slices.Equal(got, []string{"waiting120ops-1the receiver was repairedtruetruetrue"}) {
		t.Errorf("effects: %q", got)
	}
	d := take(t, s, laneOf("user-1", "crm"), "a").Delivery
	if wait := record(t, s, d.ID, "a", failed); wait <= 0 {
		t.Error("its age counts from when it was decided")
	}
	entries, _, err := s.Timeline(t.Context(), "user-1", "", 0)
	i := slices.IndexFunc(entries, func(e onboarding.TimelineEntry) bool { return e.EffectID == d.ID })
	if err != nil || entries[i].ReplayedBy != "ops-1" || entries[i].ReplayReason != "the receiver was repaired" || entries[i].ReplayedAt == nil || entries[i].Attempts != 13 || entries[i].DoneAt != nil {
		t.Errorf("timeline: %+v %v", entries[i], err)
	}
	exec(t, db, "update effects set state = 'parked', done_at = now() where id = $1", d.ID)
	if _, n, left := resend(t, s, "crm", 3); n != 0 || left {
		t.Errorf("what failed again at once is replayed again: %d %t", n, left)
	}
	if _, n, _ := resend(t, s, "crm", 3, d.ID, d.ID+1, 1<<40); n != 1 {
		t.Errorf("by its ID: %d", n)
	}
	if _, n, _ := resend(t, s, "core", 3, d.ID); n != 0 {
		t.Error("an effect was replayed at another target")
	}
}

// TestReplaysAreSpread holds that many do not come at once, and that access does.
func TestReplaysAreSpread(t *testing.T) {
	t.Parallel()
	s, db := setup(t, systems)
	letIn(t, s, users(1, 24)...)
	park(t, db, "target = 'core'")
	who, n, left := resend(t, s, "core", 100)
	if len(who) != 24 || n != 72 || left {
		t.Errorf("%d effects of %d users, left %t", n, len(who), left)
	}
	for _, tc := range []struct {
		lane        string
		first, last float64
	}{{"access", 0, 0}, {"rest", 0, 57.5}} {
		first := one[float64](t, db, "select min(extract(epoch from next_attempt_at - replayed_at))::float8 from effects where target = 'core' and lane = $1", tc.lane)
		last := one[float64](t, db, "select max(extract(epoch from next_attempt_at - replayed_at))::float8 from effects where target = 'core' and lane = $1", tc.lane)
		if first < tc.first-1 || first > tc.first+1 || last < tc.last-1 || last > tc.last+1 {
			t.Errorf("%s: due within %.1f and %.1f s", tc.lane, first, last)
		}
	}
}

// TestAccessNeverGoesBackwardsByAReplay replays what was parked while the target was
// not configured.
func TestAccessNeverGoesBackwardsByAReplay(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		events []string
		lived  []body
		ids    string // those that are replayed
		want   []string
	}{
		{"a grant that stands", []string{"access.*"}, []body{verified}, "true", []string{"access.granted waiting"}},
		{"a grant that was taken back", []string{"access.*"}, []body{verified, expired}, "true", []string{"access.granted superseded", "access.revoked waiting"}},
		{"alone", []string{"access.*"}, []body{verified, expired}, "name = 'access.granted'", []string{"access.granted superseded", "access.revoked parked"}},
		{"a revoke that was taken back", []string{"access.*"}, []body{verified, expired, verified}, "name = 'access.revoked'",
			[]string{"access.granted parked", "access.revoked superseded", "access.granted parked"}},
		{"all of them", []string{"access.*"}, []body{verified, expired, verified}, "true",
			[]string{"access.granted superseded", "access.revoked superseded", "access.granted waiting"}},
		{"a target that is told of revokes alone", []string{"access.revoked"}, []body{verified, expired, verified}, "true", []string{"access.revoked waiting"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s, db := setup(t, func(o *postgres.Options) {
				o.Targets = []onboarding.Target{{Name: "core", Events: tc.events}}
				o.Policy.HeldWindow = onboarding.Windows{}
			})
			for _, b := range tc.lived {
				accept(t, s, report("user-1", b))
				advance(t, s, "user-1")
				park(t, db, "state <> 'superseded'")
			}
			exec(t, db, "update effects set state = 'parked', last_answer = 'target not configured'")
			resend(t, s, "core", 0, all[int64](t, db, "select id from effects where "+tc.ids)...)
			if got := all[string](t, db, "select name || ' ' || state from effects order by id"); !slices.Equal(got, tc.want) {
				t.Errorf("effects = %q", got)
			}
			if tc.want[len(tc.want)-1] == "access.granted waiting" {
				if n := one[int64](t, db, "select count(*) from effects where state = 'superseded' and (last_answer <> 'overtaken before it was replayed' or done_at is null)"); n != 0 {
					t.Error("it does not show why one is superseded")
				}
			}
		})
	}
}

// TestAReplayBesideAnAdvance has the grant replayed while a revoke is being decided.
func TestAReplayBesideAnAdvance(t *testing.T) {
	t.Parallel()
	s, db := setup(t, systems)
	letIn(t, s, "user-1")
	park(t, db, "name = 'access.granted'")
	accept(t, s, report("user-1", expired))
	named := open(t, db.Config().ConnString()+"&application_name="+url.QueryEscape(t.Name()), systems)
	letGo := stopAt(t, db, "before insert on effects for each row")
	advanced, replayed := make(chan error, 1), make(chan error, 1)
	go func() {
		_, err := named.Advance(t.Context(), onboarding.AdvanceRequest{UserID: "user-1"})
		advanced <- err
	}()
	waiting(t, db, 1)
	go func() {
		_, _, _, err := named.ReplayEffects(t.Context(), "core", nil, 0, "ops-1", "r")
		replayed <- err
	}()
	waiting(t, db, 2)
	letGo()
	if a, r := <-advanced, <-replayed; a != nil || r != nil {
		t.Fatalf("advance: %v, replay: %v", a, r)
	}
	if got := all[string](t, db, "select name || ' ' || state from effects where lane = 'access' order by id"); !slices.Equal(got, []string{"access.granted superseded", "access.revoked waiting"}) {
		t.Errorf("effects = %q", got)
	}
}

func TestReplayOfWhatIsOfNoUse(t *testing.T) {
	t.Parallel()
	rejection := rejects(onboarding.KYC, "DOC_EXPIRED")
	t.Run("messages that are overtaken", func(t *testing.T) {
		t.Parallel()
		s, db := setup(t, channels)
		begin(t, s, "user-1@example.com")
		for _, e := range []onboarding.Event{rejection, rejects(onboarding.POA, "DOC_EXPIRED"), report("user-1", body{Check: onboarding.POA, Status: "APPROVED"}), report("user-1", verified), report("user-1", expired)} {
			accept(t, s, e)
			advance(t, s, "user-1")
			park(t, db, "target = 'mail' and state = 'waiting'")
		}
		_, n, left := resend(t, s, onboarding.MailTarget, 0)
		want := []string{"notify.action_required superseded kyc", "notify.action_required superseded poa,kyc", "notify.approved superseded ", "notify.suspended waiting kyc"}
		if got := messages(t, db, onboarding.MailTarget); n != 1 || left || !slices.Equal(got, want) {
			t.Errorf("%d: %q", n, got)
		}
	})
	t.Run("a message to nobody", func(t *testing.T) {
		t.Parallel()
		s, db := setup(t, channels)
		accept(t, s, report("user-1", verified))
		advance(t, s, "user-1")
		id := one[int64](t, db, "select id from effects where target = 'mail'")
		for range 2 {
			if _, n, left := resend(t, s, onboarding.MailTarget, 1, id); n != 0 || left {
				t.Errorf("%d are replayed, left %t", n, left)
			}
		}
		if page, _, err := s.FailedEffects(t.Context(), onboarding.MailTarget, 0, 0); err != nil || len(page) != 0 {
			t.Errorf("listed: %+v %v", page, err)
		}
		begin(t, s, "user-1@example.com")
		advance(t, s, "user-1")
		if _, n, _ := resend(t, s, onboarding.MailTarget, 1, id); n != 1 || take(t, s, mailNotify, "a").Delivery == nil {
			t.Errorf("%d are replayed once there is a contact", n)
		}
	})
	t.Run("a question about who is closed", func(t *testing.T) {
		t.Parallel()
		s, db := reversed(t)
		park(t, db, "name = 'ask.p100'")
		order(t, s, onboarding.Command{Name: onboarding.CommandClose, Reason: "the user left", Actor: "ops-1", RequestID: "r1"})
		if _, n, _ := resend(t, s, onboarding.P100Target, 0); n != 0 {
			t.Errorf("%d are replayed", n)
		}
		if got := one[string](t, db, "select state from effects where name = 'ask.p100'"); got != "superseded" {
			t.Errorf("the question is %s", got)
		}
	})
}

func TestFailedEffects(t *testing.T) {
	t.Parallel()
	s, db := setup(t, systems)
	letIn(t, s, users(1, 5)...)
	park(t, db, "target = 'crm' and user_id <> 'user-5'")
	whole, next, err := s.FailedEffects(t.Context(), "crm", 0, 0)
	if err != nil || next != 0 || len(whole) != 8 {
		t.Fatalf("%d effects, next %d, %v", len(whole), next, err)
	}
	first := whole[0]
	if first.Key != "user-1/1/onboarding.started/crm" && first.Key != "user-1/1/onboarding.approved/crm" || first.UserID != "user-1" || first.Attempts != 12 || first.Answer != "http 400" ||
		time.Since(first.Created) < 79*time.Hour || time.Since(first.ParkedAt) > time.Minute || !first.ParkedAt.After(first.Created) {
		t.Errorf("first = %+v", first)
	}
	for limit := 1; limit <= 9; limit++ {
		var got []onboarding.FailedEffect
		for after := int64(0); ; {
			page, next, err := s.FailedEffects(t.Context(), "crm", after, limit)
			if err != nil || len(page) > limit {
				t.Fatalf("%d effects on a page of %d, %v", len(page), limit, err)
			}
			if got, after = append(got, page...), next; next == 0 {
				break
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(whole) {
			t.Errorf("in pages of %d: %+v", limit, got)
		}
	}
	if page, _, err := s.FailedEffects(t.Context(), "core", 0, 0); err != nil || len(page) != 0 {
		t.Errorf("of another target: %+v %v", page, err)
	}
}

// TestAReplayedMessageIsTrue holds that a message is not sent again to a user who
// stands elsewhere by now, also where nothing was said of it.
func TestAReplayedMessageIsTrue(t *testing.T) {
	t.Parallel()
	failed := report("user-1", body{Check: onboarding.HighRisk, Status: "REJECTED"})
	for _, tc := range []struct {
		name    string
		lived   onboarding.Event
		command string
		want    string
	}{
		{"an approval that stands", report("user-1", verified), "", "notify.approved waiting "},
		{"an approval of who is on hold", report("user-1", verified), onboarding.CommandHold, "notify.approved superseded "},
		{"an approval of who is closed", report("user-1", verified), onboarding.CommandClose, "notify.approved superseded "},
		{"a rejection that stands", failed, "", "notify.rejected waiting "},
		{"a rejection of who is closed", failed, onboarding.CommandClose, "notify.rejected superseded "},
		{"a request to who is on hold", rejects(onboarding.KYC, "DOC_EXPIRED"), onboarding.CommandHold, "notify.action_required waiting kyc"},
		{"a request to who is closed", rejects(onboarding.KYC, "DOC_EXPIRED"), onboarding.CommandClose, "notify.action_required superseded kyc"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s, db := setup(t, channels)
			begin(t, s, "user-1@example.com")
			accept(t, s, tc.lived)
			advance(t, s, "user-1")
			park(t, db, "lane = 'notify'")
			if tc.command != "" {
				order(t, s, onboarding.Command{Name: tc.command, Reason: "r", Actor: "ops-1"})
			}
			for _, target := range []string{onboarding.MailTarget, "push"} {
				resend(t, s, target, 0)
				if got := messages(t, db, target); !slices.Equal(got, []string{tc.want}) {
					t.Errorf("at %s: %q", target, got)
				}
			}
		})
	}
}
