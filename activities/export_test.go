package activities

import "bytes"

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
)

// Raw returns a mail as it goes over the wire.
func (m *Mail) Raw(key, to, subject, text string) ([]byte, error) {
	msg, err := m.message(key, to, subject, text)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	_, err = msg.WriteTo(&out)
	return out.Bytes(), err
}

// Sentences returns the codes that have a sentence in a language itself.
func (t *Templates) Sentences(language string) []string { return sortedKeys(t.reasons[language]) }
