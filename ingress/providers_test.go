package ingress_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"admit/ingress"
	"admit/onboarding"
	"admit/providers"
)

// drawer is an Acceptor and a Ringer that remembers.
type drawer struct {
	events, malformed []onboarding.Event
	rings             []onboarding.Ring
}

func (k *drawer) Accept(_ context.Context, e onboarding.Event) (int64, error) {
	k.events = append(k.events, e)
	return int64(len(k.events)), nil
}

func (k *drawer) AcceptMalformed(_ context.Context, e onboarding.Event) error {
	k.malformed = append(k.malformed, e)
	return nil
}

func (k *drawer) Ring(_ string, r onboarding.Ring) { k.rings = append(k.rings, r) }

const (
	demoHash  = "a+NSx3EISiY6ASoGD/4v5HzqpGR/r9IyNRmDN0QBUGvw0zi9JlVbpDGlM8W8V4MdLiQmj2E/4+xZd/5MbK8Zrw=="
	p100Token = "Bearer p100-token"
)

// listener is the public listener with both providers, as serve wires them.
func listener(k *drawer, log *strings.Builder) http.Handler {
	return ingress.New(ingress.Options{
		Providers: []ingress.Provider{
			providers.P100{Tokens: []string{"old-token", "p100-token"}},
			providers.XGateway{Secrets: []string{"old_secret", "test_secret"}},
		},
		Acceptor: k, Ringer: k,
		Logger: slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}).Handler()
}

// The documents' own examples, at the documents' own paths, get the documents'
// own answers, and what is stored reads as what was meant.
func TestDocumentedWebhooks(t *testing.T) {
	t.Parallel()
	const uuid = "bca65c48-df49-4831-a7b2-de7903321581"
	signed := func(body string) string { return strings.Replace(body, "{", `{"hash":"`+demoHash+`",`, 1) }
	for _, c := range []struct {
		path, file, provider, answer, user string
		report                             onboarding.Report
	}{
		{"/webhook/kyc-verification/status", "p100/kyc-rejected.json", "p100", "{}", uuid, onboarding.Report{
			Check: onboarding.KYC, Status: "NOT_VERIFIED", Attempt: "REJECTED_BY_PROVIDER", Reasons: []string{"NO_FACE_FOUND"}}},
		{"/webhook/kyc-files/status", "p100/kyc-file-added.json", "p100", "null", uuid, onboarding.Report{Check: onboarding.KYCFiles, Status: "ADDED"}},
		{"/webhook/poa-verification/status", "p100/poa-approved.json", "p100", "{}", uuid, onboarding.Report{Check: onboarding.POA, Status: "APPROVED"}},
		{"/user-manual-verification-status-webhook", "p100/high-risk-ok.json", "p100", "{}", "user_123456789", onboarding.Report{Check: onboarding.HighRisk, Status: "OK"}},
		{"/webhook/user-manual-verification-status-webhook", "p100/high-risk-ok.json", "p100", "{}", "user_123456789", onboarding.Report{Check: onboarding.HighRisk, Status: "OK"}},
		{"/webhook/user/status", "p100/user-status-active.json", "p100", "{}", "user-1", onboarding.Report{Check: onboarding.Account, Status: "ACTIVE"}},
		{"/handle-kyc-status", "xgateway/soft-kyc-failed.json", "xgateway", "{}", "demo_customer_id", onboarding.Report{
			Check: onboarding.SEPAKYC, Status: "SOFT_KYC_FAILED", Reasons: []string{"BAD_SELFIE", "BAD_PASSPORT"}, DocsMissing: []string{"SELFIE", "PASSPORT"}}},
	} {
		t.Run(c.path, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(filepath.Join("..", "providers", "testdata", c.file))
			if err != nil {
				t.Fatal(err)
			}
			body, header := string(text), p100Token
			if c.provider == "xgateway" {
				body, header = signed(body), ""
			}
			var k drawer
			var log strings.Builder
			r := httptest.NewRequest(http.MethodPost, c.path, strings.NewReader(body))
			r.Header.Set("Authorization", header)
			w := httptest.NewRecorder()
			listener(&k, &log).ServeHTTP(w, r)
			if w.Code != http.StatusOK || w.Body.String() != c.answer {
				t.Fatalf("answer %d %q", w.Code, w.Body)
			}
			if len(k.events) != 1 || len(k.rings) != 1 || k.events[0].UserID != c.user || k.events[0].Provider != c.provider {
				t.Fatalf("stored %+v, rang %+v", k.events, k.rings)
			}
			e := k.events[0]
			if report, err := (providers.Set{}).Decode(e.Provider, e.Route, e.Body); err != nil || !reflect.DeepEqual(report, c.report) {
				t.Errorf("stored as %+v, %v", report, err)
			}
			for _, secret := range []string{"hash", demoHash} {
				if strings.Contains(string(e.Body), secret) {
					t.Errorf("stored with %q", secret)
				}
			}
			for _, secret := range []string{demoHash, "p100-token"} {
				if strings.Contains(log.String(), secret) {
					t.Errorf("logged with %q", secret)
				}
			}
		})
	}
}

// What is refused is refused for the reason that section 8 gives first.
func TestRefusedWebhooks(t *testing.T) {
	t.Parallel()
	const kyc, sepa = "/webhook/kyc-verification/status", "/handle-kyc-status"
	hashed := func(rest string) string {
		return `{"customerId":"demo_customer_id","hash":"` + demoHash + `"` + rest + `}`
	}
	for _, c := range []struct {
		name, path, token, body string
		status, malformed       int
	}{
		{"no token", kyc, "", `text`, 401, 0},
		{"not UTF-8", kyc, p100Token, "{\"externalUserId\":\"\xff\",\"verificationStatus\":\"VERIFIED\"}", 400, 1},
		{"an array", kyc, p100Token, `[]`, 400, 1},
		{"no user", kyc, p100Token, `{"verificationStatus":"VERIFIED"}`, 422, 1},
		{"half a surrogate pair", kyc, p100Token, `{"externalUserId":"\ud800","verificationStatus":"VERIFIED"}`, 422, 1},
		{"no hash", sepa, "", `{"customerId":"demo_customer_id","status":"FULL_USER"}`, 401, 0},
		{"another's hash", sepa, "", `{"customerId":"user-1","status":"FULL_USER","hash":"` + demoHash + `"}`, 401, 0},
		{"no customer", sepa, "", `{"status":"FULL_USER","hash":"` + demoHash + `"}`, 401, 0},
		{"no object", sepa, "", `[]`, 400, 0},
		{"no status", sepa, "", hashed(``), 400, 1},
		{"null status", sepa, "", hashed(`,"status":null`), 200, 0},
		{"unknown status", sepa, "", hashed(`,"status":"HALF_USER"`), 200, 0},
		{"a transaction", sepa, "", `{"callbackType":"transaction"}`, 200, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var k drawer
			var log strings.Builder
			r := httptest.NewRequest(http.MethodPost, c.path, strings.NewReader(c.body))
			r.Header.Set("Authorization", c.token)
			w := httptest.NewRecorder()
			listener(&k, &log).ServeHTTP(w, r)
			if w.Code != c.status || len(k.malformed) != c.malformed {
				t.Errorf("answer %d %s, malformed %+v", w.Code, w.Body, k.malformed)
			}
			for _, e := range k.malformed {
				if strings.Contains(string(e.Body), demoHash) {
					t.Errorf("kept with the hash: %s", e.Body)
				}
			}
		})
	}
}
