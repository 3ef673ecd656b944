package e2e_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestReadmeOperatorCommands runs what the README shows an operator, on a system
// that knows the users it speaks of.
func TestReadmeOperatorCommands(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "## For the operator")
	_, rest, shown := strings.Cut(rest, "```sh\n")
	script, _, ended := strings.Cut(rest, "```")
	if !found || !shown || !ended {
		t.Fatal("the README shows no commands")
	}
	k := newSink(t)
	s := newSystem(t, options{config: k.config(), env: []string{"ADMIT_ADMIN_TOKENS=dev:admin:dev-admin-token-0001"}})
	s.serve()
	s.accepted(pathKYC, kyc("user-1", "VERIFIED", "SUCCESSFUL"))
	s.accepted(pathKYC, kyc("user-2", "NOT_VERIFIED", "REJECTED_BY_PROVIDER"))
	s.folded()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", strings.ReplaceAll(script, "bin/admit", world.admit))
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "ADMIT_ADMIN_URL=http://"+s.admin, "ADMIT_TOKEN=dev-admin-token-0001")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"what the policy requires has passed", "p100/kyc-verification", "policy ", "flag_high_risk applied", "override_check applied",
		"extend_deadline applied", "remind applied", "reopen applied", "hold would go to 1 user", "hold for 1 user: 1 applied", "lift for 1 user: 1 applied",
		"2 users can be imported", "2 users imported", "2 users rung", "4 users rung", "user-2@example.com", "the contact of user-2 is erased",
		"Subject: ", "BAD_SELFIE", "core took it: 204", "0 effects replayed to core", "core is told what is true now: ", "erase applied"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the commands do not show %q:\n%s", want, out)
		}
	}
}
