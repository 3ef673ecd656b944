package onboarding

import (
	"slices"
	"time"
)

// State is everything the rules know about one user. It is what the changes in
// the user's log add up to. Times are UTC, to the microsecond, by the
// database's clock.
type State struct {
	UserID    string    `json:"userId"`
	StartedAt time.Time `json:"startedAt,omitzero"` // when the first input was folded
	Version   int64     `json:"version"`            // counts the inputs that were no duplicates

	Stage         Stage     `json:"stage"`
	StageSince    time.Time `json:"stageSince,omitzero"`
	BlockedOn     Party     `json:"blockedOn"`
	Access        Access    `json:"access"`
	AccessVersion int64     `json:"accessVersion"` // grows by one at each grant and each revoke
	Reversed      bool      `json:"reversed,omitempty"`

	Approved       bool `json:"approved,omitempty"`       // approval was won and not lost since
	ApprovedBefore bool `json:"approvedBefore,omitempty"` // approval was won at some time
	OnHold         bool `json:"onHold,omitempty"`         // an operator holds the user
	Closed         bool `json:"closed,omitempty"`         // an operator closed the onboarding
	Abandoned      bool `json:"abandoned,omitempty"`      // the user was given up, and no report was applied since

	// The stall clock: when it was started, and how far each list has come since.
	ClockAt   time.Time `json:"clockAt,omitzero"`
	Reminded  int       `json:"reminded,omitempty"`  // steps of the remind list done since ClockAt
	Escalated int       `json:"escalated,omitempty"` // steps of the escalate list done since ClockAt
	Reminders int       `json:"reminders,omitempty"` // reminders sent in this stay in the stage
	Stalled   bool      `json:"stalled,omitempty"`   // a reminder or escalation was sent since ClockAt

	Reconciled int      `json:"reconciled,omitempty"` // steps of the reconcile list done since ClockAt
	Extended   Duration `json:"extended,omitempty"`   // by how much an operator moved the stage's steps

	// Proposals are commands that wait for a second person, oldest first.
	Proposals []Proposal `json:"proposals,omitempty"`

	// Told is the last of approved, suspended and rejected that the user was told.
	Told       Stage  `json:"told,omitempty"`
	PolicyHash string `json:"policyHash"`

	Checks CheckStates `json:"checks"`
}

// CheckStates holds the state of each check.
type CheckStates struct {
	KYC      CheckState `json:"kyc,omitzero"`
	KYCFiles CheckState `json:"kyc_files,omitzero"`
	POA      CheckState `json:"poa,omitzero"`
	HighRisk CheckState `json:"high_risk,omitzero"`
	Account  CheckState `json:"account,omitzero"`
	SEPAKYC  CheckState `json:"sepa_kyc,omitzero"`
}

// At returns the state of the check c, which must be one of Checks; for any
// other it returns an empty state that belongs to nobody.
func (c *CheckStates) At(check Check) *CheckState {
	switch check {
	case KYC:
		return &c.KYC
	case KYCFiles:
		return &c.KYCFiles
	case POA:
		return &c.POA
	case HighRisk:
		return &c.HighRisk
	case Account:
		return &c.Account
	case SEPAKYC:
		return &c.SEPAKYC
	}
	return &CheckState{}
}

// Words are what the provider said of a check, kept as it said it: codes only,
// never free text.
type Words struct {
	ProviderStatus string   `json:"providerStatus,omitempty"` // "" where nothing was said, or null
	Attempt        string   `json:"attempt,omitempty"`        // P100's attemptStatus
	Processing     string   `json:"processing,omitempty"`     // XGateway's kycProcessingStatus
	Reasons        []string `json:"reasons,omitempty"`
	DocsMissing    []string `json:"docsMissing,omitempty"`
}

// CheckState is what is known of one check.
type CheckState struct {
	Status Status    `json:"status,omitempty"` // "" means StatusNone; read it with Is or Get
	Since  time.Time `json:"since,omitzero"`   // when the report that brought the status was received
	Words

	PassedBefore bool      `json:"passedBefore,omitempty"` // passed now or at some time
	PassedAt     time.Time `json:"passedAt,omitzero"`      // received time of the last report that passed it
	LostAt       time.Time `json:"lostAt,omitzero"`        // received time of the report that last reversed or failed it; zero once it is mended
	Moving       bool      `json:"moving,omitempty"`       // an in-progress report came at LostAt or since
	ReliedOn     bool      `json:"reliedOn,omitempty"`     // the user's approval rests on it, whatever the policy lists now
	HeldReport   bool      `json:"heldReport,omitempty"`   // a passing report was held since the last applied one
	LateTold     bool      `json:"lateTold,omitempty"`     // a reviewer was told of a late report in this pass
	ReportedAt   time.Time `json:"reportedAt,omitzero"`    // latest received time of an applied report

	// BeforeFlag is what high_risk was before an operator flagged the user; nil
	// while no flag stands.
	BeforeFlag *CheckState `json:"beforeFlag,omitempty"`

	// What the provider's API says, where it can be asked.
	Unconfirmed bool  `json:"unconfirmed,omitempty"` // the latest report passed it, and the API has not said so yet
	Asked       int   `json:"asked,omitempty"`       // steps done of asking about the unconfirmed pass
	Said        *Said `json:"said,omitempty"`        // the first of two answers that contradict the words
	APIPassed   bool  `json:"apiPassed,omitempty"`   // the API has said at some time that it is passed
	// Unanswered is the code of an answer that was of no use, "" once a better one
	// came; a reviewer is told at the next deadline, once.
	Unanswered     string `json:"unanswered,omitempty"`
	UnansweredTold bool   `json:"unansweredTold,omitempty"`

	// Override is an operator's word on the check, over the provider's; nil while
	// none stands.
	Override *Override `json:"override,omitempty"`
}

// Said is an answer of a provider's API that moves the check when a second one
// says the same.
type Said struct {
	Words
	Status     Status    `json:"status"`               // what the check would become
	AgreeAt    time.Time `json:"agreeAt"`              // a second answer counts when it was asked for at or after this
	AskedAgain bool      `json:"askedAgain,omitempty"` // the deadline for asking again has passed
}

// Override is a status that an operator gave a check. The provider's words go on
// being folded beneath it.
type Override struct {
	Status  Status     `json:"status"`
	Until   time.Time  `json:"until"`
	Beneath CheckState `json:"beneath"` // what the check is by the provider's words
}

// Proposal is a command that one person asked for and another has to approve.
type Proposal struct {
	RequestID string    `json:"requestId"`
	Command   string    `json:"command"`
	Actor     string    `json:"actor"`
	Check     Check     `json:"check,omitempty"`
	Status    Status    `json:"status,omitempty"`
	Until     time.Time `json:"until,omitzero"` // of an override
	By        Duration  `json:"by,omitempty"`
	Expires   time.Time `json:"expires"`
}

// ProposalFor is how long a proposal waits for a second person.
const ProposalFor = 24 * time.Hour

// Get returns the status of the check, StatusNone when nothing was reported.
func (c *CheckState) Get() Status {
	if c.Status == "" {
		return StatusNone
	}
	return c.Status
}

// Is says whether the check has one of the given statuses.
func (c *CheckState) Is(statuses ...Status) bool {
	return slices.Contains(statuses, c.Get())
}

// Reversed says whether the check has passed before and is not passed now.
func (c *CheckState) Reversed() bool { return c.PassedBefore && c.Status != StatusPassed }
