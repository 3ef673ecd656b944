package story

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"admit/cmd/simulator/internal/client"
)

// Line is what came of one step, a line of the table.
type Line struct {
	User, Words            string
	Status                 int // of the HTTP answer, 0 when nothing was sent
	Outcome                string
	Stage, Blocked, Access string
	Told                   []Told

	answer  string
	known   bool // Admit knows the user
	version int64
	want    Want
}

// Told is who was told how often, and in which state of the ledger that is.
type Told struct {
	Target, State string
	Count         int
}

// order is how targets are shown: the merchant's system, the user, other teams.
var order = []string{Core, Mail, CRM}

func (t Told) place() int {
	if i := slices.Index(order, t.Target); i >= 0 {
		return i
	}
	return len(order)
}

// String returns the target and the count, with the state unless the message has
// arrived.
func (t Told) String() string {
	text := fmt.Sprintf("%s %d", t.Target, t.Count)
	if t.State != "delivered" {
		text += " " + t.State
	}
	return text
}

// read fills in what became of a step and who was told by it, from the timeline:
// by the last log entry behind seq that is a report, or for a wait the reminder.
func (l *Line) read(timeline []client.Entry, seq int64, s Step) {
	for _, e := range timeline {
		report := strings.HasPrefix(e.Input, "p100/") || strings.HasPrefix(e.Input, "xgateway/")
		if e.Kind != "log" || e.Seq <= seq || s.waits() && e.Input != reminder || !s.waits() && !report {
			continue
		}
		l.Outcome, l.version = e.Outcome, e.Version
		if e.Outcome == "duplicate" {
			l.version = 0 // it shares the version of what it repeats, and tells nobody
		}
	}
	l.tell(timeline)
}

// tell fills in who was told, from the effects in the user's timeline that share
// the line's version.
func (l *Line) tell(timeline []client.Entry) {
	l.Told = nil
	for _, e := range timeline {
		if e.Kind != "effect" || l.version == 0 || e.Version != l.version {
			continue
		}
		i := slices.IndexFunc(l.Told, func(t Told) bool { return t.Target == e.Target && t.State == e.State })
		if i < 0 {
			l.Told = append(l.Told, Told{Target: e.Target, State: e.State})
			i = len(l.Told) - 1
		}
		l.Told[i].Count++
	}
	slices.SortFunc(l.Told, func(a, b Told) int {
		return cmp.Or(cmp.Compare(a.place(), b.place()), cmp.Compare(a.Target, b.Target), cmp.Compare(a.State, b.State))
	})
}

// reached says whether at least one message to the target has arrived.
func (l *Line) reached(target string) bool {
	return slices.ContainsFunc(l.Told, func(t Told) bool { return t.Target == target && t.State == "delivered" })
}

// Problems returns where the line differs from what it must be.
func (l *Line) Problems() []string {
	var problems []string
	differ := func(what, got, want string) {
		if want != "" && got != want {
			problems = append(problems, fmt.Sprintf("%s, %s: %s is %q, not %q", l.User, l.Words, what, got, want))
		}
	}
	w := l.want
	if w.Status != 0 {
		differ("the HTTP answer", fmt.Sprint(l.Status), fmt.Sprint(w.Status))
	}
	differ("the answer's body", l.answer, w.Answer)
	differ("the outcome", l.Outcome, w.Outcome)
	differ("the stage", l.Stage, w.Stage)
	differ("blocked on", l.Blocked, w.Blocked)
	differ("access", l.Access, w.Access)
	if w.Unknown && l.known {
		problems = append(problems, fmt.Sprintf("%s, %s: Admit knows the user, from a webhook that it turned away", l.User, l.Words))
	}
	for _, target := range w.Told {
		if !l.reached(target) {
			problems = append(problems, fmt.Sprintf("%s, %s: %s was not told (told: %s)", l.User, l.Words, target, l.told()))
		}
	}
	return problems
}

// told returns who was told, in words.
func (l *Line) told() string {
	if len(l.Told) == 0 {
		return "nobody"
	}
	parts := make([]string, len(l.Told))
	for i, t := range l.Told {
		parts[i] = t.String()
	}
	return strings.Join(parts, ", ")
}
