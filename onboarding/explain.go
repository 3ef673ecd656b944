package onboarding

import (
	"slices"
	"strings"
	"time"
)

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

// Explain says how the state came about under the policy. api tells what the store
// knows of asking about a check: the last answer, and whether a question waits.
func Explain(s State, p Policy, api func(Check) APIExplanation) Explained {
	e := Explained{
		UserID: s.UserID, Stage: s.Stage, Rule: stageRule(&s, p), BlockedOn: s.BlockedOn, WaitsFor: waitsFor(&s, p), Checks: []CheckExplanation{},
	}
	if d, ok := Next(s, p); ok {
		e.Next = &d
	}
	for _, check := range Checks {
		c := s.Checks.At(check)
		if c.Is(StatusNone) && (!p.lists(check) || slices.Contains(p.Off, check)) {
			continue
		}
		x := CheckExplanation{
			Check: check, Provider: ProviderOf(check), Lists: p.listsOf(check), Words: c.Words, Received: c.ReportedAt,
			Status: c.Get(), Rule: checkRule(check, c), WaitsFor: checkWaitsFor(check, c, p),
		}
		if slices.Contains(p.APIs, check) {
			a := api(check)
			a.Unconfirmed = c.Unconfirmed
			if c.Said != nil {
				a.Said, a.AgreeAt = &c.Said.Words, c.Said.AgreeAt
			}
			x.API = &a
		}
		e.Checks = append(e.Checks, x)
	}
	return e
}

// ProviderOf names the provider that reports a check.
func ProviderOf(c Check) string {
	if c == SEPAKYC {
		return "xgateway"
	}
	return "p100"
}

// listsOf names the policy's lists that hold a check.
func (p Policy) listsOf(c Check) []string {
	in := []string{}
	for _, l := range []struct {
		name string
		list []Check
	}{{"require_any", p.RequireAny}, {"require_all", p.RequireAll}, {"require_if_started", p.RequireIfStarted}, {"confirm", p.Confirm}} {
		if slices.Contains(l.list, c) {
			in = append(in, l.name)
		}
	}
	return in
}

// stageRule says which rule gave the stage, in the order in which they are tried.
func stageRule(s *State, p Policy) string {
	switch s.Stage {
	case StageClosed:
		return "an operator closed the onboarding"
	case StageOnHold:
		return "an operator put the user on hold"
	case StageApproved:
		return "what the policy requires has passed, and nothing of it was taken back since"
	case StageSuspended:
		return "the user was approved before and is not now: " + inTheWay(s, p)
	case StageRejected:
		return "a check that the policy requires failed: " + inTheWay(s, p)
	case StageAbandoned:
		return "the user was given up, and no report came since"
	case StageHighRiskReview:
		return "the user is up for a high-risk review"
	case StageActionRequired:
		return "the user has to mend something: " + inTheWay(s, p)
	case StageInReview:
		return "a provider is looking: " + inTheWay(s, p)
	}
	return "nothing is under way yet that could approve the user"
}

// inTheWay lists the checks that keep the user from being approved, with their
// statuses.
func inTheWay(s *State, p Policy) string {
	var parts []string
	for _, check := range Checks {
		c := s.Checks.At(check)
		way := counts(s, p, check) || c.ReliedOn || check == HighRisk
		if !way || c.Is(StatusNone, StatusPassed) {
			continue
		}
		part := string(check) + " is " + string(c.Get())
		if c.Reversed() {
			part += " and had passed"
		}
		parts = append(parts, part)
	}
	if len(parts) == 0 {
		return "a required check is missing"
	}
	return strings.Join(parts, ", ")
}

// waitsFor says in a sentence who has to do what before the stage can change.
func waitsFor(s *State, p Policy) string {
	switch s.BlockedOn {
	case User:
		return "the user, to start or mend a verification"
	case Provider:
		return "the provider, to decide"
	case Compliance:
		if s.Stage == StageOnHold {
			return "an operator, to lift the hold"
		}
		return "a reviewer, to decide: " + inTheWay(s, p)
	}
	switch s.Stage {
	case StageClosed:
		return "nothing; the command reopen leads on"
	case StageAbandoned:
		return "nothing; a report, or the command reopen, leads on"
	}
	return "nothing"
}

// checkRule says by which rule a provider's words became the check's status.
func checkRule(check Check, c *CheckState) string {
	switch {
	case c.Override != nil:
		return "an operator's override until " + c.Override.Until.Format(time.RFC3339) + "; by the provider's words it is " + string(c.Override.Beneath.Get())
	case c.Is(StatusNone):
		return "nothing was reported"
	case c.BeforeFlag != nil:
		return "an operator or the merchant flagged the user"
	case c.Unconfirmed:
		return c.ProviderStatus + " passes only when the provider's API says so as well"
	}
	words := c.ProviderStatus
	if words == "" {
		words = "a status of null"
	}
	beside := c.Attempt
	if beside == "" {
		beside = c.Processing
	}
	switch {
	case check == KYC && c.Is(StatusPassed) && beside != "":
		words += ", whatever the attempt (" + beside + "),"
	case beside != "":
		words += " with " + beside
	}
	return words + " is " + string(c.Get())
}

// checkWaitsFor says what would move the check.
func checkWaitsFor(check Check, c *CheckState, p Policy) string {
	api := slices.Contains(p.APIs, check)
	switch {
	case c.Override != nil:
		return "the end of the override, or the command lift_override"
	case c.Unconfirmed && !api:
		return "a reviewer: the API that would confirm the pass is not set"
	case c.Said != nil:
		return "a second answer of the API that says " + string(c.Said.Status) + " as well"
	case c.Unconfirmed:
		return "the API, to confirm the pass"
	case c.HeldReport && api:
		return "the API: a pass was reported that may be older than what speaks against it"
	case c.HeldReport:
		return "a reviewer: a pass was reported that may be older than what speaks against it"
	case c.Is(StatusInReview) && check == HighRisk:
		return "the verdict of the provider's compliance officers"
	case c.Is(StatusInReview):
		return "the provider"
	case c.Is(StatusFailed):
		return "a reviewer; another report of the provider leads on"
	case c.Is(StatusPassed):
		return "nothing"
	case c.Is(StatusNone) && !slices.Contains(p.RequireAny, check) && !slices.Contains(p.RequireAll, check):
		return "nothing; it counts once it has begun"
	}
	return "the user"
}
