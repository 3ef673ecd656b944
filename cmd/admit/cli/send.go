package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"admit/onboarding"
)

// answer is what the API says of a command.
type answer struct {
	Outcome    string                 `json:"outcome"`
	Reason     string                 `json:"reason"` // proposed, where a second person has to agree
	RequestID  string                 `json:"requestId"`
	Onboarding *onboarding.Onboarding `json:"onboarding"`
}

// proposed says whether the command waits for a second person.
func (a answer) proposed() bool { return a.Reason == reasonProposed }

const reasonProposed = "proposed"

// send sends a command and shows its outcome.
func (a *app) send(ctx context.Context, userID string, o order) error {
	c, err := a.client()
	if err != nil {
		return err
	}
	got, text, status, err := c.order(ctx, userID, o)
	if err != nil {
		return about(unsure(err, status, o.RequestID), userID)
	}
	if a.json {
		a.printJSON(text)
	}
	if status == http.StatusAccepted {
		return &failure{exit: ExitUnavailable, message: fmt.Sprintf(
			"%s is stored and pending: no engine answered in time, and it is applied when one is back\n%s/readyz says what is missing; what became of it, the same command with --request-id %s tells",
			o.Command, c.base, quoted(o.RequestID))}
	}
	if !a.json {
		a.printOutcome(userID, o, got)
	}
	return nil
}

// order sends a command. erase has a path and a role of its own.
func (c *client) order(ctx context.Context, userID string, o order) (got answer, text []byte, status int, err error) {
	method, path := http.MethodPost, userPath(userID, "/commands")
	if o.Command == onboarding.CommandErase {
		method, path, o.Command = http.MethodDelete, "/v1/users/"+escaped(userID)+"/personal-data", ""
	}
	body, err := json.Marshal(o)
	if err != nil {
		return got, nil, 0, failed("the command cannot be written: %v", err)
	}
	text, status, err = c.do(ctx, method, path, body, &got)
	return got, text, status, err
}

func (a *app) printOutcome(userID string, o order, got answer) {
	line := func(text string) { a.out.WriteString(clean(text) + "\n") }
	if got.proposed() {
		p := proposalOf(got, o)
		expires := ""
		if !p.Expires.IsZero() {
			expires = " by " + a.time(p.Expires)
		}
		line(o.Command + " is proposed and not done yet: the policy wants a second person, who has to agree" + expires)
		line(approver(p) + " agrees with:")
		line("  " + approval(userID, p))
		return
	}
	text := o.Command + " " + got.Outcome
	if got.Reason != "" {
		text += " (" + got.Reason + ")"
	}
	if v := got.Onboarding; v != nil {
		text += fmt.Sprintf(": %s is %s, blocked on %s, access %s", v.UserID, v.Stage, v.BlockedOn, v.Access)
	}
	line(text)
}

// proposalOf returns the proposal that a command became: as it stands in the
// state, where that is known.
func proposalOf(got answer, o order) onboarding.Proposal {
	if got.Onboarding != nil {
		for _, p := range got.Onboarding.Proposals {
			if p.RequestID == got.RequestID {
				return p
			}
		}
	}
	return onboarding.Proposal{RequestID: got.RequestID, Command: o.Command, Check: o.Check, Status: o.Status, Until: o.Until, By: o.By}
}

// approver says who may agree to a proposal.
func approver(p onboarding.Proposal) string {
	who := "anybody with another token of the role operate or admin"
	if p.Command == onboarding.CommandErase {
		who = "anybody with another token of the role admin"
	}
	if p.Actor != "" {
		who += " (not " + p.Actor + ")"
	}
	return who
}

// approval returns the command line that agrees to a proposal.
func approval(userID string, p onboarding.Proposal) string {
	var flags []string
	flag := func(name, value string) {
		if value != "" {
			flags = append(flags, "--"+name, quoted(value))
		}
	}
	flag("check", string(p.Check))
	flag("status", string(p.Status))
	if !p.Until.IsZero() {
		flag("until", p.Until.UTC().Format(time.RFC3339Nano))
	}
	if p.By != 0 {
		flag("by", p.By.D().String())
	}
	flag("approves", p.RequestID)
	words := []string{"admit", "command", quoted(userID), p.Command}
	if p.Command == onboarding.CommandErase {
		words = []string{"admit", "erase", quoted(userID)}
	}
	text := strings.Join(append(flags, "--reason", "TEXT"), " ")
	if strings.HasPrefix(userID, "-") { // behind "--" nothing is a flag
		return words[0] + " " + words[1] + " " + text + " -- " + strings.Join(words[2:], " ")
	}
	return strings.Join(words, " ") + " " + text
}

// quoted returns the text as one word of a shell.
func quoted(text string) string {
	plain := func(r rune) bool {
		return r < 0x80 && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._:/@%+=,-", r))
	}
	if text != "" && strings.IndexFunc(text, func(r rune) bool { return !plain(r) }) < 0 {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// lastWord returns a user's ID as the last word of a command line: behind "--"
// nothing is a flag.
func lastWord(userID string) string {
	if strings.HasPrefix(userID, "-") {
		return "-- " + quoted(userID)
	}
	return quoted(userID)
}

// unsure adds to a failure what to do about the request ID: to a conflict another,
// and to one that leaves open whether the command was stored how to find out. A
// definite no has a status below 500.
func unsure(err error, status int, requestID string) error {
	var f *failure
	switch {
	case !errors.As(err, &f):
	case f.code == "conflict":
		f.message += "\ngive another --request-id, or none"
	case f.exit != ExitUsage && (status == 0 || status >= http.StatusInternalServerError):
		f.message += "\nwhether the command was stored is not known; the same command with --request-id " + quoted(requestID) + " is done once, and tells"
	}
	return err
}
