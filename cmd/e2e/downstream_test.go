package e2e_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/worker"
)

// colleague is a worker of another team: it knows Temporal, the names in the
// configuration, and the documented JSON; nothing of Admit's code.
type colleague struct {
	mu    sync.Mutex
	heard []news
}

// news is what the other team reads of an event.
type news struct {
	At   time.Time `json:"-"`
	Type string    `json:"type"`
	Data struct {
		User    string `json:"userId"`
		Access  string `json:"access"`
		Version int64  `json:"version"`
	} `json:"data"`
}

func (c *colleague) OnOnboardingEvent(_ context.Context, raw json.RawMessage) error {
	n := news{At: time.Now()}
	if err := json.Unmarshal(raw, &n); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.heard = append(c.heard, n)
	return nil
}

func (c *colleague) of(user, kind string) []news {
	c.mu.Lock()
	defer c.mu.Unlock()
	var found []news
	for _, n := range c.heard {
		if n.Data.User == user && n.Type == kind {
			found = append(found, n)
		}
	}
	return found
}

// work polls the other team's queue until the test ends.
func (c *colleague) work(t *testing.T, s *system) {
	t.Helper()
	w := worker.New(dial(t, s.temporal, s.namespace), "crm", worker.Options{DisableWorkflowWorker: true})
	w.RegisterActivityWithOptions(c.OnOnboardingEvent, activity.RegisterOptions{Name: "OnOnboardingEvent"})
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
}

// started has the merchant start an onboarding with a contact.
func (s *system) started(user string, contact map[string]string) {
	s.t.Helper()
	h := bearer(operatorToken)
	h.Set("Content-Type", "application/json")
	body := encode(map[string]any{"userId": user, "contact": contact})
	a, err := s.send(http.MethodPost, "http://"+s.admin+"/v1/onboardings", h, strings.NewReader(body))
	if err != nil || a.status != http.StatusCreated {
		s.t.Fatalf("start %s: %v, %v", user, a, err)
	}
}

// mailsTo returns the texts of all mails to an address.
func mailsTo(address string) ([]string, error) {
	dir := os.Getenv("DEVSTACK_MAIL_DIR")
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var mails []string
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".eml" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if strings.Contains(string(text), address) {
			mails = append(mails, string(text))
		}
	}
	return mails, nil
}

// TestReversalOvertakesGrant reverses approvals while downstream refuses the grants,
// and holds that a revoke does not wait for its grant's backoff, that downstream never
// sees a grant once it was told of the revoke, and that the access version only grows.
func TestReversalOvertakesGrant(t *testing.T) {
	t.Parallel()
	const outage, users = 20 * time.Second, 3
	k := newSink(t)
	s := newSystem(t, options{config: k.config()})
	s.serve()
	until := time.Now().Add(outage)
	k.down(func(call) bool { return time.Now().Before(until) })
	for i := range users {
		s.accepted(pathKYC, kyc(s.user(i), "VERIFIED", "SUCCESSFUL"))
	}
	var took []time.Duration
	for i := range users {
		took = append(took, s.overtakes(t, k, s.user(i)))
	}
	t.Logf("from a reversal's webhook to the first attempt at its revoke, with the grant in backoff: %s", percentiles(took))
	if percentile(took, 50) > grantRests/2 {
		t.Errorf("the revokes waited for the grants: %v", took)
	}
	s.settled()
	for i := range users {
		user := s.user(i)
		k.neverBackwards(t, user)
		s.sees(user, "suspended", func(v view) bool { return v.Access == "revoked" && v.AccessVersion == 2 && v.Reversed })
		s.effectStates(user, map[string]string{"access.granted": "superseded", "access.revoked": "delivered"})
	}

	// A pass right after a reversal may be stale, so it needs work in progress
	// before it.
	user := s.user(0)
	s.accepted(pathKYC, kyc(user, "NOT_VERIFIED", "PENDING"))
	s.accepted(pathKYC, kyc(user, "VERIFIED", "SUCCESSFUL"))
	s.sees(user, "approved again", func(v view) bool { return v.Access == "granted" && v.AccessVersion == 3 })
	s.settled()
	grants := k.of(user, "access.granted")
	if last := grants[len(grants)-1]; last.Data.AccessVersion != 3 || last.Status != http.StatusNoContent {
		t.Errorf("the last grant was %+v", last)
	}
}

// A grant that was tried grantTries times rests for grantRests.
const grantTries, grantRests = 4, 8 * time.Second

// overtakes reverses a user whose grant rests between two attempts, and returns how
// long after the webhook the revoke was first tried.
func (s *system) overtakes(t *testing.T, k *sink, user string) time.Duration {
	t.Helper()
	eventually(t, fmt.Sprintf("the grant was tried %d times", grantTries), func() error {
		if n := int64(len(k.of(user, "access.granted"))); n < grantTries {
			return errFew{n, grantTries}
		}
		return nil
	})
	grants := k.of(user, "access.granted")
	for _, c := range grants {
		if c.ID != grants[0].ID {
			t.Errorf("the grant came again under another ID, %s", c.ID)
		}
	}
	reversed := time.Now()
	s.accepted(pathKYC, kyc(user, "NOT_VERIFIED", ""))
	eventually(t, "the revoke was tried", func() error {
		if len(k.of(user, "access.revoked")) == 0 {
			return errors.New("not yet")
		}
		return nil
	})
	return k.of(user, "access.revoked")[0].At.Sub(reversed)
}

// neverBackwards holds that what downstream was told of access never fell behind
// what it was told before, whether it took it or not, and that it took no grant
// that was reversed.
func (k *sink) neverBackwards(t *testing.T, user string) {
	t.Helper()
	newest := int64(0)
	for i, c := range k.of(user, "access.granted", "access.revoked") {
		if c.Data.AccessVersion < newest {
			t.Errorf("call %d, %s, has access version %d after %d", i, c.Type, c.Data.AccessVersion, newest)
		}
		newest = max(newest, c.Data.AccessVersion)
		if c.Type == "access.granted" && c.Status < 300 {
			t.Errorf("call %d: a grant was taken that was reversed before", i)
		}
	}
}

// effectStates holds in which state the newest effect of each name ended.
func (s *system) effectStates(user string, want map[string]string) {
	s.t.Helper()
	entries, err := s.timeline(user)
	if err != nil {
		s.t.Fatal(err)
	}
	for name, state := range want {
		last := ""
		for _, e := range entries {
			if e.Kind == "effect" && e.Effect == name {
				last = e.State
			}
		}
		if last != state {
			s.t.Errorf("%s of %s is %q, want %s", name, user, last, state)
		}
	}
}
