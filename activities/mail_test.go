package activities_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"admit/activities"
	"admit/onboarding"
)

// contacts is a fake of the store.
type contacts map[string]onboarding.Contact

func (c contacts) Recipient(_ context.Context, userID string, _ bool) (onboarding.Recipient, error) {
	if userID == "user-down" {
		return onboarding.Recipient{}, onboarding.ErrUnavailable
	}
	k, ok := c[userID]
	return onboarding.Recipient{Contact: k, Known: ok}, nil
}

var known = contacts{
	"user-1":       {Email: "alex@example.com", Locale: "de-AT", Name: "Alex Müller"},
	"user-2":       {Email: "alex@müller.example", Locale: "en", Name: "Alex\r\nBcc: other@example.com"},
	"user-3":       {Email: "älex@example.com"},
	"user-nothing": {Name: "Alex"},
	"user-bad":     {Email: "Alex <alex@example.com>"},
}

// notice is a delivery of a message to a user.
func notice(t *testing.T, userID string, m onboarding.Message) onboarding.Delivery {
	t.Helper()
	body, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return onboarding.Delivery{ID: 9, Key: userID + "/4/notify." + m.Template + "/mail", UserID: userID, Target: onboarding.MailTarget,
		Lane: onboarding.LaneNotify, Name: "notify." + m.Template, Payload: body, Created: decided, Now: decided}
}

func mailer(t *testing.T, c activities.MailConfig) *activities.Mail {
	t.Helper()
	if c.From == "" {
		c.From = "Example <hello@example.com>"
	}
	m, err := activities.NewMail(c, speaker(t, activities.VoiceConfig{}, known))
	if err != nil {
		t.Fatalf("NewMail: %v", err)
	}
	m.Clock = func() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }
	return m
}

// speaker returns a voice that signs as Example.
func speaker(t testing.TB, c activities.VoiceConfig, r activities.Recipients) *activities.Voice {
	t.Helper()
	if err := c.Validate(); err != nil {
		t.Fatalf("Validate: %v", err)
	}
	return activities.NewVoiceOf(c, load(t, c.TemplatesDir), r)
}

// letter is a mail as the server got it.
type letter struct {
	header netmail.Header
	text   string
	html   string // "" where there is none
}

// open reads a mail: a text, alone or with HTML as its alternative.
func open(t *testing.T, raw []byte) letter {
	t.Helper()
	m, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("%v in\n%s", err, raw)
	}
	kind, parameters, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	if kind != "multipart/alternative" {
		return letter{header: m.Header, text: unquote(t, m.Body)}
	}
	l := letter{header: m.Header}
	parts := multipart.NewReader(m.Body, parameters["boundary"])
	for i, part := range []struct {
		kind string
		into *string
	}{{"text/plain; charset=UTF-8", &l.text}, {"text/html; charset=UTF-8", &l.html}} {
		p, err := parts.NextRawPart()
		if err != nil {
			t.Fatalf("part %d: %v", i+1, err)
		}
		if got := p.Header.Get("Content-Type"); got != part.kind || p.Header.Get("Content-Transfer-Encoding") != "quoted-printable" {
			t.Errorf("part %d is %v", i+1, p.Header)
		}
		*part.into = unquote(t, p)
	}
	if _, err := parts.NextRawPart(); err != io.EOF {
		t.Errorf("a third part: %v", err)
	}
	return l
}

func unquote(t *testing.T, r io.Reader) string {
	t.Helper()
	text, err := io.ReadAll(quotedprintable.NewReader(r))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), "\r\n", "\n")
}

func (l letter) subject(t *testing.T) string {
	t.Helper()
	s, err := new(mime.WordDecoder).DecodeHeader(l.header.Get("Subject"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestMailSent holds what arrives, and that a second attempt is the same mail.
func TestMailSent(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{activities.TLSStart, activities.TLSFull, activities.TLSNone} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			s := post(t, mode)
			c := s.config()
			if mode != activities.TLSNone {
				c.Username, c.Password = "sender", "right"
			}
			m := mailer(t, c)
			d := notice(t, "user-1", onboarding.Message{Template: "approved"})
			for range 2 {
				if got := m.Send(within(t, 10*time.Second), d); !same(got, onboarding.Attempt{Result: onboarding.AttemptDelivered, Answer: "250"}) {
					t.Fatalf("Send = %+v", got)
				}
			}
			mails := s.mails()
			if len(mails) != 2 {
				t.Fatalf("%d mails", len(mails))
			}
			if signedIn := mails[0].user == "sender"; signedIn != (mode != activities.TLSNone) || mails[0].tls != (mode != activities.TLSNone) {
				t.Errorf("signed in as %q, encrypted %t", mails[0].user, mails[0].tls)
			}
			if mails[0].from != "hello@example.com" || !slices.Equal(mails[0].to, []string{"alex@example.com"}) || mails[0].utf8 {
				t.Errorf("envelope %+v", mails[0])
			}
			if !bytes.Equal(mails[0].data, mails[1].data) {
				t.Errorf("two attempts differ:\n%s\n%s", mails[0].data, mails[1].data)
			}
			checkApproved(t, open(t, mails[0].data))
		})
	}
}

func checkApproved(t *testing.T, l letter) {
	t.Helper()
	if got := l.subject(t); got != "Ihre Verifizierung ist abgeschlossen" {
		t.Errorf("subject %q", got)
	}
	if want := "Guten Tag Alex Müller,\n\nherzlich willkommen!"; !strings.HasPrefix(l.text, want) || !strings.HasSuffix(l.text, "Freundliche Grüße\nExample\n") {
		t.Errorf("text %q", l.text)
	}
	id := l.header.Get("Message-Id")
	if !strings.HasSuffix(id, "@example.com>") || strings.Contains(id, "user-1") {
		t.Errorf("Message-ID %q", id)
	}
	var names []string
	for name := range l.header {
		names = append(names, name)
	}
	slices.Sort(names)
	want := []string{"Auto-Submitted", "Content-Type", "Date", "From", "Message-Id", "Mime-Version", "Subject", "To"}
	if !slices.Equal(names, want) {
		t.Errorf("headers %v, want %v", names, want)
	}
	if !strings.Contains(l.html, `<html lang="de"`) || !strings.Contains(l.html, "<p style=\"margin:0 0 16px\">Guten Tag Alex Müller,</p>") {
		t.Errorf("html %q", l.html)
	}
	if got := l.header.Get("To"); got != "<alex@example.com>" {
		t.Errorf("To %q", got)
	}
}

// TestMailAddresses holds how an address is written for the server.
func TestMailAddresses(t *testing.T) {
	t.Parallel()
	s := post(t, activities.TLSNone)
	m := mailer(t, s.config())
	for _, user := range []string{"user-2", "user-3"} {
		if got := m.Send(within(t, 10*time.Second), notice(t, user, onboarding.Message{Template: "approved"})); got.Result != onboarding.AttemptDelivered {
			t.Fatalf("Send to %s = %+v", user, got)
		}
	}
	mails := s.mails()
	if got := mails[0]; !slices.Equal(got.to, []string{"alex@xn--mller-kva.example"}) || got.utf8 {
		t.Errorf("envelope %+v", got)
	}
	if got := mails[1]; !slices.Equal(got.to, []string{"älex@example.com"}) || !got.utf8 {
		t.Errorf("envelope %+v", got)
	}
	if l := open(t, mails[0].data); l.header.Get("Bcc") != "" || !strings.HasPrefix(l.text, "Hello,\n") {
		t.Errorf("the name made %v and %q", l.header, l.text)
	}
}

func TestMailbox(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in, to string // to is "" for an unusable one
		plain  bool
	}{
		{"alex@example.com", "alex@example.com", true},
		{"Alex.Example+tag@EXAMPLE.com", "Alex.Example+tag@example.com", true},
		{"älex@example.com", "älex@example.com", false},
		{"alex@straße.example", "alex@xn--strae-oqa.example", true},
		{"", "", false}, {"alex", "", false}, {"alex@", "", false}, {"@example.com", "", false},
		{" alex@example.com", "", false}, {"Alex <alex@example.com>", "", false}, {"<alex@example.com>", "", false},
		{"alex@example.com, other@example.com", "", false}, {`"a b"@example.com`, "", false}, {`"a@b"@example.com`, "", false},
		{"alex@example.com\r\nBcc: other@example.com", "", false}, {"alex@example.com (home)", "", false},
		{"alex@[127.0.0.1]", "", false}, {"alex@exa_mple.com", "", false}, {"al\x00ex@example.com", "", false}, {"al\u0085ex@example.com", "", false},
		{"al\xffex@example.com", "", false}, {strings.Repeat("a", 250) + "@example.com", "", false},
	}
	for _, tt := range tests {
		to, plain, err := activities.Mailbox(tt.in)
		if to != tt.to || (err == nil) != (tt.to != "") || plain != tt.plain {
			t.Errorf("Mailbox(%q) = %q, %t, %v, want %q, %t", tt.in, to, plain, err, tt.to, tt.plain)
		}
	}
}

func TestMailUnsent(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, user string
		message    onboarding.Message
		want       onboarding.Attempt
	}{
		{"no contact", "user-unknown", onboarding.Message{Template: "approved"}, onboarding.Attempt{Result: onboarding.AttemptUnsendable, Answer: "no contact"}},
		{"no address", "user-nothing", onboarding.Message{Template: "approved"}, onboarding.Attempt{Result: onboarding.AttemptUnsendable, Answer: "no contact"}},
		{"bad address", "user-bad", onboarding.Message{Template: "approved"}, onboarding.Attempt{Result: onboarding.AttemptUnsendable, Answer: "unusable address"}},
		{"store away", "user-down", onboarding.Message{Template: "approved"}, onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: "contact could not be read", Unsent: true}},
		{"a newer message", "user-1", onboarding.Message{Template: "birthday"}, onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: "no template", Unsent: true}},
	}
	m := mailer(t, activities.MailConfig{Address: "127.0.0.1:1", TLS: activities.TLSNone})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := m.Send(within(t, 10*time.Second), notice(t, tt.user, tt.message)); !same(got, tt.want) {
				t.Errorf("Send = %+v, want %+v", got, tt.want)
			}
		})
	}
	got := m.Send(within(t, 10*time.Second), onboarding.Delivery{UserID: "user-1", Payload: []byte("{")})
	if !same(got, onboarding.Attempt{Result: onboarding.AttemptUnsendable, Answer: "unreadable message"}) {
		t.Errorf("Send of no JSON = %+v", got)
	}
	got = m.Send(within(t, 10*time.Second), notice(t, "user-1", onboarding.Message{Template: "approved"}))
	if !same(got, onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: "refused connection"}) {
		t.Errorf("Send to nobody = %+v", got)
	}
}

// TestMailRefused holds what each answer of the server means.
func TestMailRefused(t *testing.T) {
	t.Parallel()
	no := func(code int) error { return &smtp.SMTPError{Code: code, Message: "because of alex@example.com"} }
	tests := []struct {
		name   string
		change func(*server)
		want   onboarding.Attempt
	}{
		{"no such mailbox", func(s *server) { s.onRcpt = no(550) }, onboarding.Attempt{Result: onboarding.AttemptRefused, Answer: "550 at RCPT"}},
		{"full mailbox", func(s *server) { s.onRcpt = no(452) }, onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: "452 at RCPT"}},
		{"mail refused", func(s *server) { s.onData = no(554) }, onboarding.Attempt{Result: onboarding.AttemptRefused, Answer: "554 at DATA"}},
		{"mail put off", func(s *server) { s.onData = no(451) }, onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: "451 at DATA"}},
		{"sender refused", func(s *server) { s.onMail = no(553) }, onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: "553 at MAIL"}},
		{"wrong password", func(s *server) { s.password = "other" }, onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: "535"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := post(t, activities.TLSStart)
			tt.change(s)
			c := s.config()
			c.Username, c.Password = "sender", "right"
			m := mailer(t, c)
			var log bytes.Buffer
			m.Logger = slog.New(slog.NewTextHandler(&log, nil))
			if got := m.Send(within(t, 10*time.Second), notice(t, "user-1", onboarding.Message{Template: "approved"})); !same(got, tt.want) {
				t.Errorf("Send = %+v, want %+v", got, tt.want)
			}
			if strings.Contains(log.String(), "alex@") || strings.Contains(log.String(), "right") {
				t.Errorf("the log tells too much: %s", log.String())
			}
		})
	}
}

// TestMailNoSession holds the failures before any mail is spoken of.
func TestMailNoSession(t *testing.T) {
	t.Parallel()
	strange := post(t, activities.TLSStart).config()
	strange.RootCAs = nil
	plain := post(t, activities.TLSNone).config()
	plain.TLS = activities.TLSStart
	unencrypted := post(t, activities.TLSNone).config()
	unencrypted.TLS, unencrypted.RootCAs = activities.TLSFull, nil
	silent, deaf := post(t, activities.TLSNone), post(t, activities.TLSNone)
	silent.hang, deaf.hangData = true, true
	tests := []struct {
		name string
		c    activities.MailConfig
		want string
	}{
		{"unknown certificate", strange, "bad certificate"},
		{"no STARTTLS", plain, "no session"},
		{"no TLS", unencrypted, "no TLS"},
		{"silent at the greeting", silent.mute(t), "timeout"},
		{"silent at a command", silent.config(), "timeout"},
		{"silent at the end", deaf.config(), "timeout"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			limit := 10 * time.Second
			if tt.want == "timeout" {
				limit = 100 * time.Millisecond
			}
			begun := time.Now()
			got := mailer(t, tt.c).Send(within(t, limit), notice(t, "user-1", onboarding.Message{Template: "approved"}))
			if !same(got, onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: tt.want}) {
				t.Errorf("Send = %+v, want %q", got, tt.want)
			}
			if took := time.Since(begun); took > limit+5*time.Second {
				t.Errorf("Send took %v, with a deadline of %v", took, limit)
			}
		})
	}
}
