package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

const (
	secret  = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	another = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
)

func secrets(list string) func(string) string {
	return func(name string) string {
		if name == "ACCESS_HOOK_SECRETS" {
			return list
		}
		return ""
	}
}

// post delivers a hook signed by the secret, by the clock of this machine.
func post(t *testing.T, url, body, by string) int {
	t.Helper()
	w, err := standardwebhooks.NewWebhook(by)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now()
	signature, err := w.Sign("msg_1", at, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set(standardwebhooks.HeaderWebhookID, "msg_1")
	r.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(at.Unix(), 10))
	r.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	status, _ := do(t, r)
	return status
}

func do(t *testing.T, r *http.Request) (int, string) {
	t.Helper()
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, strings.TrimSpace(string(body))
}

// TestRun holds that the receiver says where it listens, takes what is signed by
// any of its secrets, tells what it holds, and stops.
func TestRun(t *testing.T) {
	t.Parallel()
	lines, out := io.Pipe()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, []string{"-listen", "127.0.0.1:0"}, secrets(secret+", "+another), out, io.Discard)
		out.CloseWithError(io.EOF)
		ended <- err
	}()
	line, err := bufio.NewReader(lines).ReadString('\n')
	if err != nil {
		t.Fatalf("it does not say where it listens: %v, %v", err, <-ended)
	}
	url, found := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if !found {
		t.Fatalf("it says %q", line)
	}
	for i, by := range []string{secret, another} {
		body := fmt.Sprintf(`{"type":"access.granted","timestamp":"2026-03-01T09:00:00Z","data":{"userId":"user-1","access":"granted","accessVersion":%d}}`, i+1)
		if got := post(t, url+"/hooks/admit", body, by); got != http.StatusNoContent {
			t.Errorf("version %d: status %d", i+1, got)
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/access/user-1", nil)
	if err != nil {
		t.Fatal(err)
	}
	if status, got := do(t, r); status != http.StatusOK || got != `{"userId":"user-1","granted":true,"version":2,"decided":"2026-03-01T09:00:00Z"}` {
		t.Errorf("it holds %d %s", status, got)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("run = %v", err)
	}
}

func TestRunRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, secrets string
		args          []string
		want          string
	}{
		{"no secrets", "", nil, "ACCESS_HOOK_SECRETS"},
		{"a bad secret", secret + ",hunter2", nil, "secret 2"},
		{"an unknown flag", secret, []string{"-port", "1"}, "not defined"},
		{"an address that is none", secret, []string{"-listen", "nowhere"}, "listen"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var errs bytes.Buffer
			err := run(t.Context(), c.args, secrets(c.secrets), io.Discard, &errs)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("run = %v, want %q", err, c.want)
			}
		})
	}
}
