package onboarding

import "time"

// AnswerKind says what a provider's API made of a question about a user.
type AnswerKind string

// The kinds of answer. An API that is away, too busy or refuses the key gives no
// answer: it is asked again.
const (
	AnswerStatus      AnswerKind = "status"       // it names the check's status
	AnswerNotVerified AnswerKind = "not_verified" // P100's P459: not verified, or verified in a way it does not know
	AnswerUnknown     AnswerKind = "unknown_user" // it does not know the user
	AnswerUnusable    AnswerKind = "unusable"     // nothing that this build can read
)

// Answer is what a provider's API said of a user when it was asked. It is stored
// as an event like a webhook and decoded when it is folded.
type Answer struct {
	Check Check
	Kind  AnswerKind
	Asked time.Time // by the database's clock, before the question went out
	// Code tells answers of one kind apart: the provider's own ("P445"), "http_404"
	// or "unreadable"; "" for a status.
	Code string
	// Report holds the words, of AnswerStatus and AnswerNotVerified.
	Report Report
}

// AnswerBody is how an answer is stored: the body of an event whose route is
// RouteAnswer.
type AnswerBody struct {
	Asked time.Time `json:"asked"` // by the database's clock
	HTTP  int       `json:"http"`  // the status code
	// Answer is the API's body as it came, at most 64 KiB of it; bytes that are no
	// valid UTF-8 are replaced.
	Answer string `json:"answer"`
}

// Import is a user who was verified before Admit came: the body of an event of
// SourceMerchant on RouteImport.
type Import struct {
	ID         string    `json:"import"` // of the whole import
	Line       int       `json:"line"`   // in the imported file
	Checks     []Check   `json:"checks"` // those that have passed
	Since      time.Time `json:"since"`  // when the last of them did
	SendAccess bool      `json:"sendAccess,omitempty"`
}

// Surge is how many users lost a check of late, for the policy's
// reversals_per_hour.
type Surge struct {
	Users int  // other users reversed in the last hour
	Told  bool // somebody was told in the last hour
}
