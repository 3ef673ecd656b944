package activities_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"admit/activities"
	"admit/onboarding"
)

func reviewers(t *testing.T, s *server, c activities.ReviewersConfig) *activities.Reviewers {
	t.Helper()
	if c.To == nil {
		c.To = []string{"reviewer-1@example.com", "reviewer-2@example.com"}
	}
	r, err := activities.NewReviewers(c, mailer(t, s.config()))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// escalation is a delivery to the reviewers.
func escalation(t *testing.T, name string, p onboarding.Payload) onboarding.Delivery {
	t.Helper()
	body, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return onboarding.Delivery{ID: 4, Key: "user-1/9/" + name + "/reviewers", UserID: "user-1", Target: onboarding.ReviewersTarget,
		Lane: onboarding.LaneRest, Name: name, Payload: body}
}

// TestReviewersAreTold holds that all of them get one mail, the same at every
// attempt, in their language.
func TestReviewersAreTold(t *testing.T) {
	t.Parallel()
	s := post(t, activities.TLSStart)
	r := reviewers(t, s, activities.ReviewersConfig{
		To: []string{"reviewer-1@example.com", "reviewer-2@müller.example", "reviewer-1@example.com"}, Language: "de-CH", TimeZone: "Europe/Zurich",
		URL: "https://admin.example.com/users/{userId}",
	})
	for range 2 {
		got := r.Send(within(t, 10*time.Second), escalation(t, onboarding.EffectEscalated, escalated("user-1", onboarding.StageSuspended, "reversed:kyc")))
		if !same(got, onboarding.Attempt{Result: onboarding.AttemptDelivered, Answer: "250"}) {
			t.Fatalf("Send = %+v", got)
		}
	}
	surge := onboarding.Payload{Timestamp: decided, Data: onboarding.PayloadData{UserID: "user-1", Number: 21, Limit: 20}}
	if got := r.Send(within(t, 10*time.Second), escalation(t, onboarding.EffectSurge, surge)); got.Result != onboarding.AttemptDelivered {
		t.Fatalf("Send = %+v", got)
	}
	mails := s.mails()
	if len(mails) != 3 || !slices.Equal(mails[0].to, []string{"reviewer-1@example.com", "reviewer-2@xn--mller-kva.example"}) {
		t.Fatalf("%d mails, the first to %v", len(mails), mails[0].to)
	}
	first, again, third := open(t, mails[0].data), open(t, mails[1].data), open(t, mails[2].data)
	if !bytes.Equal(mails[0].data, mails[1].data) || first.header.Get("Message-Id") != again.header.Get("Message-Id") || first.header.Get("Message-Id") == third.header.Get("Message-Id") {
		t.Errorf("Message-IDs %q, %q, %q", first.header.Get("Message-Id"), again.header.Get("Message-Id"), third.header.Get("Message-Id"))
	}
	if got := first.subject(t); got != "Bitte prüfen: user-1, ausgesetzt (suspended)" {
		t.Errorf("subject %q", got)
	}
	for _, want := range []string{"1. März 2026, 13:00 Uhr CET", "Identitätsprüfung (kyc): war bestanden", "https://admin.example.com/users/user-1", "admit providers explain user-1"} {
		if !strings.Contains(first.text, want) {
			t.Errorf("want %q in\n%s", want, first.text)
		}
	}
	if got := third.subject(t); got != "21 Nutzer haben binnen einer Stunde eine Prüfung verloren" {
		t.Errorf("subject %q", got)
	}
}

// TestOneMailboxKeepsNobodyFromKnowing holds that an address which the server
// refuses does not stop the others' mail.
func TestOneMailboxKeepsNobodyFromKnowing(t *testing.T) {
	t.Parallel()
	gone, full := &smtp.SMTPError{Code: 550, Message: "no such reviewer-1@example.com"}, &smtp.SMTPError{Code: 452, Message: "full"}
	for _, tt := range []struct {
		name   string
		refuse map[string]error
		want   onboarding.Attempt
		told   []string
	}{
		{"one is gone", map[string]error{"reviewer-1@example.com": gone}, onboarding.Attempt{Result: onboarding.AttemptDelivered, Answer: "250 for 1 of 2"}, []string{"reviewer-2@example.com"}},
		{"one is full", map[string]error{"reviewer-2@example.com": full}, onboarding.Attempt{Result: onboarding.AttemptDelivered, Answer: "250 for 1 of 2"}, []string{"reviewer-1@example.com"}},
		{"all are gone", map[string]error{"reviewer-1@example.com": gone, "reviewer-2@example.com": gone}, onboarding.Attempt{Result: onboarding.AttemptRefused, Answer: "550 at RCPT"}, nil},
		{"one is gone and one is full", map[string]error{"reviewer-1@example.com": full, "reviewer-2@example.com": gone}, onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: "452 at RCPT"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := post(t, activities.TLSNone)
			s.refuse = tt.refuse
			var log bytes.Buffer
			m := mailer(t, s.config())
			m.Logger = slog.New(slog.NewTextHandler(&log, nil))
			r, err := activities.NewReviewers(activities.ReviewersConfig{To: []string{"reviewer-1@example.com", "reviewer-2@example.com"}}, m)
			if err != nil {
				t.Fatal(err)
			}
			got := r.Send(within(t, 10*time.Second), escalation(t, onboarding.EffectEscalated, escalated("user-1", onboarding.StageSuspended, "reversed:kyc")))
			if !same(got, tt.want) {
				t.Errorf("Send = %+v, want %+v", got, tt.want)
			}
			var told []string
			for _, mail := range s.mails() {
				told = append(told, mail.to...)
			}
			if !slices.Equal(told, tt.told) {
				t.Errorf("told %v, want %v", told, tt.told)
			}
			if strings.Contains(log.String(), "@") {
				t.Errorf("the log tells addresses: %s", log.String())
			}
		})
	}
}

func TestReviewersUnsent(t *testing.T) {
	t.Parallel()
	s := post(t, activities.TLSNone)
	r := reviewers(t, s, activities.ReviewersConfig{})
	for _, tt := range []struct {
		name string
		d    onboarding.Delivery
		want onboarding.Attempt
	}{
		{"no payload", onboarding.Delivery{Name: onboarding.EffectEscalated, Payload: []byte("{")}, onboarding.Attempt{Result: onboarding.AttemptUnsendable, Answer: "unreadable effect"}},
		{"a newer effect", escalation(t, "onboarding.puzzled", onboarding.Payload{}), onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: "no template"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := r.Send(within(t, 10*time.Second), tt.d); !same(got, tt.want) {
				t.Errorf("Send = %+v, want %+v", got, tt.want)
			}
		})
	}
	if got := r.SendDigest(within(t, 10*time.Second), decided, nil); got.Result != onboarding.AttemptUnsendable {
		t.Errorf("SendDigest of nothing = %+v", got)
	}
}

// TestDigestMessageID holds that a digest which is tried again is the same mail,
// and that what is sent behind it is another.
func TestDigestMessageID(t *testing.T) {
	t.Parallel()
	s := post(t, activities.TLSNone)
	r := reviewers(t, s, activities.ReviewersConfig{})
	all := entries(t, escalated("user-1", onboarding.StageSuspended, "reversed:kyc"), escalated("user-2", onboarding.StageSuspended, "reversed:kyc"))
	for _, send := range []struct {
		until   time.Time
		entries []onboarding.DigestEntry
	}{{decided, all}, {decided.In(time.FixedZone("x", 3600)), all}, {decided, all[1:]}, {decided.Add(24 * time.Hour), all}} {
		if got := r.SendDigest(within(t, 10*time.Second), send.until, send.entries); got.Result != onboarding.AttemptDelivered {
			t.Fatalf("SendDigest = %+v", got)
		}
	}
	var ids []string
	for _, mail := range s.mails() {
		ids = append(ids, open(t, mail.data).header.Get("Message-Id"))
	}
	if len(ids) != 4 || ids[0] != ids[1] || ids[0] == ids[2] || ids[0] == ids[3] || ids[2] == ids[3] {
		t.Errorf("Message-IDs %q", ids)
	}
}

func TestReviewersConfig(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		c    activities.ReviewersConfig
		want []string
	}{
		{"good", activities.ReviewersConfig{To: []string{"reviewer-1@example.com"}, Language: "de", TimeZone: "Europe/Berlin", URL: "https://example.com/?u={userId}"}, nil},
		{"nobody", activities.ReviewersConfig{}, []string{"0 addresses, not 1 to 20"}},
		{"too many", activities.ReviewersConfig{To: slices.Repeat([]string{"reviewer-1@example.com"}, 21)}, []string{"21 addresses"}},
		{"everything wrong", activities.ReviewersConfig{To: []string{"reviewer-1@example.com", "Reviewer <reviewer-1@example.com>"}, Language: "deutsch!", TimeZone: "Berlin", URL: "/users/{userId}"},
			[]string{"address 2 is no bare mail address", `"deutsch!" is no language`, `"Berlin" is no time zone`, "the review url is not"}},
		{"the machine's zone", activities.ReviewersConfig{To: []string{"reviewer-1@example.com"}, TimeZone: "Local"}, []string{`"Local" is no time zone`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := tt.c.Validate()
			if (err == nil) != (tt.want == nil) {
				t.Fatalf("Validate = %v", err)
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q is missing in %v", want, err)
				}
			}
		})
	}
}
