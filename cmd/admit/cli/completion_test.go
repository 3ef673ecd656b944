package cli_test

import (
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"admit/cmd/admit/cli"
	"admit/onboarding"
)

// What stands behind the cursor for what was typed.
func TestCompletion(t *testing.T) {
	t.Parallel()
	st := newStore()
	st.users["user-2"] = onboarding.Onboarding{UserID: "user-2"}
	st.users["user-3; rm x"] = onboarding.Onboarding{UserID: "user-3; rm x"}
	st.users["user-4$(x)"] = onboarding.Onboarding{UserID: "user-4$(x)"}
	url := serve(t, st)
	for _, c := range []struct {
		args string // the last one is typed, "." for nothing
		want []string
		not  []string
	}{
		{"sta", []string{"status"}, []string{"list", "serve"}},
		{".", []string{"status", "bulk", "import", "completion", "serve"}, []string{"help-me"}},
		{"bulk .", []string{"run", "resume", "report"}, nil},
		{"bulk run .", []string{"hold", "override_check"}, []string{"erase"}},
		{"list --stage .", []string{"collecting", "on_hold"}, nil},
		{"list --blocked-on .", []string{"user", "compliance"}, nil},
		{"bulk run hold --stage in", []string{"in_review"}, nil},
		{"command user-1 .", []string{"hold", "extend_deadline"}, []string{"erase", "user-1"}},
		{"command user-1 override_check --check .", []string{"kyc", "sepa_kyc"}, nil},
		{"command user-1 override_check --status .", []string{"passed"}, []string{"none"}},
		{"status user", []string{"user-1", "user-2"}, []string{"user-3", "user-4", "..", "a/b"}},
		{"erase user", []string{"user-1"}, nil},
		{"wake user-1 user", []string{"user-2"}, nil},
		{"hooks .", []string{"list", "failed", "replay", "test"}, nil},
		{"hooks test c", []string{"core-banking", "crm"}, []string{"ledger"}},
		{"hooks replay crm .", nil, []string{"core-banking"}},
		{"notify preview re", []string{"reminder", "rejected", "reinstated"}, []string{"approved"}},
		{"contact show user", []string{"user-1"}, nil},
		{"completion .", []string{"bash", "zsh", "fish"}, nil},
	} {
		args := strings.Fields(c.args)
		if last := len(args) - 1; args[last] == "." {
			args[last] = ""
		}
		code, out, _ := run(t, url, readToken, append([]string{"__complete"}, args...)...)
		var got []string
		for line := range strings.Lines(out) {
			word, _, _ := strings.Cut(strings.TrimSpace(line), "\t")
			got = append(got, word)
		}
		for _, want := range c.want {
			if code != cli.ExitDone || !slices.Contains(got, want) {
				t.Errorf("%q: exit %d: no %s in %v", c.args, code, want, got)
			}
		}
		for _, not := range c.not {
			if slices.ContainsFunc(got, func(word string) bool { return strings.HasPrefix(word, not) }) {
				t.Errorf("%q: %s in %v", c.args, not, got)
			}
		}
	}
}

// Completing users never takes long, and says nothing where it cannot.
func TestCompletionWithoutAnAPI(t *testing.T) {
	t.Parallel()
	gone := make(chan struct{})
	slow := between(t, newStore(), func(_ http.ResponseWriter, r *http.Request) bool {
		select {
		case <-r.Context().Done():
		case <-gone:
		}
		return true
	})
	t.Cleanup(func() { close(gone) })
	for _, c := range []struct{ url, token string }{{slow, readToken}, {"http://127.0.0.1:1", readToken}, {slow, ""}, {"no URL", readToken}} {
		started := time.Now()
		code, out, said := run(t, c.url, c.token, "__complete", "status", "us")
		if code != cli.ExitDone || out != ":4\n" || strings.Contains(said, "admit: ") {
			t.Errorf("%s: exit %d: %q %q", c.url, code, out, said)
		}
		if took := time.Since(started); took > 5*time.Second {
			t.Errorf("%s: it took %v", c.url, took)
		}
	}
}

// The scripts are ones that their shells can read, where those are at hand; bash
// always is.
func TestCompletionScripts(t *testing.T) {
	t.Parallel()
	for shell, check := range map[string][]string{"bash": {"-n"}, "zsh": {"-n"}, "fish": {"--no-execute"}} {
		code, out, said := run(t, "", "", "completion", shell)
		if code != cli.ExitDone || !strings.Contains(out, "__complete") {
			t.Errorf("%s: exit %d: %s", shell, code, said)
		}
		if _, err := exec.LookPath(shell); err != nil && shell != "bash" {
			continue
		}
		cmd := exec.CommandContext(t.Context(), shell, append(check, file(t, shell, out))...)
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", shell, err, text)
		}
	}
}
