package providers_test

import (
	"bytes"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"admit/onboarding"
	"admit/providers"
)

func TestP100Routes(t *testing.T) {
	t.Parallel()
	checkRoutes(t, providers.P100{}, [][3]string{
		{"kyc-verification", "/webhook/kyc-verification/status", "{}"},
		{"kyc-files", "/webhook/kyc-files/status", "null"},
		{"poa-verification", "/webhook/poa-verification/status", "{}"},
		{"high-risk-verification", "/user-manual-verification-status-webhook", "{}"},
		{"high-risk-verification", "/webhook/user-manual-verification-status-webhook", "{}"},
		{"user-status", "/webhook/user/status", "{}"},
	})
}

func TestP100Decode(t *testing.T) {
	t.Parallel()
	const documented = "bca65c48-df49-4831-a7b2-de7903321581"
	long := strings.Repeat("A", 65)
	checkDecodings(t, providers.P100{}, []decoding{
		{"a rejected attempt", providers.P100KYC, "kyc-rejected.json", documented, onboarding.Report{
			Check: onboarding.KYC, Status: "NOT_VERIFIED", Attempt: "REJECTED_BY_PROVIDER", Reasons: []string{"NO_FACE_FOUND"}}, ""},
		{"verified, no attempt", providers.P100KYC, "kyc-verified.json", "user-1", onboarding.Report{
			Check: onboarding.KYC, Status: "VERIFIED"}, ""},
		{"verified by an attempt", providers.P100KYC, "kyc-successful.json", "user-1", onboarding.Report{
			Check: onboarding.KYC, Status: "VERIFIED", Attempt: "SUCCESSFUL"}, ""},
		{"null is absent", providers.P100KYC, "kyc-nulls.json", "user-1", onboarding.Report{
			Check: onboarding.KYC, Status: "EXPIRED"}, ""},
		{"a reason in words", providers.P100KYC, "kyc-reason-text.json", "user-1", onboarding.Report{
			Check: onboarding.KYC, Status: "NOT_VERIFIED", Attempt: "REJECTED_BY_PROVIDER",
			Reasons: []string{"The photo of the\ndocument is\x07 too dark"}}, "The photo of the document is too dark"},
		{"unknown words and members", providers.P100KYC, "kyc-unknown-words.json", "user-1", onboarding.Report{
			Check: onboarding.KYC, Status: "SUSPENDED", Attempt: "QUEUED"}, ""},
		{"a file", providers.P100Files, "kyc-file-added.json", documented, onboarding.Report{Check: onboarding.KYCFiles, Status: "ADDED"}, ""},
		{"a file that failed", providers.P100Files, "kyc-file-error.json", "user-1", onboarding.Report{Check: onboarding.KYCFiles, Status: "ERROR"}, ""},
		{"an address", providers.P100POA, "poa-approved.json", documented, onboarding.Report{Check: onboarding.POA, Status: "APPROVED"}, ""},
		{"leading zeros stay", providers.P100POA, "poa-waiting.json", "000394", onboarding.Report{Check: onboarding.POA, Status: "WAITING"}, ""},
		{"a verdict", providers.P100HighRisk, "high-risk-ok.json", "user_123456789", onboarding.Report{Check: onboarding.HighRisk, Status: "OK"}, ""},
		{"a denial", providers.P100HighRisk, "high-risk-rejected.json", "user_123456789", onboarding.Report{Check: onboarding.HighRisk, Status: "REJECTED"}, ""},
		{"an account", providers.P100Account, "user-status-active.json", "user-1", onboarding.Report{Check: onboarding.Account, Status: "ACTIVE"}, ""},

		{"the last of two wins", providers.P100POA, `{"externalUserId":"user-1","status":"WAITING","status":"OK","externalUserId":"user-2"}`,
			"user-2", onboarding.Report{Check: onboarding.POA, Status: "OK"}, ""},
		{"a name in escapes", providers.P100POA, `{"\u0065xternalUserId":"user-1","st\u0061tus":"WAITING"}`,
			"user-1", onboarding.Report{Check: onboarding.POA, Status: "WAITING"}, ""},
		{"another case is another member", providers.P100POA,
			`{"externalUserId":"user-1","ExternalUserID":"user-2","externaluserid":7,"status":"WAITING","Status":"APPROVED"}`,
			"user-1", onboarding.Report{Check: onboarding.POA, Status: "WAITING"}, ""},
		{"a surrogate pair", providers.P100POA, `{"externalUserId":"\ud83d\ude00\\ud800","status":"WAITING"}`,
			"😀\\ud800", onboarding.Report{Check: onboarding.POA, Status: "WAITING"}, ""},
		{"never trimmed", providers.P100POA, `{"externalUserId":" user-1 ","status":" WAITING"}`,
			" user-1 ", onboarding.Report{Check: onboarding.POA, Status: " WAITING"}, ""},
		{"a long word stays whole", providers.P100POA, `{"externalUserId":"user-1","status":"` + long + `"}`,
			"user-1", onboarding.Report{Check: onboarding.POA, Status: long}, ""},
		{"the longest user ID", providers.P100POA, `{"externalUserId":"` + strings.Repeat("u", 255) + `","status":"WAITING"}`,
			strings.Repeat("u", 255), onboarding.Report{Check: onboarding.POA, Status: "WAITING"}, ""},
		{"depth and a huge number beside it", providers.P100POA, `{"a":` + nested(9000) + `,"externalUserId":"user-1","b":` + huge + `,"status":"WAITING"}`,
			"user-1", onboarding.Report{Check: onboarding.POA, Status: "WAITING"}, ""},
		{"a reason of another route is no reason", providers.P100POA, `{"externalUserId":"user-1","status":"REJECTED","rejectionReason":7}`,
			"user-1", onboarding.Report{Check: onboarding.POA, Status: "REJECTED"}, ""},
	})
}

func TestP100DecodeFaults(t *testing.T) {
	t.Parallel()
	cases := []fault{
		{"a missing status", providers.P100POA, `{"externalUserId":"user-1"}`, "user-1", providers.ErrMalformed},
		{"a null status", providers.P100POA, `{"externalUserId":"user-1","status":null}`, "user-1", providers.ErrMalformed},
		{"an empty status", providers.P100POA, `{"externalUserId":"user-1","status":""}`, "user-1", providers.ErrMalformed},
		{"a number for a status", providers.P100POA, `{"externalUserId":"user-1","status":1}`, "user-1", providers.ErrMalformed},
		{"a huge number for a status", providers.P100POA, `{"externalUserId":"user-1","status":` + huge + `}`, "user-1", providers.ErrMalformed},
		{"a huge number for an attempt", providers.P100KYC, `{"externalUserId":"user-1","verificationStatus":"VERIFIED","attemptStatus":` + huge + `}`, "user-1", providers.ErrMalformed},
		{"a huge number for a reason", providers.P100KYC, `{"externalUserId":"user-1","verificationStatus":"VERIFIED","rejectionReason":-` + huge + `}`, "user-1", providers.ErrMalformed},
		{"depth for a status", providers.P100POA, `{"externalUserId":"user-1","status":` + nested(9000) + `}`, "user-1", providers.ErrMalformed},
		{"another case of a status", providers.P100POA, `{"externalUserId":"user-1","Status":"WAITING"}`, "user-1", providers.ErrMalformed},
		{"the other routes' status", providers.P100KYC, `{"externalUserId":"user-1","status":"VERIFIED"}`, "user-1", providers.ErrMalformed},
		{"KYC's status elsewhere", providers.P100Account, `{"externalUserId":"user-1","verificationStatus":"VERIFIED"}`, "user-1", providers.ErrMalformed},
		{"an attempt that is no text", providers.P100KYC, `{"externalUserId":"user-1","verificationStatus":"VERIFIED","attemptStatus":{}}`, "user-1", providers.ErrMalformed},
		{"a reason that is no text", providers.P100KYC, `{"externalUserId":"user-1","verificationStatus":"VERIFIED","rejectionReason":[]}`, "user-1", providers.ErrMalformed},
		{"the last of two is wrong", providers.P100POA, `{"externalUserId":"user-1","status":"WAITING","status":false}`, "user-1", providers.ErrMalformed},
		{"a number for a user ID", providers.P100POA, `{"externalUserId":394,"status":"WAITING"}`, "", providers.ErrMalformed},
		{"a huge number for a user ID", providers.P100POA, `{"externalUserId":` + huge + `,"status":"WAITING"}`, "", providers.ErrMalformed},
		{"nothing usable", providers.P100POA, `{"externalUserId":"","status":7}`, "", providers.ErrMalformed},
		{"an envelope", providers.P100POA, `{"event_type":"poa","data":{"externalUserId":"user-1","status":"WAITING"}}`, "", providers.ErrMalformed},

		{"no user ID", providers.P100POA, `{"status":"WAITING"}`, "", onboarding.ErrUserID},
		{"a null user ID", providers.P100POA, `{"externalUserId":null,"status":"WAITING"}`, "", onboarding.ErrUserID},
		{"an empty user ID", providers.P100POA, `{"externalUserId":"","status":"WAITING"}`, "", onboarding.ErrUserID},
		{"a user ID in another case", providers.P100POA, `{"ExternalUserId":"user-1","status":"WAITING"}`, "", onboarding.ErrUserID},
		{"a user ID too long", providers.P100POA, `{"externalUserId":"` + strings.Repeat("u", 256) + `","status":"WAITING"}`, "", onboarding.ErrUserID},
		{"a NUL", providers.P100POA, `{"externalUserId":"user\u0000","status":"WAITING"}`, "", onboarding.ErrUserID},
		{"a C1 control character", providers.P100POA, `{"externalUserId":"user\u0085","status":"WAITING"}`, "", onboarding.ErrUserID},
		{"half a surrogate pair", providers.P100POA, `{"externalUserId":"user\ud800","status":"WAITING"}`, "", onboarding.ErrUserID},
		{"the other half", providers.P100POA, `{"externalUserId":"\udc00user","status":"WAITING"}`, "", onboarding.ErrUserID},
		{"two first halves", providers.P100POA, `{"externalUserId":"\uD800\uD800\uDC00","status":"WAITING"}`, "", onboarding.ErrUserID},
		{"halves apart", providers.P100POA, `{"externalUserId":"\ud83d-\ude00","status":"WAITING"}`, "", onboarding.ErrUserID},

		{"a route of nobody", "wallet", `{"externalUserId":"user-1","status":"WAITING"}`, "", providers.ErrUnknown},
	}
	for _, text := range noObjects {
		cases = append(cases, fault{"no object in UTF-8: " + short(text), providers.P100POA, text, "", providers.ErrMalformed})
	}
	checkFaults(t, providers.P100{}, cases)
}

func TestP100Authorize(t *testing.T) {
	t.Parallel()
	rotated := []string{"token-1", "token-2"}
	for _, c := range []struct {
		name   string
		tokens []string
		header []string
		want   bool
	}{
		{"the first token", rotated, []string{"token-1"}, true},
		{"the last token", rotated, []string{"token-2"}, true},
		{"Bearer", rotated, []string{"Bearer token-2"}, true},
		{"bearer in any case", rotated, []string{"bEARER  token-1"}, true},
		{"configured with Bearer", []string{"Bearer token-1"}, []string{"token-1"}, true},
		{"another scheme", rotated, []string{"Basic token-1"}, false},
		{"another token", rotated, []string{"token-3"}, false},
		{"another case", rotated, []string{"TOKEN-1"}, false},
		{"a beginning", rotated, []string{"token-"}, false},
		{"both at once", rotated, []string{"token-1,token-2"}, false},
		{"two headers", rotated, []string{"token-1", "token-1"}, false},
		{"no header", rotated, nil, false},
		{"an empty header", rotated, []string{""}, false},
		{"a scheme alone", rotated, []string{"Bearer "}, false},
		{"no token configured", nil, []string{"token-1"}, false},
		{"no token configured, none shown", nil, []string{""}, false},
		{"an empty token configured", []string{"", "Bearer "}, []string{""}, false},
		{"an empty token beside another", []string{"", "token-1"}, []string{"token-1"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := http.Header{}
			for _, v := range c.header {
				h.Add("Authorization", v)
			}
			if got := (providers.P100{Tokens: c.tokens}).Authorize(h); got != c.want {
				t.Errorf("authorized %t, want %t", got, c.want)
			}
		})
	}
}

func TestP100Open(t *testing.T) {
	t.Parallel()
	body := []byte(`{"externalUserId":"user-1","hash":"stays","status":"WAITING"}`)
	stored, proven, err := providers.P100{}.Open(body)
	if err != nil || !proven || !bytes.Equal(stored, body) {
		t.Errorf("opened %q, %t, %v", stored, proven, err)
	}
	if !(providers.P100{}).Ours([]byte("anything")) {
		t.Error("a body on P100's routes is not ours")
	}
}

// FuzzP100Verify holds that a configured token and nothing else lets anybody in,
// and that what is stored is what came.
func FuzzP100Verify(f *testing.F) {
	for _, body := range seeds(f, providers.P100{}) {
		f.Add("token-1", "token-1", body)
	}
	for _, header := range []string{"", "Bearer ", "bearer\ttoken-1", "Bearer Bearer token-1", "BEARER token-1", "Bearer  token-2 "} {
		f.Add("token-1", header, []byte(`{}`))
	}
	scheme := regexp.MustCompile(`^(?i:bearer) `)
	token := func(s string) string { return strings.TrimSpace(scheme.ReplaceAllString(s, "")) }
	f.Fuzz(func(t *testing.T, configured, header string, body []byte) {
		p := providers.P100{Tokens: []string{configured, "token-2"}}
		shown := token(header)
		want := shown != "" && (shown == token(configured) || shown == "token-2")
		if got := p.Authorize(http.Header{"Authorization": {header}}); got != want {
			t.Fatalf("%q configured, %q shown: authorized %t", configured, header, got)
		}
		stored, proven, err := p.Open(body)
		if err != nil || !proven || !bytes.Equal(stored, body) {
			t.Fatal("the body was touched")
		}
	})
}
