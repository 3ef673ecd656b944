package e2e_test

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// What the tests prove themselves with.
const (
	p100Token      = "p100-token-for-tests"
	xgatewaySecret = "xgateway-secret-for-tests"
	operatorToken  = "operator-token-for-tests"
	readerToken    = "reader-token-for-tests"
	adminTokens    = "alice:operate:" + operatorToken + ",bob:read:" + readerToken
	hookSecret     = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
)

// options say how a test's system differs from the usual one. Empty fields mean
// the usual.
type options struct {
	database  string   // its URL; a new database by default
	temporal  string   // host:port; the shared one with a new namespace by default
	namespace string   // of a temporal that is given
	config    string   // YAML; without hooks by default
	env       []string // beside the usual, NAME=value
}

// system is an Admit of a test's own: a database, a namespace, and the addresses
// and settings that its processes keep when they are started anew.
type system struct {
	t                   *testing.T
	database            string
	pool                *pgxpool.Pool
	temporal, namespace string
	public, admin       string // host:port
	config              string // the file's path
	env                 []string
	client              *http.Client
}

// newSystem prepares a system; nothing runs yet.
func newSystem(t *testing.T, o options) *system {
	t.Helper()
	s := &system{
		t: t, database: o.database, temporal: o.temporal, namespace: cmp.Or(o.namespace, "default"),
		public: freeAddress(t), admin: freeAddress(t),
		client: &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 128}},
	}
	t.Cleanup(s.client.CloseIdleConnections)
	if s.database == "" {
		s.database = newDatabase(t)
	}
	if s.temporal == "" {
		s.temporal, s.namespace = os.Getenv("TEMPORAL_ADDRESS"), newNamespace(t)
	}
	s.pool = newPool(t, s.database)
	s.config = filepath.Join(t.TempDir(), "admit.yaml")
	s.configure(o.config)
	s.env = append([]string{
		"PATH=" + os.Getenv("PATH"), "DATABASE_URL=" + s.database,
		"TEMPORAL_ADDRESS=" + s.temporal, "TEMPORAL_NAMESPACE=" + s.namespace,
		"ADMIT_LISTEN=" + s.public, "ADMIT_ADMIN_LISTEN=" + s.admin, "ADMIT_ADMIN_TOKENS=" + adminTokens,
		"ADMIT_P100_TOKENS=" + p100Token, "ADMIT_XGATEWAY_SECRETS=" + xgatewaySecret, "ADMIT_XGATEWAY_TRUST_CALLBACKS=true",
		"ADMIT_CONFIG=" + s.config, "E2E_HOOK_SECRET=" + hookSecret,
	}, o.env...)
	return s
}

// configure writes the configuration that processes started from now on have.
func (s *system) configure(yaml string) {
	s.t.Helper()
	if err := os.WriteFile(s.config, []byte(yaml), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// in returns the system as a subtest of its test uses it.
func (s *system) in(t *testing.T) *system {
	c := *s
	c.t = t
	return &c
}

// serve starts admit serve and returns when it is ready.
func (s *system) serve() *child {
	s.t.Helper()
	c := s.spawn("serve")
	s.ready(c)
	return c
}

// spawn starts a role with the system's settings and, behind them, those given.
func (s *system) spawn(role string, env ...string) *child {
	s.t.Helper()
	return spawn(s.t, "admit "+role, world.admit, append(append([]string{}, s.env...), env...), role)
}

// ready waits until the admin listener says that the process is ready.
func (s *system) ready(c *child) {
	s.t.Helper()
	eventually(s.t, c.name+" is ready", func() error {
		if c.ended() {
			s.t.Fatalf("%s ended: %s", c.name, c.tail())
		}
		status, body, err := s.get("http://"+s.admin+"/readyz", "")
		if err != nil {
			return err
		}
		if status != http.StatusOK {
			return fmt.Errorf("%d %s", status, body)
		}
		return nil
	})
}

// listens waits until the public listener answers.
func (s *system) listens() {
	s.t.Helper()
	eventually(s.t, "the ingress listens", func() error {
		status, body, err := s.get("http://"+s.public+"/webhook/health", "")
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("%d %s", status, body)
		}
		return err
	})
}

// user returns a user ID that no other test uses.
func (s *system) user(n int) string {
	name, _, _ := strings.Cut(s.t.Name(), "/")
	return fmt.Sprintf("%s-%d", strings.ToLower(strings.TrimPrefix(name, "Test")), n)
}

// folded waits until nothing is left to fold.
func (s *system) folded() {
	s.t.Helper()
	eventually(s.t, "everything is folded", func() error {
		n, err := tryCount(s.pool, "select count(*) from inbox")
		if err == nil && n > 0 {
			err = fmt.Errorf("%d events wait", n)
		}
		return err
	})
}

// settled waits until nothing is left to fold and no effect waits.
func (s *system) settled() {
	s.t.Helper()
	s.folded()
	eventually(s.t, "every effect is delivered", func() error {
		n, err := tryCount(s.pool, "select count(*) from effects where state = 'waiting'")
		if err == nil && n > 0 {
			err = fmt.Errorf("%d effects wait", n)
		}
		return err
	})
}

// background is the context of calls that a client's own deadline bounds.
func background(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}
