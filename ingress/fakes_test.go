package ingress_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"admit/ingress"
	"admit/onboarding"
)

// fake is a provider. With a token it proves itself by the header, with a hash
// by the body. Its bodies are {"user","status","attempt","hash","kind"}.
type fake struct {
	name, token, hash string
	routes            [][3]string // route, path, answer
	panics            bool
}

// byHeader and byBody have the routes of the two real providers.
var (
	byHeader = fake{name: "p100", token: "token-1", routes: [][3]string{
		{"kyc-verification", "/webhook/kyc-verification/status", "{}"},
		{"kyc-files", "/webhook/kyc-files/status", "null"},
		{"poa-verification", "/webhook/poa-verification/status", "{}"},
		{"high-risk-verification", "/user-manual-verification-status-webhook", "{}"},
		{"high-risk-verification", "/webhook/user-manual-verification-status-webhook", "{}"},
		{"user-status", "/webhook/user/status", "{}"},
	}}
	byBody = fake{name: "xgateway", hash: "hash-1", routes: [][3]string{{"kyc", "/handle-kyc-status", "{}"}}}
)

func (f fake) Name() string      { return f.name }
func (f fake) Challenge() string { return f.name + "-proof" }

func (f fake) Routes(add func(route, path, answer string)) {
	for _, r := range f.routes {
		add(r[0], r[1], r[2])
	}
}

func (f fake) Authorize(h http.Header) bool {
	return f.token == "" || h.Get("Authorization") == f.token
}

func (f fake) Ours(body []byte) bool { return !bytes.Contains(body, []byte(`"kind":"other"`)) }

func (f fake) Open(body []byte) ([]byte, bool, error) {
	if f.hash == "" {
		return body, true, nil
	}
	var m map[string]any
	if err := json.Unmarshal(body, &m); err != nil {
		return nil, false, err
	}
	proven := m["hash"] == f.hash
	delete(m, "hash")
	stored, err := json.Marshal(m)
	return stored, proven, err
}

func (f fake) Decode(_ string, body []byte) (string, onboarding.Report, error) {
	if f.panics {
		panic("a panic that quotes " + string(body))
	}
	var m struct{ User, Status, Attempt string }
	if err := json.Unmarshal(body, &m); err != nil {
		return "", onboarding.Report{}, err
	}
	if m.Status == "" {
		return m.User, onboarding.Report{}, errors.New("no status")
	}
	if err := onboarding.CheckUserID(m.User); err != nil {
		return "", onboarding.Report{}, err
	}
	return m.User, onboarding.Report{Check: onboarding.KYC, Status: m.Status, Attempt: m.Attempt}, nil
}

// store is an Acceptor and a Ringer that remembers.
type store struct {
	mu                sync.Mutex
	events, malformed []onboarding.Event
	rings             map[string]onboarding.Ring
	err               error
	entered           chan struct{} // told when Accept is entered, where set
	release           chan struct{} // Accept waits for it, where set
	ringPanics        bool
}

func (s *store) Accept(_ context.Context, e onboarding.Event) (int64, error) {
	if s.entered != nil {
		s.entered <- struct{}{}
	}
	if s.release != nil {
		<-s.release
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return 0, s.err
	}
	s.events = append(s.events, e)
	return int64(len(s.events)), nil
}

func (s *store) AcceptMalformed(_ context.Context, e onboarding.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	s.malformed = append(s.malformed, e)
	return nil
}

func (s *store) Ring(userID string, r onboarding.Ring) {
	if s.ringPanics {
		panic("no bell")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rings == nil {
		s.rings = map[string]onboarding.Ring{}
	}
	s.rings[userID] = r
}

func (s *store) kept() (events, malformed []onboarding.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.events), slices.Clone(s.malformed)
}

// observation is one call of Observe.
type observation struct{ provider, route, outcome string }

// setup is a listener with everything around it faked.
type setup struct {
	*ingress.Server
	store    *store
	mu       sync.Mutex
	log      bytes.Buffer
	observed []observation
}

func (s *setup) Write(line []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.Write(line)
}

// logged returns what was logged, and observations what was counted so far.
func (s *setup) logged() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

func (s *setup) observations() []observation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.observed)
}

// newSetup returns a listener for the given providers, byHeader and byBody where
// there are none.
func newSetup(t testing.TB, st *store, limits ingress.Limits, providers ...ingress.Provider) *setup {
	t.Helper()
	if providers == nil {
		providers = []ingress.Provider{byHeader, byBody}
	}
	s := &setup{store: st}
	clock := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s.Server = ingress.New(ingress.Options{
		Providers: providers, Acceptor: st, Ringer: st, Limits: limits,
		Logger: slog.New(slog.NewJSONHandler(s, nil)),
		Observe: func(provider, route, outcome string, took time.Duration) {
			s.mu.Lock()
			defer s.mu.Unlock()
			if took < time.Second { // each look at the clock moves it on by a second
				outcome += " in " + took.String()
			}
			s.observed = append(s.observed, observation{provider, route, outcome})
		},
		Now: func() time.Time {
			s.mu.Lock()
			defer s.mu.Unlock()
			clock = clock.Add(time.Second)
			return clock
		},
		NewID: func() string { return "made-1" },
	})
	return s
}

// problemOf returns the problem in a body.
func problemOf(t *testing.T, body io.Reader) (p struct {
	Type, Title, Code, Detail, RequestID string
	Status                               int
}) {
	t.Helper()
	if err := json.NewDecoder(body).Decode(&p); err != nil {
		t.Fatalf("no problem: %v", err)
	}
	return p
}
