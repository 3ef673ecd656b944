package cli

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"

	"github.com/spf13/cobra"

	"admit/onboarding"
)

func (a *app) hooksFailed() *cobra.Command {
	var after string
	var limit int
	var all bool
	cmd := &cobra.Command{Use: "failed NAME", Short: "list what a hook was given up on, oldest first", Args: oneHook,
		ValidArgsFunction: a.completeHooks}
	flags := cmd.Flags()
	flags.IntVar(&limit, "limit", 100, "effects on a page, up to "+strconv.Itoa(maxPage))
	flags.StringVar(&after, "after", "", "begin behind the effect of this `ID`")
	flags.BoolVar(&all, "all", false, "all pages")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		switch {
		case limit < 1 || limit > maxPage:
			return usage("--limit must be 1 to %d", maxPage)
		case all && !flags.Changed("limit"):
			limit = maxPage
		}
		query := url.Values{"limit": {strconv.Itoa(limit)}}
		if after != "" {
			query.Set("after", after)
		}
		c, err := a.client()
		if err != nil {
			return err
		}
		next, items, err := c.pages(cmd.Context(), hookPath(args[0], "/failed"), query, "items", all)
		switch {
		case err != nil:
			return err
		case a.json:
			return a.printPage("items", items, next)
		}
		if err := a.printFailed(items); err != nil {
			return c.stranger(http.StatusOK)
		}
		if next != "" {
			a.tell("there are more: --all shows all, --after %s the next page", quoted(next))
		}
		return nil
	}
	return cmd
}

func (a *app) printFailed(items []json.RawMessage) error {
	if len(items) == 0 {
		a.tell("none")
		return nil
	}
	t := a.table("ID", "USER", "EFFECT", "AGE", "ATTEMPTS", "LAST ANSWER")
	for _, item := range items {
		var e onboarding.FailedEffect
		if err := json.Unmarshal(item, &e); err != nil {
			return err
		}
		t.row(strconv.FormatInt(e.ID, 10), e.UserID, e.Effect, a.age(&e.Created), strconv.Itoa(e.Attempts), e.Answer)
	}
	t.flush()
	return nil
}
