package onboarding

import (
	"crypto/sha256"
	"encoding/hex"
)

// Names that the processes around one Temporal namespace must agree on.
const (
	// TaskQueue is where workflows and Advance run.
	TaskQueue = "onboarding"
	// HooksTaskQueue is where deliveries run, so that slow downstream systems
	// never take the slots of Advance.
	HooksTaskQueue = "onboarding-hooks"

	WorkflowType = "Onboarding"
	SignalEvents = "provider-events"
	QueryState   = "state"
	UpdateName   = "command"

	ActivityAdvance = "Advance"
	ActivityDeliver = "Deliver"
	ActivityTake    = "TakeEffect"
	ActivityRecord  = "RecordAttempt"
)

// Search attributes of the workflow: Keyword but where said otherwise.
const (
	AttributeStage      = "OnboardingStage"
	AttributeBlockedOn  = "OnboardingBlockedOn"
	AttributeKYC        = "OnboardingKyc"
	AttributeSEPAKYC    = "OnboardingSepaKyc"
	AttributePOA        = "OnboardingPoa"
	AttributeHighRisk   = "OnboardingHighRisk"
	AttributeStalled    = "OnboardingStalled"    // Bool
	AttributeReversed   = "OnboardingReversed"   // Bool
	AttributeDeadline   = "OnboardingDeadline"   // Datetime
	AttributeStageSince = "OnboardingStageSince" // Datetime: when the stage was entered
)

// Sources of events beside the verification providers, and routes beside their
// webhooks.
const (
	SourceOperator = "operator" // commands by the admin API
	SourceMerchant = "merchant" // starts by the admin API
	SourceAdmit    = "admit"    // what Admit itself notices
	RouteCommand   = "command"
	RouteStart     = "start"
	RouteImport    = "import" // of a user who was verified before
	RouteHook      = "hook"   // of what Admit notices: a hook began to fail, or works again
	RouteAnswer    = "api"    // of a verification provider: its API's answer
)

// Names of the targets that are not hooks; no hook may have one of them.
const (
	MailTarget      = "mail"         // writes to the user
	ReviewersTarget = "reviewers"    // writes to the reviewers
	P100Target      = "p100-api"     // asks P100's API
	XGatewayTarget  = "xgateway-api" // asks XGateway's API
)

// maxWorkflowID keeps workflow IDs far below the 255 characters that Temporal's
// PostgreSQL schema holds.
const maxWorkflowID = 200

// WorkflowID returns the ID of the user's workflow: "onboarding:" and the user
// ID while the whole is ASCII and fits in 200 bytes, else "onboarding-sha256:" and
// the hex digest of the user ID. (Temporal's SDK sends a workflow ID as a gRPC
// header, too, and gRPC refuses one that is not ASCII.)
func WorkflowID(userID string) string {
	if id := "onboarding:" + userID; len(id) <= maxWorkflowID && ascii(id) {
		return id
	}
	sum := sha256.Sum256([]byte(userID))
	return "onboarding-sha256:" + hex.EncodeToString(sum[:])
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] > '~' {
			return false
		}
	}
	return true
}
