package workflows

import (
	"fmt"
	"strings"
	"time"

	"admit/onboarding"
)

// advanced is what Advance answers: beside what every build says, what it is that
// becomes due at the deadline. The zero Kind means that the answer does not say.
type advanced struct {
	onboarding.Advanced
	Kind  onboarding.DeadlineKind `json:"k,omitempty"`
	Check onboarding.Check        `json:"kc,omitempty"` // of the kinds that are about one check
}

// sentence says in plain words where the user stands, who has to move, and what
// happens by itself and when.
func sentence(a advanced) string {
	s := a.Summary
	var b strings.Builder
	b.WriteString(standing(s.Stage))
	if open := open(s.Checks); len(open) > 0 && s.Stage != onboarding.StageClosed {
		b.WriteString(" (" + strings.Join(open, ", ") + ")")
	}
	b.WriteString("; it waits for " + party(s.BlockedOn))
	if a.Deadline.IsZero() {
		b.WriteString(", and nothing becomes due.")
	} else {
		b.WriteString(", and next, at " + moment(a.Deadline) + ", " + happens(a.Kind, a.Check) + ".")
	}
	return b.String()
}

func party(p onboarding.Party) string {
	if p == onboarding.User || p == onboarding.Provider {
		return "the " + string(p)
	}
	return orDash(string(p))
}

func standing(s onboarding.Stage) string {
	switch s {
	case onboarding.StageCollecting:
		return "The user has not handed in everything yet"
	case onboarding.StageInReview:
		return "A provider looks at what the user handed in"
	case onboarding.StageHighRiskReview:
		return "The user is being reviewed as a high risk"
	case onboarding.StageActionRequired:
		return "The user has to hand something in again"
	case onboarding.StageApproved:
		return "The user is approved"
	case onboarding.StageSuspended:
		return "The user was approved, is so no longer, and is shut out"
	case onboarding.StageOnHold:
		return "An operator holds the user, who is shut out meanwhile"
	case onboarding.StageRejected:
		return "The user is rejected, and only a new report or a command leads on"
	case onboarding.StageAbandoned:
		return "The user was given up for want of progress, and only a new report or the command reopen leads on"
	case onboarding.StageClosed:
		return "An operator has closed the onboarding, and only the command reopen leads on"
	}
	return "The stage is " + orDash(string(s))
}

// checkStatus is a check as it is shown.
type checkStatus struct {
	check  onboarding.Check
	status onboarding.Status // "" for none
}

func statuses(c onboarding.CheckStatuses) []checkStatus {
	return []checkStatus{
		{onboarding.KYC, c.KYC}, {onboarding.KYCFiles, c.KYCFiles}, {onboarding.POA, c.POA},
		{onboarding.HighRisk, c.HighRisk}, {onboarding.Account, c.Account}, {onboarding.SEPAKYC, c.SEPAKYC},
	}
}

// open says of each check that was started and has not passed how it stands.
func open(c onboarding.CheckStatuses) []string {
	var said []string
	for _, k := range statuses(c) {
		if k.status != "" && k.status != onboarding.StatusPassed {
			said = append(said, string(k.check)+" "+statusWords(k.status))
		}
	}
	return said
}

func statusWords(s onboarding.Status) string {
	switch s {
	case onboarding.StatusAwaitingUser:
		return "is awaited from the user"
	case onboarding.StatusInReview:
		return "is in review"
	case onboarding.StatusActionRequired:
		return "needs another try"
	case onboarding.StatusFailed:
		return "has failed"
	case onboarding.StatusExpired:
		return "has expired"
	}
	return "is " + string(s)
}

// happens says what becomes of a deadline when nothing comes in before.
func happens(k onboarding.DeadlineKind, c onboarding.Check) string {
	switch k {
	case onboarding.DeadlineRemind:
		return "the user is reminded"
	case onboarding.DeadlineEscalate:
		return "a reviewer is told"
	case onboarding.DeadlineAbandon:
		return "the user is given up"
	case onboarding.DeadlineReconcile:
		return "the provider is asked" + about(c)
	case onboarding.DeadlineAgree:
		return "the provider is asked once more" + about(c)
	case onboarding.DeadlineOverride:
		return "an operator's override" + of(c) + " ends"
	case onboarding.DeadlineProposal:
		return "a proposed command lapses unless a second person approves it"
	}
	return "Admit looks at what is due"
}

// dueSummary is the one line that the UI shows of the timer of a deadline, which
// is left to fire when the deadline moves to a later time.
func dueSummary(a advanced) string {
	return fmt.Sprintf("%s at %s, unless this has moved by then", happens(a.Kind, a.Check), moment(a.Deadline))
}

func about(c onboarding.Check) string {
	if c == "" {
		return ""
	}
	return " about " + string(c)
}

func of(c onboarding.Check) string {
	if c == "" {
		return ""
	}
	return " of " + string(c)
}

// purpose says what serving a lane is for. The UI shows it behind the name of the
// activity.
func purpose(w onboarding.LaneWork) string {
	switch w.Target {
	case onboarding.MailTarget:
		return "mail to the user"
	case onboarding.ReviewersTarget:
		return "mail to the reviewers"
	case onboarding.P100Target:
		return "ask p100"
	case onboarding.XGatewayTarget:
		return "ask xgateway"
	}
	if w.Lane == onboarding.LaneAccess {
		return w.Target + " (access)"
	}
	return w.Target
}

func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// orDash returns "-" for nothing.
func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
