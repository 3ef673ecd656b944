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
		Hook                   struct{ Name, State, Answer string } // of hook.*
	}
}

// key is the idempotency key of the effect at a target, as the ledger has it.
func (c call) key(target string) string {
	what := c.Type
	if c.Data.Check != "" {
		what += ":" + c.Data.Check
	}
	return fmt.Sprintf("%s/%d/%s/%s", c.Data.UserID, c.Data.Version, what, target)
}

// verifier tells whether a request is well signed: what the public libraries do.
type verifier interface {
	Verify(body []byte, header http.Header) error
}

// sink is a system of the merchant's that hooks are sent to. It believes only
// what the public Standard Webhooks library finds well signed.
type sink struct {
	server   *httptest.Server
	verifier verifier
	// sees is told of each call that is taken or not, before it is answered and once
	// the answer is on its way. It is set before the first call.
	sees func(c call, answered bool)

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
	return newSinkBy(t, verifier)
}

// newSinkBy starts a sink that believes what a library of its own finds well
// signed.
func newSinkBy(t *testing.T, verifier verifier) *sink {
	t.Helper()
	k := &sink{verifier: verifier, sees: func(call, bool) {}, answer: func(call) int { return http.StatusNoContent }}
	k.server = httptest.NewServer(k)
	t.Cleanup(func() {
		k.server.Close()
		for _, f := range k.faults {
			t.Error("the sink could not", f)
		}
	})
	return k
}

// ServeHTTP takes one call.
func (k *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	at := time.Now()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the sender went away, and will come again
	}
	if err := k.verifier.Verify(body, r.Header); err != nil {
		k.fault("verify: %v", err)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	c := call{ID: r.Header.Get(standardwebhooks.HeaderWebhookID), At: at, Raw: body}
	if err := json.Unmarshal(body, &c); err != nil {
		k.fault("decode: %v", err)
	}
	if r.Context().Err() != nil {
		return // the sender has given it up, and will come again
	}
	c = k.take(c)
	k.sees(c, false)
	if c.Status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", "1")
	}
	w.WriteHeader(c.Status)
	// An error means that the sender is gone, which is its affair.
	_ = http.NewResponseController(w).Flush()
	k.sees(c, true)
}

func (k *sink) take(c call) call {
	k.mu.Lock()
	defer k.mu.Unlock()
	c.Status = k.answer(c)
	k.calls = append(k.calls, c)
	return c
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
			taken[c.key("")]++
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

// follows holds that access never went backwards, and that who drops what is
// older than what was taken ends with the user's access.
func (k *sink) follows(t *testing.T, v view) {
	t.Helper()
	newest, access := int64(0), "none"
	for _, c := range k.of(v.UserID, "access.granted", "access.revoked") {
		if c.Data.AccessVersion < newest {
			t.Errorf("%s came with access version %d after %d", c.Type, c.Data.AccessVersion, newest)
		}
		if c.Status < 300 && c.Data.AccessVersion > newest {
			newest, access = c.Data.AccessVersion, c.Data.Access
		}
	}
	if newest != v.AccessVersion || access != v.Access {
		t.Errorf("access of %s ends downstream as %s %d; it is %s %d", v.UserID, access, newest, v.Access, v.AccessVersion)
	}
}

// hook is the configuration's lines for the sink, as the hook "core".
func (k *sink) hook(events string) string { return hookAt(k.server.URL, "core", events, "") }

// hookAt is the configuration's lines for a hook at a URL, with more settings in
// YAML's flow style where some are given.
func hookAt(url, name, events, more string) string {
	if more != "" {
		more = ", " + more
	}
	return fmt.Sprintf("  - {name: %s, url: %q, secrets_env: E2E_HOOK_SECRET, events: [%s], allow_private: true%s}\n", name, url, events, more)
}

// config is a configuration with the sink alone, called for everything.
func (k *sink) config() string { return noJitter + "hooks:\n" + k.hook(`"*"`) }

// noJitter is a policy without jitter.
const noJitter = "policy: {jitter: 0s}\n"
