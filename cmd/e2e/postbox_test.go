package e2e_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// letter is a mail as a mail server took it.
type letter struct {
	At      time.Time
	ID      string // Message-ID
	To      string
	Subject string
	Text    string
	HTML    string // "" where there is none
}

// postbox is a mail server of a test's own.
type postbox struct {
	address string // host:port
	// sees is told of each mail that was taken, before that is answered and once the
	// answer is on its way. It is set before the first mail.
	sees func(l letter, answered bool)

	mu     sync.Mutex
	mails  []letter
	faults []error
}

// newPostbox starts a mail server that takes every mail.
func newPostbox(t *testing.T) *postbox {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &postbox{address: ln.Addr().String(), sees: func(letter, bool) {}}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &postman{box: p}, nil }))
	server.Domain, server.ErrorLog = "postbox.localhost", silentLog{}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ln) }()
	t.Cleanup(func() {
		if err := errors.Join(server.Close(), <-ended); err != nil && !errors.Is(err, smtp.ErrServerClosed) {
			t.Error("the mail server:", err)
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, err := range p.faults {
			t.Error("a mail cannot be read:", err)
		}
	})
	return p
}

// silentLog drops what the mail server says of clients that were killed.
type silentLog struct{}

func (silentLog) Printf(string, ...any) {}
func (silentLog) Println(...any)        {}

// config lets a system write to users by way of the server.
func (p *postbox) config() string {
	return fmt.Sprintf("notify:\n  email: {address: %q, tls: none, from: \"Example <hello@example.com>\"}\n", p.address)
}

// to returns the mails to an address in the order in which they came.
func (p *postbox) to(address string) []letter {
	p.mu.Lock()
	defer p.mu.Unlock()
	var found []letter
	for _, l := range p.mails {
		if l.To == address {
			found = append(found, l)
		}
	}
	return found
}

// postman is one connection to a postbox.
type postman struct {
	box *postbox
	to  string
	has *letter // taken, and its answer not on its way yet
}

func (m *postman) Mail(string, *smtp.MailOptions) error { return nil }

func (m *postman) Rcpt(to string, _ *smtp.RcptOptions) error {
	m.to = to
	return nil
}

func (m *postman) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err // the sender went away, and will come again
	}
	l, err := readLetter(raw)
	l.At, l.To = time.Now(), m.to
	m.box.mu.Lock()
	if err != nil {
		m.box.faults = append(m.box.faults, err)
	}
	m.box.mails = append(m.box.mails, l)
	m.box.mu.Unlock()
	m.has = &l
	m.box.sees(l, false)
	return nil
}

// Reset is called by the server, too, once it has answered a mail.
func (m *postman) Reset() {
	if m.has != nil {
		m.box.sees(*m.has, true)
	}
	m.to, m.has = "", nil
}

func (m *postman) Logout() error { return nil }

// readLetter reads a mail of one part, or of a text and an HTML one.
func readLetter(raw []byte) (letter, error) {
	m, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return letter{}, err
	}
	l := letter{ID: m.Header.Get("Message-ID")}
	if l.Subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil {
		return l, err
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	switch {
	case err != nil:
		return l, err
	case kind != "multipart/alternative":
		return l, l.part(kind, m.Header.Get("Content-Transfer-Encoding"), m.Body)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return l, nil
		}
		if err != nil {
			return l, err
		}
		kind, _, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
		if err == nil {
			err = l.part(kind, part.Header.Get("Content-Transfer-Encoding"), part)
		}
		if err != nil {
			return l, err
		}
	}
}

// part keeps one part of a mail.
func (l *letter) part(kind, encoding string, body io.Reader) error {
	if !strings.EqualFold(encoding, "quoted-printable") {
		return fmt.Errorf("a part of the type %s is encoded as %q", kind, encoding)
	}
	text, err := io.ReadAll(quotedprintable.NewReader(body))
	switch {
	case err != nil:
		return err
	case kind == "text/plain" && l.Text == "":
		l.Text = string(text)
	case kind == "text/html" && l.HTML == "":
		l.HTML = string(text)
	default:
		return fmt.Errorf("a part of the type %s is one too many", kind)
	}
	return nil
}
