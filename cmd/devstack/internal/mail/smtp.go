package mail

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// maxBytes bounds one mail.
const maxBytes = 32 << 20

// newSMTP returns a server that takes every mail, from whoever and to whoever,
// and any user and password, so that a product set up to log in can.
func newSMTP(kept store, now func() time.Time, errorLog smtp.Logger) *smtp.Server {
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		return &session{store: kept, now: now}, nil
	}))
	server.Domain = "devstack.localhost"
	server.MaxMessageBytes = maxBytes
	server.AllowInsecureAuth = true
	server.EnableSMTPUTF8 = true
	server.ErrorLog = errorLog
	server.ReadTimeout = time.Minute
	server.WriteTimeout = time.Minute
	return server
}

// session is one connection's. The server calls its methods one at a time.
type session struct {
	store store
	now   func() time.Time
	from  string
	to    []string
}

var _ smtp.AuthSession = (*session)(nil)

func (*session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (*session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, _, _ string) error { return nil }), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return nil
}

// Data keeps the mail, with the envelope in front as a delivering server writes
// it: a blind copy's recipient is nowhere else.
func (s *session) Data(r io.Reader) error {
	var envelope strings.Builder
	fmt.Fprintf(&envelope, "Return-Path: <%s>\r\n", s.from)
	for _, to := range s.to {
		fmt.Fprintf(&envelope, "Delivered-To: %s\r\n", to)
	}
	return s.store.add(s.now(), envelope.String(), r)
}

func (s *session) Reset() { s.from, s.to = "", nil }

func (*session) Logout() error { return nil }
