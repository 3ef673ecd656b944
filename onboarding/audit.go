package onboarding

import (
	"encoding/json"
	"time"
)

// ImportUser is one user to import.
type ImportUser struct {
	UserID  string
	Import  Import
	Contact *Contact
}

// Imported is what became of a batch of users to import: none is accepted while
// one exists already.
type Imported struct {
	Accepted int   // users accepted now
	Repeated int   // users whom this import had accepted before
	Existing []int // lines of users who exist already, and not by this import
}

// Audit is what was known of a user at a time, and who or what had decided it.
type Audit struct {
	UserID     string     `json:"userId"`
	At         time.Time  `json:"at"`
	Onboarding Onboarding `json:"onboarding"` // as it would have been shown then
	Decisions  []Decision `json:"decisions"`  // what had last decided each thing that was known
	// Pending are the events that had been received and were not folded yet.
	Pending []TimelineEntry `json:"pending"`
	Effects []TimelineEntry `json:"effects"` // decided by then, with their state then
	// Policies holds the text of every policy that Decisions names, by its hash.
	Policies map[string]json.RawMessage `json:"policies"`
}

// Decision is what decided one thing that was known of a user.
type Decision struct {
	About string          `json:"about"` // "stage", "access", "checks.kyc"
	Value json.RawMessage `json:"value"` // what was known, as it was decided
	Entry TimelineEntry   `json:"entry"` // the log entry that decided it, with its evidence
	// Erased says that the evidence, a provider's body, was erased since.
	Erased bool `json:"erased,omitempty"`
}

// DigestEntry is one escalation in the reviewers' digest.
type DigestEntry struct {
	EffectID int64
	UserID   string
	Payload  []byte // JSON: a Payload
	Created  time.Time
}
