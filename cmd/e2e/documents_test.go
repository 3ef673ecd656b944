package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestDocumentedExamples posts the example of each provider's document and holds
// that it gets the documented answer, and that the admin API shows what it meant:
// within a second, by the median, for an engine that loses a task takes seconds to
// notice. It runs alone.
func TestDocumentedExamples(t *testing.T) {
	s := newSystem(t, options{config: noJitter})
	s.serve()
	// The first webhook of a new process pays for its connections.
	s.accepted(pathAccount, status(s.user(1), "ACTIVE"))
	s.sees(s.user(1), "known", func(v view) bool { return shown(v) == "account=passed" })
	var took []time.Duration
	for _, c := range []struct {
		document, path, answer, user string
		stage, blockedOn, checks     string // checks as check=status, in the API's order
	}{
		{"p100-kyc-verification-status", pathKYC, "{}", "bca65c48-df49-4831-a7b2-de7903321581", "action_required", "user", "kyc=action_required"},
		{"p100-kyc-file-added", pathFiles, "null", "bca65c48-df49-4831-a7b2-de7903321581", "action_required", "user", "kyc=action_required kyc_files=in_review"},
		{"p100-poa-verification-status", pathPOA, "{}", "bca65c48-df49-4831-a7b2-de7903321581", "action_required", "user", "kyc=action_required kyc_files=in_review poa=passed"},
		{"p100-high-risk-verification", pathHighRisk, "{}", "user_123456789", "approved", "nobody", "kyc=passed high_risk=passed"},
		{"xgateway-kyc-callback", pathXGateway, "{}", "demo_customer_id", "action_required", "user", "sepa_kyc=action_required"},
	} {
		t.Run(c.document, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join("testdata", c.document+".json"))
			if err != nil {
				t.Fatal(err)
			}
			body := string(text)
			if c.path == pathXGateway {
				// The document describes the hash and leaves it out of its example.
				body = strings.Replace(body, "{", fmt.Sprintf(`{"hash": %q,`, hash(c.user)), 1)
			}
			posted := time.Now()
			a, err := s.post(c.path, body)
			if err != nil || a.status != 200 || a.body != c.answer {
				t.Fatalf("answer %v, %v; the document says 200 %s", a, err, c.answer)
			}
			answered := time.Now()
			s.in(t).sees(c.user, c.stage, func(v view) bool {
				return v.Stage == c.stage && v.BlockedOn == c.blockedOn && v.Pending == 0 && shown(v) == c.checks
			})
			took = append(took, time.Since(answered))
			t.Logf("answered after %v, shown %v later", answered.Sub(posted).Round(time.Millisecond), time.Since(answered).Round(time.Millisecond))
		})
	}
	if len(took) > 0 && percentile(took, 50) > time.Second {
		t.Errorf("what the webhooks meant was shown %s after their answers", percentiles(took))
	}
	if v, err := s.see("bca65c48-df49-4831-a7b2-de7903321581"); err != nil || fmt.Sprint(v.Checks["kyc"].Reasons) != "[NO_FACE_FOUND]" {
		t.Errorf("kyc's reasons: %+v, %v", v.Checks["kyc"], err)
	}
	if v, err := s.see("demo_customer_id"); err != nil || fmt.Sprint(v.Checks["sepa_kyc"].Reasons, v.Checks["sepa_kyc"].DocsMissing) != "[BAD_SELFIE BAD_PASSPORT] [SELFIE PASSPORT]" {
		t.Errorf("sepa_kyc's reasons: %+v, %v", v.Checks["sepa_kyc"], err)
	}
}

// shown lists the checks of a view with their statuses, in the API's order.
func shown(v view) string {
	var list []string
	for _, name := range []string{"kyc", "kyc_files", "poa", "high_risk", "account", "sepa_kyc"} {
		if c, ok := v.Checks[name]; ok {
			list = append(list, name+"="+c.Status)
		}
	}
	return strings.Join(list, " ")
}
