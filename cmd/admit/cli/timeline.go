package cli

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"admit/onboarding"
)

func (a *app) timeline() *cobra.Command {
	var after string
	cmd := &cobra.Command{Use: "timeline USER", Short: help("timeline"), Args: arguments("USER"), ValidArgsFunction: a.completeUserThen(nil)}
	cmd.Flags().StringVar(&after, "after", "", "begin behind this `PLACE`: next of an answer as JSON")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, err := a.client()
		if err != nil {
			return err
		}
		query := url.Values{"limit": {strconv.Itoa(maxPage)}}
		if after != "" {
			query.Set("after", after)
		}
		_, entries, err := c.pages(cmd.Context(), userPath(args[0], "/timeline"), query, "entries", true)
		if err != nil {
			return about(err, args[0])
		}
		if a.json {
			return a.printPage("entries", entries, "")
		}
		if err := a.printTimeline(entries); err != nil {
			return c.stranger(200)
		}
		return nil
	}
	return cmd
}

func (a *app) printTimeline(entries []json.RawMessage) error {
	if len(entries) == 0 {
		a.tell("nothing")
		return nil
	}
	t := a.table("TIME", "N", "WHAT", "OUTCOME", "DETAILS")
	for _, entry := range entries {
		var e onboarding.TimelineEntry
		if err := json.Unmarshal(entry, &e); err != nil {
			return err
		}
		switch e.Kind {
		case "log":
			t.row(a.time(e.At), strconv.FormatInt(e.Seq, 10), e.Input, string(e.Outcome), logDetails(e))
		case "effect":
			t.row(a.time(e.At), "", e.Effect, string(e.State), a.effectDetails(e))
		default:
			t.row(a.time(e.At), "", e.Input, e.Kind, listed(replayOf(e), by(e)))
		}
	}
	t.flush()
	return nil
}

// logDetails says who, why, and what an operator asks about first: the stage,
// access and the checks. The rest of what changed is in the JSON.
func logDetails(e onboarding.TimelineEntry) string {
	details := []string{e.Code, replayOf(e), by(e)}
	add := func(text string) { details = append(details, text) }
	for _, c := range e.Changes {
		check, status := strings.CutPrefix(c.Path, "checks.")
		check, ofCheck := strings.CutSuffix(check, ".status")
		before, after := value(c.Before), value(c.After)
		switch {
		case before == after: // from nothing to the word for it
		case c.Path == "stage" || c.Path == "access":
			add(c.Path + " " + before + " → " + after)
		case status && ofCheck && !strings.Contains(check, "."):
			add(check + " " + before + " → " + after)
		}
	}
	return listed(details...)
}

// listed joins what there is.
func listed(texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(text string) bool { return text == "" }), ", ")
}

// replayOf says which event is folded again, if any.
func replayOf(e onboarding.TimelineEntry) string {
	if e.ReplayOf == 0 {
		return ""
	}
	return fmt.Sprintf("replay of %d", e.ReplayOf)
}

// by says who asked for it and why.
func by(e onboarding.TimelineEntry) string {
	reason := e.Reason
	if reason == e.Code {
		reason = "" // shown as the code already
	}
	switch {
	case e.Actor == "":
		return reason
	case reason == "":
		return "by " + e.Actor
	}
	return "by " + e.Actor + ": " + reason
}

// value shows a changed value: a text without its quotes, none for nothing.
func value(raw json.RawMessage) string {
	var text string
	switch {
	case len(raw) == 0 || string(raw) == "null" || string(raw) == `""`:
		return "none"
	case json.Unmarshal(raw, &text) == nil:
		return text
	}
	return string(raw)
}

// effectDetails says whom an effect is for, how it fared, and by which key it is
// known there and in the ledger.
func (a *app) effectDetails(e onboarding.TimelineEntry) string {
	details := []string{"to " + e.Target}
	if e.About != "" {
		details[0] += " about " + e.About
	}
	switch {
	case e.Attempts == 0 && e.NextTry != nil:
		details = append(details, "not tried yet")
	case e.Attempts == 1:
		details = append(details, "tried once")
	case e.Attempts > 1:
		details = append(details, fmt.Sprintf("tried %d times", e.Attempts))
	}
	if e.LastAnswer != "" {
		details = append(details, "last answer "+e.LastAnswer)
	}
	if e.DoneAt != nil {
		details = append(details, "at "+a.time(*e.DoneAt))
	}
	if e.NextTry != nil {
		details = append(details, "next try "+a.time(*e.NextTry))
	}
	if e.ReplayedBy != "" {
		replayed := "replayed by " + e.ReplayedBy
		if e.ReplayedAt != nil {
			replayed += " at " + a.time(*e.ReplayedAt)
		}
		if e.ReplayReason != "" {
			replayed += ": " + e.ReplayReason
		}
		details = append(details, replayed)
	}
	if e.EffectID != 0 {
		details = append(details, "effect "+number(e.EffectID))
	}
	return listed(append(details, keyOf(e))...)
}

// keyOf shows an effect's key without the user, whom the timeline is of.
func keyOf(e onboarding.TimelineEntry) string {
	if e.Key == "" {
		return ""
	}
	key := e.Key
	if i := strings.LastIndex(key, fmt.Sprintf("/%d/%s", e.Version, e.Effect)); i >= 0 {
		key = "…" + key[i:]
	}
	return "key " + key
}
