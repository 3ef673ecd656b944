package cli_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"admit/cmd/simulator/internal/cli"
	"admit/cmd/simulator/internal/story"
)

// TestCommandsToCopy has a shell run them. They are what a reader sees first, so
// a missing curl fails the test.
func TestCommandsToCopy(t *testing.T) {
	t.Parallel()
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got = append(got, r.Method+" "+r.URL.Path+" "+r.Header.Get("Authorization"))
	}))
	defer server.Close()
	for _, try := range cli.Tries(server.URL, server.URL, "u1", "u2") {
		if out, err := exec.CommandContext(t.Context(), "sh", "-c", try[1]).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", try[1], err, out)
		}
	}
	want := []string{
		"POST /webhook/kyc-verification/status dev-p100-token",
		"GET /v1/onboardings/u1 Bearer dev-admin-token-0001",
		"POST /v1/onboardings/u1/commands Bearer dev-admin-token-0001",
		"POST /handle-kyc-status ",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the requests are %q, want %q", got, want)
	}
}

// result is of a play in which the last thing happened to the lost user.
var result = story.Result{Lines: []story.Line{{User: story.LostID("run"), At: time.Date(2026, 11, 21, 12, 0, 0, 116, time.UTC)}}}

// TestLook has a shell run what is printed of Admit's own commands, by a program
// that writes down each argument.
func TestLook(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	program := script(t, `printf '%s|' "$ADMIT_TOKEN" "$@"; echo`)
	cli.Look(program, "/a place", "http://ui.example/workflows", result, &out)
	for _, want := range []string{
		"  who is shut out  http://ui.example/workflows?query=OnboardingStage%3D%22suspended%22\n",
		"with ADMIT_TOKEN=dev-colleague-token-0002\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, out.String())
		}
	}
	_, lines, found := strings.Cut(out.String(), "by Admit's own commands\n")
	lines, _, ended := strings.Cut(lines, "Admit stays up")
	if !found || !ended {
		t.Fatalf("there are no commands:\n%s", out.String())
	}
	got, err := exec.CommandContext(t.Context(), "sh", "-c", lines).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, got)
	}
	const want = `timeline|try-run|
command|try-run|lift|--reason|looked at it|
command|trysepa-run|override_check|--check|sepa_kyc|--status|failed|--reason|a forged passport|
list|--stage|suspended|
providers|explain|lost-run|
audit|lost-run|--at|2026-11-21T11:59:59Z|
bulk|report|/a place/hold-run.jsonl|
bulk|run|lift|--stage|on_hold|--reason|the import was looked at|--dry-run|
hooks|list|
hooks|test|core|
notify|preview|action_required|--lang|de|--reason|DOC_TOO_BLURRY|
`
	if got := strings.ReplaceAll(string(got), "dev-admin-token-0001|", ""); got != want {
		t.Errorf("the commands are\n%s\nwant\n%s", got, want)
	}
}

// TestLookWithoutALine has no time to audit where nothing became of the lost user.
func TestLookWithoutALine(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	cli.Look("bin/admit", "/place", "http://ui.example/workflows", story.Result{}, &out)
	if strings.Contains(out.String(), "audit") || !strings.Contains(out.String(), "bin/admit providers explain lost-run\n") {
		t.Errorf("it says\n%s", out.String())
	}
}
