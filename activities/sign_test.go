package activities_test

import (
	"net/http"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	svix "github.com/svix/svix-webhooks/go"

	"admit/activities"
)

// verifier is what both public libraries for receivers have.
type verifier interface {
	Verify(body []byte, header http.Header) error
}

// verifiers returns the libraries by which receivers verify, with a secret.
func verifiers(t *testing.T, secret string) map[string]verifier {
	t.Helper()
	specification, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	other, err := svix.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]verifier{"standard-webhooks": specification, "svix": other}
}

// TestHookSecretRotation walks through a rotation: at each step a receiver that
// knows the secret it was told last verifies what is sent, by either library.
func TestHookSecretRotation(t *testing.T) {
	t.Parallel()
	e := serve(t, func(http.ResponseWriter, *http.Request) {})
	before, after := secret('a', 32), secret('b', 48)
	steps := []struct {
		name           string
		signs          []string
		known, unknown []string
	}{
		{"before", []string{before}, []string{before}, []string{after}},
		{"both, and receivers change over", []string{after, before}, []string{before, after}, []string{secret('c', 32)}},
		{"after", []string{after}, []string{after}, []string{before}},
	}
	for i, step := range steps {
		h := hook(t, activities.HookConfig{URL: e.URL, AllowPrivate: true, Secrets: step.signs})
		if a := h.Send(within(t, patience), grant); !same(a, delivered) {
			t.Fatalf("%s: Send = %+v", step.name, a)
		}
		got := e.requests()[i]
		for _, s := range step.known {
			for library, v := range verifiers(t, s) {
				if err := v.Verify(got.body, got.header); err != nil {
					t.Errorf("%s: %s does not verify: %v", step.name, library, err)
				}
				if v.Verify(append(got.body, ' '), got.header) == nil {
					t.Errorf("%s: %s takes another body", step.name, library)
				}
				forged := got.header.Clone()
				forged.Set("webhook-id", "msg_other")
				if v.Verify(got.body, forged) == nil {
					t.Errorf("%s: %s takes another ID", step.name, library)
				}
			}
		}
		for _, s := range step.unknown {
			for library, v := range verifiers(t, s) {
				if v.Verify(got.body, got.header) == nil {
					t.Errorf("%s: %s verifies by a secret that does not sign", step.name, library)
				}
			}
		}
	}
}
