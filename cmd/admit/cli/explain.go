package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"admit/onboarding"
)

func (a *app) providers() *cobra.Command {
	return group("providers", "admit providers explain USER", a.explain())
}

func (a *app) explain() *cobra.Command {
	cmd := &cobra.Command{Use: "explain USER", Short: "show what the providers said of a user, what was made of it, and by which rule", Args: arguments("USER")}
	cmd.ValidArgsFunction = a.completeUserThen(nil)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, err := a.client()
		if err != nil {
			return err
		}
		var e onboarding.Explained
		text, err := c.get(cmd.Context(), userPath(args[0], "/explain"), nil, &e)
		if err != nil {
			return about(err, args[0])
		}
		if a.json {
			a.printJSON(text)
			return nil
		}
		a.printExplained(e)
		return nil
	}
	return cmd
}

func (a *app) printExplained(e onboarding.Explained) {
	line := func(text string) { a.out.WriteString(clean(text) + "\n") }
	line(e.UserID + " is " + string(e.Stage) + ": " + e.Rule)
	line("blocked on " + string(e.BlockedOn) + ": waits for " + orNothing(e.WaitsFor))
	next := "nothing"
	if e.Next != nil {
		next = a.deadline(*e.Next)
	}
	line("next: " + next)
	if len(e.Checks) == 0 {
		return
	}
	line("")
	t := a.table("CHECK", "STATUS", "PROVIDER", "SAID", "RECEIVED", "LISTS", "RULE", "WAITS FOR")
	for _, c := range e.Checks {
		t.row(string(c.Check), string(c.Status), c.Provider, said(c.Words), a.time(c.Received), strings.Join(c.Lists, ", "), c.Rule, c.WaitsFor)
	}
	t.flush()
	a.printAPIs(e.Checks)
}

// printAPIs tells of the providers' APIs, where one can be asked.
func (a *app) printAPIs(checks []onboarding.CheckExplanation) {
	var t *table
	for _, c := range checks {
		api := c.API
		if api == nil {
			continue
		}
		if t == nil {
			a.out.WriteByte('\n')
			t = a.table("CHECK", "API ANSWERED", "ASKED", "OUTCOME", "NOW")
		}
		answered, asked, outcome := "never", "", ""
		if l := api.Last; l != nil {
			answered = listed(string(l.Kind), l.Code, said(l.Words))
			asked, outcome = a.time(l.Asked), listed(string(l.Outcome), l.Reason)
		}
		t.row(string(c.Check), answered, asked, outcome, a.asking(*api))
	}
	if t != nil {
		t.flush()
	}
}

// asking says what a provider's API is waited for.
func (a *app) asking(api onboarding.APIExplanation) string {
	var parts []string
	if api.Unconfirmed {
		parts = append(parts, "the pass waits to be confirmed")
	}
	if api.Said != nil {
		parts = append(parts, "it said "+said(*api.Said)+", and counts when it says so again from "+a.time(api.AgreeAt)+" on")
	}
	if api.Waiting {
		parts = append(parts, "a question waits")
	}
	if api.LastTry != "" {
		parts = append(parts, "last try: "+api.LastTry)
	}
	return strings.Join(parts, "; ")
}

// said returns words as a provider said them: the overall one, then the attempt's
// or the processing's, then why.
func said(w onboarding.Words) string {
	text := saidBy(&onboarding.CheckView{ProviderStatus: w.ProviderStatus, Attempt: w.Attempt, Processing: w.Processing})
	if len(w.Reasons) > 0 {
		text += " (" + strings.Join(w.Reasons, ", ") + ")"
	}
	if len(w.DocsMissing) > 0 {
		text += " missing " + strings.Join(w.DocsMissing, ", ")
	}
	return strings.TrimSpace(text)
}

// deadline says what becomes due, and when.
func (a *app) deadline(d onboarding.Deadline) string {
	what := string(d.Kind)
	if d.Check != "" {
		what += " " + string(d.Check)
	}
	return what + " at " + a.time(d.Due)
}

func orNothing(text string) string {
	if text == "" {
		return "nothing"
	}
	return text
}
