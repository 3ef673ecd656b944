package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"admit/onboarding"
)

func (a *app) status() *cobra.Command {
	return &cobra.Command{
		Use: "status USER", Short: help("status"), Args: arguments("USER"), ValidArgsFunction: a.completeUserThen(nil),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.client()
			if err != nil {
				return err
			}
			var o onboarding.Onboarding
			answer, err := c.get(cmd.Context(), userPath(args[0], ""), nil, &o)
			if err != nil {
				return about(err, args[0])
			}
			if a.json {
				a.printJSON(answer)
				return nil
			}
			a.printStatus(o)
			return nil
		},
	}
}

func (a *app) printStatus(o onboarding.Onboarding) {
	t := a.table()
	t.row("user", o.UserID)
	t.row("stage", string(o.Stage)+since(a.time(o.StageSince)))
	t.row("blocked on", string(o.BlockedOn))
	t.row("access", fmt.Sprintf("%s, version %d", o.Access, o.AccessVersion))
	t.row("stalled", yesNo(o.Stalled))
	t.row("reversed", yesNo(o.Reversed))
	if len(o.Held) > 0 {
		t.row("held reports", joined(o.Held))
	}
	for _, c := range named(o.Checks) {
		if c.Unconfirmed {
			t.row("unconfirmed", string(c.name)+": the webhook passed it, and the provider's API has not said so yet")
		}
		if v := c.Override; v != nil {
			t.row("override", fmt.Sprintf("%s is %s by an operator's word until %s; by the provider's it is %s", c.name, c.Status, a.time(v.Until), v.Provider))
		}
	}
	for _, p := range o.Proposals {
		t.row("proposal", proposal(p)+", until "+a.time(p.Expires)+"; a second person agrees with: "+approval(o.UserID, p))
	}
	deadline := "none"
	if o.NextDeadline != nil {
		deadline = a.time(*o.NextDeadline)
	}
	t.row("next deadline", deadline)
	t.row("contact", map[bool]string{true: "known", false: "unknown: no mail is written to the user"}[o.HasContact])
	t.row("started", a.time(o.StartedAt))
	t.row("events", fmt.Sprintf("%d folded, %d log entries, version %d", o.Events, o.LastSeq, o.Version))
	if o.Pending > 0 {
		t.row("pending", fmt.Sprintf("%d stored and not folded yet: the engine is behind", o.Pending))
	}
	t.flush()
	a.printChecks(o.Checks)
}

// proposal says what was proposed, and by whom.
func proposal(p onboarding.Proposal) string {
	words := []string{p.Command}
	if p.Check != "" {
		words = append(words, string(p.Check))
	}
	if p.Status != "" {
		words = append(words, string(p.Status))
	}
	if p.By != 0 {
		words = append(words, "by", p.By.D().String())
	}
	return strings.Join(append(words, "proposed by", p.Actor), " ")
}

func since(at string) string {
	if at == "" {
		return ""
	}
	return " since " + at
}

func (a *app) printChecks(views onboarding.CheckViews) {
	checks := named(views)
	if len(checks) == 0 {
		return
	}
	a.out.WriteByte('\n')
	t := a.table("CHECK", "STATUS", "SINCE", "PROVIDER SAID", "REASONS", "MISSING", "MESSAGE")
	for _, c := range checks {
		t.row(string(c.name), string(c.Status), a.time(c.Since), saidBy(c.CheckView), joined(c.Reasons), joined(c.DocsMissing), c.Message)
	}
	t.flush()
}

type namedCheck struct {
	name onboarding.Check
	*onboarding.CheckView
}

// named returns the checks that are not none, in the order in which they are
// judged.
func named(v onboarding.CheckViews) []namedCheck {
	var checks []namedCheck
	for _, c := range []namedCheck{
		{onboarding.KYC, v.KYC}, {onboarding.KYCFiles, v.KYCFiles}, {onboarding.POA, v.POA},
		{onboarding.HighRisk, v.HighRisk}, {onboarding.Account, v.Account}, {onboarding.SEPAKYC, v.SEPAKYC},
	} {
		if c.CheckView != nil {
			checks = append(checks, c)
		}
	}
	return checks
}

// saidBy returns the provider's own words: the overall one, then the attempt's or
// the processing's.
func saidBy(c *onboarding.CheckView) string {
	var words []string
	for _, w := range []string{c.ProviderStatus, c.Attempt, c.Processing} {
		if w != "" {
			words = append(words, w)
		}
	}
	return strings.Join(words, " / ")
}

func joined[T ~string](words []T) string {
	all := make([]string, len(words))
	for i, w := range words {
		all[i] = string(w)
	}
	return strings.Join(all, ", ")
}
