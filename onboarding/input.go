package onboarding

import "time"

// InputKind says what an input is.
type InputKind string

// The kinds of input.
const (
	InputReport      InputKind = "report"      // a provider's webhook
	InputStart       InputKind = "start"       // the merchant started the onboarding
	InputCommand     InputKind = "command"     // an operator's command
	InputDeadline    InputKind = "deadline"    // something is due
	InputPolicy      InputKind = "policy"      // the process's policy is another than the row's
	InputUndecodable InputKind = "undecodable" // an event whose body this build cannot decode any more
)

// Input is one thing to fold into a user's state. Which of Report, Command and
// Deadline is read follows from Kind.
type Input struct {
	Kind     InputKind
	Received time.Time // when the event was received, of a replay the old one; for deadlines and policies the time of folding
	// Replay says that a report is an old one, folded again; Overtaken that the log
	// has a later report of the same webhook, which was understood.
	Replay    bool
	Overtaken bool
	Report    Report
	Command   Command
	Deadline  Deadline
}

// Report is a provider's webhook in the provider's own words.
type Report struct {
	Check       Check
	Status      string   // the overall status word
	Null        bool     // XGateway: status was null
	Attempt     string   // P100 KYC: attemptStatus, "" when absent
	Processing  string   // XGateway: kycProcessingStatus, "" when absent or null
	Reasons     []string // as sent; Apply keeps codes and turns the rest into OTHER
	DocsMissing []string
}

// Command is what an operator asks for. It is stored as the body of an event,
// as JSON; Reason is required by the admin API.
type Command struct {
	Name      string `json:"command"`
	Reason    string `json:"reason"`
	Actor     string `json:"actor"` // the name of the token, set by the admin API
	RequestID string `json:"requestId"`
}

// The commands that Apply knows.
const (
	CommandFlagHighRisk  = "flag_high_risk"
	CommandClearHighRisk = "clear_high_risk"
	CommandHold          = "hold"
	CommandLift          = "lift"
	CommandClose         = "close"
	CommandReopen        = "reopen"
)

// Commands lists the commands that Apply knows.
var Commands = [...]string{CommandFlagHighRisk, CommandClearHighRisk, CommandHold, CommandLift, CommandClose, CommandReopen}

// DeadlineKind says what is due.
type DeadlineKind string

// The kinds of deadline.
const (
	DeadlineRemind   DeadlineKind = "remind"
	DeadlineEscalate DeadlineKind = "escalate"
	DeadlineAbandon  DeadlineKind = "abandon"
)

// Deadline is one step of one list of the policy's stall rules.
type Deadline struct {
	Kind DeadlineKind `json:"kind"`
	Step int          `json:"step"` // counts from 0 since the stall clock was started
	Due  time.Time    `json:"due"`
}

// Verdict is what became of an input. Reason is a stable code, set for
// refusals and where an outcome has several causes; else "".
type Verdict struct {
	Outcome Outcome `json:"outcome"`
	Reason  string  `json:"reason,omitempty"`
}
