package activities_test

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"

	"admit/activities"
	"admit/onboarding"
)

// TestWatchedUserLearnsNothing holds that a user who is looked at is written to as any
// other: neither the link, nor its token, nor a provider's words say more.
func TestWatchedUserLearnsNothing(t *testing.T) {
	t.Parallel()
	const free = "We suspect something."
	m := onboarding.Message{Template: "action_required", Stage: onboarding.StageActionRequired, Asks: freely(asked(onboarding.KYC, "DOC_EXPIRED"))}
	for _, tt := range []struct {
		name  string
		stage onboarding.Stage
		risk  onboarding.Status
		text  bool
	}{
		{"not looked at", onboarding.StageActionRequired, "", true},
		{"looked at before", onboarding.StageActionRequired, onboarding.StatusPassed, true},
		{"on hold", onboarding.StageOnHold, "", false},
		{"under review", onboarding.StageHighRiskReview, onboarding.StatusInReview, false},
		{"under review since", onboarding.StageActionRequired, onboarding.StatusInReview, false},
		{"found to be a risk", onboarding.StageActionRequired, onboarding.StatusFailed, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := m
			m.Stage = tt.stage
			now := repeating
			now.HighRisk = tt.risk
			s := store{r: onboarding.Recipient{Statuses: now, Texts: map[onboarding.Check]string{onboarding.KYC: free}}}
			dir := folder(t, map[string]string{"en/action_required.txt": "Hello\n\n{{.Stage}}{{range .Asks}}\n\n> {{.FreeText}}{{end}}\n\n{{.URL}}\n"})
			v := speaker(t, activities.VoiceConfig{TemplatesDir: dir, ResumeURL: "https://app.example/{stage}?t={token}", ResumeSecrets: []string{resumeSecret(1)}}, &s)
			spoken, not := v.Speak(t.Context(), notice(t, "user-1", m), m, false)
			if not != nil {
				t.Fatalf("Speak = %+v", not)
			}
			r := spoken.Rendered
			if got := strings.Contains(r.Text, free); got != tt.text || strings.Contains(r.HTML, free) != tt.text {
				t.Errorf("the provider's words are shown: %t, want %t", got, tt.text)
			}
			for place, said := range map[string]string{"text": r.Text, "HTML": r.HTML, "URL": r.URL, "token": claimsIn(t, r.URL)} {
				if strings.Contains(said, string(onboarding.StageOnHold)) || strings.Contains(said, string(onboarding.StageHighRiskReview)) || !strings.Contains(said, "action_required") {
					t.Errorf("the %s tells of another stage: %s", place, said)
				}
			}
		})
	}
}

// claimsIn returns the claims in the token of a link, as JSON.
func claimsIn(t *testing.T, link string) string {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	claims, err := base64.RawURLEncoding.DecodeString(strings.Split(u.Query().Get("t"), ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	return string(claims)
}
