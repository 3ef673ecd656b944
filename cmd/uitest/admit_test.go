package uitest_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What the tests prove themselves with.
const (
	p100Token     = "p100-token-for-tests"
	operatorToken = "operator-token-for-tests"
	hookSecret    = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
)

// config makes a high-risk review stall at once; all else is as built in.
const config = `
policy: {jitter: 0s, stall: {high_risk_review: {escalate: [1s, 24h]}}}
hooks:
  - {name: core-banking, url: %q, secrets_env: CORE_HOOK_SECRETS, events: ["*"], allow_private: true}
`

// shownLog is how much of admit's log is shown when a test fails, in bytes.
const shownLog = 16 << 10

// patience bounds every wait; it matters in failure alone.
const patience = time.Minute

// admit is a running Admit.
type admit struct {
	t             *testing.T
	public, admin string // host:port
}

// serve starts admit serve and returns when its worker polls. It ends with the
// test.
func serve(t *testing.T) *admit {
	t.Helper()
	sink := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(sink.Close)
	dir := t.TempDir()
	file := filepath.Join(dir, "admit.yaml")
	if err := os.WriteFile(file, fmt.Appendf(nil, config, sink.URL), 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(dir, "admit.log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(world.admit, "serve")
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Env = append(os.Environ(), "ADMIT_LISTEN=127.0.0.1:0", "ADMIT_ADMIN_LISTEN=127.0.0.1:0", "ADMIT_LOG_FORMAT=json",
		"ADMIT_PROVIDERS=p100", "ADMIT_P100_TOKENS="+p100Token, "ADMIT_ADMIN_TOKENS=support:operate:"+operatorToken,
		"ADMIT_CONFIG="+file, "CORE_HOOK_SECRETS="+hookSecret)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, cmd, log) })
	a := &admit{t: t}
	until(t, "admit says where it listens", func() error {
		a.public, a.admin = address(log.Name(), "webhooks are taken"), address(log.Name(), "the admin API answers")
		if a.public == "" || a.admin == "" {
			return errors.New("it has not yet")
		}
		return nil
	})
	until(t, "the worker polls", func() error {
		body, err := a.get("http://"+a.admin+"/readyz", "")
		if err == nil && !strings.Contains(string(body), `"worker":"ok"`) {
			err = fmt.Errorf("readyz says %s", body)
		}
		return err
	})
	return a
}

// stop ends the process, and shows its log when the test has failed.
func stop(t *testing.T, cmd *exec.Cmd, log *os.File) {
	if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("kill admit: %v", err)
	}
	// It was killed, which is what Wait would say.
	_ = cmd.Wait()
	if err := log.Close(); err != nil {
		t.Error(err)
	}
	if t.Failed() {
		text, err := os.ReadFile(log.Name())
		t.Logf("admit wrote, at the end (%v):\n%s", err, text[max(0, len(text)-shownLog):])
	}
}

// address returns the address in the log line with that message, "" while there
// is none.
func address(log, message string) string {
	text, err := os.ReadFile(log)
	if err != nil {
		return ""
	}
	for line := range bytes.Lines(text) {
		var l struct{ Msg, Address string }
		if json.Unmarshal(line, &l) == nil && l.Msg == message {
			return l.Address
		}
	}
	return ""
}

// webhook posts a webhook of P100's.
func (a *admit) webhook(path, body string) {
	a.t.Helper()
	if err := a.post("http://"+a.public+path, p100Token, body); err != nil {
		a.t.Fatal(err)
	}
}

// kyc posts what P100 says of a user's verification.
func (a *admit) kyc(user, status, attempt string) {
	a.t.Helper()
	a.webhook("/webhook/kyc-verification/status", fmt.Sprintf(`{"externalUserId":%q,"verificationStatus":%q,"attemptStatus":%q}`, user, status, attempt))
}

// command has a command done by the admin API. The answer is 202 where that takes
// longer than the API waits; the same request sent again is answered what became of it.
func (a *admit) command(user, name string) {
	a.t.Helper()
	body := fmt.Sprintf(`{"command":%q,"reason":"for the test","requestId":%q}`, name, rand.Text())
	until(a.t, name+" is done", func() error {
		return a.post("http://"+a.admin+"/v1/onboardings/"+user+"/commands", "Bearer "+operatorToken, body)
	})
}

// onboarding is what the tests read of the admin API's answer.
type onboarding struct {
	Stage        string
	Stalled      bool
	Version      int64
	NextDeadline time.Time
}

// sees waits until the admin API shows the user as wanted.
func (a *admit) sees(user, what string, wanted func(onboarding) bool) (o onboarding) {
	a.t.Helper()
	until(a.t, user+" is "+what, func() error {
		body, err := a.get("http://"+a.admin+"/v1/onboardings/"+user, "Bearer "+operatorToken)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(body, &o); err != nil {
			return err
		}
		if !wanted(o) {
			return fmt.Errorf("it shows %s", body)
		}
		return nil
	})
	return o
}

func (a *admit) post(url, token, body string) error {
	req, err := http.NewRequestWithContext(a.t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	_, err = send(req, token)
	return err
}

func (a *admit) get(url, token string) ([]byte, error) {
	req, err := http.NewRequestWithContext(a.t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	return send(req, token)
}

// send returns the body of an answer 200; any other is an error.
func send(req *http.Request, token string) ([]byte, error) {
	if token != "" {
		req.Header.Set("Authorization", token)
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(answer.Body)
	err = errors.Join(err, answer.Body.Close())
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s %s: %s %s", req.Method, req.URL.Path, answer.Status, body)
	}
	return body, err
}

// until waits until check returns nil, and fails the test with its last answer
// when that takes too long.
func until(t *testing.T, what string, check func() error) {
	t.Helper()
	deadline, tick := time.NewTimer(patience), time.NewTicker(100*time.Millisecond)
	defer deadline.Stop()
	defer tick.Stop()
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("%s: not within %v: %v", what, patience, err)
		}
	}
}
