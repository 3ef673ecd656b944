package access_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"admit/cmd/examplereceiver/internal/access"
)

// Secrets of 24 and of 32 bytes.
const (
	secret  = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	another = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
)

// now is the receiver's time.
var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// sign returns the headers of a body that was signed then, by each of the secrets.
func sign(t testing.TB, body string, at time.Time, secrets ...string) http.Header {
	t.Helper()
	h := http.Header{}
	h.Set(standardwebhooks.HeaderWebhookID, "msg_1")
	h.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(at.Unix(), 10))
	var signed []string
	for _, s := range secrets {
		w, err := standardwebhooks.NewWebhook(s)
		if err != nil {
			t.Fatal(err)
		}
		signature, err := w.Sign("msg_1", at, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		signed = append(signed, signature)
	}
	h.Set(standardwebhooks.HeaderWebhookSignature, strings.Join(signed, " "))
	return h
}

// newVerifier returns a verifier whose clock stands at now.
func newVerifier(t testing.TB, secrets ...string) *access.Verifier {
	t.Helper()
	v, err := access.NewVerifier(secrets)
	if err != nil {
		t.Fatal(err)
	}
	v.Clock = func() time.Time { return now }
	return v
}

// receiver is a receiver with one secret and a store.
func receiver(t testing.TB, store access.Store, log *slog.Logger) http.Handler {
	t.Helper()
	h := access.Handler{Verifier: newVerifier(t, secret), Store: store, Logger: log}
	return h.Routes()
}

// deliver posts a body, well signed, and returns the status.
func deliver(t testing.TB, to http.Handler, body string) int {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/hooks/admit", strings.NewReader(body))
	r.Header = sign(t, body, now, secret)
	w := httptest.NewRecorder()
	to.ServeHTTP(w, r)
	return w.Code
}

// hook is the body of a hook about user-1's access: every odd version grants it.
func hook(version int64) string {
	word, stage := "revoked", "suspended"
	if grants(version) {
		word, stage = "granted", "approved"
	}
	return fmt.Sprintf(`{"type":"access.%s","timestamp":"2026-03-01T09:00:00Z","data":{"userId":"user-1","stage":%q,"blockedOn":"nobody",`+
		`"access":%q,"accessVersion":%d,"version":%d,"checks":{"kyc":"passed"}}}`, word, stage, word, version, version+3)
}

func grants(version int64) bool { return version%2 == 1 }

// away is a store that does not answer.
type away struct{ access.Memory }

var errAway = errors.New("the store is away")

func (*away) Put(context.Context, access.Word) (bool, error) { return false, errAway }
func (*away) Get(context.Context, string) (access.Word, bool, error) {
	return access.Word{}, false, errAway
}

// counting is a store that counts how often it kept each version.
type counting struct {
	access.Memory

	mu   sync.Mutex
	kept map[int64]int
}

func (c *counting) Put(ctx context.Context, w access.Word) (bool, error) {
	kept, err := c.Memory.Put(ctx, w)
	if kept {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.kept[w.Version]++
	}
	return kept, err
}
