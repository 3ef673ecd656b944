package workflows

import (
	"fmt"
	"strings"
	"time"

	"admit/onboarding"
)

// gap keeps columns apart: the UI draws tables without padding, and drops blanks.
const gap = "\u00a0\u00a0"

// details renders where the user stands as the Markdown that the Temporal UI
// shows on top of a run.
func details(a onboarding.Advanced) string {
	s := a.Summary
	var b strings.Builder
	row := func(cells ...string) {
		for _, c := range cells {
			b.WriteString("| " + cell(c) + gap + " ")
		}
		b.WriteString("|\n")
	}
	row("onboarding", "")
	b.WriteString("|---|---|\n")
	row("stage", string(s.Stage)+since(s.Since))
	row("blocked on", string(s.BlockedOn))
	row("access", string(s.Access))
	row("checks", checks(s.Checks))
	row("marks", marks(s))
	row("next deadline", moment(a.Deadline))
	row("version", fmt.Sprint(s.Version))
	if len(s.Recent) == 0 {
		return b.String()
	}
	b.WriteString("\n")
	row("#", "at", "input", "outcome", "stage after")
	b.WriteString("|---|---|---|---|---|\n")
	for _, l := range s.Recent {
		row(fmt.Sprint(l.Seq), moment(l.At), l.Input, string(l.Outcome), string(l.Stage))
	}
	return b.String()
}

func checks(c onboarding.CheckStatuses) string {
	var shown []string
	for _, k := range []struct {
		check  onboarding.Check
		status onboarding.Status
	}{
		{onboarding.KYC, c.KYC}, {onboarding.KYCFiles, c.KYCFiles}, {onboarding.POA, c.POA},
		{onboarding.HighRisk, c.HighRisk}, {onboarding.Account, c.Account}, {onboarding.SEPAKYC, c.SEPAKYC},
	} {
		if k.status != "" {
			shown = append(shown, fmt.Sprintf("%s: %s", k.check, k.status))
		}
	}
	return strings.Join(shown, ", ")
}

func marks(s onboarding.Summary) string {
	var shown []string
	if s.Stalled {
		shown = append(shown, "stalled")
	}
	if s.Reversed {
		shown = append(shown, "reversed")
	}
	return strings.Join(shown, ", ")
}

func since(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return " since " + moment(t)
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}

var escape = strings.NewReplacer("|", "\\|", "\n", " ", "\r", " ")

// cell keeps a value inside its cell; "-" stands for nothing.
func cell(s string) string {
	if s == "" {
		return "-"
	}
	return escape.Replace(s)
}
