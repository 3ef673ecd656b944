package activities_test

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"admit/activities"
	"admit/onboarding"
)

// store is a fake of what knows the recipients.
type store struct {
	r     onboarding.Recipient
	err   error
	texts []bool // how it was asked
}

func (s *store) Recipient(_ context.Context, _ string, texts bool) (onboarding.Recipient, error) {
	s.texts = append(s.texts, texts)
	return s.r, s.err
}

// repeating are the statuses of a user who is to repeat the given checks.
var repeating = onboarding.CheckStatuses{KYC: onboarding.StatusActionRequired, POA: onboarding.StatusActionRequired}

var alex = onboarding.Contact{Email: "alex@example.com", Name: "Alex Example", TimeZone: "Europe/Berlin"}

// TestSpeakUnspoken holds when there is nothing to send.
func TestSpeakUnspoken(t *testing.T) {
	t.Parallel()
	night := activities.VoiceConfig{QuietHours: "12:30-14:00"} // 13:00 in Berlin
	passed := onboarding.CheckStatuses{KYC: onboarding.StatusPassed}
	for _, tt := range []struct {
		name    string
		c       activities.VoiceConfig
		s       store
		m       onboarding.Message
		contact bool
		want    onboarding.Attempt
	}{
		{"nobody said how", activities.VoiceConfig{}, store{}, onboarding.Message{Template: "approved"}, true, onboarding.Attempt{Result: onboarding.AttemptUnsendable, Answer: "no contact"}},
		{"no address", activities.VoiceConfig{}, store{r: onboarding.Recipient{Known: true}}, onboarding.Message{Template: "approved"}, true, onboarding.Attempt{Result: onboarding.AttemptUnsendable, Answer: "no contact"}},
		{"store away", activities.VoiceConfig{}, store{err: onboarding.ErrUnavailable}, onboarding.Message{Template: "approved"}, false, onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: "contact could not be read", Unsent: true}},
		{"a newer message", activities.VoiceConfig{}, store{}, onboarding.Message{Template: "birthday"}, false, onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: "no template", Unsent: true}},
		{"a template of a part", activities.VoiceConfig{}, store{}, onboarding.Message{Template: "asks"}, false, onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: "no template", Unsent: true}},
		{"a template for reviewers", activities.VoiceConfig{}, store{}, onboarding.Message{Template: "review"}, false, onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: "no template", Unsent: true}},
		{"passed meanwhile", activities.VoiceConfig{}, store{r: onboarding.Recipient{Statuses: passed}}, asking(onboarding.KYC), false, onboarding.Attempt{Result: onboarding.AttemptMoot, Answer: "nothing left to say"}},
		{"renewed meanwhile", activities.VoiceConfig{}, store{r: onboarding.Recipient{Statuses: passed}}, onboarding.Message{Template: "expired", Asks: outdated(onboarding.KYC)}, false, onboarding.Attempt{Result: onboarding.AttemptMoot, Answer: "nothing left to say"}},
		{"passed meanwhile, at night", night, store{r: onboarding.Recipient{Contact: alex, Known: true, Statuses: passed}}, asking(onboarding.KYC), true, onboarding.Attempt{Result: onboarding.AttemptMoot, Answer: "nothing left to say"}},
		{"rejected since long", activities.VoiceConfig{}, store{r: onboarding.Recipient{Statuses: repeating}}, onboarding.Message{Template: "action_required", Stage: onboarding.StageRejected, Asks: asked(onboarding.KYC)}, false, onboarding.Attempt{Result: onboarding.AttemptMoot, Answer: "nothing left to say"}},
		{"closed since long", activities.VoiceConfig{}, store{r: onboarding.Recipient{Statuses: onboarding.CheckStatuses{KYC: onboarding.StatusExpired}}}, onboarding.Message{Template: "expired", Stage: onboarding.StageClosed, Asks: outdated(onboarding.KYC)}, false, onboarding.Attempt{Result: onboarding.AttemptMoot, Answer: "nothing left to say"}},
		{"no contact, at night", night, store{}, onboarding.Message{Template: "approved"}, true, onboarding.Attempt{Result: onboarding.AttemptUnsendable, Answer: "no contact"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			spoken, not := speaker(t, tt.c, &tt.s).Speak(t.Context(), notice(t, "user-1", tt.m), tt.m, tt.contact)
			if not == nil || !same(*not, tt.want) || spoken != (activities.Spoken{}) {
				t.Errorf("Speak = %+v, %+v, want %+v", spoken, not, tt.want)
			}
		})
	}
}

// TestSpeakInQuietHours holds that every message waits, until the end of the hours
// and then a little, by the user's clock.
func TestSpeakInQuietHours(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, quiet, zone, users string
		least                    time.Duration // 0: it is sent
	}{
		{"the user's clock", "12:30-14:00", "", "Europe/Berlin", time.Hour},
		{"before the hours there", "13:30-14:00", "", "Europe/Berlin", 0},
		{"the clock of the configuration", "12:30-14:00", "Europe/Berlin", "", time.Hour},
		{"the user's clock goes before", "12:30-14:00", "Europe/Berlin", "Asia/Tokyo", 0},
		{"a zone that nobody knows", "12:30-14:00", "Europe/Berlin", "Middle/Earth", time.Hour},
		{"no clock at all", "11:00-12:15", "", "", 15 * time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := store{r: onboarding.Recipient{Contact: onboarding.Contact{TimeZone: tt.users}, Statuses: repeating}}
			v := speaker(t, activities.VoiceConfig{QuietHours: tt.quiet, TimeZone: tt.zone}, &s)
			for _, name := range activities.MailNames {
				m := onboarding.Message{Template: name, Stage: onboarding.StageCollecting, Asks: asked(onboarding.KYC)}
				_, not := v.Speak(t.Context(), notice(t, "user-1", m), m, false)
				switch {
				case tt.least == 0 && not != nil:
					t.Errorf("%s: Speak = %+v", name, not)
				case tt.least == 0:
				case not == nil || not.Result != onboarding.AttemptDeferred || not.Answer != "quiet hours" || not.RetryAfter < tt.least || not.RetryAfter >= tt.least+10*time.Minute:
					t.Errorf("%s: Speak = %+v, want it put off by %v or a little more", name, not, tt.least)
				}
			}
		})
	}
}

// TestSpeakAsThingsStand holds that a user is not asked for what was done since.
func TestSpeakAsThingsStand(t *testing.T) {
	t.Parallel()
	both := func(template string) onboarding.Message {
		return onboarding.Message{Template: template, Stage: onboarding.StageSuspended, Number: 1, Asks: slices.Concat(asked(onboarding.KYC, "DOC_EXPIRED"), outdated(onboarding.POA))}
	}
	const repeat, kyc, poa = "Please use one that has not expired.", "dentity check", "roof of address"
	for _, tt := range []struct {
		name      string
		m         onboarding.Message
		now       onboarding.CheckStatuses
		subject   string
		say, keep []string
	}{
		{"both are left", both("action_required"), onboarding.CheckStatuses{KYC: onboarding.StatusActionRequired, POA: onboarding.StatusExpired}, "Please complete your verification", []string{kyc, repeat, poa}, nil},
		{"the first is done", both("action_required"), onboarding.CheckStatuses{KYC: onboarding.StatusInReview, POA: onboarding.StatusExpired}, "Please renew your proof of address", []string{poa}, []string{kyc, repeat}},
		{"the second is done", both("expired"), onboarding.CheckStatuses{KYC: onboarding.StatusActionRequired, POA: onboarding.StatusPassed}, "Please repeat your identity check", []string{kyc, repeat}, []string{poa}},
		{"the other is rejected now", onboarding.Message{Template: "expired", Asks: outdated(onboarding.POA)}, onboarding.CheckStatuses{POA: onboarding.StatusActionRequired}, "Please send us your proof of address again", []string{poa}, []string{"out of date"}},
		{"the reasons were for the old status", onboarding.Message{Template: "expired", Asks: []onboarding.Asked{{Check: onboarding.KYC, Status: onboarding.StatusExpired, Reasons: []string{"DOC_EXPIRED"}}}},
			onboarding.CheckStatuses{KYC: onboarding.StatusActionRequired}, "Please repeat your identity check", []string{kyc}, []string{repeat}},
		{"the reasons were for another status", both("action_required"), onboarding.CheckStatuses{KYC: onboarding.StatusExpired}, "Please renew your identity check", nil, []string{repeat}},
		{"a suspension without a way out is told", both("suspended"), onboarding.CheckStatuses{}, "Your account is paused", []string{"we will write to you"}, []string{kyc, poa}},
		{"a reminder goes out", both("reminder"), onboarding.CheckStatuses{}, "Please renew your verification to use your account again", nil, []string{kyc, poa}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			spoken, not := speaker(t, activities.VoiceConfig{}, &store{r: onboarding.Recipient{Statuses: tt.now}}).Speak(t.Context(), notice(t, "user-1", tt.m), tt.m, false)
			if not != nil || spoken.Rendered.Subject != tt.subject {
				t.Fatalf("Speak = %+v, %+v", spoken, not)
			}
			for _, want := range tt.say {
				if !strings.Contains(spoken.Rendered.Text, want) {
					t.Errorf("want %q in\n%s", want, spoken.Rendered.Text)
				}
			}
			for _, keep := range tt.keep {
				if strings.Contains(spoken.Rendered.Text, keep) || strings.Contains(spoken.Rendered.HTML, keep) {
					t.Errorf("want nothing of %q in\n%s", keep, spoken.Rendered.Text)
				}
			}
		})
	}
}

// TestSpeakInWords holds all that is in what is said.
func TestSpeakInWords(t *testing.T) {
	t.Parallel()
	contact := alex
	contact.Locale = "de_AT"
	s := store{r: onboarding.Recipient{Contact: contact, Known: true, Statuses: repeating, Texts: map[onboarding.Check]string{onboarding.KYC: "Bitte ohne Brille."}}}
	v := speaker(t, activities.VoiceConfig{ResumeURL: "https://app.example/{stage}?t={token}", ResumeSecrets: []string{resumeSecret(1)}}, &s)
	m := onboarding.Message{Template: "action_required", Stage: onboarding.StageActionRequired, Asks: freely(asked(onboarding.KYC, "NO_FACE_FOUND"))}
	spoken, not := v.Speak(t.Context(), notice(t, "user-1", m), m, true)
	if not != nil {
		t.Fatalf("Speak = %+v", not)
	}
	r := spoken.Rendered
	if spoken.To != contact || r.Language != "de" || r.Subject != "Bitte wiederholen Sie Ihre Identitätsprüfung" || !strings.HasPrefix(r.URL, "https://app.example/action_required?t=ey") {
		t.Errorf("Speak = %+v", spoken)
	}
	for _, want := range []string{"Guten Tag Alex Example,", "Ihr Gesicht war auf dem Foto nicht zu erkennen.", "> Bitte ohne Brille.", "\n" + r.URL + "\n"} {
		if !strings.Contains(r.Text, want) {
			t.Errorf("want %q in\n%s", want, r.Text)
		}
	}
	if got := links(t, r.HTML); !slices.Equal(got, []string{r.URL}) {
		t.Errorf("links %q, want %q alone", got, r.URL)
	}
	if !slices.Equal(s.texts, []bool{true}) {
		t.Errorf("free texts were asked for: %v", s.texts)
	}
}

// TestFreeTextsAreAskedForWhereShown holds that a provider's words are not even
// read where nobody is shown them.
func TestFreeTextsAreAskedForWhereShown(t *testing.T) {
	t.Parallel()
	s := store{r: onboarding.Recipient{Statuses: repeating, Texts: map[onboarding.Check]string{onboarding.KYC: "hidden words"}}}
	m := asking(onboarding.KYC, "NO_FACE_FOUND")
	spoken, not := speaker(t, activities.VoiceConfig{}, &s).Speak(t.Context(), notice(t, "user-1", m), m, false)
	if not != nil || !slices.Equal(s.texts, []bool{false}) || strings.Contains(spoken.Rendered.Text+spoken.Rendered.HTML, "hidden words") {
		t.Errorf("Speak = %+v, %+v, texts asked for: %v", spoken, not, s.texts)
	}
}

// TestSpeakLogsNothingPersonal holds what a failure tells.
func TestSpeakLogsNothingPersonal(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"en/approved.txt": "Hi\n\n{{if .Name}}{{if eq .Name \"Alex Example\"}}{{index .Asks 5}}{{end}}{{end}}Text\n"})
	if _, err := activities.LoadTemplates(dir, ""); err == nil {
		t.Fatal("LoadTemplates tries no name")
	}
	dir = folder(t, map[string]string{"en/approved.txt": "Hi\n\n{{if eq .Name \"Alex\"}}{{index .Asks 5}}{{end}}Text\n"})
	v := speaker(t, activities.VoiceConfig{TemplatesDir: dir}, &store{r: onboarding.Recipient{Contact: onboarding.Contact{Name: "Alex", Email: "alex@example.com"}}})
	var log bytes.Buffer
	v.Logger = slog.New(slog.NewTextHandler(&log, nil))
	m := onboarding.Message{Template: "approved"}
	_, not := v.Speak(t.Context(), notice(t, "user-1", m), m, false)
	if not == nil || !same(*not, onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: "template", Unsent: true}) {
		t.Errorf("Speak = %+v", not)
	}
	if got := log.String(); !strings.Contains(got, "message could not be rendered") || strings.Contains(got, "alex@") {
		t.Errorf("log %q", got)
	}
}

func TestVoiceConfig(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		c    activities.VoiceConfig
		want []string
	}{
		{"nothing", activities.VoiceConfig{}, nil},
		{"all", activities.VoiceConfig{QuietHours: "22:00-07:00", TimeZone: "Europe/Berlin", ResumeURL: "https://app.example/{stage}?t={token}", ResumeSecrets: []string{resumeSecret(1), resumeSecret(2)}, ResumeExpires: time.Hour}, nil},
		{"quiet hours in other words", activities.VoiceConfig{QuietHours: "at night"}, []string{`quiet hours are two different times of the day, as "22:00-07:00"`}},
		{"the machine's zone", activities.VoiceConfig{TimeZone: "Local"}, []string{`"Local" is no time zone`}},
		{"templates", activities.VoiceConfig{TemplatesDir: "nowhere"}, []string{"templates in nowhere: no such file"}},
		{"all at once", activities.VoiceConfig{QuietHours: "22-7", TimeZone: "Berlin", ResumeURL: "app", TemplatesDir: "nowhere"},
			[]string{"quiet hours", `"Berlin" is no time zone`, "the resume url is not", "without a secret", "nowhere"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := activities.NewVoice(tt.c, nil)
			checkMistakes(t, err, tt.want)
		})
	}
}

// checkMistakes holds that an error tells all that is wanted, and is none where
// nothing is.
func checkMistakes(t *testing.T, err error, want []string) {
	t.Helper()
	if (err == nil) != (len(want) == 0) {
		t.Fatalf("got %v, want %q", err, want)
	}
	for _, w := range want {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q is missing in %v", w, err)
		}
	}
}
