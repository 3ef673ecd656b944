package onboarding

import "slices"

// Check is one thing to be known about a user.
type Check string

// The checks. All but SEPAKYC are reported by P100; SEPAKYC by XGateway.
const (
	KYC      Check = "kyc"
	KYCFiles Check = "kyc_files"
	POA      Check = "poa"
	HighRisk Check = "high_risk"
	Account  Check = "account"
	SEPAKYC  Check = "sepa_kyc"
)

// Checks lists every check in the order in which they are shown and judged.
var Checks = [...]Check{KYC, KYCFiles, POA, HighRisk, Account, SEPAKYC}

// Valid says whether c is one of Checks.
func (c Check) Valid() bool { return slices.Contains(Checks[:], c) }

// Status is what is known of a check.
type Status string

// The statuses of a check. The zero value of Status means StatusNone.
const (
	StatusNone           Status = "none"
	StatusAwaitingUser   Status = "awaiting_user"
	StatusInReview       Status = "in_review"
	StatusActionRequired Status = "action_required"
	StatusPassed         Status = "passed"
	StatusFailed         Status = "failed"
	StatusExpired        Status = "expired"
)

// Statuses lists every status of a check.
var Statuses = [...]Status{StatusNone, StatusAwaitingUser, StatusInReview, StatusActionRequired, StatusPassed, StatusFailed, StatusExpired}

// Valid says whether s is one of Statuses.
func (s Status) Valid() bool { return slices.Contains(Statuses[:], s) }

// Stage is where an onboarding stands. It is derived from the checks and from
// what operators and deadlines did, never set by hand.
type Stage string

// The stages of an onboarding.
const (
	StageCollecting     Stage = "collecting"
	StageInReview       Stage = "in_review"
	StageHighRiskReview Stage = "high_risk_review"
	StageActionRequired Stage = "action_required"
	StageApproved       Stage = "approved"
	StageSuspended      Stage = "suspended"
	StageOnHold         Stage = "on_hold"
	StageRejected       Stage = "rejected"
	StageAbandoned      Stage = "abandoned"
	StageClosed         Stage = "closed"
)

// Stages lists every stage.
var Stages = [...]Stage{
	StageCollecting, StageInReview, StageHighRiskReview, StageActionRequired, StageApproved,
	StageSuspended, StageOnHold, StageRejected, StageAbandoned, StageClosed,
}

// Valid says whether s is one of Stages.
func (s Stage) Valid() bool { return slices.Contains(Stages[:], s) }

// Party says who has to move before an onboarding can go on.
type Party string

// The parties an onboarding can be blocked on.
const (
	User       Party = "user"
	Provider   Party = "provider"
	Compliance Party = "compliance"
	Nobody     Party = "nobody"
)

// Parties lists every party.
var Parties = [...]Party{User, Provider, Compliance, Nobody}

// Valid says whether p is one of Parties.
func (p Party) Valid() bool { return slices.Contains(Parties[:], p) }

// Access says whether the merchant's systems were told to let the user in.
type Access string

// The values of Access. None means that downstream was told nothing yet.
const (
	AccessNone    Access = "none"
	AccessGranted Access = "granted"
	AccessRevoked Access = "revoked"
)

// Outcome is what became of an input; it stands in the input's log row.
type Outcome string

// The outcomes of an input.
const (
	Applied      Outcome = "applied"
	Duplicate    Outcome = "duplicate"    // would leave the check's words as they are
	Late         Outcome = "late"         // an in-progress report overtaken by a pass
	Held         Outcome = "held"         // a pass that may be older than the reversal or failure it follows
	Unrecognised Outcome = "unrecognised" // a word or a body that this build does not know
	Refused      Outcome = "refused"      // a command that the rules do not allow or that would change nothing
	Noted        Outcome = "noted"        // recorded; changes and restarts nothing
)
