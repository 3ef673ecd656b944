package activities

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	netmail "net/mail"
	"os"
	"strconv"
	"strings"
	"time"

	"admit/onboarding"
)

// The ways to protect the connection to the mail server.
const (
	TLSStart = "starttls" // begin in the clear, and go on only encrypted
	TLSFull  = "tls"      // encrypted from the first byte
	TLSNone  = "none"     // for a relay on the same machine or in the same private network
)

// mailPorts are the ports where an address names none.
var mailPorts = map[string]string{TLSStart: "587", TLSFull: "465", TLSNone: "25"}

// MailConfig says how mail is sent.
type MailConfig struct {
	Address  string // host or host:port of the mail server
	TLS      string // TLSStart, TLSFull or TLSNone
	From     string // "Example <hello@example.com>", the address in ASCII
	Username string // with Password or not at all; never without TLS
	Password string
	RootCAs  *x509.CertPool // who may vouch for the server; nil for the system's
}

// Validate returns every mistake in the configuration, none of them with a secret in
// its text.
func (c MailConfig) Validate() error {
	var problems []error
	if _, known := mailPorts[c.TLS]; !known {
		problems = append(problems, fmt.Errorf("tls is %q, not %s, %s or %s", c.TLS, TLSStart, TLSFull, TLSNone))
	}
	if _, _, err := c.server(); err != nil {
		problems = append(problems, err)
	}
	if _, err := c.sender(); err != nil {
		problems = append(problems, err)
	}
	if (c.Username == "") != (c.Password == "") {
		problems = append(problems, errors.New("user name and password go together"))
	}
	if c.TLS == TLSNone && c.Password != "" {
		problems = append(problems, errors.New("a password is not sent without tls"))
	}
	return errors.Join(problems...)
}

// sender returns the name and the address that the mails come from, the latter in
// ASCII: not every server takes another.
func (c MailConfig) sender() (netmail.Address, error) {
	from, err := netmail.ParseAddress(c.From)
	if err != nil {
		return netmail.Address{}, errors.New("from is no mail address")
	}
	address, plain, err := mailbox(from.Address)
	if err != nil || !plain {
		return netmail.Address{}, errors.New("from is no mail address that every server takes")
	}
	return netmail.Address{Name: from.Name, Address: address}, nil
}

// server returns the host and the port of the mail server.
func (c MailConfig) server() (host string, port int, err error) {
	host, text, err := net.SplitHostPort(c.Address)
	if err != nil { // no port
		host, text = strings.Trim(c.Address, "[]"), mailPorts[c.TLS]
	}
	port, err = strconv.Atoi(text)
	if err != nil && mailPorts[c.TLS] == "" {
		port, err = 1, nil // the mistake is in tls, and is told there
	}
	if err != nil || port < 1 || port > 65535 || host == "" || strings.ContainsAny(host, " /@") {
		return "", 0, errors.New("address is no host with an optional port")
	}
	return host, port, nil
}

// Mail writes to the user. It is the Sender of onboarding.MailTarget.
type Mail struct {
	Clock  func() time.Time // set by NewMail to time.Now; dates the mails
	Logger *slog.Logger     // set by NewMail to one that drops all

	voice  *Voice
	config MailConfig
	host   string
	port   int
	hello  string
	from   netmail.Address
}

// NewMail returns the sender of mail, or every mistake in its configuration. Nothing
// is dialled.
func NewMail(c MailConfig, v *Voice) (*Mail, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	from, err := c.sender()
	if err != nil {
		return nil, err // Validate has seen it, and what follows
	}
	host, port, err := c.server()
	if err != nil {
		return nil, err
	}
	hello, err := os.Hostname()
	if err != nil || hello == "" {
		hello = "localhost" // a server that minds says so when it is greeted
	}
	return &Mail{
		Clock: time.Now, Logger: slog.New(slog.DiscardHandler),
		voice: v, config: c, host: host, port: port, hello: hello, from: from,
	}, nil
}

// Send puts the message into words and hands it to the mail server once, under the
// deadline of ctx. A repeated attempt carries the same Message-ID, so that a
// mailbox may drop the second copy of a mail whose acceptance was lost.
func (m *Mail) Send(ctx context.Context, d onboarding.Delivery) onboarding.Attempt {
	var what onboarding.Message
	if err := json.Unmarshal(d.Payload, &what); err != nil {
		return unsendable("unreadable message")
	}
	spoken, not := m.voice.Speak(ctx, d, what, true)
	if not != nil {
		return *not
	}
	to, plain, err := mailbox(spoken.To.Email)
	if err != nil {
		return unsendable("unusable address")
	}
	msg, err := m.message(d.Key, spoken.Rendered, to)
	if err != nil {
		return unsendable("unusable address")
	}
	return m.deliver(ctx, msg, plain)
}

// tlsConfig returns what the mail server's certificate is held against.
func (m *Mail) tlsConfig() *tls.Config {
	return &tls.Config{ServerName: m.host, RootCAs: m.config.RootCAs, MinVersion: tls.VersionTLS12}
}
