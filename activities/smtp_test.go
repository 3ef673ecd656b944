package activities_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"admit/activities"
)

// server is a mail server for one test. Its answers are set before the first
// mail.
type server struct {
	address  string
	mode     string
	roots    *x509.CertPool
	password string

	onMail, onRcpt, onData error
	refuse                 map[string]error // at RCPT, by the address
	hang, hangData         bool             // at MAIL, at the end of the mail
	slow                   chan struct{}    // unless nil: answers at MAIL, RCPT and the end of the mail wait for it
	done                   chan struct{}

	mu      sync.Mutex
	sent    []posted
	hangUps int // how many of the next mails are taken without an answer
}

// posted is a mail and its envelope.
type posted struct {
	user, from string
	to         []string
	data       []byte
	tls, utf8  bool
}

// post starts a mail server with a certificate of its own.
func post(t *testing.T, mode string) *server {
	t.Helper()
	s := &server{mode: mode, password: "right", done: make(chan struct{})}
	certificate := s.certify(t)
	back := smtp.NewServer(s)
	back.Domain, back.EnableSMTPUTF8, back.ErrorLog = "localhost", true, quiet{}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = listener.Addr().String()
	configuration := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	switch mode {
	case activities.TLSStart:
		back.TLSConfig = configuration
	case activities.TLSFull:
		listener = tls.NewListener(listener, configuration)
	}
	var served sync.WaitGroup
	served.Go(func() {
		if err := back.Serve(listener); err != nil && !errors.Is(err, smtp.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			t.Errorf("serve: %v", err)
		}
	})
	t.Cleanup(func() {
		close(s.done)
		if err := back.Close(); err != nil && !errors.Is(err, smtp.ErrServerClosed) {
			t.Errorf("close: %v", err)
		}
		// A server that had not begun to serve does not know its listener yet.
		if err := listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			t.Errorf("close: %v", err)
		}
		served.Wait()
	})
	return s
}

// certify makes a certificate for 127.0.0.1 that vouches for itself.
func (s *server) certify(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, about, about, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	s.roots = x509.NewCertPool()
	s.roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func (s *server) config() activities.MailConfig {
	return activities.MailConfig{Address: s.address, TLS: s.mode, From: "Example <hello@example.com>", RootCAs: s.roots}
}

// mute returns the configuration of a server that takes connections and never
// greets.
func (s *server) mute(t *testing.T) activities.MailConfig {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") // nobody accepts: the kernel does
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	c := s.config()
	c.Address = l.Addr().String()
	return c
}

func (s *server) mails() []posted {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sent)
}

// wait holds an answer back until the test lets it go.
func (s *server) wait() {
	if s.slow == nil {
		return
	}
	select {
	case <-s.slow:
	case <-s.done:
	}
}

// NewSession implements smtp.Backend.
func (s *server) NewSession(c *smtp.Conn) (smtp.Session, error) {
	return &session{s: s, c: c}, nil
}

// session is one connection.
type session struct {
	s    *server
	c    *smtp.Conn
	user string
	mail posted
}

func (x *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (x *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if password != x.s.password {
			return &smtp.SMTPError{Code: 535, Message: "no"}
		}
		x.user = user
		return nil
	}), nil
}

func (x *session) Mail(from string, o *smtp.MailOptions) error {
	if x.s.hang {
		<-x.s.done
	}
	x.s.wait()
	_, encrypted := x.c.TLSConnectionState()
	x.mail = posted{user: x.user, from: from, tls: encrypted, utf8: o.UTF8}
	return x.s.onMail
}

func (x *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	x.s.wait()
	x.mail.to = append(x.mail.to, to)
	if err := x.s.refuse[to]; err != nil {
		return err
	}
	return x.s.onRcpt
}

func (x *session) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	switch {
	case err != nil:
		return err
	case x.s.onData != nil:
		return x.s.onData
	}
	if x.s.hangData {
		<-x.s.done
	}
	x.s.wait()
	x.mail.data = data
	x.s.mu.Lock()
	defer x.s.mu.Unlock()
	x.s.sent = append(x.s.sent, x.mail)
	if x.s.hangUps > 0 {
		x.s.hangUps--
		return x.c.Conn().Close()
	}
	return nil
}

func (x *session) Reset()        {}
func (x *session) Logout() error { return nil }

// quiet drops the server's log.
type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}
