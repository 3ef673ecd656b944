package e2e_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestReadmeCommands runs what the README tells a newcomer to try, at the
// addresses of this test's system.
func TestReadmeCommands(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "## Try it")
	_, rest, shown := strings.Cut(rest, "```sh\n")
	script, _, ended := strings.Cut(rest, "```")
	if !found || !shown || !ended {
		t.Fatal("the README shows nothing to try")
	}
	s := newSystem(t, options{config: noJitter, env: []string{
		"ADMIT_P100_TOKENS=dev-p100-token", "ADMIT_XGATEWAY_SECRETS=dev-xgateway-secret", "ADMIT_ADMIN_TOKENS=dev:admin:dev-admin-token-0001",
	}})
	s.serve()
	eventually(t, "the worker polls", func() error {
		_, body, err := s.get("http://"+s.admin+"/readyz", "")
		if err == nil && !strings.Contains(string(body), `"worker":"ok"`) {
			err = fmt.Errorf("readyz says %s", body)
		}
		return err
	})
	script = strings.NewReplacer("localhost:8080", s.public, "bin/admit", world.admit).Replace(script)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", script)
	cmd.Env = append(os.Environ(), "ADMIT_ADMIN_URL=http://"+s.admin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"HTTP/1.1 200 OK", "p100/kyc-verification", "hold applied", "on_hold", "lift applied", "approved"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the commands do not show %q:\n%s", want, out)
		}
	}
	if n := strings.Count(string(out), "HTTP/1.1 200 OK"); n != 2 {
		t.Errorf("%d webhooks were answered 200, want 2:\n%s", n, out)
	}
}
