package onboarding_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"admit/onboarding"
)

// model is what the design says of checks and stages, in its own words and written down
// a second time, for reports that come in the order in which they were received and the
// commands of one person, under the default policy. It is there as another opinion, so
// it shares nothing with the code.
type model struct {
	kyc, files, poa, risk, account, sepa modelCheck

	approved, ever bool // won and not lost since; won at some time
	onHold, closed bool
	unflagged      *modelCheck // high_risk before the flag
	stage, access  string
	accessVersion  int64
}

type modelCheck struct {
	status                 string // "" is none
	words                  modelWords
	passedBefore           bool
	passed, lost, reported time.Time // when it passed last, was reversed or failed, was reported last
	progress               bool      // since it was lost
	held                   bool
}

type modelWords struct{ status, attempt, processing, reasons, docs string }

func (m *model) at(c onboarding.Check) *modelCheck {
	return map[onboarding.Check]*modelCheck{"kyc": &m.kyc, "kyc_files": &m.files, "poa": &m.poa, "high_risk": &m.risk, "account": &m.account, "sepa_kyc": &m.sepa}[c]
}

// reported are the tables of section 3; what is in progress has a mark.
var reported = map[onboarding.Check]map[string]string{
	"kyc":       {"VERIFIED": "passed", "NOT_VERIFIED": "awaiting_user", "EXPIRED": "expired"},
	"kyc_files": {"ADDED": "in_review", "ERROR": "action_required"},
	"poa":       {"WAITING": "in_review*", "APPROVED": "passed", "REJECTED": "action_required", "QUESTIONED": "action_required"},
	"high_risk": {"OK": "passed", "REJECTED": "failed"},
	"account":   {"ACTIVE": "passed"},
	"sepa_kyc": {
		"CREATED": "awaiting_user*", "KYC_NEEDED": "awaiting_user*", "PENDING_KYC_DATA": "awaiting_user*", "KYC_PENDING": "in_review*",
		"SOFT_KYC_FAILED": "action_required", "HARD_KYC_FAILED": "failed", "FULL_USER": "passed",
	},
}

// means returns the status that a report gives its check, with the attempt that counts,
// and whether it is in progress.
func means(r onboarding.Report, attempt string) (status string, progress bool) {
	if r.Null {
		return "in_review", true
	}
	status, progress = strings.CutSuffix(reported[r.Check][r.Status], "*")
	switch {
	case r.Check == "kyc" && (status == "awaiting_user" || status == "expired"):
		progress = r.Attempt != "" && r.Attempt != "REJECTED_BY_PROVIDER"
		if attempt == "REJECTED_BY_PROVIDER" {
			status = "action_required"
		} else if attempt != "" {
			status = "in_review"
		}
	case status == "awaiting_user" && r.Processing != "":
		status = "in_review"
	}
	return status, progress
}

// report folds a report and returns its outcome.
func (m *model) report(r onboarding.Report, at time.Time) string {
	k, late, held := m.at(r.Check), 5*time.Minute, 5*time.Minute
	if r.Check == "sepa_kyc" {
		late, held = 15*time.Minute, 24*time.Hour
	}
	w := modelWords{r.Status, r.Attempt, r.Processing, strings.Join(r.Reasons, ","), strings.Join(r.DocsMissing, ",")}
	cleared := k.words.status == "VERIFIED" && r.Status != "VERIFIED" || k.words.status != "EXPIRED" && r.Status == "EXPIRED"
	if r.Check == "kyc" && r.Attempt == "" && !cleared {
		w.attempt, w.reasons = k.words.attempt, k.words.reasons
	}
	status, progress := means(r, w.attempt)
	harmless := r.Null || r.Status == "WAITING" || r.Status == "NOT_VERIFIED" && r.Attempt == "SUCCESSFUL"
	switch {
	case status == "":
		return "unrecognised"
	case r.Null && r.Processing == "":
		return "noted"
	case w == k.words && (r.Check != "kyc_files" || at.Sub(k.reported) <= late):
		return "duplicate"
	case k.status == "passed" && progress && (harmless || at.Sub(k.passed) <= late):
		return "late"
	case status == "passed" && (k.reversed() || k.status == "failed") && !k.progress && at.Sub(k.lost) <= held:
		k.held = true
		return "held"
	}
	if r.Status == "EXPIRED" && k.words == (modelWords{}) {
		k.passedBefore, k.lost, m.ever = true, at, true
	}
	k.become(status, w, at, progress)
	if r.Check == "high_risk" {
		m.unflagged = nil
		if r.Status == "OK" && !m.kyc.passedBefore && slices.Contains([]string{"", "awaiting_user", "in_review"}, m.kyc.status) {
			w := m.kyc.words
			w.status = "VERIFIED"
			m.kyc.become("passed", w, at, false)
		}
	}
	return "applied"
}

func (k *modelCheck) become(status string, w modelWords, at time.Time, progress bool) {
	switch {
	case status == "passed":
		k.passedBefore, k.passed, k.progress = true, at, false
	case k.status == "passed", status == "failed" && k.status != "failed":
		k.lost, k.progress = at, progress
	default:
		k.progress = k.progress || progress
	}
	k.status, k.words, k.reported, k.held = status, w, at, false
}

func (k *modelCheck) reversed() bool { return k.passedBefore && k.status != "passed" }

// command folds a command and returns its outcome.
func (m *model) command(name string, at time.Time) string {
	ok := false
	switch name {
	case "hold":
		ok = !m.closed && !m.onHold
		m.onHold = m.onHold || ok
	case "lift":
		ok = !m.closed && m.onHold
		m.onHold = m.onHold && !ok
	case "close":
		ok, m.closed = !m.closed, true
	case "reopen":
		ok, m.closed = m.closed, false
	case "flag_high_risk":
		if ok = m.unflagged == nil; ok {
			was := m.risk
			m.unflagged = &was
			m.risk.become("in_review", modelWords{status: "FLAGGED"}, at, true)
		}
	case "clear_high_risk":
		if ok = m.unflagged != nil; ok {
			m.risk, m.unflagged = *m.unflagged, nil
		}
	}
	if !ok {
		return "refused"
	}
	return "applied"
}

// settle derives the stage and access.
func (m *model) settle() {
	listed, was := []*modelCheck{&m.kyc, &m.sepa, &m.poa, &m.risk}, m.stage
	doubted := m.risk.status != "" && m.risk.status != "passed"
	switch {
	case doubted || slices.ContainsFunc(listed, (*modelCheck).reversed):
		m.approved = false
	case (m.kyc.status == "passed" || m.sepa.status == "passed") && (m.poa.status == "" || m.poa.status == "passed"):
		m.approved, m.ever = true, true
	}
	anyIs := func(status string) bool {
		if (m.kyc.status == "" || m.kyc.status == "awaiting_user") && m.files.status == status {
			return true
		}
		return slices.ContainsFunc(listed, func(k *modelCheck) bool { return k.status == status })
	}
	failed := func(k modelCheck) bool { return k.status == "failed" }
	dead := func(k modelCheck) bool { return k.status == "" || failed(k) }
	switch {
	case m.closed:
		m.stage = "closed"
	case m.onHold:
		m.stage = "on_hold"
	case m.approved:
		m.stage = "approved"
	case m.ever:
		m.stage = "suspended"
	case failed(m.poa) || failed(m.risk) || dead(m.kyc) && dead(m.sepa) && (failed(m.kyc) || failed(m.sepa)):
		m.stage = "rejected"
	case m.risk.status == "in_review":
		m.stage = "high_risk_review"
	case anyIs("action_required") || anyIs("expired"):
		m.stage = "action_required"
	case anyIs("in_review"):
		m.stage = "in_review"
	default:
		m.stage = "collecting"
	}
	shut := slices.Contains([]string{"suspended", "on_hold", "rejected", "closed"}, m.stage)
	switch {
	case m.stage == "approved" && was != "approved":
		m.access = "granted"
		m.accessVersion++
	case m.stage != was && (was == "approved" || shut && m.access != "revoked"):
		m.access = "revoked"
		m.accessVersion++
	}
}

// blockedOn says whom the user waits for, "" where nothing that was lost is in the way
// of a suspended one: then it is whoever has what is lacking.
func (m *model) blockedOn() string {
	on := map[string]string{
		"collecting": "user", "action_required": "user", "in_review": "provider", "high_risk_review": "compliance", "on_hold": "compliance",
		"approved": "nobody", "rejected": "nobody", "closed": "nobody",
	}[m.stage]
	if m.stage == "suspended" && m.risk.status != "" && m.risk.status != "passed" {
		return "compliance"
	}
	for _, k := range []*modelCheck{&m.kyc, &m.sepa, &m.poa} {
		switch {
		case m.stage != "suspended" || !k.reversed():
		case k.status == "failed" || k.held:
			return "compliance"
		case k.status != "in_review":
			on = "user"
		case on == "":
			on = "provider"
		}
	}
	return on
}

// differs says where the rules came to something else than the model.
func (m *model) differs(s onboarding.State, got onboarding.Outcome, want string) string {
	for _, c := range onboarding.Checks {
		if k := m.at(c); string(s.Checks.At(c).Status) != k.status {
			return fmt.Sprintf("%s is %q, want %q", c, s.Checks.At(c).Status, k.status)
		}
	}
	switch on := m.blockedOn(); {
	case string(got) != want:
		return fmt.Sprintf("it is %s, want %s", got, want)
	case string(s.Stage) != m.stage || on != "" && string(s.BlockedOn) != on:
		return fmt.Sprintf("stage %s blocked on %s, want %s on %s", s.Stage, s.BlockedOn, m.stage, on)
	case string(s.Access) != m.access || s.AccessVersion != m.accessVersion:
		return fmt.Sprintf("access %s %d, want %s %d", s.Access, s.AccessVersion, m.access, m.accessVersion)
	}
	return ""
}

// TestModel holds the rules against the model for every sequence of up to three reports.
func TestModel(t *testing.T) {
	t.Parallel()
	reports := whole()
	walkThrough(t, reports, 3, pauses, func(moves []move, r onboarding.Report, _, after onboarding.State, v onboarding.Verdict, _ []onboarding.Effect) string {
		m, at := model{access: "none"}, t0
		for _, was := range moves {
			m.report(reports[was.report], at)
			m.settle()
			at = at.Add(pauses[was.pause])
		}
		outcome := m.report(r, at)
		m.settle()
		return m.differs(after, v.Outcome, outcome)
	})
}

// TestModelInAnyLife holds them against it in longer ones, with commands.
func TestModelInAnyLife(t *testing.T) {
	t.Parallel()
	reports, policy := whole(), onboarding.DefaultPolicy()
	pauses := []time.Duration{0, time.Minute, 5 * time.Minute, 5*time.Minute + time.Second, 15 * time.Minute, 15*time.Minute + time.Second, 24 * time.Hour, 25 * time.Hour}
	rapid.Check(t, func(t *rapid.T) {
		m, s, at := model{access: "none"}, onboarding.State{UserID: "user-1"}, t0
		few := rapid.SliceOfN(rapid.SampledFrom(reports), 1, 6).Draw(t, "reports") // so that they meet
		for range rapid.IntRange(10, 40).Draw(t, "length") {
			at = at.Add(rapid.SampledFrom(pauses).Draw(t, "pause"))
			r, outcome := rapid.SampledFrom(few).Draw(t, "report"), ""
			in := report(r, at)
			if rapid.IntRange(0, 2).Draw(t, "kind") == 0 {
				name := rapid.SampledFrom([]string{"hold", "lift", "close", "reopen", "flag_high_risk", "clear_high_risk"}).Draw(t, "command")
				in = onboarding.Input{Kind: onboarding.InputCommand, Command: onboarding.Command{Name: name}, Received: at}
				outcome = m.command(name, at)
			} else {
				outcome = m.report(r, at)
			}
			m.settle()
			var v onboarding.Verdict
			if s, v, _ = onboarding.Apply(s, in, policy, at); m.differs(s, v.Outcome, outcome) != "" {
				t.Fatalf("%+v: %s", in, m.differs(s, v.Outcome, outcome))
			}
		}
	})
}
