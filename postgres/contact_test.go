package postgres_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"admit/onboarding"
)

func TestDeleteContact(t *testing.T) {
	t.Parallel()
	s, db := setup(t, channels)
	if existed, id, err := s.DeleteContact(t.Context(), "user-1", "ops-1", "the address is another's"); existed || id != 0 || err != nil {
		t.Errorf("of nobody: %t %d %v", existed, id, err)
	}
	begin(t, s, "user-1@example.com")
	accept(t, s, rejects(onboarding.KYC, "DOC_EXPIRED"))
	advance(t, s, "user-1")
	begin(t, s, "one@example.com") // not folded before it is deleted

	existed, id, err := s.DeleteContact(t.Context(), "user-1", "ops-1", "the address is another's")
	if !existed || id == 0 || err != nil {
		t.Fatalf("deleted: %t %d %v", existed, id, err)
	}
	if _, known, err := s.Contact(t.Context(), "user-1"); known || err != nil {
		t.Errorf("known still: %t %v", known, err)
	}
	if got := one[string](t, db, "select convert_from(body, 'UTF8') from events where id = $1", id); got != `{"contact":null,"erased":true,"actor":"ops-1","reason":"the address is another's"}` {
		t.Errorf("event: %s", got)
	}
	for _, text := range all[string](t, db, "select convert_from(body, 'UTF8') from events where body is not null") {
		if strings.Contains(text, "example.com") {
			t.Errorf("kept: %s", text)
		}
	}
	advance(t, s, "user-1")
	got := all[string](t, db, "select input || ' ' || outcome || ' ' || code || ' ' || actor from log where event_id >= (select min(id) from events where provider = 'merchant') and input like 'merchant/%' order by seq")
	if !slices.Equal(got, []string{"merchant/start applied  shop", "merchant/start noted exists ", "merchant/start noted exists ops-1"}) {
		t.Errorf("log = %q", got)
	}
	if got := messages(t, db, onboarding.MailTarget); !slices.Equal(got, []string{"notify.action_required parked kyc"}) {
		t.Errorf("mails: %q", got)
	}
	if got := messages(t, db, "push"); !slices.Equal(got, []string{"notify.action_required waiting kyc"}) {
		t.Errorf("at the hook: %q", got)
	}
	if existed, id, err := s.DeleteContact(t.Context(), "user-1", "ops-1", "the address is another's"); existed || id != 0 || err != nil {
		t.Errorf("again: %t %d %v", existed, id, err)
	}
	begin(t, s, "user-1@example.com")
	accept(t, s, report("user-1", verified))
	advance(t, s, "user-1")
	if got := messages(t, db, onboarding.MailTarget); !slices.Equal(got[1:], []string{"notify.approved waiting "}) {
		t.Errorf("once there is a contact again: %q", got)
	}
	consistent(t, db, "user-1")
}

// TestAContactIsDeletedWhileAMailIsInFlight holds that what was sent was sent, and
// what was not is parked for want of a contact and not as failed.
func TestAContactIsDeletedWhileAMailIsInFlight(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		attempt onboarding.Attempt
		want    string
	}{{delivered, "delivered 200"}, {failed, "parked no contact"}} {
		s, db := setup(t, channels)
		begin(t, s, "user-1@example.com")
		accept(t, s, report("user-1", verified))
		advance(t, s, "user-1")
		d := take(t, s, mailNotify, "a").Delivery
		if _, _, err := s.DeleteContact(t.Context(), "user-1", "ops-1", "the address is another's"); err != nil {
			t.Fatal(err)
		}
		advance(t, s, "user-1")
		record(t, s, d.ID, "a", tc.attempt)
		if got := one[string](t, db, "select state || ' ' || last_answer from effects where target = 'mail'"); got != tc.want {
			t.Errorf("%s, want %s", got, tc.want)
		}
	}
}

// TestRecipientsTexts holds that a provider's free text is that of the words which the
// check has: what was not believed, or goes with a suspicion that the words do not
// hold, is nothing to be shown to a user.
func TestRecipientsTexts(t *testing.T) {
	t.Parallel()
	s, db := setup(t)
	rejected := body{Check: onboarding.KYC, Status: "NOT_VERIFIED", Attempt: "REJECTED_BY_PROVIDER", Reasons: []string{"DOC_FAKE"}, Message: "It looks forged."}
	blurred := body{Check: onboarding.KYC, Status: "NOT_VERIFIED", Attempt: "REJECTED_BY_PROVIDER", Reasons: []string{"DOC_TOO_BLURRY"}, Message: "Hold it still."}
	for _, step := range []struct {
		name string
		body body
		want string
	}{
		{"with a suspicion", rejected, "It looks forged."},
		{"with another reason", blurred, "Hold it still."},
		{"a word that nobody knows", body{Check: onboarding.KYC, Status: "FRAUD", Message: "We suspect fraud."}, ""},
		{"said again", blurred, "Hold it still."},
		{"a suspicion again", rejected, "It looks forged."},
	} {
		accept(t, s, report("user-1", step.body))
		advance(t, s, "user-1")
		r, err := s.Recipient(t.Context(), "user-1", true)
		if err != nil || r.Texts[onboarding.KYC] != step.want {
			t.Errorf("%s: %q, %v, want %q", step.name, r.Texts[onboarding.KYC], err, step.want)
		}
	}
	// As where a provider's API has said twice since that it was another reason.
	if _, err := db.Exec(t.Context(), `update onboardings set state = jsonb_set(state, '{checks,kyc,reasons}', '["DOC_TOO_BLURRY"]') where user_id = 'user-1'`); err != nil {
		t.Fatal(err)
	}
	if r, err := s.Recipient(t.Context(), "user-1", true); err != nil || r.Texts[onboarding.KYC] != "" {
		t.Errorf("moved by answers: %q, %v", r.Texts[onboarding.KYC], err)
	}
}

func TestRecipient(t *testing.T) {
	t.Parallel()
	s, db := setup(t)
	ask := func(texts bool) onboarding.Recipient {
		t.Helper()
		r, err := s.Recipient(t.Context(), "user-1", texts)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := ask(true); r.Known || r.Contact != (onboarding.Contact{}) || r.Statuses != (onboarding.CheckStatuses{}) || len(r.Texts) != 0 {
		t.Errorf("nobody: %+v", r)
	}
	c := onboarding.Contact{Email: "user-1@example.com", Locale: "de", Name: "User One", TimeZone: "Europe/Vienna"}
	if _, _, err := s.Start(t.Context(), "user-1", &c, "shop"); err != nil {
		t.Fatal(err)
	}
	poa := report("user-1", body{Check: onboarding.POA, Status: "REJECTED", Message: "The address\x00 is cut off."})
	poa.Route = "poa-verification"
	accept(t, s, report("user-1", body{Check: onboarding.KYC, Status: "NOT_VERIFIED", Attempt: "REJECTED_BY_PROVIDER", Message: "Too dark."}), poa)
	accept(t, s, report("user-1", body{Check: onboarding.KYC, Status: "NOT_VERIFIED", Attempt: "REJECTED_BY_PROVIDER", Reasons: []string{"NO_FACE_FOUND"}, Message: "Show your face."}))
	advance(t, s, "user-1")
	want := onboarding.CheckStatuses{KYC: onboarding.StatusActionRequired, POA: onboarding.StatusActionRequired}
	if r := ask(false); !r.Known || r.Contact != c || r.Statuses != want || r.Texts != nil {
		t.Errorf("without texts: %+v", r)
	}
	if r := ask(true); !maps.Equal(r.Texts, map[onboarding.Check]string{onboarding.KYC: "Show your face.", onboarding.POA: "The address is cut off."}) {
		t.Errorf("texts: %q", r.Texts)
	}
	erase(t, s)
	if r := ask(true); r.Known || len(r.Texts) != 0 || r.Statuses != want {
		t.Errorf("erased: %+v", r)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Recipient(ctx, "user-1", true); err == nil {
		t.Error("a call that was given up on is answered")
	}
	consistent(t, db, "user-1")
}
