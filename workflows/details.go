package workflows

import (
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"admit/onboarding"
)

// gap keeps columns apart: the UI draws tables without padding, and drops blanks.
const gap = "\u00a0\u00a0"

// oneLine keeps the UI from breaking a line inside a text.
func oneLine(s string) string { return strings.ReplaceAll(s, " ", "\u00a0") }

// elsewhere says what the UI's own means to change something come to.
const elsewhere = "What is sent from this page changes nothing. Send commands to the admin API, " +
	"`POST /v1/onboardings/{userId}/commands`, or with `admit command USER COMMAND --reason TEXT`."

// tell brings the current details up to date, which the UI shows on top of a run.
// It leaves nothing in the history.
func (r *run) tell() { workflow.SetCurrentDetails(r.root, r.details()) }

// details renders where the user stands as Markdown: a plain sentence, the state,
// and the last log entries.
func (r *run) details() string {
	var b strings.Builder
	if !r.failing.IsZero() {
		b.WriteString("**Advance has been failing since " + moment(r.failing) +
			": the database or the workers are away. It is tried until it succeeds; nothing is lost.**\n\n")
	}
	if !r.adopted {
		b.WriteString("Where the user stands is not known to this run yet.\n\n" + elsewhere + "\n")
		return b.String()
	}
	b.WriteString("**" + sentence(r.now) + "**\n\n")
	r.state(&b)
	recent(&b, r.now.Summary.Recent)
	b.WriteString("\n" + elsewhere + "\n")
	return b.String()
}

// state writes the table of the user's state, without what there is nothing of.
func (r *run) state(b *strings.Builder) {
	s := r.now.Summary
	rows := [][2]string{
		{"stage", string(s.Stage) + since(s.Since)},
		{"blocked on", string(s.BlockedOn)},
		{"access", string(s.Access)},
	}
	for _, k := range statuses(s.Checks) {
		rows = append(rows, [2]string{string(k.check), string(k.status)})
	}
	rows = append(rows,
		[2]string{"marks", marks(s)}, [2]string{"next", next(r.now)}, [2]string{"being sent", r.flying()}, [2]string{"version", fmt.Sprint(s.Version)})
	row(b, "user", code(r.in.UserID))
	b.WriteString("|:--|:--|\n")
	for _, c := range rows {
		if c[1] != "" {
			row(b, oneLine(c[0]), c[1])
		}
	}
}

// recent writes the table of the last log entries.
func recent(b *strings.Builder, lines []onboarding.LogLine) {
	if len(lines) == 0 {
		return
	}
	b.WriteString("\n")
	row(b, "log", oneLine("at (UTC)"), "input", "outcome: stage after")
	b.WriteString("|:--|:--|:--|:--|\n")
	for _, l := range lines {
		row(b, fmt.Sprint(l.Seq), l.At.UTC().Format(time.DateTime), l.Input, string(l.Outcome)+": "+string(l.Stage))
	}
}

// next says what becomes due when.
func next(a advanced) string {
	switch {
	case a.Deadline.IsZero():
		return ""
	case a.Kind == "":
		return moment(a.Deadline)
	}
	return moment(a.Deadline) + ": " + happens(a.Kind, a.Check)
}

// flying names the lanes in flight.
func (r *run) flying() string {
	var shown []string
	for _, l := range r.lanes {
		if !l.ended {
			shown = append(shown, purpose(l.work)+since(l.since))
		}
	}
	return strings.Join(shown, ", ")
}

func marks(s onboarding.Summary) string {
	var shown []string
	if s.Stalled {
		shown = append(shown, "stalled (reminded or escalated without progress since)")
	}
	if s.Reversed {
		shown = append(shown, "reversed (what had passed is passed no longer)")
	}
	return strings.Join(shown, ", ")
}

func since(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return " since " + moment(t)
}

func row(b *strings.Builder, cells ...string) {
	for _, c := range cells {
		b.WriteString("| " + cell(c) + gap + " ")
	}
	b.WriteString("|\n")
}

var escape = strings.NewReplacer("|", "\\|", "\n", " ", "\r", " ")

// cell keeps a value inside its cell.
func cell(s string) string { return escape.Replace(s) }

// code shows text as it is, whatever marks of Markdown it holds.
func code(s string) string { return "`" + strings.ReplaceAll(s, "`", "'") + "`" }
