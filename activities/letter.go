package activities

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	netmail "net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/wneessen/go-mail"
	"golang.org/x/net/idna"

	"admit/onboarding"
)

// maxAddress is the longest mailbox that SMTP carries, in bytes.
const maxAddress = 254

// mailbox returns the address as the mail server takes it. It is a bare one, and
// an internationalised domain is written in ASCII. plain says that all of it is.
func mailbox(address string) (to string, plain bool, err error) {
	parsed, err := netmail.ParseAddress(address)
	if err != nil {
		return "", false, err
	}
	at := strings.LastIndexByte(parsed.Address, '@')
	local, domain := parsed.Address[:at], parsed.Address[at+1:]
	odd := func(r rune) bool { return !unicode.IsPrint(r) || strings.ContainsRune("\"<>@ ", r) }
	if parsed.Name != "" || parsed.Address != address || strings.ContainsFunc(local, odd) {
		return "", false, errors.New("more than a bare address")
	}
	if domain, err = idna.Lookup.ToASCII(domain); err != nil {
		return "", false, err
	}
	if to = local + "@" + domain; len(to) > maxAddress {
		return "", false, errors.New("longer than any mailbox")
	}
	plain = !strings.ContainsFunc(local, func(r rune) bool { return r >= utf8.RuneSelf })
	return to, plain, nil
}

// errTo means that the library does not take an address that mailbox took.
var errTo = errors.New("the address is refused")

// message returns the mail of the idempotency key, the same at every attempt but for
// its date. A text without HTML is sent alone.
func (m *Mail) message(key string, r onboarding.Rendered, to ...string) (*mail.Msg, error) {
	id := keyDigest(key)
	msg := mail.NewMsg(mail.WithCharset(mail.CharsetUTF8), mail.WithEncoding(mail.EncodingQP), mail.WithNoDefaultUserAgent(),
		mail.WithBoundary("admit-"+id))
	if err := msg.From(m.from.String()); err != nil {
		return nil, fmt.Errorf("from: %w", err)
	}
	if err := msg.To(to...); err != nil {
		return nil, fmt.Errorf("%w: %w", errTo, err)
	}
	msg.Subject(r.Subject)
	msg.SetDateWithValue(m.Clock())
	msg.SetMessageIDWithValue(id + "@" + m.from.Address[strings.LastIndexByte(m.from.Address, '@')+1:])
	// RFC 3834: no out-of-office replies to a machine.
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetBodyString(mail.TypeTextPlain, r.Text)
	if r.HTML != "" {
		msg.AddAlternativeString(mail.TypeTextHTML, r.HTML)
	}
	return msg, nil
}

// keyDigest names an idempotency key in a mail, without the user's ID in it.
func keyDigest(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:16])
}
