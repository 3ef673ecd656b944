package onboarding

import "time"

// Explained says how a user's stage came about: for each check what the provider
// said, what was made of it, by which rule, and what it waits for.
type Explained struct {
	UserID    string             `json:"userId"`
	Stage     Stage              `json:"stage"`
	Rule      string             `json:"rule"` // why this stage
	BlockedOn Party              `json:"blockedOn"`
	WaitsFor  string             `json:"waitsFor"`
	Next      *Deadline          `json:"next"` // what becomes due first, null for nothing
	Checks    []CheckExplanation `json:"checks"`
}

// CheckExplanation explains one check.
type CheckExplanation struct {
	Check    Check     `json:"check"`
	Provider string    `json:"provider"`
	Lists    []string  `json:"lists"` // the policy's lists that name it
	Words    Words     `json:"words"`
	Received time.Time `json:"received,omitzero"` // of the last report that was applied
	Status   Status    `json:"status"`
	Rule     string    `json:"rule"`
	WaitsFor string    `json:"waitsFor"`
	// API tells of the provider's API; null where none can be asked for this check.
	API *APIExplanation `json:"api"`
}

// APIExplanation tells of asking a provider's API about a check.
type APIExplanation struct {
	Last        *AnswerView `json:"last"`              // null when it never answered
	Unconfirmed bool        `json:"unconfirmed"`       // the check passes only when the API says so
	Said        *Words      `json:"said"`              // the first of two answers, null when none waits for its second
	AgreeAt     time.Time   `json:"agreeAt,omitzero"`  // from when on a second answer counts
	Waiting     bool        `json:"waiting"`           // a question waits to be asked or answered
	LastTry     string      `json:"lastTry,omitempty"` // what came of the last attempt to ask that failed
}

// AnswerView is an API's answer as it is shown.
type AnswerView struct {
	Asked   time.Time  `json:"asked"`
	HTTP    int        `json:"http"`
	Kind    AnswerKind `json:"kind"`
	Code    string     `json:"code,omitempty"`
	Words   Words      `json:"words"`
	Outcome Outcome    `json:"outcome"`          // what Admit did with it
	Reason  string     `json:"reason,omitempty"` // the verdict's reason code
	Seq     int64      `json:"seq"`              // of its log entry
}
