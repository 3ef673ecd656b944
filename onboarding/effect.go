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

	EffectHookFailing = "hook.failing" // a hook takes nothing any more
	EffectHookWorking = "hook.working" // it does again
	EffectHookTest    = "hook.test"    // an operator tries a hook: sent at once, never in the ledger

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
	Check   Check    // of check.*, else ""
	Was     Status   // of check.*: the status before
	Reasons []string // why: causes of an escalation, reason codes of a notify
	Number  int      // of reminders: counts from 1 in the stay in the stage; of a surge: the users reversed
	Limit   int      // of a surge: how many the policy allows in an hour
	// AbandonAt is, of a reminder, when the user is given up; zero for never. Last
	// says that no other reminder comes before.
	AbandonAt time.Time
	Last      bool
	Asks      []Asked       // of a notify: what the user is asked to do, what is new first
	Settle    time.Duration // of a notify: for how long it waits for what may overtake it
	Hook      HookNews      // of hook.*
}

// Lane says which of a target's lanes per user carries an effect.
type Lane string

// The lanes. What opens and shuts access never waits behind the rest, and nothing
// waits behind a message to the user, which may have to wait for the morning.
const (
	LaneAccess Lane = "access"
	LaneRest   Lane = "rest"
	LaneNotify Lane = "notify"
)

// Lane returns the lane that carries the effect.
func (e Effect) Lane() Lane {
	switch {
	case strings.HasPrefix(e.Name, "access."):
		return LaneAccess
	case e.Notify():
		return LaneNotify
	}
	return LaneRest
}

// Ask says whether the effect is a question to a provider's API.
func (e Effect) Ask() bool { return strings.HasPrefix(e.Name, "ask.") }

// Review says whether the effect is one that a reviewer is told of.
func (e Effect) Review() bool { return e.Name == EffectEscalated || e.Name == EffectSurge }

// Notify says whether the effect is a message to the user.
func (e Effect) Notify() bool { return strings.HasPrefix(e.Name, notifyPrefix) }

// Key returns the idempotency key of the effect at a target:
// <user ID>/<version>/<effect>[:<check>]/<target>.
func (e Effect) Key(userID string, version int64, target string) string {
	k := userID + "/" + strconv.FormatInt(version, 10) + "/" + e.Name
	if e.Check != "" {
		k += ":" + string(e.Check)
	}
	return k + "/" + target
}

// About names the checks that the effect is about, separated by commas.
func (e Effect) About() string {
	if !e.Notify() {
		return string(e.Check)
	}
	var about []string
	for _, a := range e.Asks {
		about = append(about, string(a.Check))
	}
	return strings.Join(about, ",")
}

// Target is somebody who is told of effects.
type Target struct {
	Name   string   // [a-z0-9-]+; MailTarget is the user's mail
	Events []string // effect names, "access.*" and the like, or "*"
	// TaskQueue and Activity are set where the target is an activity on another
	// team's task queue.
	TaskQueue string
	Activity  string
	// Full says that the target is told the providers' words, too: codes with the
	// decision, free text when it is sent. Never of a task queue.
	Full bool
	// Retry and FailingAfter say how it is tried; zero fields mean the defaults.
	Retry        Retry
	FailingAfter time.Duration // without a delivery; then a hook is failing
}

// Access says whether the target opens or shuts access. Such a one is never
// switched off.
func (t Target) Access() bool {
	return t.Wants(Effect{Name: EffectGranted}) || t.Wants(Effect{Name: EffectRevoked})
}

// IsHook says whether the target is a system of the merchant's.
func (t Target) IsHook() bool {
	return t.Name != MailTarget && t.Name != ReviewersTarget && !t.Asks()
}

// notifyPrefix begins the names of the messages to the user.
const notifyPrefix = "notify."

// Wants says whether the target is told of the effect. Messages to the user go
// to MailTarget and to the hooks that name them (what is "*" does not), and
// MailTarget gets nothing else; questions to a provider's API go to its target
// alone, to reviewers what they are told of, and to a hook nothing about itself.
func (t Target) Wants(e Effect) bool {
	switch {
	case t.Name == ReviewersTarget:
		return e.Review()
	case t.Name == MailTarget:
		return e.Notify()
	case e.Hook.Name != "" && e.Hook.Name == t.Name:
		return false
	case e.Ask() || t.Asks():
		return e.Name == EffectAskP100 && t.Name == P100Target || e.Name == EffectAskXGateway && t.Name == XGatewayTarget
	}
	for _, p := range t.Events {
		prefix, open := strings.CutSuffix(p, "*")
		if e.Notify() && (t.TaskQueue != "" || !strings.HasPrefix(p, notifyPrefix)) {
			continue // personal data is rendered into it, which Temporal must not hold
		}
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

// PayloadData is the state as it was decided. The providers' words are in Details
// alone, what is said to the user in Message alone.
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
	Hook          *HookNews     `json:"hook,omitempty"`   // of hook.*

	// Details are the providers' words, of hooks that are told them. The messages in
	// them are filled in when it is sent: they are never kept with the decision.
	Details *CheckViews `json:"details,omitempty"`
	// Message is, of notify.*, what to say to the user: in codes as it was decided,
	// in words as it is sent.
	Message *Message `json:"message,omitempty"`
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
	Asks     []Asked  `json:"asks,omitempty"`
	Reasons  []string `json:"reasons,omitempty"` // of a verdict: why
	Number   int      `json:"number,omitempty"`
	Stage    Stage    `json:"stage"` // as far as the user may know it
	// AbandonAt is, of a reminder, when the user is given up; zero for never. Last
	// says that no other reminder comes before.
	AbandonAt time.Time `json:"abandonAt,omitzero"`
	Last      bool      `json:"last,omitempty"`
	// Rendered is the text, of a hook that is told what to say; never in the ledger.
	Rendered *Rendered `json:"rendered,omitempty"`
}

// Asked is one thing that a user is asked to do: to repeat or to renew a check.
type Asked struct {
	Check   Check    `json:"check"`
	Status  Status   `json:"status"` // action_required or expired
	Reasons []string `json:"reasons,omitempty"`
	// FreeText says that the provider's own words may be shown to the user.
	FreeText bool `json:"freeText,omitempty"`
}

// Rendered is a message to a user in words.
type Rendered struct {
	Language string `json:"language"` // BCP 47, of the text
	Subject  string `json:"subject"`
	Text     string `json:"text"`
	HTML     string `json:"html,omitempty"`
	URL      string `json:"url,omitempty"` // where the user goes on
}

// Recipient is what a message to a user is rendered with, as it stands when it is
// sent.
type Recipient struct {
	Contact  Contact
	Known    bool             // somebody said how the user is reached
	Statuses CheckStatuses    // of the user's checks now
	Texts    map[Check]string // the provider's newest free text on a check
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

// Payload returns the body that the target gets for the effect, decided at the
// given time and leaving the state s behind.
func (e Effect) Payload(s State, at time.Time, t Target) Payload {
	d := PayloadData{
		UserID: s.UserID, Stage: s.Stage, BlockedOn: s.BlockedOn, Access: s.Access, AccessVersion: s.AccessVersion,
		Version: s.Version, Checks: s.Checks.Statuses(), Check: e.Check, Was: e.Was, Number: e.Number, Limit: e.Limit,
	}
	if e.Name == EffectEscalated {
		d.Causes = e.Reasons
	}
	if e.Hook.Name != "" {
		d.Hook = &e.Hook
	}
	if e.Notify() {
		m := e.Message(s)
		d.Message = &m
	}
	if t.Full {
		details := s.View().Checks
		d.Details = &details
	}
	return Payload{Type: e.Name, Timestamp: at, Data: d}
}

// Message returns what a notify effect says to the user. That somebody looks at the
// user, or suspended the user in silence for it, is not to be read out of it.
func (e Effect) Message(s State) Message {
	stage := s.Stage
	if stage == StageOnHold || stage == StageHighRiskReview || stage == StageSuspended && s.Told != StageSuspended {
		stage = StageActionRequired
	}
	return Message{
		Template: strings.TrimPrefix(e.Name, notifyPrefix), Asks: e.Asks, Reasons: e.Reasons, Number: e.Number, Stage: stage,
		AbandonAt: e.AbandonAt, Last: e.Last,
	}
}

// EventNames returns the names of the effects that hooks can ask for.
func EventNames() []string {
	ns := []string{EffectGranted, EffectRevoked, EffectStarted}
	for _, s := range Stages {
		ns = append(ns, "onboarding."+string(s))
	}
	return append(ns, EffectReinstated, EffectStalled, EffectReminder, EffectEscalated, EffectCheckChanged, EffectCheckLost, EffectUnrecognised, EffectSurge,
		EffectHookFailing, EffectHookWorking, NotifyActionRequired, NotifyExpired, NotifyReminder, NotifyApproved, NotifySuspended, NotifyRejected, NotifyReinstated)
}
