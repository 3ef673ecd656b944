package postgres_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"admit/onboarding"
	"admit/postgres"
)

// channels has the user's mail, and a hook that is told everything and what to say
// to the user.
func channels(o *postgres.Options) {
	o.Targets = []onboarding.Target{{Name: "push", Events: []string{"*", "notify.*"}}, {Name: onboarding.MailTarget}}
}

// rejects returns a rejection of kyc or of poa.
func rejects(check onboarding.Check, reason string) onboarding.Event {
	if check == onboarding.POA {
		return report("user-1", body{Check: check, Status: "REJECTED", Reasons: []string{reason}})
	}
	return report("user-1", body{Check: check, Status: "NOT_VERIFIED", Attempt: "REJECTED_BY_PROVIDER", Reasons: []string{reason}})
}

// messages lists what there is to say at a target.
func messages(t testing.TB, db *pgxpool.Pool, target string) []string {
	t.Helper()
	return all[string](t, db, "select name || ' ' || state || ' ' || check_name from effects where target = $1 and name like 'notify.%' order by id", target)
}

// TestABurstIsOneMessage has three rejections follow each other within a minute.
func TestABurstIsOneMessage(t *testing.T) {
	t.Parallel()
	s, db := setup(t, channels)
	begin(t, s, "user-1@example.com")
	for _, e := range []onboarding.Event{rejects(onboarding.KYC, "DOC_EXPIRED"), rejects(onboarding.POA, "DOC_TOO_BLURRY"), rejects(onboarding.KYC, "NO_FACE_FOUND")} {
		accept(t, s, e)
		advance(t, s, "user-1")
	}
	for _, target := range []string{onboarding.MailTarget, "push"} {
		if got := messages(t, db, target); !slices.Equal(got, []string{
			"notify.action_required superseded kyc", "notify.action_required superseded poa,kyc", "notify.action_required waiting kyc,poa"}) {
			t.Errorf("at %s: %q", target, got)
		}
	}
	if got := take(t, s, mailNotify, "a"); got.Delivery != nil || got.Wait < 50*time.Second || got.Wait > time.Minute {
		t.Errorf("at once: %+v", got)
	}
	exec(t, db, "update effects set next_attempt_at = now() where target = 'mail'")
	var m onboarding.Message
	if err := json.Unmarshal(take(t, s, mailNotify, "a").Delivery.Payload, &m); err != nil || len(m.Asks) != 2 || m.Asks[0].Reasons[0] != "NO_FACE_FOUND" {
		t.Errorf("message = %+v %v", m, err)
	}
	entries, _, err := s.Timeline(t.Context(), "user-1", "", 0)
	shows := func(state onboarding.EffectState) (n int) {
		for _, e := range entries {
			if e.Target == onboarding.MailTarget && e.State == state && e.About != "" {
				n++
			}
		}
		return n
	}
	if err != nil || shows(onboarding.EffectSuperseded) != 2 || shows(onboarding.EffectWaiting) != 1 {
		t.Errorf("timeline = %+v %v", entries, err)
	}
}

// TestBadNewsSettles holds how long each message waits, and that a sweep leaves it
// alone meanwhile.
func TestBadNewsSettles(t *testing.T) {
	t.Parallel()
	s, db := setup(t, channels, func(o *postgres.Options) { o.Policy.Settle = onboarding.Duration(10 * time.Minute) })
	begin(t, s, "user-1@example.com")
	accept(t, s, rejects(onboarding.KYC, "DOC_EXPIRED"))
	advance(t, s, "user-1")
	waits := func(column string) float64 {
		t.Helper()
		return one[float64](t, db, "select extract(epoch from "+column+" - created)::float8 from effects where target = 'mail' and state = 'waiting'")
	}
	if due, stale := waits("next_attempt_at"), waits("stale_at"); due < 600 || due > 605 || stale < 1200 || stale > 1205 {
		t.Errorf("bad news is due after %.0f s, stale after %.0f s", due, stale)
	}
	accept(t, s, report("user-1", verified))
	advance(t, s, "user-1")
	if due := waits("next_attempt_at"); due > 5 {
		t.Errorf("an approval is due after %.0f s", due)
	}
	if got := messages(t, db, onboarding.MailTarget); !slices.Equal(got, []string{"notify.action_required superseded kyc", "notify.approved waiting "}) {
		t.Errorf("messages = %q", got)
	}
}

// TestNoAttempt records what came of a message that was not sent.
func TestNoAttempt(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		attempt onboarding.Attempt
		want    string
		wait    time.Duration
	}{
		{"put off", onboarding.Attempt{Result: onboarding.AttemptDeferred, Answer: "quiet hours", RetryAfter: 9 * time.Hour}, "waiting 0 quiet hours", 9 * time.Hour},
		{"put off for too long", onboarding.Attempt{Result: onboarding.AttemptDeferred, Answer: "quiet hours", RetryAfter: 90 * time.Hour}, "waiting 0 quiet hours", onboarding.MaxDefer},
		{"nothing left to say", onboarding.Attempt{Result: onboarding.AttemptMoot}, "superseded 0 nothing left to say", 0},
		{"in other words", onboarding.Attempt{Result: onboarding.AttemptMoot, Answer: "asked no more"}, "superseded 0 asked no more", 0},
		{"nobody to send it to", onboarding.Attempt{Result: onboarding.AttemptUnsendable, Answer: "no contact"}, "parked 1 no contact", 0},
		{"a failure", failed, "waiting 1 503", time.Second},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s, db := setup(t, channels)
			begin(t, s, "user-1@example.com")
			accept(t, s, report("user-1", verified))
			advance(t, s, "user-1")
			wait := record(t, s, take(t, s, mailNotify, "a").Delivery.ID, "a", tc.attempt)
			if wait > tc.wait || wait < tc.wait/2 {
				t.Errorf("waits %s, want %s", wait, tc.wait)
			}
			if got := one[string](t, db, "select state || ' ' || attempts || ' ' || last_answer from effects where target = 'mail'"); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
			if n := one[int64](t, db, "select count(*) from effects where target = 'mail' and (taken_until is not null or (done_at is null) <> (state = 'waiting'))"); n != 0 {
				t.Error("the lane was not given back, or it is not known when it was done")
			}
			if left := one[float64](t, db, "select extract(epoch from stale_at - next_attempt_at)::float8 from effects where target = 'mail'"); tc.wait > time.Hour && (left < 115 || left > 125) {
				t.Errorf("a sweep rings %.0f s after it is due", left)
			}
			if n := one[int64](t, db, "select count(*) from hooks"); n != 0 {
				t.Error("mail is taken for a hook")
			}
		})
	}
}

// TestAMessageThatWaitsHoldsUpNothing has one settle at a hook that is told other
// things as well.
func TestAMessageThatWaitsHoldsUpNothing(t *testing.T) {
	t.Parallel()
	s, _ := setup(t, channels)
	accept(t, s, rejects(onboarding.KYC, "DOC_EXPIRED"))
	a := advance(t, s, "user-1")
	var lanes []string
	for _, l := range a.Lanes {
		lanes = append(lanes, l.Target+" "+string(l.Lane))
	}
	if !slices.Equal(lanes, []string{"push notify", "push rest"}) {
		t.Errorf("lanes = %q", lanes)
	}
	if got := take(t, s, laneOf("user-1", "push"), "a"); got.Delivery == nil || got.Delivery.Name != onboarding.EffectStarted {
		t.Errorf("the rest gives %+v", got)
	}
	if got := take(t, s, onboarding.LaneRef{UserID: "user-1", Target: "push", Lane: onboarding.LaneNotify}, "b"); got.Delivery != nil || got.Wait < 50*time.Second {
		t.Errorf("the message is %+v", got)
	}
}

// TestMessagesAtAHook holds what it is told, and that it needs no contact.
func TestMessagesAtAHook(t *testing.T) {
	t.Parallel()
	s, db := setup(t, channels)
	accept(t, s, report("user-1", verified))
	advance(t, s, "user-1")
	if got := messages(t, db, onboarding.MailTarget); !slices.Equal(got, []string{"notify.approved parked "}) {
		t.Errorf("at the mail: %q", got)
	}
	var p onboarding.Payload
	if err := json.Unmarshal(one[[]byte](t, db, "select payload from effects where target = 'push' and name = 'notify.approved' and state = 'waiting'"), &p); err != nil {
		t.Fatal(err)
	}
	if p.Type != onboarding.NotifyApproved || p.Data.UserID != "user-1" || p.Data.Message == nil || p.Data.Message.Template != "approved" || p.Data.Message.Rendered != nil {
		t.Errorf("payload = %+v", p)
	}
}

// TestErasingMutesEveryTarget holds that a hook says nothing to a user who was
// erased, but what is decided later.
func TestErasingMutesEveryTarget(t *testing.T) {
	t.Parallel()
	s, db := setup(t, channels)
	begin(t, s, "user-1@example.com")
	accept(t, s, rejects(onboarding.KYC, "DOC_EXPIRED"))
	advance(t, s, "user-1")
	accept(t, s, report("user-1", verified))
	erase(t, s)
	want := []string{"notify.action_required superseded kyc", "notify.approved parked "}
	for _, target := range []string{onboarding.MailTarget, "push"} {
		if got := messages(t, db, target); !slices.Equal(got, want) {
			t.Errorf("at %s: %q", target, got)
		}
	}
	if n := one[int64](t, db, "select count(*) from effects where target = 'push' and state = 'waiting'"); n == 0 {
		t.Error("the hook is told nothing else either")
	}
	if v := view(t, s, "push"); v.Parked != 0 {
		t.Errorf("%d messages to an erased user are shown as failed", v.Parked)
	}
}

// TestMessagesThatWaitAreCountedApart holds that the age of a message, which may wait
// for the morning, is none of the lanes that wait for nothing.
func TestMessagesThatWaitAreCountedApart(t *testing.T) {
	t.Parallel()
	s, db := setup(t, channels)
	begin(t, s, "user-1@example.com")
	accept(t, s, report("user-1", verified))
	advance(t, s, "user-1")
	exec(t, db, "update effects set created = now() - interval '2 hours' where lane = 'notify'")
	st, err := s.Stats(t.Context())
	if err != nil || st.NotifyOldest < 2*time.Hour || st.RestOldest > time.Hour || st.AccessOldest > time.Hour {
		t.Errorf("oldest: %s of messages, %s %s of the others, %v", st.NotifyOldest, st.RestOldest, st.AccessOldest, err)
	}
}
