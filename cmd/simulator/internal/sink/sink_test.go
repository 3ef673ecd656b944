package sink_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"admit/cmd/simulator/internal/sink"
)

const (
	secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
	other  = "whsec_ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA="
)

func setup(t *testing.T) (*sink.Sink, string) {
	t.Helper()
	s, err := sink.New(secret)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return s, server.URL
}

// body is a hook's body.
func body(kind, user, access string, version int) string {
	return fmt.Sprintf(`{"type":%q,"data":{"userId":%q,"stage":"approved","access":%q,"accessVersion":%d}}`, kind, user, access, version)
}

// post signs a body with a secret and posts it.
func post(t *testing.T, url, with, id, text string, at time.Time) int {
	t.Helper()
	signer, err := standardwebhooks.NewWebhook(with)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := signer.Sign(id, at, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+sink.Path, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("webhook-id", id)
	r.Header.Set("webhook-timestamp", strconv.FormatInt(at.Unix(), 10))
	r.Header.Set("webhook-signature", signature)
	return do(t, r)
}

func do(t *testing.T, r *http.Request) int {
	t.Helper()
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil {
		t.Error(err)
	}
	return answer.StatusCode
}

func fates(s *sink.Sink) string {
	var all []string
	for _, r := range s.Received() {
		all = append(all, r.Fate)
	}
	return strings.Join(all, " ")
}

func TestAccessNeverGoesBackwards(t *testing.T) {
	t.Parallel()
	s, url := setup(t)
	now := time.Now()
	if got := s.Access("u"); got != "none" {
		t.Errorf("access is %s before anything was said", got)
	}
	for _, m := range []struct {
		id, body, access string
	}{
		{"a", body("access.revoked", "u", "revoked", 2), "revoked"},
		{"b", body("access.granted", "u", "granted", 1), "revoked"}, // older: dropped
		{"a", body("access.revoked", "u", "revoked", 2), "revoked"}, // again
		{"c", body("onboarding.approved", "u", "granted", 3), "revoked"},
		{"d", body("access.granted", "u", "granted", 3), "granted"},
	} {
		if code := post(t, url, secret, m.id, m.body, now); code != http.StatusNoContent {
			t.Errorf("%s: answer %d", m.id, code)
		}
		if got := s.Access("u"); got != m.access {
			t.Errorf("after %s access is %s, want %s", m.id, got, m.access)
		}
	}
	if got, want := fates(s), "taken stale repeated taken taken"; got != want {
		t.Errorf("the fates are %q, want %q", got, want)
	}
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	good := body("access.granted", "u", "granted", 1)
	tests := map[string]struct {
		secret, body string
		at           time.Time
		code         int
	}{
		"another secret's signature": {other, good, time.Now(), http.StatusUnauthorized},
		"an old timestamp":           {secret, good, time.Now().Add(-time.Hour), http.StatusUnauthorized},
		"no JSON":                    {secret, "granted", time.Now(), http.StatusBadRequest},
		"nobody named":               {secret, `{"type":"access.granted"}`, time.Now(), http.StatusBadRequest},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, url := setup(t)
			if code := post(t, url, test.secret, "a", test.body, test.at); code != test.code {
				t.Errorf("answer %d, want %d", code, test.code)
			}
			if got := s.Access("u"); got != "none" {
				t.Errorf("access is %s", got)
			}
			if got := fates(s); got != sink.Refused {
				t.Errorf("the fates are %q", got)
			}
		})
	}
}

func TestUnsignedIsRefused(t *testing.T) {
	t.Parallel()
	s, url := setup(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+sink.Path, strings.NewReader(body("access.granted", "u", "granted", 1)))
	if err != nil {
		t.Fatal(err)
	}
	if code := do(t, r); code != http.StatusUnauthorized {
		t.Errorf("answer %d", code)
	}
	if got := s.Access("u"); got != "none" {
		t.Errorf("access is %s", got)
	}
}

func TestPageEscapes(t *testing.T) {
	t.Parallel()
	_, url := setup(t)
	if code := post(t, url, secret, "a", body("access.granted", "<b>u</b>", "granted", 1), time.Now()); code != http.StatusNoContent {
		t.Fatalf("answer %d", code)
	}
	answer, err := http.Get(url + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := answer.Body.Close(); err != nil {
			t.Error(err)
		}
	}()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"&lt;b&gt;u&lt;/b&gt;", `class="granted"`, "1 messages", "access.granted"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the page has no %q:\n%s", want, text)
		}
	}
	if strings.Contains(string(text), "<b>u") {
		t.Errorf("the page shows an ID as markup")
	}
}

func TestOtherPathsAreNotFound(t *testing.T) {
	t.Parallel()
	_, url := setup(t)
	for _, path := range []string{"/nothing", sink.Path} {
		answer, err := http.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		if err := answer.Body.Close(); err != nil || answer.StatusCode != http.StatusNotFound {
			t.Errorf("GET %s answers %d", path, answer.StatusCode)
		}
	}
}

func TestSecretMustBeOne(t *testing.T) {
	t.Parallel()
	if _, err := sink.New("whsec_!"); err == nil {
		t.Error("New takes a secret that is no base64")
	}
}
