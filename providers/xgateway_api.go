package providers

import (
	"encoding/json"
	"slices"

	"admit/onboarding"
)

// xgatewayStatuses are XGateway's words for a customer in the answers of its API.
// Another word makes an answer unusable.
var xgatewayStatuses = []string{
	"CREATED", "KYC_NEEDED", "PENDING_KYC_DATA", "KYC_PENDING", "SOFT_KYC_FAILED", "HARD_KYC_FAILED", "FULL_USER",
}

// nullStatus is the code of XGateway's answer about a customer that it does not
// know: a 200 whose status is null.
const nullStatus = "null_status"

// NewXGatewayAPI returns the client of XGateway's API, "Check KYC status", which
// answers for sepa_kyc; or every mistake in the configuration.
func NewXGatewayAPI(c APIConfig) (*API, error) {
	return newAPI(c, dialect{
		provider: XGateway{}.Name(), version: "/api/v2",
		path:  func(segment string) string { return "/customer/" + segment + "/bank-transfer/kyc" },
		fault: func(int, []byte) string { return "" }, // the status says it all
	})
}

// Answer returns what the API's response says of sepa_kyc.
func (XGateway) Answer(status int, body []byte) onboarding.Answer {
	o, err := parse(body)
	if err != nil {
		return unusable(onboarding.SEPAKYC, status, "")
	}
	// Every answer says that it is a success; one that does not say it at all is
	// believed for its status.
	success := o.get("success")
	if status != 200 || success != nil && string(success) != "true" {
		return unusable(onboarding.SEPAKYC, status, xgatewayErrorCode(o))
	}
	data := o.inner("data")
	word, _ := data.given("status")
	switch raw := data.get("status"); {
	case raw != nil && null(raw):
		return onboarding.Answer{Check: onboarding.SEPAKYC, Kind: onboarding.AnswerUnknown, Code: nullStatus}
	case !slices.Contains(xgatewayStatuses, word):
		return unusable(onboarding.SEPAKYC, status, "")
	}
	return onboarding.Answer{Check: onboarding.SEPAKYC, Kind: onboarding.AnswerStatus, Report: xgatewayAnswer(data, word)}
}

// xgatewayAnswer returns the report of a customer. What stands beside the status
// is left out where it is of another type than in the callback: the status counts
// without it.
func xgatewayAnswer(data object, status string) onboarding.Report {
	r := onboarding.Report{Check: onboarding.SEPAKYC, Status: status}
	r.Processing, _ = data.given("kycProcessingStatus")
	label, _ := data.given("kycRejectLabel")
	r.Reasons = labels(label)
	if docs, err := documents(data.get("docsMissing")); err == nil {
		r.DocsMissing = docs
	}
	return r
}

// xgatewayErrorCode returns the first code of {"errors":[{"code","message"}]}, ""
// where there is none.
func xgatewayErrorCode(o object) string {
	var errs []json.RawMessage
	if raw := o.get("errors"); raw == nil || json.Unmarshal(raw, &errs) != nil || len(errs) == 0 {
		return ""
	}
	first, err := parse(errs[0])
	if err != nil {
		return ""
	}
	code, _ := first.given("code")
	return code
}
