package activities_test

import (
	"context"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"admit/activities"
	"admit/onboarding"
)

// secret returns a signing secret whose key is n times the byte b.
func secret(b byte, n int) string {
	return "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat(string(b), n)))
}

// received is one request as the endpoint saw it.
type received struct {
	header http.Header
	body   []byte
}

// endpoint is an HTTP server that keeps what it gets.
type endpoint struct {
	*httptest.Server
	mu   sync.Mutex
	seen []received
}

func serve(t *testing.T, answer http.HandlerFunc) *endpoint {
	t.Helper()
	e := &endpoint{}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("read the body: %v", err)
		}
		e.mu.Lock()
		e.seen = append(e.seen, received{r.Header.Clone(), body})
		e.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(e.Close)
	return e
}

func (e *endpoint) requests() []received {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]received(nil), e.seen...)
}

func hook(t *testing.T, c activities.HookConfig) *activities.Hook {
	t.Helper()
	c.Name = "core"
	if c.Secrets == nil {
		c.Secrets = []string{secret('a', 32)}
	}
	h, err := activities.NewHook(c, "test")
	if err != nil {
		t.Fatalf("NewHook: %v", err)
	}
	t.Cleanup(h.Close)
	return h
}

// within returns a context that ends after d, or with the test.
func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

var grant = onboarding.Delivery{
	ID: 7, Key: "user-1/3/access.granted/core", UserID: "user-1", Target: "core", Lane: onboarding.LaneAccess,
	Name: onboarding.EffectGranted, Payload: []byte(`{"type": "access.granted",  "data":{"userId":"user-1"}}`),
}

// TestHookSigned holds that a receiver with any of the secrets verifies what is
// sent, by the specification's own library, and that a retry keeps the ID.
func TestHookSigned(t *testing.T) {
	t.Parallel()
	e := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	secrets := []string{secret('a', 24), secret('b', 32), secret('c', 64)}
	h := hook(t, activities.HookConfig{URL: e.URL, Secrets: secrets, AllowPrivate: true})
	begun := time.Now().Truncate(time.Second)
	later := begun.Add(time.Minute)
	for _, now := range []time.Time{begun, later} {
		h.Clock = func() time.Time { return now }
		if a := h.Send(within(t, time.Minute), grant); a.Result != onboarding.AttemptFailed || a.Answer != "503" {
			t.Fatalf("Send = %+v", a)
		}
	}
	seen := e.requests()
	if len(seen) != 2 {
		t.Fatalf("got %d requests", len(seen))
	}
	for i, r := range seen {
		if string(r.body) != string(grant.Payload) {
			t.Errorf("body %q, want the payload as stored", r.body)
		}
		for _, s := range append(secrets, secret('d', 32)) {
			verifier, err := standardwebhooks.NewWebhook(s)
			if err != nil {
				t.Fatal(err)
			}
			err = verifier.Verify(r.body, r.header)
			if known := s != secret('d', 32); known != (err == nil) {
				t.Errorf("request %d: verifying with a secret that is known %t: %v", i, known, err)
			}
			if verifier.Verify(append(r.body, ' '), r.header) == nil {
				t.Errorf("request %d: a changed body verifies", i)
			}
		}
		if got := r.header.Get("Content-Type"); got != "application/json" {
			t.Errorf("Content-Type %q", got)
		}
		if got := r.header.Get("User-Agent"); got != "Admit/test" {
			t.Errorf("User-Agent %q", got)
		}
	}
	id := seen[0].header.Get("webhook-id")
	if id != seen[1].header.Get("webhook-id") || strings.Contains(id, "user-1") || strings.Contains(id, ".") || !strings.HasPrefix(id, "msg_") {
		t.Errorf("IDs %q and %q", id, seen[1].header.Get("webhook-id"))
	}
	if seen[0].header.Get("webhook-timestamp") == seen[1].header.Get("webhook-timestamp") {
		t.Error("the timestamp is not the attempt's")
	}
	if activities.WebhookID("user-1/4/access.granted/core") == id {
		t.Error("another effect has the same ID")
	}
}

func TestHookAnswers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		status     int
		retryAfter string
		want       onboarding.Attempt
	}{
		{"ok", 200, "", onboarding.Attempt{Result: onboarding.AttemptDelivered, Answer: "200"}},
		{"accepted", 202, "9", onboarding.Attempt{Result: onboarding.AttemptDelivered, Answer: "202"}},
		{"no content", 204, "", onboarding.Attempt{Result: onboarding.AttemptDelivered, Answer: "204"}},
		{"moved", 301, "", onboarding.Attempt{Result: onboarding.AttemptRefused, Answer: "301"}},
		{"found", 302, "", onboarding.Attempt{Result: onboarding.AttemptRefused, Answer: "302"}},
		{"see other", 303, "", onboarding.Attempt{Result: onboarding.AttemptRefused, Answer: "303"}},
		{"moved for now", 307, "", onboarding.Attempt{Result: onboarding.AttemptRefused, Answer: "307"}},
		{"moved for good", 308, "", onboarding.Attempt{Result: onboarding.AttemptRefused, Answer: "308"}},
		{"not modified", 304, "", onboarding.Attempt{Result: onboarding.AttemptRefused, Answer: "304"}},
		{"bad request", 400, "", onboarding.Attempt{Result: onboarding.AttemptRefused, Answer: "400"}},
		{"gone", 410, "", onboarding.Attempt{Result: onboarding.AttemptRefused, Answer: "410", Gone: true}},
		{"refused for a while", 403, "60", onboarding.Attempt{Result: onboarding.AttemptRefused, Answer: "403", RetryAfter: time.Minute}},
		{"request timeout", 408, "", onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: "408"}},
		{"too early", 425, "", onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: "425"}},
		{"too many", 429, "120", onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: "429", RetryAfter: 2 * time.Minute}},
		{"error", 500, "", onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: "500"}},
		{"not implemented", 501, "", onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: "501"}},
		{"unavailable", 503, "7200", onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: "503", RetryAfter: 2 * time.Hour}},
		{"unknown", 799, "", onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: "799"}},
	}
	elsewhere := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a redirect was followed") })
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", elsewhere.URL)
				if tt.retryAfter != "" {
					w.Header().Set("Retry-After", tt.retryAfter)
				}
				w.WriteHeader(tt.status)
			})
			if got := hook(t, activities.HookConfig{URL: e.URL, AllowPrivate: true}).Send(within(t, time.Minute), grant); !same(got, tt.want) {
				t.Errorf("Send = %+v, want %+v", got, tt.want)
			}
			if n := len(e.requests()); n != 1 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		name, text string
		want       time.Duration
	}{
		{"none", "", 0},
		{"seconds", "90", 90 * time.Second},
		{"none to wait", "0", 0},
		{"at the limit", "86400", 24 * time.Hour},
		{"beyond the limit", "86401", 24 * time.Hour},
		{"beyond numbers", "99999999999999999999999", 24 * time.Hour},
		{"negative", "-5", 0},
		{"fraction", "1.5", 0},
		{"date", now.Add(5 * time.Minute).Format(http.TimeFormat), 5 * time.Minute},
		{"past date", now.Add(-time.Minute).Format(http.TimeFormat), 0},
		{"far date", now.AddDate(1, 0, 0).Format(http.TimeFormat), 24 * time.Hour},
		{"words", "tomorrow", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := activities.RetryAfter(tt.text, now); got != tt.want {
				t.Errorf("RetryAfter(%q) = %v, want %v", tt.text, got, tt.want)
			}
		})
	}
}

// TestHookUnreachable holds the names of what goes wrong before an answer.
func TestHookUnreachable(t *testing.T) {
	t.Parallel()
	done := make(chan struct{})
	slow := serve(t, func(http.ResponseWriter, *http.Request) { <-done })
	t.Cleanup(func() { close(done) }) // before slow is closed, which waits for it
	dropped := serve(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(secure.Close)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := closed.Addr().String()
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, url, want string }{
		{"slow", slow.URL, "timeout"},
		{"dropped", dropped.URL, "broken connection"},
		{"nobody listens", "http://" + nobody, "refused connection"},
		{"unknown host", "http://nowhere.invalid", "unknown host"},
		{"certificate of nobody", secure.URL, "bad certificate"},
		{"no TLS", strings.Replace(dropped.URL, "http", "https", 1), "no TLS"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			limit := 10 * time.Second
			if tt.want == "timeout" {
				limit = 50 * time.Millisecond
			}
			got := hook(t, activities.HookConfig{URL: tt.url, AllowPrivate: true}).Send(within(t, limit), grant)
			if !same(got, onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: tt.want}) {
				t.Errorf("Send = %+v, want %q", got, tt.want)
			}
		})
	}
	t.Run("cancelled", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		got := hook(t, activities.HookConfig{URL: slow.URL, AllowPrivate: true}).Send(ctx, grant)
		if got.Result != onboarding.AttemptFailed || got.Answer != "cancelled" {
			t.Errorf("Send = %+v", got)
		}
	})
}

// TestHookEndlessAnswer holds that an answer that never ends, or breaks off, is
// judged by its status.
func TestHookEndlessAnswer(t *testing.T) {
	t.Parallel()
	endless := serve(t, func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 1<<10)); err != nil {
				return
			}
		}
	})
	torn := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		w.WriteHeader(http.StatusOK)
	})
	for name, e := range map[string]*endpoint{"endless": endless, "torn": torn} {
		got := hook(t, activities.HookConfig{URL: e.URL, AllowPrivate: true}).Send(within(t, time.Minute), grant)
		if !same(got, onboarding.Attempt{Result: onboarding.AttemptDelivered, Answer: "200"}) {
			t.Errorf("%s: Send = %+v", name, got)
		}
	}
}

// TestHookPrivate holds that a hook without allow_private reaches nobody inside,
// however the address is written, and whatever a name resolves to.
func TestHookPrivate(t *testing.T) {
	t.Parallel()
	e := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a private address was reached") })
	_, port, err := net.SplitHostPort(e.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]", "169.254.169.254", "10.0.0.1"} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			got := hook(t, activities.HookConfig{URL: "http://" + host + ":" + port}).Send(within(t, time.Minute), grant)
			if !same(got, onboarding.Attempt{Result: onboarding.AttemptFailed, Answer: "private address"}) {
				t.Errorf("Send = %+v", got)
			}
		})
	}
}

func TestPublic(t *testing.T) {
	t.Parallel()
	tests := []struct {
		address string
		want    bool
	}{
		{"1.1.1.1", true}, {"172.15.255.255", true}, {"172.32.0.1", true}, {"100.63.255.255", true}, {"100.128.0.1", true},
		{"193.0.0.1", true}, {"223.255.255.255", true}, {"2606:4700::1111", true}, {"::ffff:1.1.1.1", true}, {"64:ff9b::1.1.1.1", true},
		{"0.0.0.0", false}, {"10.1.2.3", false}, {"100.64.0.1", false}, {"100.127.255.255", false}, {"127.0.0.1", false}, {"127.255.0.1", false},
		{"169.254.169.254", false}, {"172.16.0.1", false}, {"172.31.255.255", false}, {"192.0.0.8", false}, {"192.0.2.1", false},
		{"192.168.1.1", false}, {"198.18.0.1", false}, {"198.19.255.255", false}, {"198.51.100.1", false}, {"203.0.113.1", false},
		{"224.0.0.1", false}, {"239.255.255.255", false}, {"240.0.0.1", false}, {"255.255.255.255", false},
		{"::", false}, {"::1", false}, {"::ffff:10.0.0.1", false}, {"::ffff:127.0.0.1", false}, {"::127.0.0.1", false},
		{"64:ff9b::10.0.0.1", false}, {"64:ff9b::169.254.169.254", false}, {"64:ff9b:1::1", false}, {"100::1", false},
		{"2001::1", false}, {"2001:db8::1", false}, {"2002:7f00:1::", false}, {"3fff::1", false}, {"5f00::1", false},
		{"fc00::1", false}, {"fd12:3456::1", false}, {"fe80::1", false}, {"fe80::1%eth0", false}, {"fec0::1", false}, {"ff02::1", false},
	}
	for _, tt := range tests {
		if got := activities.Public(netip.MustParseAddr(tt.address)); got != tt.want {
			t.Errorf("Public(%s) = %t", tt.address, got)
		}
	}
	if activities.Public(netip.Addr{}) {
		t.Error("no address is public")
	}
}
