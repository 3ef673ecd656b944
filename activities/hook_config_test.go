package activities_test

import (
	"math"
	"strings"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"admit/activities"
)

func TestHookConfig(t *testing.T) {
	t.Parallel()
	ok := activities.HookConfig{Name: "core-banking", URL: "https://core.example.com/hooks", Secrets: []string{secret('a', 32)}}
	tests := []struct {
		name   string
		change func(*activities.HookConfig)
		want   string // "" means none
	}{
		{"good", func(*activities.HookConfig) {}, ""},
		{"http", func(c *activities.HookConfig) { c.URL = "http://core.example.com" }, ""},
		{"no name", func(c *activities.HookConfig) { c.Name = "" }, "the name"},
		{"name in capitals", func(c *activities.HookConfig) { c.Name = "Core" }, "the name"},
		{"name of the mail", func(c *activities.HookConfig) { c.Name = "mail" }, "the name"},
		{"name of the reviewers", func(c *activities.HookConfig) { c.Name = "reviewers" }, "the name"},
		{"name of an API", func(c *activities.HookConfig) { c.Name = "p100-api" }, "the name"},
		{"no url", func(c *activities.HookConfig) { c.URL = "" }, "not an absolute"},
		{"relative url", func(c *activities.HookConfig) { c.URL = "/hooks" }, "not an absolute"},
		{"other scheme", func(c *activities.HookConfig) { c.URL = "ftp://core.example.com" }, "not an absolute"},
		{"no host", func(c *activities.HookConfig) { c.URL = "https://:8443/" }, "not an absolute"},
		{"unreadable url", func(c *activities.HookConfig) { c.URL = "https://hidden word/" }, "cannot be read"},
		{"password in the url", func(c *activities.HookConfig) { c.URL = "https://u:hidden@core.example.com" }, "user name or password"},
		{"fragment", func(c *activities.HookConfig) { c.URL = "https://core.example.com/#x" }, "fragment"},
		{"no secret", func(c *activities.HookConfig) { c.Secrets = nil }, "no signing secret"},
		{"short secret", func(c *activities.HookConfig) { c.Secrets = append(c.Secrets, secret('a', 23)) }, "signing secret 2 has 23 bytes"},
		{"long secret", func(c *activities.HookConfig) { c.Secrets = []string{secret('a', 65)} }, "signing secret 1 has 65 bytes"},
		{"no prefix", func(c *activities.HookConfig) { c.Secrets = []string{"hidden"} }, "does not begin with whsec_"},
		{"limits", func(c *activities.HookConfig) { c.MaxInFlight, c.MaxPerSecond = 250, 0.001 }, ""},
		{"too many in flight", func(c *activities.HookConfig) { c.MaxInFlight = 1001 }, "1001 deliveries in flight"},
		{"fewer than none in flight", func(c *activities.HookConfig) { c.MaxInFlight = -1 }, "-1 deliveries in flight"},
		{"fewer than none in a second", func(c *activities.HookConfig) { c.MaxPerSecond = -1 }, "-1 deliveries in a second"},
		{"next to none in a second", func(c *activities.HookConfig) { c.MaxPerSecond = 1e-9 }, "1e-09 deliveries in a second"},
		{"no number in a second", func(c *activities.HookConfig) { c.MaxPerSecond = math.NaN() }, "NaN deliveries in a second"},
		{"certificate without a key", func(c *activities.HookConfig) { c.ClientCert = "client.pem" }, "go together"},
		{"authorities of http", func(c *activities.HookConfig) { c.URL, c.CA = "http://core.example.com", "ca.pem" }, "https url"},
		{"no base64", func(c *activities.HookConfig) { c.Secrets = []string{"whsec_hidden!"} }, "no base64"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := ok
			tt.change(&c)
			err := c.Validate()
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Validate = %v, want %q", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "hidden") {
				t.Errorf("Validate tells a secret: %v", err)
			}
			if _, newErr := activities.NewHook(c, "test"); (newErr == nil) != (err == nil) {
				t.Errorf("NewHook = %v", newErr)
			}
		})
	}
}

// FuzzSecrets holds that the specification's own library reads each secret that is
// taken, and that no error tells a secret.
func FuzzSecrets(f *testing.F) {
	f.Add(secret('a', 32) + "," + secret('b', 24))
	f.Add(secret('a', 32) + " \n" + secret('b', 23))
	f.Add("whsec_")
	f.Add("whsec_AAAA\nAAAA")
	f.Add(",, ,whsec_*")
	f.Fuzz(func(t *testing.T, text string) {
		secrets := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
		keys, err := activities.DecodeSecrets(secrets)
		if err != nil {
			for _, s := range secrets {
				if len(s) > len("whsec_")+4 && strings.Contains(err.Error(), s) {
					t.Errorf("the error tells a secret: %v", err)
				}
			}
			return
		}
		if len(keys) != len(secrets) || len(keys) == 0 {
			t.Fatalf("%d keys of %d secrets", len(keys), len(secrets))
		}
		for i, key := range keys {
			if n := len(key); n < 24 || n > 64 {
				t.Errorf("key %d has %d bytes", i, n)
			}
			if _, err := standardwebhooks.NewWebhook(secrets[i]); err != nil {
				t.Errorf("the other side cannot read secret %d: %v", i, err)
			}
		}
	})
}
