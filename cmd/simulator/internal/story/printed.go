package story

import (
	"net/http"
	"strings"

	"admit/cmd/simulator/internal/client"
)

// IDs that the providers' documents use in their examples.
const (
	printedP100     = "bca65c48-df49-4831-a7b2-de7903321581"
	printedHighRisk = "user_123456789"
	printedXGateway = "demo_customer_id"
)

// The examples of the five documents, as they are printed.
const (
	exampleFiles = `{"externalUserId":"bca65c48-df49-4831-a7b2-de7903321581","status":"ADDED"}`
	exampleKYC   = `{"externalUserId":"bca65c48-df49-4831-a7b2-de7903321581","verificationStatus":"NOT_VERIFIED",` +
		`"attemptStatus":"REJECTED_BY_PROVIDER","rejectionReason":"NO_FACE_FOUND"}`
	examplePOA      = `{"externalUserId":"bca65c48-df49-4831-a7b2-de7903321581","status":"APPROVED"}`
	exampleHighRisk = `{"externalUserId":"user_123456789","status":"OK"}`
	exampleXGateway = `{"callbackType":"kyc","customerId":"demo_customer_id","docsMissing":["SELFIE","PASSPORT"],` +
		`"kycRejectLabel":"BAD_SELFIE, BAD_PASSPORT","kycEndUserErrorMessage":null,"status":"SOFT_KYC_FAILED","kycProcessingStatus":null}`
)

// printed returns the users of the documents' examples. XGateway's example is
// printed without the hash that its own table of fields asks for: as it is, it
// proves nothing and must be turned away.
func printed(s Secrets) []User {
	hashed := strings.TrimSuffix(exampleXGateway, "}") + `,"hash":"` + client.Hash(printedXGateway, s.XGateway) + `"}`
	return []User{
		{ID: printedP100, Printed: true, Contact: &client.Contact{Email: "user-1@example.com", Locale: "en"}, Steps: []Step{
			hook("P100 file: ADDED", pathFiles, s.P100, exampleFiles,
				Want{Status: http.StatusOK, Answer: "null", Outcome: "applied", Stage: "in_review", Blocked: "provider", Access: "none", Told: []string{Core}}),
			hook("P100 KYC: NO_FACE_FOUND", PathKYC, s.P100, exampleKYC,
				Want{Status: http.StatusOK, Answer: "{}", Outcome: "applied", Stage: "action_required", Blocked: "user", Access: "none", Told: []string{Core, Mail}}),
			hook("P100 POA: APPROVED", pathPOA, s.P100, examplePOA,
				Want{Status: http.StatusOK, Answer: "{}", Outcome: "applied", Stage: "action_required", Blocked: "user", Access: "none", Told: []string{Core}}),
		}},
		{ID: printedHighRisk, Printed: true, Steps: []Step{
			hook("P100 high risk: OK", pathHighRisk, s.P100, exampleHighRisk,
				Want{Status: http.StatusOK, Answer: "{}", Outcome: "applied", Stage: "approved", Blocked: "nobody", Access: "granted", Told: []string{Core}}),
		}},
		{ID: printedXGateway, Printed: true, Contact: &client.Contact{Email: "user-2@example.com", Locale: "de"}, Steps: []Step{
			hook("XGateway, without a hash", PathXGateway, "", exampleXGateway, Want{Status: http.StatusUnauthorized}),
			hook("XGateway SOFT_KYC_FAILED", PathXGateway, "", hashed,
				Want{Status: http.StatusOK, Answer: "{}", Outcome: "applied", Stage: "action_required", Blocked: "user", Access: "none", Told: []string{Core, Mail}}),
		}},
	}
}
