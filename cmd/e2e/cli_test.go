package e2e_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Exit codes of the operator's commands.
const (
	exitDone         = 0
	exitFailed       = 1
	exitUsage        = 2
	exitNotFound     = 3
	exitUnreachable  = 4
	exitUnauthorised = 5
)

// TestOperatorsCommands runs the operator's commands against a running process. It
// is not parallel: what it is answered depends on the engine being there in time.
func TestOperatorsCommands(t *testing.T) {
	s := newSystem(t, options{config: noJitter})
	s.serve()
	user, nobody := s.user(1), s.user(2)
	s.accepted(pathKYC, kyc(user, "VERIFIED", ""))
	s.sees(user, "approved", func(v view) bool { return v.Stage == "approved" })
	url := "ADMIT_ADMIN_URL=http://" + s.admin
	operate := []string{url, "ADMIT_TOKEN=" + operatorToken}
	for _, c := range []struct {
		name string
		env  []string
		args []string
		code int
		says []string
	}{
		{"status", operate, []string{"status", user}, exitDone, []string{user, "approved", "kyc", "passed", "granted"}},
		{"status of nobody", operate, []string{"status", nobody}, exitNotFound, []string{"o user has this ID"}},
		{"status without a user", operate, []string{"status"}, exitUsage, []string{"status"}},
		{"timeline", operate, []string{"timeline", user}, exitDone, []string{"p100/kyc-verification", "applied"}},
		{"list", operate, []string{"list", "--stage", "approved"}, exitDone, []string{user}},
		{"list of others", operate, []string{"list", "--stage", "bogus"}, exitUsage, []string{"stage"}},
		{"hold", operate, []string{"command", user, "hold", "--reason", "a look at the documents"}, exitDone, []string{"applied", "on_hold"}},
		{"hold again", operate, []string{"command", user, "hold", "--reason", "a look at the documents"}, exitFailed, []string{"already_on_hold"}},
		{"no reason", operate, []string{"command", user, "lift"}, exitUsage, []string{"reason"}},
		{"lift", operate, []string{"command", user, "lift", "--reason", "all is well"}, exitDone, []string{"applied", "approved"}},
		{"timeline with commands", operate, []string{"timeline", user}, exitDone, []string{"operator/hold", "alice", "a look at the documents"}},
		{"a reader's command", []string{url, "ADMIT_TOKEN=" + readerToken}, []string{"command", user, "hold", "--reason", "x"}, exitUnauthorised, []string{}},
		{"no token", []string{url}, []string{"status", user}, exitUnauthorised, []string{"ADMIT_TOKEN"}},
		{"nobody answers", []string{"ADMIT_ADMIN_URL=http://" + freeAddress(t), "ADMIT_TOKEN=" + readerToken}, []string{"status", user}, exitUnreachable, []string{"ADMIT_ADMIN_URL"}},
	} {
		// In order, for one prepares the next.
		t.Run(c.name, func(t *testing.T) { says(t, c.env, c.args, c.code, c.says) })
	}
	_, out, _ := runOnce(t, world.admit, operate, "status", "--json", user)
	var v view
	if err := json.Unmarshal([]byte(out), &v); err != nil || v.UserID != user || v.Stage != "approved" {
		t.Errorf("status --json: %v in %s", err, out)
	}
}

// TestOtherCommands runs what needs no admin API.
func TestOtherCommands(t *testing.T) {
	t.Parallel()
	s := newSystem(t, options{config: noJitter})
	admin := []string{"ADMIT_ADMIN_LISTEN=" + s.admin}
	says(t, admin, []string{"health"}, exitFailed, []string{s.admin})
	p := s.serve()
	good, bad := filepath.Join(t.TempDir(), "good.yaml"), filepath.Join(t.TempDir(), "bad.yaml")
	for file, text := range map[string]string{good: noJitter, bad: "policy: {jitter: soon}\nhook: []\n"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	temporal := []string{"TEMPORAL_ADDRESS=" + s.temporal, "TEMPORAL_NAMESPACE=" + s.namespace}
	for _, c := range []struct {
		name string
		env  []string
		args []string
		code int
		says []string
	}{
		{"health", admin, []string{"health"}, exitDone, []string{"postgres", "temporal"}},
		{"a good configuration", nil, []string{"config", "check", good}, exitDone, []string{"hash"}},
		{"a bad configuration", nil, []string{"config", "check", bad}, exitFailed, []string{"policy.jitter (line 1)", "hook (line 2)"}},
		{"no configuration", nil, []string{"config", "check", good + ".missing"}, exitFailed, []string{"no such file"}},
		{"help for a configuration", nil, []string{"config", "check", "--help"}, exitDone, []string{"admit config check FILE"}},
		{"the configuration as shipped", []string{"CORE_HOOK_SECRETS=" + hookSecret}, []string{"config", "check", "../../deploy/admit.yaml"}, exitDone, []string{"hash"}},
		{"version", nil, []string{"version"}, exitDone, []string{"admit "}},
		{"help", nil, []string{"help"}, exitDone, []string{"serve", "ingress", "worker", "migrate", "setup", "status", "timeline", "list", "command"}},
		{"nothing", nil, nil, exitUsage, []string{"serve"}},
		{"an unknown command", nil, []string{"approve"}, exitUsage, []string{"approve"}},
		{"migrate again", []string{"DATABASE_URL=" + s.database}, []string{"migrate"}, exitDone, []string{"schema"}},
		{"setup again", temporal, []string{"setup"}, exitDone, []string{"every search attribute"}},
		{"setup of a namespace that is not there", []string{temporal[0], "TEMPORAL_NAMESPACE=nowhere"}, []string{"setup"}, exitFailed, []string{"does not exist"}},
	} {
		t.Run(c.name, func(t *testing.T) { says(t, c.env, c.args, c.code, c.says) })
	}
	var api struct{ OpenAPI string }
	status, body, err := s.get("http://"+s.admin+"/openapi.json", "")
	if err != nil || status != http.StatusOK || json.Unmarshal([]byte(body), &api) != nil || !strings.HasPrefix(api.OpenAPI, "3.1") {
		t.Errorf("OpenAPI: %d, %v: version %q", status, err, api.OpenAPI)
	}
	p.kill(t)
	says(t, admin, []string{"health"}, exitFailed, []string{s.admin})
}

// says holds the exit code of a command and parts of what it writes, and that
// it writes no secret.
func says(t *testing.T, env, args []string, code int, parts []string) {
	t.Helper()
	got, out, errs := runOnce(t, world.admit, env, args...)
	all := out + errs
	if got != code {
		t.Errorf("admit %v: exit code %d, want %d: %s", args, got, code, all)
	}
	for _, part := range parts {
		if !strings.Contains(all, part) {
			t.Errorf("admit %v does not say %q:\n%s", args, part, all)
		}
	}
	for _, secret := range []string{operatorToken, readerToken, hookSecret} {
		if strings.Contains(all, secret) {
			t.Errorf("admit %v shows a secret", args)
		}
	}
}
