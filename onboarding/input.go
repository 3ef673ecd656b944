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
	InputAnswer      InputKind = "answer"      // a provider's API answered
	InputHook        InputKind = "hook"        // a hook began to fail, or works again
	InputImport      InputKind = "import"      // the merchant brought a user who was verified before
)

// Input is one thing to fold into a user's state. Which of Report, Command,
// Deadline, Answer, Import and Hook is read follows from Kind.
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
	Answer    Answer
	Import    Import
	Hook      HookNews
	// Surge is read where the input reverses the user; the zero Surge tells nobody.
	Surge Surge
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

	Check  Check     `json:"check,omitempty"`  // of override_check and lift_override
	Status Status    `json:"status,omitempty"` // of override_check
	Until  time.Time `json:"until,omitzero"`   // of override_check: when it ends; OverrideFor after its receipt unless given
	By     Duration  `json:"by,omitempty"`     // of extend_deadline
	// Approves is the request ID of the proposal that this command, sent by another
	// person, agrees to.
	Approves string `json:"approves,omitempty"`
}

// OverrideFor is how long an override stands unless its command says until when.
const OverrideFor = 30 * 24 * time.Hour

// The commands that Apply knows.
const (
	CommandFlagHighRisk  = "flag_high_risk"
	CommandClearHighRisk = "clear_high_risk"
	CommandHold          = "hold"
	CommandLift          = "lift"
	CommandClose         = "close"
	CommandReopen        = "reopen"
	CommandOverride      = "override_check"
	CommandLiftOverride  = "lift_override"
	CommandExtend        = "extend_deadline"
	CommandReconcile     = "reconcile"
	CommandRemind        = "remind"
	CommandErase         = "erase" // by its own route: it needs the role admin
)

// Commands lists the commands that Apply knows.
var Commands = [...]string{
	CommandFlagHighRisk, CommandClearHighRisk, CommandHold, CommandLift, CommandOverride, CommandLiftOverride,
	CommandExtend, CommandReconcile, CommandRemind, CommandClose, CommandReopen, CommandErase,
}

// DeadlineKind says what is due.
type DeadlineKind string

// The kinds of deadline.
const (
	DeadlineRemind   DeadlineKind = "remind"
	DeadlineEscalate DeadlineKind = "escalate"
	DeadlineAbandon  DeadlineKind = "abandon"

	DeadlineReconcile DeadlineKind = "reconcile" // ask the providers' APIs; with a Check, for its unconfirmed pass
	DeadlineAgree     DeadlineKind = "agree"     // ask for the second answer on a check
	DeadlineOverride  DeadlineKind = "override"  // an override ends
	DeadlineProposal  DeadlineKind = "proposal"  // a proposal that nobody approved ends
)

// Deadline is one step of one list of the policy's stall rules, or the end of
// something that stands for a time.
type Deadline struct {
	Kind  DeadlineKind `json:"kind"`
	Check Check        `json:"check,omitempty"` // of agree, override and the reconcile of one check
	Step  int          `json:"step"`            // counts from 0 since the stall clock was started
	Due   time.Time    `json:"due"`
}

// Verdict is what became of an input. Reason is a stable code, set for
// refusals and where an outcome has several causes; else "".
type Verdict struct {
	Outcome Outcome `json:"outcome"`
	Reason  string  `json:"reason,omitempty"`
}
