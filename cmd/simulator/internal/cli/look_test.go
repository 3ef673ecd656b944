package cli_test

import (
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"testing"

	"admit/cmd/simulator/internal/cli"
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
