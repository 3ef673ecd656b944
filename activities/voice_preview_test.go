package activities_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"admit/activities"
	"admit/onboarding"
)

// TestPreview holds what is shown of a message that nobody sends.
func TestPreview(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		r       activities.PreviewRequest
		subject string
		say     []string
	}{
		{"what is not given is made up", activities.PreviewRequest{Template: "action_required"}, "Please repeat your identity check", []string{"Hello Alex Example,", "We could not complete", "\nhttps://app.example/action_required?t=TOKEN\n"}},
		{"all is given", activities.PreviewRequest{
			Template: "action_required", Language: "de-AT", Checks: []onboarding.Check{onboarding.POA, onboarding.KYC}, Reasons: []string{"DOC_TOO_BLURRY"},
			FreeText: "Ohne Brille", Stage: onboarding.StageSuspended, Name: "Alex", URL: "https://example.com/go",
		}, "Bitte schließen Sie Ihre Verifizierung ab", []string{"Guten Tag Alex,", "- Adressnachweis: bitte noch einmal senden.\n  - Das Foto Ihres Dokuments war unscharf.", "> Ohne Brille",
			"- Identitätsprüfung: bitte wiederholen.", "Bis dahin ruht Ihr Konto.", "\nhttps://example.com/go\n"}},
		{"expired", activities.PreviewRequest{Template: "expired", Checks: []onboarding.Check{onboarding.POA}}, "Please renew your proof of address", []string{"paused until then"}},
		{"the first reminder", activities.PreviewRequest{Template: "reminder"}, "Your verification is waiting for you", []string{"carry on where you left off"}},
		{"a reminder by its number", activities.PreviewRequest{Template: "reminder", Number: 3}, "Your verification is still open", []string{"until 4 March 2026, 09:00 UTC."}},
		{"a reminder by its file", activities.PreviewRequest{Template: "reminder.2", TimeZone: "Europe/Berlin"}, "Your verification is still open", []string{"until 4 March 2026, 10:00."}},
		{"a reminder while suspended", activities.PreviewRequest{Template: "reminder", Stage: onboarding.StageSuspended}, "Please renew your verification to use your account again", []string{"- Identity check: please repeat it."}},
		{"the last reminder", activities.PreviewRequest{Template: "reminder.last", Stage: onboarding.StageActionRequired}, "Last reminder: we will close your application soon", []string{"One step", "After that we will close"}},
		{"suspended", activities.PreviewRequest{Template: "suspended"}, "Your account is paused", []string{"Otherwise we will write to you"}},
		{"approved", activities.PreviewRequest{Template: "approved", Reasons: []string{"DOC_EXPIRED"}}, "You are verified", nil},
		{"rejected", activities.PreviewRequest{Template: "rejected", Checks: []onboarding.Check{onboarding.KYC}}, "About your application", nil},
		{"reinstated", activities.PreviewRequest{Template: "reinstated"}, "You can use your account again", nil},
		{"to reviewers", activities.PreviewRequest{Template: "review", Checks: []onboarding.Check{onboarding.POA}, URL: "https://example.com/{userId}"}, "Please review user-1: suspended", []string{"Proof of address (poa): it had passed", "https://example.com/user-1"}},
		{"a surge", activities.PreviewRequest{Template: "surge", Language: "de"}, "12 Nutzer haben binnen einer Stunde eine Prüfung verloren", nil},
		{"a digest", activities.PreviewRequest{Template: "digest"}, "To review: 2 users", []string{"user-2: on hold"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			v := speaker(t, activities.VoiceConfig{ResumeURL: "https://app.example/{stage}?t={token}", ResumeSecrets: []string{resumeSecret(1)}}, nil)
			got, err := v.Preview(tt.r)
			if err != nil || got.Subject != tt.subject {
				t.Fatalf("Preview = %v, %+v", err, got)
			}
			for _, want := range tt.say {
				if !strings.Contains(got.Text, want) {
					t.Errorf("want %q in\n%s", want, got.Text)
				}
			}
			reviewers := slices.Contains([]string{"review", "surge", "digest"}, tt.r.Template)
			if (got.HTML == "") != reviewers || got.Language == "" {
				t.Errorf("in %q, html\n%s", got.Language, got.HTML)
			}
		})
	}
}

// TestPreviewOfEverything holds that what a language has can be shown, in every
// stage and of every check.
func TestPreviewOfEverything(t *testing.T) {
	t.Parallel()
	v := speaker(t, activities.VoiceConfig{}, nil)
	for _, name := range append([]string{"reminder.2", "reminder.last", "reminder.99", "review", "surge", "digest"}, activities.MailNames...) {
		for _, stage := range onboarding.Stages {
			for _, check := range onboarding.Checks {
				got, err := v.Preview(activities.PreviewRequest{Template: name, Language: "de", Stage: stage, Checks: []onboarding.Check{check}})
				if err != nil || got.Subject == "" || got.Text == "" || strings.Contains(got.Text, "https://") || got.URL != "" {
					t.Errorf("%s in %s about %s: %v, %+v", name, stage, check, err, got)
				}
			}
		}
	}
}

func TestPreviewMistakes(t *testing.T) {
	t.Parallel()
	v := speaker(t, activities.VoiceConfig{}, nil)
	for _, tt := range []struct {
		name string
		r    activities.PreviewRequest
		want string
	}{
		{"no template", activities.PreviewRequest{}, `no such template: ""; there are action_required, expired, reminder,`},
		{"another template", activities.PreviewRequest{Template: "birthday"}, `no such template: "birthday"; there are`},
		{"a part", activities.PreviewRequest{Template: "asks"}, `no such template: "asks"`},
		{"another check", activities.PreviewRequest{Template: "expired", Checks: []onboarding.Check{"iris"}}, `"iris" is no check`},
		{"another stage", activities.PreviewRequest{Template: "expired", Stage: "limbo"}, `"limbo" is no stage`},
		{"another language", activities.PreviewRequest{Template: "expired", Language: "deutsch!"}, `"deutsch!" is no language`},
		{"a negative reminder", activities.PreviewRequest{Template: "reminder", Number: -1}, "they count from 1"},
		{"a silent reason", activities.PreviewRequest{Template: "suspended", Reasons: []string{onboarding.ReasonHighRiskReview}}, "no message goes out because of high_risk_review"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := v.Preview(tt.r)
			checkMistakes(t, err, []string{tt.want})
			if strings.Contains(tt.name, "template") != errors.Is(err, activities.ErrNoTemplate) && tt.name != "a part" {
				t.Errorf("Preview = %v", err)
			}
		})
	}
}
