package story

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"admit/cmd/simulator/internal/client"
)

// Line is what came of one step, a line of the table.
type Line struct {
	User, Words            string
	Status                 int // of the HTTP answer, 0 when nothing was sent
	Outcome                string
	Stage, Blocked, Access string
	Told                   []Told
	At                     time.Time // when Admit acted on it, by its own clock

	answer  string
	known   bool  // Admit knows the user
	seq     int64 // of the log entry that came of it, 0 for none
	version int64
	want    Want
}

// Told is who was told how often, and in which state of the ledger that is.
type Told struct {
	Target, State string
	Count         int
}

// order is how targets are shown: the merchant's system, the user, other teams,
// reviewers.
var order = []string{Core, Mail, CRM, Reviewers}

// asked are the targets that are not told anything.
var asked = []string{"p100-api", "xgateway-api"}

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

// entry returns the log entry behind seq that came of a step, nil for none yet:
// the last one that is a report or, of what is no webhook, the first one that is
// awaited.
func (s Step) entry(timeline []client.Entry, seq int64) *client.Entry {
	var found *client.Entry
	for i := range timeline {
		e := &timeline[i]
		switch {
		case e.Kind != "log" || e.Seq <= seq:
		case s.webhook() && e.Report():
			found = e
		case !s.webhook() && e.Input == s.Awaits.Input && (s.Awaits.Code == "" || e.Code == s.Awaits.Code):
			return e
		}
	}
	return found
}

// read fills in what became of a step, and where the user stood then. What
// happened right behind it is of another line.
func (l *Line) read(timeline []client.Entry, seq int64, s Step) {
	entry := s.entry(timeline, seq)
	if entry == nil {
		return
	}
	l.Outcome, l.At, l.seq, l.version = entry.Outcome, entry.At, entry.Seq, entry.Version
	if entry.Outcome == "duplicate" {
		l.version = 0 // it shares the version of what it repeats, and tells nobody
	}
	for _, e := range timeline {
		if e.Kind == "log" && e.Seq <= entry.Seq {
			l.follow(e.Changes)
		}
	}
	l.tell(timeline)
}

// follow takes over what a log entry changed of where the user stands.
func (l *Line) follow(changes []client.Change) {
	for _, c := range changes {
		switch c.Path {
		case "stage":
			l.Stage = c.Text()
		case "blockedOn":
			l.Blocked = c.Text()
		case "access":
			l.Access = c.Text()
		}
	}
}

// tell fills in who was told, from the effects in the user's timeline that share
// the line's version.
func (l *Line) tell(timeline []client.Entry) {
	l.Told = nil
	for _, e := range timeline {
		if e.Kind != "effect" || l.version == 0 || e.Version != l.version || slices.Contains(asked, e.Target) {
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
