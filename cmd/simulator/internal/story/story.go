// Package story is what the simulator plays: users, the webhooks that the
// providers send about them, what their APIs answer and what operators do, and
// what Admit must make of each.
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
	Before  *Order          // what an operator does beforehand; nil for nothing
	// Early is how many of the steps are played before everybody else's, because
	// what follows them takes its time.
	Early int
	Steps []Step
}

// first says whether the user is begun with before the others.
func (u User) first() bool { return u.Early > 0 || u.Steps[0].waits() }

// Step is one webhook, what an operator does, or a wait.
type Step struct {
	Words string // what it is, for a reader
	Path  string // of a webhook
	Token string // the Authorization header
	Body  string
	Want  Want

	Says   string  // the status that P100's API gives from now on; "" for what it gave before
	Order  *Order  // of what an operator does
	Awaits Awaited // of all that is no webhook: the log entry that comes of it
}

// Awaited is a log entry that is waited for.
type Awaited struct {
	Input string // "deadline/remind", "p100/api"
	Code  string // "first_answer"; "" for any
}

// Order is a line that an operator types, with one of Admit's own commands.
type Order struct {
	By    string // who: Dev or Colleague
	Stdin string
	Args  []string
	Exit  int // the exit code that it must end with
}

// Two people, each with a token of the same name.
const (
	Dev       = "dev"
	Colleague = "colleague"
)

func (s Step) webhook() bool { return s.Path != "" }

// waits says whether nothing is done in the step.
func (s Step) waits() bool { return !s.webhook() && s.Order == nil }

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
	Core      = "core"
	Mail      = "mail"
	CRM       = "crm"
	Reviewers = "reviewers"
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
