package onboarding

import (
	"encoding/json"
	"time"
)

// Onboarding is one user as the admin API, the query and the CLI show it.
type Onboarding struct {
	UserID        string     `json:"userId"`
	Stage         Stage      `json:"stage"`
	BlockedOn     Party      `json:"blockedOn"`
	Access        Access     `json:"access"`
	AccessVersion int64      `json:"accessVersion"`
	Stalled       bool       `json:"stalled"`
	Reversed      bool       `json:"reversed"`
	Pending       int64      `json:"pending"` // events stored and not folded yet
	Events        int64      `json:"events"`  // webhooks folded so far
	LastSeq       int64      `json:"lastSeq"` // number of the last log entry
	Version       int64      `json:"version"`
	Held          []Check    `json:"held"` // checks with a held report since their last applied one
	HasContact    bool       `json:"hasContact"`
	StartedAt     time.Time  `json:"startedAt"` // of a user not folded yet: when the first event was received
	StageSince    time.Time  `json:"stageSince"`
	NextDeadline  *time.Time `json:"nextDeadline"` // null when nothing is due
	Proposals     []Proposal `json:"proposals"`    // commands that wait for a second person
	Checks        CheckViews `json:"checks"`       // those that are not none
}

// CheckViews shows the checks that are not none.
type CheckViews struct {
	KYC      *CheckView `json:"kyc,omitempty"`
	KYCFiles *CheckView `json:"kyc_files,omitempty"`
	POA      *CheckView `json:"poa,omitempty"`
	HighRisk *CheckView `json:"high_risk,omitempty"`
	Account  *CheckView `json:"account,omitempty"`
	SEPAKYC  *CheckView `json:"sepa_kyc,omitempty"`
}

// CheckView is one check as it is shown.
type CheckView struct {
	Status         Status    `json:"status"`
	Since          time.Time `json:"since"`
	ProviderStatus string    `json:"providerStatus"`
	Attempt        string    `json:"attempt"`
	Processing     string    `json:"processing,omitempty"`
	Reasons        []string  `json:"reasons"`
	DocsMissing    []string  `json:"docsMissing"`
	Message        string    `json:"message"` // the provider's newest free text, joined from the event's body

	Unconfirmed bool          `json:"unconfirmed,omitempty"` // the provider's webhook passed it, its API has not confirmed that yet
	Override    *OverrideView `json:"override,omitempty"`    // an operator's word, which Status shows
}

// OverrideView is an operator's word on a check as it is shown.
type OverrideView struct {
	Until    time.Time `json:"until"`
	Provider Status    `json:"provider"` // what the check is by the provider's words
}

// View returns what s shows; the store adds what it alone knows: Pending,
// Events, LastSeq, HasContact, NextDeadline and the messages.
func (s State) View() Onboarding {
	o := Onboarding{
		UserID: s.UserID, Stage: s.Stage, BlockedOn: s.BlockedOn, Access: s.Access, AccessVersion: s.AccessVersion,
		Stalled: s.Stalled, Reversed: s.Reversed, Version: s.Version, Held: []Check{}, Proposals: append([]Proposal{}, s.Proposals...),
		StartedAt: s.StartedAt, StageSince: s.StageSince,
		Checks: CheckViews{
			KYC: s.Checks.KYC.view(), KYCFiles: s.Checks.KYCFiles.view(), POA: s.Checks.POA.view(),
			HighRisk: s.Checks.HighRisk.view(), Account: s.Checks.Account.view(), SEPAKYC: s.Checks.SEPAKYC.view(),
		},
	}
	for _, c := range Checks {
		if s.Checks.At(c).HeldReport {
			o.Held = append(o.Held, c)
		}
	}
	return o
}

func (c CheckState) view() *CheckView {
	if c.Is(StatusNone) {
		return nil
	}
	v := &CheckView{
		Status: c.Status, Since: c.Since, ProviderStatus: c.ProviderStatus, Attempt: c.Attempt, Processing: c.Processing,
		Reasons: append([]string{}, c.Reasons...), DocsMissing: append([]string{}, c.DocsMissing...),
		Unconfirmed: c.Unconfirmed,
	}
	if c.Override != nil {
		v.Override = &OverrideView{Until: c.Override.Until, Provider: c.Override.Beneath.Get()}
	}
	return v
}

// Summary returns what the workflow shows of s.
func (s State) Summary() Summary {
	return Summary{
		Stage: s.Stage, BlockedOn: s.BlockedOn, Access: s.Access, Version: s.Version,
		Stalled: s.Stalled, Reversed: s.Reversed, Checks: s.Checks.Statuses(), Since: s.StageSince,
	}
}

// ListFilter chooses onboardings; zero fields do not filter.
type ListFilter struct {
	Stage     Stage
	BlockedOn Party
	Stalled   *bool
	Reversed  *bool
	After     string // the last user ID of the page before, "" for the first page
	Limit     int    // 1 to 500
}

// TimelineEntry is one line of a user's timeline. Log entries, events that are
// not folded yet, and effects are told apart by Kind.
type TimelineEntry struct {
	Kind string    `json:"kind"` // log, pending or effect
	At   time.Time `json:"at"`

	// Of log entries.
	Seq        int64           `json:"seq,omitempty"`
	Input      string          `json:"input,omitempty"` // "p100/kyc-verification", "operator/hold", "deadline/remind"
	EventID    int64           `json:"eventId,omitempty"`
	ReplayOf   int64           `json:"replayOf,omitempty"` // the event that this one is a replay of
	Received   *time.Time      `json:"received,omitempty"`
	Outcome    Outcome         `json:"outcome,omitempty"`
	Reason     string          `json:"reason,omitempty"` // of a command: what the operator gave; of a refusal: the code
	Code       string          `json:"code,omitempty"`   // the verdict's reason code
	Actor      string          `json:"actor,omitempty"`
	RequestID  string          `json:"requestId,omitempty"`
	Version    int64           `json:"version,omitempty"`
	Changes    []Change        `json:"changes,omitempty"`
	PolicyHash string          `json:"policyHash,omitempty"`
	Build      string          `json:"build,omitempty"`
	Body       json.RawMessage `json:"body,omitempty"` // the event's body, where it is JSON and not erased

	// Of effects.
	EffectID   int64       `json:"effectId,omitempty"`
	Effect     string      `json:"effect,omitempty"`
	Target     string      `json:"target,omitempty"`
	Lane       Lane        `json:"lane,omitempty"`
	Key        string      `json:"key,omitempty"`
	State      EffectState `json:"state,omitempty"`
	Attempts   int         `json:"attempts,omitempty"`
	LastAnswer string      `json:"lastAnswer,omitempty"`
	DoneAt     *time.Time  `json:"doneAt,omitempty"` // when it was delivered, superseded or parked
	NextTry    *time.Time  `json:"nextTry,omitempty"`
	About      string      `json:"about,omitempty"`      // the checks that it is about, separated by commas
	ReplayedBy string      `json:"replayedBy,omitempty"` // who had it sent, or sent again
	ReplayedAt *time.Time  `json:"replayedAt,omitempty"`
	// ReplayReason is why, as ReplayedBy gave it.
	ReplayReason string `json:"replayReason,omitempty"`
}

// Change is one field of the state that an input changed.
type Change struct {
	Path   string          `json:"path"` // "stage", "checks.kyc.status"
	Before json.RawMessage `json:"before"`
	After  json.RawMessage `json:"after"`
}
