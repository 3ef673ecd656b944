package onboarding

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"
)

// Policy is what a merchant decides about onboarding. Durations are policy,
// never constants. Build one with DefaultPolicy and change it; the zero Policy
// asks for nothing and approves nobody.
type Policy struct {
	RequireAny       []Check `json:"require_any"`        // at least one has passed
	RequireAll       []Check `json:"require_all"`        // each has passed
	RequireIfStarted []Check `json:"require_if_started"` // each that is not none has passed

	Stall        StallPolicy `json:"stall"`
	Jitter       Duration    `json:"jitter"` // upper bound of a delay that is fixed per user
	LateWindow   Windows     `json:"late_window"`
	HeldWindow   Windows     `json:"held_window"`
	MaxReminders int         `json:"max_reminders"` // per stay in a stage

	Confirm    []Check  `json:"confirm"`     // pass only when the provider's API says so
	AgreeAfter Duration `json:"agree_after"` // the least time between two answers that move a check
	FourEyes   []string `json:"four_eyes"`   // the commands that need two people
	// ReversalsPerHour is how many users may be reversed in an hour before a person
	// is called; 0 calls nobody.
	ReversalsPerHour int `json:"reversals_per_hour"`
	// Settle is for how long bad news to a user waits: what follows meanwhile is told
	// with it, in one message.
	Settle Duration `json:"settle"`
	// FreeText are the checks of which a provider's own words may be shown to the
	// user.
	FreeText []Check `json:"free_text"`
	// APIs are the checks whose provider's API can be asked. It is not written in the
	// policy but follows from the settings of the APIs.
	APIs []Check `json:"apis"`
	// Off are the checks whose provider is off, by the settings as well. It decides
	// nothing about a user, so the hash does not cover it.
	Off []Check `json:"-"`
}

// Windows holds a duration for each provider.
type Windows struct {
	P100     Duration `json:"p100"`
	XGateway Duration `json:"xgateway"`
}

// StallPolicy holds what becomes due in each stage that can wait.
type StallPolicy struct {
	Collecting     StageStall `json:"collecting"`
	ActionRequired StageStall `json:"action_required"`
	InReview       StageStall `json:"in_review"`
	HighRiskReview StageStall `json:"high_risk_review"`
	Suspended      StageStall `json:"suspended"`
	OnHold         StageStall `json:"on_hold"`
	Approved       StageStall `json:"approved"`
}

// StageStall is what becomes due while a stage makes no progress, counted from
// the stall clock. Where Abandon is zero each list repeats its last step.
type StageStall struct {
	Remind    []Duration `json:"remind,omitempty"`
	Escalate  []Duration `json:"escalate,omitempty"`
	Reconcile []Duration `json:"reconcile,omitempty"` // asks providers' APIs; without an API it is no step
	Abandon   Duration   `json:"abandon,omitempty"`
}

// At returns the stall rules of a stage, empty for a stage that never stalls.
func (p StallPolicy) At(s Stage) StageStall {
	switch s {
	case StageCollecting:
		return p.Collecting
	case StageActionRequired:
		return p.ActionRequired
	case StageInReview:
		return p.InReview
	case StageHighRiskReview:
		return p.HighRiskReview
	case StageSuspended:
		return p.Suspended
	case StageOnHold:
		return p.OnHold
	case StageApproved:
		return p.Approved
	}
	return StageStall{}
}

// Duration is a time.Duration that is written as text, "2h" or "1m30s".
type Duration time.Duration

// D returns d as a time.Duration.
func (d Duration) D() time.Duration { return time.Duration(d) }

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	*d = Duration(v)
	return err
}

func hours(hs ...int) []Duration {
	ds := make([]Duration, len(hs))
	for i, h := range hs {
		ds[i] = Duration(time.Duration(h) * time.Hour)
	}
	return ds
}

func minutes(ms ...int) []Duration {
	ds := make([]Duration, len(ms))
	for i, m := range ms {
		ds[i] = Duration(time.Duration(m) * time.Minute)
	}
	return ds
}

// DefaultPolicy returns the policy that is built in.
func DefaultPolicy() Policy {
	const minute, hour = Duration(time.Minute), Duration(time.Hour)
	return Policy{
		RequireAny:       []Check{KYC, SEPAKYC},
		RequireAll:       []Check{},
		RequireIfStarted: []Check{POA, HighRisk},
		Stall: StallPolicy{
			Collecting:     StageStall{Remind: hours(2, 24, 72, 168), Reconcile: minutes(30, 24*60, 72*60), Abandon: 720 * hour},
			ActionRequired: StageStall{Remind: hours(24, 72, 168), Reconcile: minutes(30, 24*60, 72*60), Abandon: 720 * hour},
			InReview:       StageStall{Reconcile: minutes(5, 30, 120, 360), Escalate: hours(24, 96)},
			HighRiskReview: StageStall{Escalate: hours(24, 72)},
			Suspended:      StageStall{Remind: hours(24, 168), Reconcile: minutes(5, 60, 24*60), Escalate: hours(24, 168)},
			OnHold:         StageStall{Escalate: hours(168)},
			Approved:       StageStall{Reconcile: hours(168)},
		},
		Jitter:       10 * minute,
		LateWindow:   Windows{P100: 5 * minute, XGateway: 15 * minute},
		HeldWindow:   Windows{P100: 5 * minute, XGateway: 24 * hour},
		MaxReminders: 10,
		Confirm:      []Check{},
		AgreeAfter:   5 * minute,
		FourEyes:     []string{},
		Settle:       minute,
		FreeText:     []Check{},
		APIs:         []Check{},
	}
}

// Text returns the policy as JSON: what the hash covers and what the audit keeps.
func (p Policy) Text() []byte {
	text, err := json.Marshal(p)
	if err != nil {
		// Marshalling strings, ints and durations cannot fail.
		return nil
	}
	return text
}

// Hash returns the hex SHA-256 of Text, cut to 16 digits.
func (p Policy) Hash() string {
	sum := sha256.Sum256(p.Text())
	return hex.EncodeToString(sum[:8])
}
