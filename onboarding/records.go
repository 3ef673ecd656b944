package onboarding

import (
	"errors"
	"time"
)

// Errors that the store answers with and its callers branch on.
var (
	// ErrUnavailable wraps every failure that may pass by itself: the database is
	// away, restarting, or too slow. Nothing was stored; the caller may try again.
	ErrUnavailable = errors.New("the store is unavailable")
	// ErrNotFound means that no user of that ID exists.
	ErrNotFound = errors.New("no such user")
	// ErrConflict means that a request ID was used before with another body.
	ErrConflict = errors.New("the request ID was used with another body")
	// ErrData means that the database refuses the data itself, whatever is tried.
	ErrData = errors.New("the store refuses this data")
)

// Event is something from outside, as it is stored before it is answered.
type Event struct {
	ID       int64  // drawn by the store; the order
	UserID   string // valid by CheckUserID
	Provider string // a provider's name, SourceOperator, SourceMerchant or SourceAdmit
	Route    string // the provider's name of the webhook, or one of the routes of names.go
	Body     []byte // as received; XGateway's without its hash
	Received time.Time
}

// Ring is the payload of the signal that wakes a workflow: a readable summary,
// no free text and no personal data. The workflow does not decode it.
type Ring struct {
	EventID  int64    `json:"eventId,omitempty"`
	Provider string   `json:"provider,omitempty"`
	Route    string   `json:"route,omitempty"`
	Words    []string `json:"words,omitempty"` // status words that are known codes
	Cause    string   `json:"cause,omitempty"` // why it rings, where it is no webhook or command: inbox or overdue by a sweep, replay, or wake
}

// Contact is how a user is reached: personal data, never in Temporal, the log or
// a log line.
type Contact struct {
	Email    string `json:"email,omitempty"`
	Locale   string `json:"locale,omitempty"`   // BCP 47, "de" or "de-AT"; "" means the default language
	Name     string `json:"name,omitempty"`     // as the user is addressed
	TimeZone string `json:"timeZone,omitempty"` // IANA name
}

// AdvanceRequest asks for one Advance of one user.
type AdvanceRequest struct {
	UserID string `json:"userId"`
	// RequestIDs are the commands whose outcomes the caller waits for.
	RequestIDs []string `json:"requestIds,omitempty"`
}

// Advanced is what Advance tells the workflow. It is in every history many
// times, so it is kept small.
type Advanced struct {
	Summary  Summary          `json:"s"`
	Deadline time.Time        `json:"d,omitzero"` // when the next deadline is due, by the database's clock
	In       time.Duration    `json:"in,omitempty"`
	Kind     DeadlineKind     `json:"k,omitempty"`  // of the next deadline, where it is the rules'
	Check    Check            `json:"kc,omitempty"` // which it is about, where it is about one
	Lanes    []LaneWork       `json:"l,omitempty"`  // the lanes that have waiting effects
	Outcomes []CommandOutcome `json:"o,omitempty"`  // of the request IDs asked for that are folded
	Done     bool             `json:"done,omitempty"`
	More     bool             `json:"more,omitempty"` // events are left: call again at once
}

// Summary is what the workflow shows of a user.
type Summary struct {
	Stage     Stage         `json:"stage"`
	BlockedOn Party         `json:"blockedOn"`
	Access    Access        `json:"access"`
	Version   int64         `json:"version"`
	Stalled   bool          `json:"stalled,omitempty"`
	Reversed  bool          `json:"reversed,omitempty"`
	Checks    CheckStatuses `json:"checks"`
	Since     time.Time     `json:"since,omitzero"` // when the stage was entered
	Recent    []LogLine     `json:"recent,omitempty"`
}

// LogLine is one of the last few log entries, in brief.
type LogLine struct {
	Seq     int64     `json:"n"`
	At      time.Time `json:"at"`
	Input   string    `json:"in"` // "p100/kyc-verification", "operator/hold", "deadline/remind"
	Outcome Outcome   `json:"out"`
	Stage   Stage     `json:"stage"` // after it
}

// LaneRef names one lane of a user's effects at a target.
type LaneRef struct {
	UserID string `json:"userId"`
	Target string `json:"target"`
	Lane   Lane   `json:"lane"`
}

// LaneWork is a lane with waiting effects.
type LaneWork struct {
	Target string `json:"t"`
	Lane   Lane   `json:"l"`
	First  int64  `json:"f"` // ledger ID of the first waiting effect
	// TaskQueue and Activity are set where the target is an activity on another
	// team's task queue.
	TaskQueue string `json:"q,omitempty"`
	Activity  string `json:"a,omitempty"`
}

// LaneResult is what an activity that served a lane answers.
type LaneResult struct {
	Left bool `json:"left,omitempty"` // effects are still waiting, or new ones were found
}

// CommandOutcome is what became of a command.
type CommandOutcome struct {
	RequestID string  `json:"requestId"`
	Outcome   Outcome `json:"outcome"`
	Reason    string  `json:"reason,omitempty"`
	Seq       int64   `json:"seq"`
}

// CommandRequest is the argument of the workflow's update: it names a command
// that is stored already. A request that names no stored command does nothing.
type CommandRequest struct {
	RequestID string `json:"requestId"`
}

// Delivery is one effect taken out of the ledger to be sent once.
type Delivery struct {
	ID       int64     `json:"id"`
	Key      string    `json:"key"` // idempotency key, the same at every attempt
	UserID   string    `json:"userId"`
	Target   string    `json:"target"`
	Lane     Lane      `json:"lane"`
	Name     string    `json:"name"`    // the effect's name
	Payload  []byte    `json:"payload"` // JSON: a Payload, or a Message for MailTarget
	Attempts int       `json:"attempts"`
	Created  time.Time `json:"created"` // when it was decided, or last sent again
	Now      time.Time `json:"now"`     // the database's clock when it was taken
}

// Attempt is what came of sending a Delivery once.
type Attempt struct {
	// Result says what to do with the effect.
	Result AttemptResult `json:"result"`
	// Answer is shown in the ledger: an HTTP status, an SMTP code, a class of
	// error; never a body, a header or an address. At most 200 bytes are kept.
	Answer string `json:"answer"`
	// RetryAfter is the least wait that the other side asked for, 0 if none.
	RetryAfter time.Duration `json:"retryAfter,omitempty"`
	// Gone says, with AttemptRefused, that there is nobody any more to be told, and
	// will not be: a hook that says so is failing at once.
	Gone bool `json:"gone,omitempty"`
	// Unsent says that the attempt failed before anything was sent: it says nothing
	// about the target.
	Unsent bool `json:"unsent,omitempty"`
	// Event is, of a question that a provider's API answered, the AnswerBody as
	// JSON: it is accepted as an event in the transaction that marks the effect
	// delivered.
	Event []byte `json:"event,omitempty"`
}

// AttemptResult is the class of an attempt's end.
type AttemptResult string

// The classes. Refused is a definite no: tried 5 times; Failed is anything else:
// tried for 72 hours (by the default Retry). In the access lane both are retried
// for ever. Unsendable parks the effect at once (the user has no contact), but
// never in the access lane. Deferred is no attempt: it is not the time yet, and
// RetryAfter says when. Moot supersedes a message that has nothing to say any more.
const (
	AttemptDelivered  AttemptResult = "delivered"
	AttemptRefused    AttemptResult = "refused"
	AttemptFailed     AttemptResult = "failed"
	AttemptUnsendable AttemptResult = "unsendable"
	AttemptDeferred   AttemptResult = "deferred"
	AttemptMoot       AttemptResult = "moot"
)

// Taken is the answer to taking the next effect of a lane: a delivery, or how
// long to wait before asking again, or neither when the lane is empty.
type Taken struct {
	Delivery *Delivery     `json:"delivery,omitempty"`
	Wait     time.Duration `json:"wait,omitempty"`
}

// EffectState is where an effect stands in the ledger.
type EffectState string

// The states of an effect.
const (
	EffectWaiting    EffectState = "waiting"
	EffectDelivered  EffectState = "delivered"
	EffectSuperseded EffectState = "superseded"
	EffectParked     EffectState = "parked"
	EffectShadow     EffectState = "shadow"
	EffectCollected  EffectState = "collected" // kept for the reviewers' next digest
)
