package activities

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"admit/onboarding"
)

// placeToken is where the token goes in the URL by which a user goes on; the stage
// goes to placeStage.
const placeToken = "{token}"

// ResumeAudience is the "aud" of the token in a resume link.
const ResumeAudience = "admit-resume"

// defaultResumeExpires is how long a resume link is good for unless the
// configuration says otherwise.
const defaultResumeExpires = 7 * 24 * time.Hour

// minResumeSecret is how long a secret is at least, in bytes: what HS256 asks for
// (RFC 7518, section 3.2).
const minResumeSecret = 32

// resume makes the links by which a user goes on where the onboarding stands.
type resume struct {
	url     string // with placeToken in it; "" for no links
	secret  []byte
	expires time.Duration
}

// validateResume returns every mistake in what resume links are made of.
func (c VoiceConfig) validateResume() (problems []error) {
	if c.ResumeURL == "" {
		if len(c.ResumeSecrets) > 0 {
			problems = append(problems, errors.New("resume secrets without a resume url"))
		}
		return problems
	}
	if err := validateResumeURL(c.ResumeURL); err != nil {
		problems = append(problems, err)
	}
	if len(c.ResumeSecrets) == 0 {
		problems = append(problems, errors.New("a resume url without a secret that signs its token"))
	}
	for i, s := range c.ResumeSecrets {
		if len(s) < minResumeSecret {
			problems = append(problems, fmt.Errorf("resume secret %d has %d bytes, not %d or more", i+1, len(s), minResumeSecret))
		}
	}
	if c.ResumeExpires < 0 {
		problems = append(problems, errors.New("resume links would expire before they are sent"))
	}
	return problems
}

// validateResumeURL says what is wrong with a resume URL. The token lets its bearer
// go on as the user, so it travels encrypted.
func validateResumeURL(text string) error {
	filled := strings.NewReplacer(placeStage, "stage", placeToken, "token").Replace(text)
	whole, err := url.Parse(filled)
	if err != nil || whole.Host == "" || strings.ContainsAny(text, " \t\r\n\"<>\\") {
		return errors.New("the resume url is not an absolute https one")
	}
	before, _, _ := strings.Cut(text, "{")
	fixed, err := url.Parse(before)
	switch {
	case !strings.Contains(text, placeToken):
		return fmt.Errorf("the resume url lacks %s, which says who the user is", placeToken)
	case strings.ContainsAny(filled, "{}"):
		return fmt.Errorf("the resume url holds another {…} than %s and %s", placeStage, placeToken)
	case whole.Scheme != "https" && (whole.Scheme != "http" || !thisMachine(whole.Hostname())):
		return errors.New("the resume url is not an absolute https one (http is taken for this machine's own addresses)")
	case whole.User != nil:
		return errors.New("the resume url holds a user name or password, which every mail would tell")
	case err != nil || fixed.Host != whole.Host:
		return fmt.Errorf("the resume url holds %s or %s in its host", placeStage, placeToken)
	}
	return nil
}

// thisMachine says whether a host is one of this machine's own addresses.
func thisMachine(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

// newResume returns what makes the links of a valid configuration.
func newResume(c VoiceConfig) resume {
	if c.ResumeURL == "" {
		return resume{}
	}
	expires := c.ResumeExpires
	if expires == 0 {
		expires = defaultResumeExpires
	}
	return resume{url: c.ResumeURL, secret: []byte(c.ResumeSecrets[0]), expires: expires}
}

// link returns where the user goes on, good from now on: "" where there is nothing
// to do for the user, or the configuration names no place.
func (r resume) link(userID string, m onboarding.Message, now time.Time) (string, error) {
	if r.url == "" || !leadsOn(m) {
		return "", nil
	}
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"sub": userID, "stage": string(m.Stage), "aud": ResumeAudience,
		"iat": now.Unix(), "exp": now.Add(r.expires).Unix(),
	})
	token.Header["kid"] = keyID(r.secret)
	signed, err := token.SignedString(r.secret)
	if err != nil {
		return "", fmt.Errorf("sign the resume token: %w", err)
	}
	return r.fill(m.Stage, signed), nil
}

func (r resume) fill(stage onboarding.Stage, token string) string {
	return strings.NewReplacer(placeStage, url.PathEscape(string(stage)), placeToken, token).Replace(r.url)
}

// leadsOn says whether a message is to a user who can do something.
func leadsOn(m onboarding.Message) bool {
	return !over(m.Stage) && (m.Template == numberedMail || len(m.Asks) > 0)
}

// keyID names a secret in the header of a token, so that who verifies it knows
// which one signed: the first 8 bytes of its SHA-256, in hex.
func keyID(secret []byte) string {
	sum := sha256.Sum256(secret)
	return hex.EncodeToString(sum[:8])
}
