package onboarding

import (
	"strconv"
	"strings"
	"time"
)

// Names of effects. Beside them stand "onboarding.<stage>" for each stage and
// "notify.<message>" for each message to the user.
const (
	EffectGranted      = "access.granted"
	EffectRevoked      = "access.revoked"
	EffectStarted      = "onboarding.started"
	EffectReinstated   = "onboarding.reinstated"
	EffectStalled      = "onboarding.stalled"
	EffectReminder     = "onboarding.reminder"
	EffectEscalated    = "onboarding.escalated"
	EffectCheckChanged = "check.changed"
	EffectCheckLost    = "check.reversed"
	EffectUnrecognised = "event.unrecognised"
	EffectSurge        = "reversals.exceeded" // more users were reversed in an hour than the policy allows

	EffectAskP100     = "ask.p100" // a provider's API is to be asked
	EffectAskXGateway = "ask.xgateway"

	NotifyActionRequired = "notify.action_required"
	NotifyExpired        = "notify.expired"
	NotifyReminder       = "notify.reminder"
	NotifyApproved       = "notify.approved"
	NotifySuspended      = "notify.suspended"
	NotifyRejected       = "notify.rejected"
	NotifyReinstated     = "notify.reinstated"
)

// Effect is something that follows from an input, before it is known who wants it.
type Effect struct {
	Name    string
	Check   Check    // of check.* and of a notify about one check, else ""
	Was     Status   // of check.*: the status before
	Reasons []string // why: causes of an escalation, reason codes of a notify
	Number  int      // of reminders: counts from 1 in the stay in the stage; of a surge: the users reversed
	Limit   int      // of a surge: how many the policy allows in an hour
	// AbandonAt is, of a reminder, when the user is given up; zero for never.
	AbandonAt time.Time
}

// Lane says which of a target's two lanes per user carries an effect.
type Lane string

// The lanes. What opens and shuts access never waits behind the rest.
const (
	LaneAccess Lane = "access"
	LaneRest   Lane = "rest"
)

// Lane returns the lane that carries the effect.
func (e Effect) Lane() Lane {
	if strings.HasPrefix(e.Name, "access.") {
		return LaneAccess
	}
	return LaneRest
}

// Ask says whether the effect is a question to a provider's API.
func (e Effect) Ask() bool { return strings.HasPrefix(e.Name, "ask.") }

// Review says whether the effect is one that a reviewer is told of.
func (e Effect) Review() bool { return e.Name == EffectEscalated || e.Name == EffectSurge }

// Notify says whether the effect is a message to the user.
func (e Effect) Notify() bool { return strings.HasPrefix(e.Name, "notify.") }

// Key returns the idempotency key of the effect at a target:
// <user ID>/<version>/<effect>[:<check>]/<target>.
func (e Effect) Key(userID string, version int64, target string) string {
	k := userID + "/" + strconv.FormatInt(version, 10) + "/" + e.Name
	if e.Check != "" {
		k += ":" + string(e.Check)
	}
	return k + "/" + target
}

// Target is somebody who is told of effects.
type Target struct {
	Name   string   // [a-z0-9-]+; MailTarget is the user's mail
	Events []string // effect names, "access.*" and the like, or "*"
	// TaskQueue and Activity are set where the target is an activity on another
	// team's task queue.
	TaskQueue string
	Activity  string
}

// Wants says whether the target is told of the effect. Messages to the user go
// to MailTarget alone, and nothing else does; questions to a provider's API to its
// target alone; and to reviewers what they are told of.
func (t Target) Wants(e Effect) bool {
	switch {
	case t.Name == ReviewersTarget:
		return e.Review()
	case e.Notify() || t.Name == MailTarget:
		return e.Notify() && t.Name == MailTarget
	case e.Ask() || t.Asks():
		return e.Name == EffectAskP100 && t.Name == P100Target || e.Name == EffectAskXGateway && t.Name == XGatewayTarget
	}
	for _, p := range t.Events {
		prefix, open := strings.CutSuffix(p, "*")
		if p == e.Name || open && strings.HasPrefix(e.Name, prefix) {
			return true
		}
	}
	return false
}

// Asks says whether the target is a provider's API.
func (t Target) Asks() bool { return t.Name == P100Target || t.Name == XGatewayTarget }

// Payload is the body of a hook and of an activity on another team's task queue.
type Payload struct {
	Type      string      `json:"type"`
	Timestamp time.Time   `json:"timestamp"`
	Data      PayloadData `json:"data"`
}

// PayloadData is the state as it was decided, without free text, reason codes
// of providers or personal data.
type PayloadData struct {
	UserID        string        `json:"userId"`
	Stage         Stage         `json:"stage"`
	BlockedOn     Party         `json:"blockedOn"`
	Access        Access        `json:"access"`
	AccessVersion int64         `json:"accessVersion"`
	Version       int64         `json:"version"`
	Checks        CheckStatuses `json:"checks"`
	Check         Check         `json:"check,omitempty"`
	Was           Status        `json:"was,omitempty"`
	Causes        []string      `json:"causes,omitempty"` // of onboarding.escalated
	Number        int           `json:"number,omitempty"` // of onboarding.reminder; of reversals.exceeded the users reversed in the last hour
	Limit         int           `json:"limit,omitempty"`  // of reversals.exceeded: how many the policy allows
}

// CheckStatuses shows the checks that are not none.
type CheckStatuses struct {
	KYC      Status `json:"kyc,omitempty"`
	KYCFiles Status `json:"kyc_files,omitempty"`
	POA      Status `json:"poa,omitempty"`
	HighRisk Status `json:"high_risk,omitempty"`
	Account  Status `json:"account,omitempty"`
	SEPAKYC  Status `json:"sepa_kyc,omitempty"`
}

// Message is the payload of a notify effect: what to say, in codes. Its text is
// rendered when it is sent.
type Message struct {
	Template string   `json:"template"` // the effect's name without "notify."
	Check    Check    `json:"check,omitempty"`
	Reasons  []string `json:"reasons,omitempty"`
	Number   int      `json:"number,omitempty"`
	Stage    Stage    `json:"stage"`
	// AbandonAt is, of a reminder, when the user is given up; zero for never.
	AbandonAt time.Time `json:"abandonAt,omitzero"`
}

// Statuses returns the statuses of the checks that are not none.
func (c *CheckStates) Statuses() CheckStatuses {
	shown := func(s CheckState) Status {
		if s.Status == StatusNone {
			return ""
		}
		return s.Status
	}
	return CheckStatuses{
		KYC: shown(c.KYC), KYCFiles: shown(c.KYCFiles), POA: shown(c.POA),
		HighRisk: shown(c.HighRisk), Account: shown(c.Account), SEPAKYC: shown(c.SEPAKYC),
	}
}

// Payload returns the body that a hook gets for the effect, decided at the given
// time and leaving the state s behind.
func (e Effect) Payload(s State, at time.Time) Payload {
	d := PayloadData{
		UserID: s.UserID, Stage: s.Stage, BlockedOn: s.BlockedOn, Access: s.Access, AccessVersion: s.AccessVersion,
		Version: s.Version, Checks: s.Checks.Statuses(), Check: e.Check, Was: e.Was, Number: e.Number, Limit: e.Limit,
	}
	if e.Name == EffectEscalated {
		d.Causes = e.Reasons
	}
	return Payload{Type: e.Name, Timestamp: at, Data: d}
}

// Message returns what a notify effect says to the user.
func (e Effect) Message(s State) Message {
	return Message{Template: strings.TrimPrefix(e.Name, "notify."), Check: e.Check, Reasons: e.Reasons, Number: e.Number, Stage: s.Stage, AbandonAt: e.AbandonAt}
}

// EventNames returns the names of the effects that hooks can ask for.
func EventNames() []string {
	ns := []string{EffectGranted, EffectRevoked, EffectStarted}
	for _, s := range Stages {
		ns = append(ns, "onboarding."+string(s))
	}
	return append(ns, EffectReinstated, EffectStalled, EffectReminder, EffectEscalated, EffectCheckChanged, EffectCheckLost, EffectUnrecognised, EffectSurge)
}
