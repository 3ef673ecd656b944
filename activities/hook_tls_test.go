package activities_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"admit/activities"
	"admit/onboarding"
)

// authority vouches for certificates.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

func newAuthority(t *testing.T, name string) *authority {
	t.Helper()
	a := &authority{t: t, key: newKey(t)}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, a.key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	a.pem = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return a
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// issue returns a certificate for a name, good for both ends of a connection to
// this machine, and its key, as PEM.
func (a *authority) issue(name string) (cert, key []byte) {
	a.t.Helper()
	own := newKey(a.t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, own.Public(), a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	text, err := x509.MarshalPKCS8PrivateKey(own)
	if err != nil {
		a.t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: text})
}

func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// gate is an HTTPS endpoint that tells whose certificate each request came with.
type gate struct {
	*httptest.Server
	mu      sync.Mutex
	config  *tls.Config
	clients []string
}

// guarded starts a gate that shows a certificate of servers and takes none but
// those of clients; nil asks for none.
func guarded(t *testing.T, servers, clients *authority, newest uint16) *gate {
	t.Helper()
	g := &gate{}
	g.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := r.Proto
		if c := r.TLS.PeerCertificates; len(c) > 0 {
			name = c[0].Subject.CommonName
		}
		g.mu.Lock()
		g.clients = append(g.clients, name)
		g.mu.Unlock()
		w.Header().Set("Connection", "close") // so that the next request shakes hands anew
	}))
	g.show(t, servers, clients, newest)
	g.Config.ErrorLog = log.New(io.Discard, "", 0)
	g.EnableHTTP2 = true
	g.TLS = &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		g.mu.Lock()
		defer g.mu.Unlock()
		return g.config, nil
	}}
	g.StartTLS()
	t.Cleanup(g.Close)
	return g
}

// show makes the gate's next connections go by these authorities.
func (g *gate) show(t *testing.T, servers, clients *authority, newest uint16) {
	t.Helper()
	pair, err := tls.X509KeyPair(servers.issue("server"))
	if err != nil {
		t.Fatal(err)
	}
	c := &tls.Config{Certificates: []tls.Certificate{pair}, MaxVersion: newest, NextProtos: []string{"http/1.1"}}
	if clients != nil {
		c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, clients.pool()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.config = c
}

func (g *gate) url() string { return strings.Replace(g.URL, "127.0.0.1", "localhost", 1) }

func (g *gate) seen() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return strings.Join(g.clients, " ")
}

// files are the PEM files of a hook.
type files struct{ cert, key, ca string }

func newFiles(t *testing.T) files {
	t.Helper()
	dir := t.TempDir()
	return files{filepath.Join(dir, "client.pem"), filepath.Join(dir, "client-key.pem"), filepath.Join(dir, "ca.pem")}
}

func put(t *testing.T, name string, text []byte) {
	t.Helper()
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// client puts a new certificate of an authority in place.
func (f files) client(t *testing.T, a *authority, name string) {
	t.Helper()
	cert, key := a.issue(name)
	put(t, f.cert, cert)
	put(t, f.key, key)
}

func (f files) config(url string) activities.HookConfig {
	return activities.HookConfig{URL: url, AllowPrivate: true, ClientCert: f.cert, ClientKey: f.key, CA: f.ca}
}

// TestHookClientCertificate holds that a hook that demands one gets it, and what
// comes of one that it does not take.
func TestHookClientCertificate(t *testing.T) {
	t.Parallel()
	servers, clients, strangers := newAuthority(t, "servers"), newAuthority(t, "clients"), newAuthority(t, "strangers")
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		t.Run(tls.VersionName(version), func(t *testing.T) {
			t.Parallel()
			g := guarded(t, servers, clients, version)
			f := newFiles(t)
			put(t, f.ca, servers.pem)
			f.client(t, clients, "admit")
			if got := hook(t, f.config(g.url())).Send(within(t, patience), grant); !same(got, delivered) || g.seen() != "admit" {
				t.Errorf("Send = %+v, the hook saw %q", got, g.seen())
			}
			f.client(t, strangers, "stranger")
			none := f.config(g.url())
			none.ClientCert, none.ClientKey = "", ""
			for want, c := range map[string]activities.HookConfig{"refused certificate": f.config(g.url()), "refused TLS": none} {
				got := hook(t, c).Send(within(t, patience), grant)
				// Since TLS 1.3 the refusal comes after the handshake, and may be lost with
				// the connection.
				if got.Result != onboarding.AttemptFailed || version == tls.VersionTLS12 && got.Answer != want {
					t.Errorf("Send = %+v, want %q", got, want)
				}
			}
			if g.seen() != "admit" {
				t.Errorf("the hook let in %q", g.seen())
			}
		})
	}
	t.Run("too old", func(t *testing.T) {
		t.Parallel()
		g := guarded(t, servers, nil, tls.VersionTLS11)
		f := newFiles(t)
		put(t, f.ca, servers.pem)
		got := hook(t, activities.HookConfig{URL: g.url(), AllowPrivate: true, CA: f.ca}).Send(within(t, patience), grant)
		if !same(got, onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: "refused TLS"}) || g.seen() != "" {
			t.Errorf("Send = %+v", got)
		}
	})
	t.Run("HTTP/2", func(t *testing.T) {
		t.Parallel()
		g := guarded(t, servers, nil, tls.VersionTLS13)
		g.config.NextProtos = []string{"h2", "http/1.1"}
		f := newFiles(t)
		put(t, f.ca, servers.pem)
		got := hook(t, activities.HookConfig{URL: g.url(), AllowPrivate: true, CA: f.ca}).Send(within(t, patience), grant)
		if !same(got, delivered) || g.seen() != "HTTP/2.0" {
			t.Errorf("Send = %+v over %s", got, g.seen())
		}
	})
}

// TestHookCertificatesRotate holds that new files count from the next connection
// on, and that half a rotation is none.
func TestHookCertificatesRotate(t *testing.T) {
	t.Parallel()
	first, second := newAuthority(t, "first"), newAuthority(t, "second")
	g := guarded(t, first, first, tls.VersionTLS12)
	f := newFiles(t)
	put(t, f.ca, first.pem)
	f.client(t, first, "admit-1")
	h := hook(t, f.config(g.url()))
	send := func(step, answer, seen string) {
		t.Helper()
		if got := h.Send(within(t, patience), grant); got.Answer != answer || g.seen() != seen {
			t.Errorf("%s: Send = %+v, the hook saw %q", step, got, g.seen())
		}
	}
	send("at first", "200", "admit-1")

	f.client(t, first, "admit-2")
	send("another certificate", "200", "admit-1 admit-2")

	cert, key := first.issue("admit-3")
	put(t, f.cert, cert)
	send("its key is not there yet", "200", "admit-1 admit-2 admit-2")
	put(t, f.key, key)
	send("it is", "200", "admit-1 admit-2 admit-2 admit-3")

	put(t, f.ca, nil)
	send("the file of authorities is being written", "200", "admit-1 admit-2 admit-2 admit-3 admit-3")
	put(t, f.ca, second.pem)
	send("the old authority counts no more", "bad certificate", "admit-1 admit-2 admit-2 admit-3 admit-3")

	g.show(t, second, second, tls.VersionTLS12)
	send("the new one does, and does not vouch for the old certificate", "refused certificate", "admit-1 admit-2 admit-2 admit-3 admit-3")
	f.client(t, second, "admit-4")
	send("a certificate of the new one", "200", "admit-1 admit-2 admit-2 admit-3 admit-3 admit-4")
}

// TestHookFiles holds that unusable files are found at the start, all of them, and
// that no error tells what is in one.
func TestHookFiles(t *testing.T) {
	t.Parallel()
	a := newAuthority(t, "authority")
	tests := []struct {
		name  string
		spoil func(t *testing.T, f files)
		want  []string // none means that the hook is good
	}{
		{"good", func(*testing.T, files) {}, nil},
		{"missing", func(t *testing.T, f files) {
			for _, name := range []string{f.key, f.ca} {
				if err := os.Remove(name); err != nil {
					t.Fatal(err)
				}
			}
		}, []string{"client-key.pem", "ca.pem", "no such file"}},
		{"no certificates", func(t *testing.T, f files) {
			put(t, f.cert, []byte("hidden"))
			put(t, f.ca, []byte("hidden"))
		}, []string{"client.pem", "ca.pem", "holds no certificate"}},
		{"another's key", func(t *testing.T, f files) { _, key := a.issue("other"); put(t, f.key, key) }, []string{"does not match"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFiles(t)
			put(t, f.ca, a.pem)
			f.client(t, a, "admit")
			tt.spoil(t, f)
			c := f.config("https://core.example.com")
			c.Name, c.Secrets = "core", []string{secret('a', 32)}
			_, err := activities.NewHook(c, "test")
			if (err == nil) != (tt.want == nil) {
				t.Fatalf("NewHook = %v", err)
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("NewHook = %v, want %q in it", err, want)
				}
			}
			if err != nil && strings.Contains(err.Error(), "hidden") {
				t.Errorf("NewHook tells what is in a file: %v", err)
			}
		})
	}
}
