package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"admit/onboarding"
)

func (a *app) audit() *cobra.Command {
	var at string
	var policies bool
	cmd := &cobra.Command{Use: "audit USER --at TIME", Short: help("audit"), Args: arguments("USER"), DisableFlagsInUseLine: true,
		Long: "Shows what was known of a user at a time, and for each thing what had decided it: which webhook, answer, command or deadline, by whom,\n" +
			"when, by which policy and which build, and on which evidence. What had been received by then and was not folded yet is named too."}
	flags := cmd.Flags()
	flags.StringVar(&at, "at", "", "the `TIME`: 2026-03-01T09:00:00Z, or 2026-03-01 for the end of that day")
	flags.BoolVar(&policies, "policies", false, "print the texts of the policies too")
	cmd.ValidArgsFunction = a.completeUserThen(nil)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if at == "" {
			return usage("--at is missing: the audit is of a time")
		}
		then, ok := pointInTime(at, a.zone)
		if !ok {
			return usage("--at %q is no time; it looks like 2026-03-01T09:00:00Z or 2026-03-01", at)
		}
		// Of a day that has begun, what is known by now.
		if now := a.Now(); then.After(now) && then.Add(-24*time.Hour).Before(now) && len(at) == len(time.DateOnly) {
			then = now
		}
		c, err := a.client()
		if err != nil {
			return err
		}
		var got onboarding.Audit
		text, err := c.get(cmd.Context(), userPath(args[0], "/audit"), url.Values{"at": {then.UTC().Format(time.RFC3339Nano)}}, &got)
		if err != nil {
			return about(a.aboutTime(err, at, then, c.base), args[0])
		}
		if a.json {
			a.printJSON(text)
			return nil
		}
		a.printAudit(got)
		if policies {
			a.printPolicies(got.Policies)
		}
		return nil
	}
	return cmd
}

// aboutTime says what is wrong with a time that the API does not take: it has not
// come yet there.
func (a *app) aboutTime(err error, given string, then time.Time, base string) error {
	var f *failure
	if errors.As(err, &f) && slices.ContainsFunc(f.faults, func(x fault) bool { return x.Location == "query.at" }) {
		f.exit, f.message = ExitUsage, fmt.Sprintf("--at %s means %s, which is yet to come by the clock of %s", given, a.time(then), base)
	}
	return err
}

func (a *app) printAudit(got onboarding.Audit) {
	a.out.WriteString(clean(got.UserID+" as known at "+a.time(got.At)) + "\n\n")
	a.printStatus(got.Onboarding)
	a.printDecisions(got.Decisions)
	a.printEvidence(got.Decisions)
	if len(got.Pending) > 0 {
		a.out.WriteString("\nreceived by then, and not folded yet\n")
		t := a.table("RECEIVED", "EVENT", "WHAT", "DETAILS", "BODY")
		for _, e := range got.Pending {
			t.row(a.time(e.At), number(e.EventID), e.Input, listed(replayOf(e), by(e)), string(e.Body))
		}
		t.flush()
	}
	if len(got.Effects) > 0 {
		a.out.WriteString("\ndecided to be sent, with its state then\n")
		t := a.table("TIME", "WHAT", "STATE", "DETAILS")
		for _, e := range got.Effects {
			t.row(a.time(e.At), e.Effect, string(e.State), a.effectDetails(e))
		}
		t.flush()
	}
}

// printDecisions says of each thing that was known what had decided it.
func (a *app) printDecisions(decisions []onboarding.Decision) {
	if len(decisions) == 0 {
		return
	}
	a.out.WriteByte('\n')
	t := a.table("KNOWN", "VALUE", "DECIDED", "N", "BY", "WHO", "POLICY", "BUILD", "EVENT")
	for _, d := range decisions {
		e := d.Entry
		t.row(d.About, value(d.Value), a.time(e.At), number(e.Seq), e.Input, listed(by(e), e.Code), e.PolicyHash, e.Build, number(e.EventID))
	}
	t.flush()
}

// printEvidence shows each event that something was decided on, once.
func (a *app) printEvidence(decisions []onboarding.Decision) {
	var t *table
	seen := map[int64]bool{}
	for _, d := range decisions {
		e := d.Entry
		if e.EventID == 0 || seen[e.EventID] {
			continue
		}
		seen[e.EventID] = true
		if t == nil {
			a.out.WriteString("\non this evidence\n")
			t = a.table("EVENT", "RECEIVED", "WHAT", "BODY")
		}
		received := ""
		if e.Received != nil {
			received = a.time(*e.Received)
		}
		body := string(e.Body)
		if d.Erased {
			body = "erased since"
		}
		t.row(number(e.EventID), received, e.Input, body)
	}
	if t != nil {
		t.flush()
	}
}

func (a *app) printPolicies(texts map[string]json.RawMessage) {
	for _, hash := range slices.Sorted(maps.Keys(texts)) {
		a.out.WriteString("\n" + clean("policy "+hash) + "\n")
		a.printJSON(texts[hash])
	}
}

// number shows a number that may be missing.
func number(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}
