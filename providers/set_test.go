package providers_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"admit/onboarding"
	"admit/providers"
)

// names lists the providers of this build.
var names = []string{providers.P100{}.Name(), providers.XGateway{}.Name()}

func TestSetDecode(t *testing.T) {
	t.Parallel()
	var set providers.Set
	for _, c := range []struct {
		name, provider, route, body string
		want                        error
	}{
		{"P100", "p100", providers.P100POA, `{"externalUserId":"user-1","status":"WAITING"}`, nil},
		{"XGateway without its hash", "xgateway", providers.XGatewayKYC, `{"customerId":"user-1","status":"CREATED"}`, nil},
		{"a user ID that is unusable now", "p100", providers.P100POA, `{"externalUserId":"","status":"WAITING"}`, nil},
		{"malformed", "p100", providers.P100POA, `{"externalUserId":"user-1"}`, providers.ErrMalformed},
		{"the other provider's route", "p100", providers.XGatewayKYC, `{}`, providers.ErrUnknown},
		{"a route of nobody", "xgateway", "transaction", `{}`, providers.ErrUnknown},
		{"a provider of nobody", "operator", "command", `{}`, providers.ErrUnknown},
		{"no provider", "", "", ``, providers.ErrUnknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			report, err := set.Decode(c.provider, c.route, []byte(c.body))
			if !errors.Is(err, c.want) {
				t.Fatalf("error %v, want %v", err, c.want)
			}
			if err == nil && (!report.Check.Valid() || report.Status == "") {
				t.Errorf("report %#v", report)
			}
		})
	}
}

func TestSetMessage(t *testing.T) {
	t.Parallel()
	body := func(text string) string { return `{"customerId":"user-1","kycEndUserErrorMessage":"` + text + `"}` }
	for _, c := range []struct{ name, provider, body, want string }{
		{"text", "xgateway", body("Try again."), "Try again."},
		{"line breaks and control characters", "xgateway", body(` a\r\nb\u001b[31m\u0085c\td `), "a b[31mc d"},
		{"cut at 1 KiB", "xgateway", body(strings.Repeat("a", 2000)), strings.Repeat("a", 1024)},
		{"cut between characters", "xgateway", body(strings.Repeat("ü", 600) + "a"), strings.Repeat("ü", 512)},
		{"cut inside a character", "xgateway", body("a" + strings.Repeat("ü", 600)), "a" + strings.Repeat("ü", 511)},
		{"no text", "xgateway", `{"customerId":"user-1","kycEndUserErrorMessage":null}`, ""},
		{"text of another type", "xgateway", `{"customerId":"user-1","kycEndUserErrorMessage":7}`, ""},
		{"no JSON", "xgateway", `text`, ""},
		{"a provider of nobody", "operator", body("Try again."), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := (providers.Set{}).Message(c.provider, providers.XGatewayKYC, []byte(c.body)); got != c.want {
				t.Errorf("message %q, want %q", got, c.want)
			}
		})
	}
}

// Events of Admit's own sources must never be taken for a provider's.
func TestNamesAreNoSources(t *testing.T) {
	t.Parallel()
	if !slices.Equal(names, []string{"p100", "xgateway"}) {
		t.Errorf("names %q, by which events are stored", names)
	}
	for _, name := range names {
		if name == onboarding.SourceOperator || name == onboarding.SourceMerchant {
			t.Errorf("%s is a source of Admit's own", name)
		}
	}
}
