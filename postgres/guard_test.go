package postgres_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"admit/onboarding"
	"admit/postgres"
)

// TestADecodersPanicIsTold holds that a mistake in a decoder can be found by the log,
// which does not quote what was to be read.
func TestADecodersPanicIsTold(t *testing.T) {
	t.Parallel()
	const secret = "passport of Jane"
	for _, tc := range []struct {
		name, tells string
		read        func(*testing.T, *postgres.Store)
	}{
		{"a webhook", "route=panics", func(t *testing.T, s *postgres.Store) {
			accept(t, s, onboarding.Event{UserID: "user-1", Provider: "p100", Route: "panics", Body: []byte(secret)})
			advance(t, s, "user-1")
		}},
		{"an answer", "route=api", func(t *testing.T, s *postgres.Store) {
			d := take(t, s, p100Rest, "a").Delivery
			a := answered(d.Now, "panics")
			a.Event = bytes.Replace(a.Event, []byte("{"), []byte(`{"of":"`+secret+`",`), 1)
			record(t, s, d.ID, "a", a)
			advance(t, s, "user-1")
		}},
		{"a message", "route=kyc-verification", func(t *testing.T, s *postgres.Store) {
			accept(t, s, report("user-1", body{Check: onboarding.KYC, Status: secret, Message: "panics"}))
			advance(t, s, "user-1")
			if o, err := s.Onboarding(t.Context(), "user-1"); err != nil || o.Checks.KYC.Message != "" {
				t.Errorf("%v: %+v", err, o.Checks.KYC)
			}
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var lines bytes.Buffer
			_, db := reversed(t)
			s := open(t, db.Config().ConnString(), asking, func(o *postgres.Options) { o.Logger = slog.New(slog.NewTextHandler(&lines, nil)) })
			tc.read(t, s)
			s.Close()
			text := lines.String()
			if !strings.Contains(text, "decoder panicked") || !strings.Contains(text, tc.tells) || !strings.Contains(text, "postgres_test.decoder") {
				t.Errorf("the log does not tell of it: %s", text)
			}
			if strings.Contains(text, secret) {
				t.Errorf("the log quotes it: %s", text)
			}
		})
	}
}
