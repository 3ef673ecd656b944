package activities

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"sync"
)

// trust is by which certificates the two ends of a hook's connections know each
// other. Its files are read again at each connection, so that a rotation needs no
// restart; a connection that is open stays with what it was opened with.
type trust struct {
	cert, key, ca string // names of PEM files, "" for none; cert and key together

	mu   sync.Mutex
	last *tls.Config // made of files that could be read
}

// newTrust returns the trust that the files hold now, or every mistake in them.
func newTrust(cert, key, ca string) (*trust, error) {
	t := &trust{cert: cert, key: key, ca: ca}
	first, err := t.read()
	t.last = first
	return t, err
}

// config returns what the next connection goes by. While the files cannot be read,
// as in the middle of a rotation, that is what they held before.
func (t *trust) config() *tls.Config {
	fresh, err := t.read()
	t.mu.Lock()
	defer t.mu.Unlock()
	if err == nil {
		t.last = fresh
	}
	return t.last
}

// read makes a configuration of the files. Its errors name files, never what is in
// them.
func (t *trust) read() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}
	var problems []error
	if t.cert != "" && t.key != "" {
		pair, err := tls.LoadX509KeyPair(t.cert, t.key)
		if err != nil {
			problems = append(problems, fmt.Errorf("client certificate %s with the key %s: %w", t.cert, t.key, err))
		}
		// Shown to whoever asks for one, also where its authority is not among those
		// that are named: the refusal then says what is wrong.
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
	}
	if t.ca != "" {
		c.RootCAs = x509.NewCertPool()
		text, err := os.ReadFile(t.ca)
		if err == nil && !c.RootCAs.AppendCertsFromPEM(text) {
			err = errors.New("it holds no certificate")
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("authorities %s: %w", t.ca, err))
		}
	}
	return c, errors.Join(problems...)
}
