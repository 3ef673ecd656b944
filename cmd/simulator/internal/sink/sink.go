// Package sink plays a merchant's own system: it receives Admit's hooks, checks
// who sent them, and lets users in and shuts them out.
//
// It is what a receiver should be: it takes every message once however often it
// comes, and drops a grant or a revoke that is older than one it has acted on.
package sink

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// Path is where the hooks are received.
const Path = "/hooks/admit"

// Limits of what is read and remembered.
const (
	maxBody     = 64 << 10
	maxReceived = 300    // messages that the page shows
	maxUsers    = 10_000 // users whose access is known
	maxSeen     = 20_000 // IDs of messages that would be known again
)

// The fates of a message.
const (
	Taken    = "taken"
	Repeated = "repeated" // a message of that ID was taken before
	Stale    = "stale"    // a later grant or revoke was taken before
	Refused  = "refused"  // the signature is not Admit's, or the body no hook's
)

// Received is one message as the page shows it.
type Received struct {
	At            time.Time
	Type          string
	UserID        string
	Stage         string
	Access        string
	AccessVersion int64
	Fate          string
}

// message is a hook's body; what is not read here is left out.
type message struct {
	Type string `json:"type"`
	Data struct {
		UserID        string `json:"userId"`
		Stage         string `json:"stage"`
		Access        string `json:"access"`
		AccessVersion int64  `json:"accessVersion"`
	} `json:"data"`
}

// door is whether a user is let in, by the newest word.
type door struct {
	access  string
	version int64
}

// Sink receives hooks. It is an http.Handler and safe for concurrent use.
type Sink struct {
	Clock func() time.Time // set by New to time.Now

	verifier *standardwebhooks.Webhook

	mu       sync.Mutex
	received []Received // the newest last
	total    int
	doors    map[string]door
	seen     map[string]bool // by webhook-id
	ids      []string        // of seen, the oldest first
}

// New returns a sink for messages signed with that secret ("whsec_…").
func New(secret string) (*Sink, error) {
	verifier, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		return nil, fmt.Errorf("read the signing secret: %w", err)
	}
	return &Sink{Clock: time.Now, verifier: verifier, doors: map[string]door{}, seen: map[string]bool{}}, nil
}

// ServeHTTP receives hooks at Path and shows at / what it received.
func (s *Sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == Path && r.Method == http.MethodPost:
		s.receive(w, r)
	case r.URL.Path == "/" && (r.Method == http.MethodGet || r.Method == http.MethodHead):
		s.show(w)
	default:
		http.NotFound(w, r)
	}
}

func (s *Sink) receive(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, "the body cannot be read", http.StatusBadRequest)
		return
	}
	if err := s.verifier.Verify(body, r.Header); err != nil {
		s.note(message{}, Refused)
		http.Error(w, "the signature does not hold", http.StatusUnauthorized)
		return
	}
	var m message
	if err := json.Unmarshal(body, &m); err != nil || m.Type == "" || m.Data.UserID == "" {
		s.note(m, Refused)
		http.Error(w, "the body is no hook's", http.StatusBadRequest)
		return
	}
	s.note(m, s.take(r.Header.Get(standardwebhooks.HeaderWebhookID), m))
	w.WriteHeader(http.StatusNoContent)
}

// take acts on a message and returns its fate.
func (s *Sink) take(id string, m message) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen[id] {
		return Repeated
	}
	s.remember(id)
	if !strings.HasPrefix(m.Type, "access.") {
		return Taken
	}
	d, known := s.doors[m.Data.UserID]
	if known && m.Data.AccessVersion <= d.version {
		return Stale
	}
	if !known && len(s.doors) >= maxUsers {
		for other := range s.doors { // any will do
			delete(s.doors, other)
			break
		}
	}
	s.doors[m.Data.UserID] = door{strings.TrimPrefix(m.Type, "access."), m.Data.AccessVersion}
	return Taken
}

func (s *Sink) remember(id string) {
	if len(s.ids) >= maxSeen {
		delete(s.seen, s.ids[0])
		s.ids = slices.Delete(s.ids, 0, 1)
	}
	s.seen[id] = true
	s.ids = append(s.ids, id)
}

// note keeps a message for the page.
func (s *Sink) note(m message, fate string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total++
	if len(s.received) >= maxReceived {
		s.received = slices.Delete(s.received, 0, 1)
	}
	s.received = append(s.received, Received{
		At: s.Clock(), Type: m.Type, UserID: m.Data.UserID, Stage: m.Data.Stage,
		Access: m.Data.Access, AccessVersion: m.Data.AccessVersion, Fate: fate,
	})
}

// Received returns the newest messages, the newest last.
func (s *Sink) Received() []Received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.received)
}

// Access returns whether the user is let in, as the hooks said: "granted",
// "revoked", or "none" while they said nothing.
func (s *Sink) Access(userID string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d, ok := s.doors[userID]; ok {
		return d.access
	}
	return "none"
}
