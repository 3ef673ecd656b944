package activities

import (
	"bytes"
	"context"
	"net"
	"syscall"
	"time"

	"admit/onboarding"
)

// What the tests outside of the package look at.
var (
	Public        = public
	DecodeSecrets = decodeSecrets
	WebhookID     = webhookID
	RetryAfter    = retryAfter
	CleanName     = cleanName
	MailNames     = mailNames
	Mailbox       = mailbox
	ErrTo         = errTo
	Crowded       = crowded
	ShellWord     = shellWord
	NextCommands  = nextCommands
	Quotable      = quotable
	BlocksOf      = blocksOf
)

// NewTurns returns how a target's lane with a rate gives out its turns, and takes one
// back.
func NewTurns(perSecond float64) (turn func(now time.Time) (wait time.Duration, mine bool), giveBack func()) {
	t, r := &traffic{}, road{"core", onboarding.LaneRest}
	return func(now time.Time) (time.Duration, bool) { return t.turn(r, perSecond, now) }, func() { t.giveBack(r, perSecond) }
}

// Resolve makes the hook resolve names by r, and asks dial about each address that
// the guard lets through before it is dialled.
func (h *Hook) Resolve(r *net.Resolver, dial func(address string) error) {
	guard := h.dialer.ControlContext
	h.dialer.Resolver = r
	h.dialer.ControlContext = func(ctx context.Context, network, address string, c syscall.RawConn) error {
		if err := guard(ctx, network, address, c); err != nil {
			return err
		}
		return dial(address)
	}
}

// NewVoiceOf returns the voice of a valid configuration, with texts that were loaded
// before.
func NewVoiceOf(c VoiceConfig, t *Templates, r Recipients) *Voice { return newVoice(c, t, r) }

// KeyID names a secret.
func KeyID(secret string) string { return keyID([]byte(secret)) }

// QuietWait returns for how long a user is not to be written to, and how much of that
// is the user's own.
func QuietWait(hours string, now time.Time, zone *time.Location, userID string) (wait, spread time.Duration, err error) {
	q, err := parseQuiet(hours)
	if wait = q.wait(now, zone, userID); wait > 0 {
		spread = userSpread(quietSpread, userID)
	}
	return wait, spread, err
}

// Raw returns a mail as it goes over the wire.
func (m *Mail) Raw(key, to string, r onboarding.Rendered) ([]byte, error) {
	msg, err := m.message(key, r, to)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	_, err = msg.WriteTo(&out)
	return out.Bytes(), err
}

// Render returns a message to a user in words.
func (t *Templates) Render(lang string, m onboarding.Message, c onboarding.Contact) (subject, text string, err error) {
	r, err := t.Say(lang, m, onboarding.Recipient{Contact: c}, "")
	return r.Subject, r.Text, err
}

// Say returns a message to a user in words, with the link by which the user goes on.
func (t *Templates) Say(lang string, m onboarding.Message, r onboarding.Recipient, url string) (onboarding.Rendered, error) {
	return t.render(saying{language: lang, message: m, contact: r.Contact, texts: r.Texts, url: url})
}

// Sentences returns the codes that have a sentence in a language itself.
func (t *Templates) Sentences(language string) []string {
	return sortedKeys(t.sentences[reasonsFile][language])
}

// RenderReview renders a mail to reviewers about one user.
func (t *Templates) RenderReview(name, language, url string, p onboarding.Payload) (subject, text string, err error) {
	parsed, v := t.view(language, url, time.UTC).template(name)
	return execute(parsed, v.review(p))
}

// RenderDigest renders a digest of at most as many users as there are lines.
func (t *Templates) RenderDigest(language, url string, until time.Time, entries []onboarding.DigestEntry, lines int) (subject, text string, err error) {
	parsed, v := t.view(language, url, time.UTC).template(digestMail)
	return execute(parsed, v.digest(collect(entries), until, lines))
}
