package e2e_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// call is one attempt to deliver an effect to a sink.
type call struct {
	ID     string // webhook-id
	At     time.Time
	Status int // as the sink answered
	Raw    []byte
	Type   string
	Data   struct {
		UserID, Stage, Access  string
		AccessVersion, Version int64
		Checks                 map[string]string
		Check, Was             string
	}
}

// sink is a system of the merchant's that hooks are sent to. It believes only
// what the public Standard Webhooks library finds well signed.
type sink struct {
	server *httptest.Server

	mu     sync.Mutex
	answer func(call) int
	calls  []call
	faults []string
}

// newSink starts a sink that answers 204 to everything.
func newSink(t *testing.T) *sink {
	t.Helper()
	verifier, err := standardwebhooks.NewWebhook(hookSecret)
	if err != nil {
		t.Fatal(err)
	}
	k := &sink{answer: func(call) int { return http.StatusNoContent }}
	k.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at := time.Now()
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the sender went away, and will come again
		}
		if err := verifier.Verify(body, r.Header); err != nil {
			k.fault("verify: %v", err)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		c := call{ID: r.Header.Get(standardwebhooks.HeaderWebhookID), At: at, Raw: body}
		if err := json.Unmarshal(body, &c); err != nil {
			k.fault("decode: %v", err)
		}
		w.WriteHeader(k.take(c))
	}))
	t.Cleanup(func() {
		k.server.Close()
		for _, f := range k.faults {
			t.Error("the sink could not", f)
		}
	})
	return k
}

func (k *sink) take(c call) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	c.Status = k.answer(c)
	k.calls = append(k.calls, c)
	return c.Status
}

func (k *sink) fault(format string, args ...any) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.faults = append(k.faults, fmt.Sprintf(format, args...))
}

// answers sets what the sink answers from now on.
func (k *sink) answers(f func(call) int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.answer = f
}

// down makes the sink answer 500 to all calls for which choose says so.
func (k *sink) down(choose func(call) bool) {
	k.answers(func(c call) int {
		if choose(c) {
			return http.StatusInternalServerError
		}
		return http.StatusNoContent
	})
}

// up makes the sink answer 204 to everything.
func (k *sink) up() { k.down(func(call) bool { return false }) }

// of returns the calls about a user in the order in which they came, those of
// any of the types where some are given.
func (k *sink) of(user string, types ...string) []call {
	k.mu.Lock()
	defer k.mu.Unlock()
	var found []call
	for _, c := range k.calls {
		if c.Data.UserID == user && (len(types) == 0 || slices.Contains(types, c.Type)) {
			found = append(found, c)
		}
	}
	return found
}

// total returns how many calls there were.
func (k *sink) total() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.calls)
}

// twice returns the effects that were answered 2xx more than once, whatever IDs
// they came under.
func (k *sink) twice() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	taken := map[string]int{}
	for _, c := range k.calls {
		if c.Status < 300 {
			taken[fmt.Sprintf("%s/%d/%s:%s", c.Data.UserID, c.Data.Version, c.Type, c.Data.Check)]++
		}
	}
	var again []string
	for effect, n := range taken {
		if n > 1 {
			again = append(again, effect)
		}
	}
	return again
}

// hook is the configuration's lines for the sink, as the hook "core".
func (k *sink) hook(events string) string {
	return fmt.Sprintf("  - {name: core, url: %q, secrets_env: E2E_HOOK_SECRET, events: [%s], allow_private: true}\n", k.server.URL, events)
}

// config is a configuration with the sink alone, called for everything.
func (k *sink) config() string { return noJitter + "hooks:\n" + k.hook(`"*"`) }

// noJitter is a policy without jitter.
const noJitter = "policy: {jitter: 0s}\n"
