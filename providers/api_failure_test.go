package providers_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"admit/providers"
	"admit/providers/providerstest"
)

// carrier is a transport made of a function.
type carrier func(*http.Request) (*http.Response, error)

func (c carrier) RoundTrip(r *http.Request) (*http.Response, error) { return c(r) }

// replies returns a response with a status, headers in pairs, and a body.
func replies(status int, body io.Reader, headers ...string) *http.Response {
	r := &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(body)}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

// broken is a body that breaks off.
func broken(text string, err error) io.Reader {
	return io.MultiReader(strings.NewReader(text), carriesNothing{err})
}

type carriesNothing struct{ err error }

func (c carriesNothing) Read([]byte) (int, error) { return 0, c.err }

func TestClassesOfNoAnswer(t *testing.T) {
	t.Parallel()
	fails := func(err error) carrier {
		return func(*http.Request) (*http.Response, error) { return nil, fmt.Errorf("with %s: %w", apiKey, err) }
	}
	gives := func(status int, body io.Reader) carrier {
		return func(*http.Request) (*http.Response, error) { return replies(status, body), nil }
	}
	text := strings.NewReader
	for _, c := range []struct {
		name string
		client
		carrier
		want string
	}{
		{"an unknown host", p100Client, fails(&net.DNSError{Err: "no such host", Name: "p100.example", IsNotFound: true}), "unknown host"},
		{"nobody listens", p100Client, fails(&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}), "refused connection"},
		{"a reset", p100Client, fails(syscall.ECONNRESET), "broken connection"},
		{"an end in the head", p100Client, fails(io.ErrUnexpectedEOF), "broken connection"},
		{"a certificate of another", p100Client, fails(&tls.CertificateVerificationError{Err: x509.HostnameError{Host: apiKey}}), "bad certificate"},
		{"no TLS there", p100Client, fails(tls.RecordHeaderError{Msg: apiKey}), "no TLS"},
		{"TLS in vain", p100Client, fails(tls.AlertError(40)), "no TLS"},
		{"a timeout of the system", p100Client, fails(syscall.ETIMEDOUT), "timeout"},
		{"a deadline", p100Client, fails(context.DeadlineExceeded), "timeout"},
		{"whatever else", p100Client, fails(errors.New("odd")), "no connection"},

		{"a body that breaks off", p100Client, gives(200, broken(`{"verificationStatus":"VERI`, io.ErrUnexpectedEOF)), "broken connection"},
		{"a body that takes too long", xgatewayClient, gives(200, broken(`{`, context.DeadlineExceeded)), "timeout"},
		{"an error's body that breaks off", xgatewayClient, gives(502, broken(`<`, io.ErrUnexpectedEOF)), "http 502"},
		{"a code before the body breaks off", p100Client, gives(404, broken(`{"errorCode":"P445"}`, io.ErrUnexpectedEOF)), "broken connection"},

		{"408", p100Client, gives(408, text("")), "http 408"},
		{"425", xgatewayClient, gives(425, text("")), "http 425"},
		{"429, whatever it says", p100Client, gives(429, text(`{"errorCode":"P412"}`)), "429"},
		{"5xx, whatever it says", p100Client, gives(500, text(`{"errorCode":"P412"}`)), "http 500"},
		{"P501 with its own status", p100Client, gives(503, text(`{"errorCode":"P501"}`)), "P501"},
		{"P500 as not found", p100Client, gives(404, text(`{"errorCode":"P500"}`)), "P500"},
		{"not modified", xgatewayClient, gives(304, text("")), "http 304"},
		{"a status of nobody's", xgatewayClient, gives(599, text(apiKey)), "http 599"},
		{"401 without a word", p100Client, gives(401, text("")), "401"},
		{"401 with other words", p100Client, gives(401, text("Access Denied for "+apiKey)), "401"},
		{"401 of another provider's words", xgatewayClient, gives(401, text("Access Denied. xo3")), "401"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			asked := ask(t, c.open(t, providers.APIConfig{URL: "https://api.example", Transport: c.carrier}), "user-1")
			if asked.Answered || asked.Class != c.want || asked.OwnMistake != strings.HasPrefix(c.want, "401") {
				t.Errorf("asked %+v, want %q", asked, c.want)
			}
			if shown := fmt.Sprintf("%+v", asked); strings.Contains(shown, apiKey) {
				t.Errorf("the key is in %s", shown)
			}
		})
	}
}

func TestAwayOnTheWire(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	away := "http://" + l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if asked := ask(t, p100Client.open(t, providers.APIConfig{URL: away}), "user-1"); asked.Class != "refused connection" {
		t.Errorf("nobody listens: asked %+v", asked)
	}

	fake, url := p100Client.play(t)
	over := strings.Replace(url, "http:", "https:", 1)
	if asked := ask(t, p100Client.open(t, providers.APIConfig{URL: over}), "user-1"); asked.Class != "no TLS" {
		t.Errorf("TLS in vain: asked %+v", asked)
	}
	strange := httptest.NewUnstartedServer(fake)
	strange.Config.ErrorLog = log.New(io.Discard, "", 0)
	strange.StartTLS()
	t.Cleanup(strange.Close)
	if asked := ask(t, p100Client.open(t, providers.APIConfig{URL: strange.URL}), "user-1"); asked.Class != "bad certificate" {
		t.Errorf("a certificate of nobody: asked %+v", asked)
	}

	cut := providerstest.P100Verified
	cut.Cut = true
	fake.Answer("user-1", cut)
	if asked := ask(t, p100Client.open(t, providers.APIConfig{URL: url}), "user-1"); asked.Class != "broken connection" || asked.HTTP != 200 {
		t.Errorf("cut off: asked %+v", asked)
	}
	fake.Answer("user-1", providerstest.Hanging)
	if asked := ask(t, p100Client.open(t, providers.APIConfig{URL: url, Timeout: 50 * time.Millisecond}), "user-1"); asked.Class != "timeout" {
		t.Errorf("hanging: asked %+v", asked)
	}
}

func TestAPIConfigMistakes(t *testing.T) {
	t.Parallel()
	const good = "https://api.example"
	for _, c := range []struct {
		name   string
		config providers.APIConfig
		want   []string
	}{
		{"nothing", providers.APIConfig{}, []string{"the API of p100", "not an absolute http or https one", "the key is missing"}},
		{"no host", providers.APIConfig{URL: "https://", Key: apiKey}, []string{"not an absolute"}},
		{"another scheme", providers.APIConfig{URL: "ftp://api.example", Key: apiKey}, []string{"not an absolute"}},
		{"a path alone", providers.APIConfig{URL: "/v1", Key: apiKey}, []string{"not an absolute"}},
		{"no URL", providers.APIConfig{URL: "https://api.example:" + apiKey, Key: apiKey}, []string{"cannot be read"}},
		{"a password", providers.APIConfig{URL: "https://a:" + apiKey + "@api.example", Key: apiKey}, []string{"user name or password"}},
		{"a query", providers.APIConfig{URL: good + "?key=" + apiKey, Key: apiKey}, []string{"a query or a fragment"}},
		{"an empty query", providers.APIConfig{URL: good + "?", Key: apiKey}, []string{"a query or a fragment"}},
		{"a fragment", providers.APIConfig{URL: good + "#" + apiKey, Key: apiKey}, []string{"a query or a fragment"}},
		{"a key with its line's end", providers.APIConfig{URL: good, Key: apiKey + "\n"}, []string{"a blank, a line break"}},
		{"a key of two words", providers.APIConfig{URL: good, Key: "x-api-key: " + apiKey}, []string{"a blank, a line break"}},
		{"a key that is no ASCII", providers.APIConfig{URL: good, Key: apiKey + "ü"}, []string{"a blank, a line break"}},
		{"limits below zero", providers.APIConfig{URL: good, Key: apiKey, Timeout: -1}, []string{"below zero"}},
		{"none at once", providers.APIConfig{URL: good, Key: apiKey, AtOnce: -1}, []string{"below zero"}},
		{"none a second", providers.APIConfig{URL: good, Key: apiKey, PerSecond: -1}, []string{"below zero"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := providers.NewP100API(c.config)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
			if strings.Contains(err.Error(), apiKey) {
				t.Errorf("the key is in %q", err)
			}
		})
	}
}
