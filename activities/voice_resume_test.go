package activities_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"admit/activities"
	"admit/onboarding"
)

// resumeSecret returns the nth secret of 32 bytes.
func resumeSecret(n int) string { return strings.Repeat(string(rune('a'+n)), 32) }

// resumeLink returns the link in what a user is told at the given time; "" for none.
func resumeLink(t *testing.T, c activities.VoiceConfig, userID string, m onboarding.Message, now time.Time) string {
	t.Helper()
	d := notice(t, userID, m)
	d.Now = now
	spoken, not := speaker(t, c, &store{r: onboarding.Recipient{Statuses: repeating}}).Speak(t.Context(), d, m, false)
	if not != nil {
		t.Fatalf("Speak = %+v", not)
	}
	if has := strings.Contains(spoken.Rendered.Text, "https://app.example/"); has != (spoken.Rendered.URL != "") {
		t.Errorf("the URL is %q, the text\n%s", spoken.Rendered.URL, spoken.Rendered.Text)
	}
	return spoken.Rendered.URL
}

// TestResumeLink verifies the link as the merchant's backend does: with the secret
// that the token names, by a library that knows nothing of Admit.
func TestResumeLink(t *testing.T) {
	t.Parallel()
	now := time.Now().Truncate(time.Second)
	for _, tt := range []struct {
		name    string
		c       activities.VoiceConfig
		user    string
		m       onboarding.Message
		path    string
		expires time.Duration
	}{
		{"a week", activities.VoiceConfig{ResumeURL: "https://app.example/{stage}?t={token}", ResumeSecrets: []string{resumeSecret(1), resumeSecret(2)}}, "user-1", asking(onboarding.KYC), "/action_required", 7 * 24 * time.Hour},
		{"as configured", activities.VoiceConfig{ResumeURL: "https://app.example/go?lang=en&t={token}&from=mail", ResumeSecrets: []string{resumeSecret(2), resumeSecret(1)}, ResumeExpires: time.Hour}, "user-1",
			onboarding.Message{Template: "reminder", Number: 1, Stage: onboarding.StageCollecting}, "/go", time.Hour},
		{"any user ID", activities.VoiceConfig{ResumeURL: "https://app.example/r?t={token}", ResumeSecrets: []string{resumeSecret(1)}}, "a/b \"ä\"?&{token}", asking(onboarding.KYC), "/r", 7 * 24 * time.Hour},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			link, err := url.Parse(resumeLink(t, tt.c, tt.user, tt.m, now))
			if err != nil || link.Path != tt.path {
				t.Fatalf("the link is %v, %v", link, err)
			}
			var claims struct {
				jwt.RegisteredClaims
				Stage string `json:"stage"`
			}
			keys := map[string]string{activities.KeyID(resumeSecret(1)): resumeSecret(1), activities.KeyID(resumeSecret(2)): resumeSecret(2)}
			token, err := jwt.ParseWithClaims(link.Query().Get("t"), &claims, func(t *jwt.Token) (any, error) {
				return []byte(keys[t.Header["kid"].(string)]), nil
			}, jwt.WithValidMethods([]string{"HS256"}), jwt.WithAudience("admit-resume"), jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithLeeway(time.Second))
			if err != nil || token.Header["kid"] != activities.KeyID(tt.c.ResumeSecrets[0]) {
				t.Fatalf("the token is not verified: %v, header %v", err, token.Header)
			}
			if claims.Subject != tt.user || claims.Stage != string(tt.m.Stage) || !claims.IssuedAt.Equal(now) || !claims.ExpiresAt.Equal(now.Add(tt.expires)) {
				t.Errorf("claims %+v", claims)
			}
		})
	}
}

// TestKeyID holds how a backend finds the secret of a token: the value comes from
// printf … | sha256sum | cut -c1-16.
func TestKeyID(t *testing.T) {
	t.Parallel()
	if got := activities.KeyID("0123456789abcdef0123456789abcdef"); got != "3eb1bd439947eb76" {
		t.Errorf("kid %q", got)
	}
}

// TestResumeLinkExpires holds that a link is good from when it is sent, and that a
// forged one is none.
func TestResumeLinkExpires(t *testing.T) {
	t.Parallel()
	c := activities.VoiceConfig{ResumeURL: "https://app.example/?t={token}", ResumeSecrets: []string{resumeSecret(1)}, ResumeExpires: time.Hour}
	verify := func(key string, now time.Time) error {
		link, err := url.Parse(resumeLink(t, c, "user-1", asking(onboarding.KYC), decided))
		if err != nil {
			t.Fatal(err)
		}
		_, err = jwt.Parse(link.Query().Get("t"), func(*jwt.Token) (any, error) { return []byte(key), nil }, jwt.WithTimeFunc(func() time.Time { return now }))
		return err
	}
	if err := verify(resumeSecret(1), decided.Add(59*time.Minute)); err != nil {
		t.Errorf("within the hour: %v", err)
	}
	if err := verify(resumeSecret(1), decided.Add(61*time.Minute)); err == nil {
		t.Error("after the hour it is good still")
	}
	if err := verify(resumeSecret(2), decided); err == nil {
		t.Error("another secret verifies it")
	}
}

// TestResumeLinkWhereToDo holds that a link is in what asks for something.
func TestResumeLinkWhereToDo(t *testing.T) {
	t.Parallel()
	c := activities.VoiceConfig{ResumeURL: "https://app.example/?t={token}", ResumeSecrets: []string{resumeSecret(1)}}
	for _, tt := range []struct {
		name string
		m    onboarding.Message
		want bool
	}{
		{"action required", asking(onboarding.KYC), true},
		{"expired", onboarding.Message{Template: "expired", Stage: onboarding.StageSuspended, Asks: asked(onboarding.KYC)}, true},
		{"a document beside an approval", onboarding.Message{Template: "action_required", Stage: onboarding.StageApproved, Asks: asked(onboarding.POA)}, true},
		{"collecting", onboarding.Message{Template: "reminder", Stage: onboarding.StageCollecting, Number: 1}, true},
		{"the last reminder", onboarding.Message{Template: "reminder", Stage: onboarding.StageActionRequired, Number: 3, Last: true}, true},
		{"a reminder while suspended", onboarding.Message{Template: "reminder", Stage: onboarding.StageSuspended, Number: 1}, true},
		{"suspended, the user can act", onboarding.Message{Template: "suspended", Stage: onboarding.StageSuspended, Asks: asked(onboarding.KYC)}, true},
		{"suspended, nobody but a reviewer can", onboarding.Message{Template: "suspended", Stage: onboarding.StageSuspended}, false},
		{"suspended, done meanwhile", onboarding.Message{Template: "suspended", Stage: onboarding.StageSuspended, Asks: asked(onboarding.SEPAKYC)}, false},
		{"approved", onboarding.Message{Template: "approved", Stage: onboarding.StageApproved}, false},
		{"reinstated", onboarding.Message{Template: "reinstated", Stage: onboarding.StageApproved}, false},
		{"rejected", onboarding.Message{Template: "rejected", Stage: onboarding.StageRejected}, false},
		{"suspended before the end", onboarding.Message{Template: "suspended", Stage: onboarding.StageClosed, Asks: asked(onboarding.KYC)}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := resumeLink(t, c, "user-1", tt.m, decided); (got != "") != tt.want {
				t.Errorf("the link is %q", got)
			}
			if got := resumeLink(t, activities.VoiceConfig{}, "user-1", tt.m, decided); got != "" {
				t.Errorf("without a place to go to the link is %q", got)
			}
		})
	}
}

func TestResumeMistakes(t *testing.T) {
	t.Parallel()
	const notOne = "the resume url is not an absolute https one"
	for _, tt := range []struct {
		name, url string
		want      []string
	}{
		{"token alone", "https://app.example/?t={token}", nil},
		{"in the path", "https://app.example/{stage}/{token}", nil},
		{"right behind the host", "https://app.example?t={token}", nil},
		{"in the fragment", "https://app.example/#/{stage}?t={token}", nil},
		{"this machine", "http://localhost:3000/?t={token}", nil},
		{"this machine's address", "http://[::1]:3000/?t={token}", nil},
		{"no token", "https://app.example/{stage}", []string{"lacks {token}"}},
		{"another place", "https://app.example/{userId}?t={token}", []string{"another {…} than {stage} and {token}"}},
		{"in the clear", "http://app.example/?t={token}", []string{notOne, "this machine's own addresses"}},
		{"another scheme", "app://resume/?t={token}", []string{notOne}},
		{"relative", "/resume?t={token}", []string{notOne}},
		{"a script", "javascript:alert('{token}')", []string{notOne}},
		{"a blank", "https://app.example/ ?t={token}", []string{notOne}},
		{"two lines", "https://app.example/?t={token}\nBcc: x", []string{notOne}},
		{"a password", "https://u:p@app.example/?t={token}", []string{"holds a user name or password"}},
		{"the host decided by the token", "https://{token}.example/", []string{"{stage} or {token} in its host"}},
		{"the host decided by the stage", "https://app-{stage}.example/?t={token}", []string{"{stage} or {token} in its host"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			checkMistakes(t, activities.VoiceConfig{ResumeURL: tt.url, ResumeSecrets: []string{resumeSecret(1)}}.Validate(), tt.want)
		})
	}
	const good = "https://app.example/?t={token}"
	for _, tt := range []struct {
		name string
		c    activities.VoiceConfig
		want []string
	}{
		{"no secret", activities.VoiceConfig{ResumeURL: good}, []string{"a resume url without a secret"}},
		{"short secrets", activities.VoiceConfig{ResumeURL: good, ResumeSecrets: []string{resumeSecret(1), "short", ""}}, []string{"resume secret 2 has 5 bytes, not 32 or more", "resume secret 3 has 0 bytes"}},
		{"a secret for nothing", activities.VoiceConfig{ResumeSecrets: []string{resumeSecret(1)}}, []string{"resume secrets without a resume url"}},
		{"over before it begins", activities.VoiceConfig{ResumeURL: good, ResumeSecrets: []string{resumeSecret(1)}, ResumeExpires: -time.Hour}, []string{"expire before they are sent"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := tt.c.Validate()
			checkMistakes(t, err, tt.want)
			if strings.Contains(err.Error(), "short") {
				t.Errorf("the mistake tells a secret: %v", err)
			}
		})
	}
}
