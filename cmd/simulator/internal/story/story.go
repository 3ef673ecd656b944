// Package story is what the simulator plays: users, the webhooks that the
// providers send about them, and what Admit must make of each.
package story

import (
	"encoding/json"
	"fmt"

	"admit/cmd/simulator/internal/client"
)

// Secrets are what the providers prove themselves with.
type Secrets struct {
	P100     string // the token in the Authorization header
	XGateway string // the key in the hash
}

// User is somebody about whom webhooks arrive.
type User struct {
	ID string
	// Printed says that the ID is one that a provider's documentation prints, so
	// that earlier runs on the same data have used it too.
	Printed bool
	Contact *client.Contact // given by the merchant beforehand; nil for nothing
	Steps   []Step
}

// Step is one webhook, or a wait.
type Step struct {
	Words string // what it is, for a reader
	Path  string // "" for a wait: until a reminder is due
	Token string // the Authorization header
	Body  string
	Want  Want
}

// waits says whether the step is no webhook.
func (s Step) waits() bool { return s.Path == "" }

// Want is what a step must lead to. Empty fields say nothing.
type Want struct {
	Status  int    // of the HTTP answer
	Answer  string // its body
	Outcome string
	Stage   string
	Blocked string
	Access  string
	Told    []string // each is told at least once
	Unknown bool     // Admit must not know the user
}

// The paths of the webhooks, as the providers' documents print them.
const (
	pathFiles    = "/webhook/kyc-files/status"
	PathKYC      = "/webhook/kyc-verification/status"
	pathPOA      = "/webhook/poa-verification/status"
	pathHighRisk = "/user-manual-verification-status-webhook"
	pathAccount  = "/webhook/user/status"
	PathXGateway = "/handle-kyc-status"
)

// The targets that are told, as the configuration names them.
const (
	Core = "core-banking"
	Mail = "mail"
	CRM  = "crm"
)

// object writes pairs of names and values as a JSON object, in their order.
func object(pairs ...any) string {
	text := "{"
	for i := 0; i < len(pairs); i += 2 {
		value, err := json.Marshal(pairs[i+1])
		if err != nil {
			panic(err) // strings, lists of them and nil always marshal
		}
		if i > 0 {
			text += ","
		}
		text += fmt.Sprintf("%q:%s", pairs[i], value)
	}
	return text + "}"
}

// KYC returns the body of P100's KYC webhook, without an attempt or a reason
// where these are "".
func KYC(userID, status, attempt, reason string) string {
	pairs := []any{"externalUserId", userID, "verificationStatus", status}
	if attempt != "" {
		pairs = append(pairs, "attemptStatus", attempt)
	}
	if reason != "" {
		pairs = append(pairs, "rejectionReason", reason)
	}
	return object(pairs...)
}

// XGateway returns the body of XGateway's callback with its hash. missing are the
// documents that the customer still owes.
func XGateway(customerID, status, secret string, missing ...string) string {
	pairs := []any{"callbackType", "kyc", "customerId", customerID, "status", status}
	if len(missing) > 0 {
		pairs = append(pairs, "docsMissing", missing)
	}
	return object(append(pairs, "hash", client.Hash(customerID, secret))...)
}
