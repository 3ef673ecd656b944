package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"admit/onboarding"
)

// maxPage is the largest page that the API gives.
const maxPage = 500

type listFlags struct {
	stage, blockedOn, after string
	stalled, all            bool
	limit                   int
}

func (a *app) list() *cobra.Command {
	var f listFlags
	cmd := &cobra.Command{Use: "list", Short: help("list"), Args: arguments()}
	flags := cmd.Flags()
	flags.StringVar(&f.stage, "stage", "", "only those in this `STAGE`: "+joined(onboarding.Stages[:]))
	flags.StringVar(&f.blockedOn, "blocked-on", "", "only those that wait for this `PARTY`: "+joined(onboarding.Parties[:]))
	flags.BoolVar(&f.stalled, "stalled", false, "only those that are stalled, or with --stalled=false only those that are not")
	flags.IntVar(&f.limit, "limit", 100, "users on a page, up to "+strconv.Itoa(maxPage))
	flags.StringVar(&f.after, "after", "", "begin behind this `USER`")
	flags.BoolVar(&f.all, "all", false, "all pages")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		query, err := f.query(flags.Changed("stalled"), flags.Changed("limit"))
		if err != nil {
			return err
		}
		c, err := a.client()
		if err != nil {
			return err
		}
		next, items, err := c.pages(cmd.Context(), "/v1/onboardings", query, "items", f.all)
		if err != nil {
			return err
		}
		if a.json {
			return a.printPage("items", items, next)
		}
		if err := a.printList(items); err != nil {
			return c.stranger(200)
		}
		if next != "" {
			a.tell("there are more: --all shows all, --after %q the next page", next)
		}
		return nil
	}
	return cmd
}

// query checks the flags and returns what to ask for.
func (f listFlags) query(stalled, limited bool) (url.Values, error) {
	query := url.Values{}
	switch {
	case f.stage != "" && !onboarding.Stage(f.stage).Valid():
		return nil, usage("--stage %q is no stage; the stages are %s", f.stage, joined(onboarding.Stages[:]))
	case f.blockedOn != "" && !onboarding.Party(f.blockedOn).Valid():
		return nil, usage("--blocked-on %q is nobody; it is one of %s", f.blockedOn, joined(onboarding.Parties[:]))
	case f.limit < 1 || f.limit > maxPage:
		return nil, usage("--limit must be 1 to %d", maxPage)
	}
	for name, value := range map[string]string{"stage": f.stage, "blockedOn": f.blockedOn, "after": f.after} {
		if value != "" {
			query.Set(name, value)
		}
	}
	if stalled {
		query.Set("stalled", strconv.FormatBool(f.stalled))
	}
	if f.all && !limited {
		f.limit = maxPage
	}
	query.Set("limit", strconv.Itoa(f.limit))
	return query, nil
}

// pages reads a page, or all there are from there on. It returns the entries as
// they came, and where the next page begins.
func (c *client) pages(ctx context.Context, path string, query url.Values, field string, all bool) (string, []json.RawMessage, error) {
	var entries []json.RawMessage
	seen := []string{query.Get("after")}
	for {
		var page map[string]json.RawMessage
		if _, err := c.get(ctx, path, query, &page); err != nil {
			return "", nil, err
		}
		var some []json.RawMessage
		next := ""
		if json.Unmarshal(page[field], &some) != nil || json.Unmarshal(page["next"], &next) != nil {
			return "", nil, c.stranger(200)
		}
		entries = append(entries, some...)
		if next == "" || !all {
			return next, entries, nil
		}
		if slices.Contains(seen, next) {
			return "", nil, &failure{exit: ExitFailed, message: fmt.Sprintf("%s gives the same page again and again", c.base)}
		}
		seen = append(seen, next)
		query.Set("after", next)
	}
}

// printPage writes entries as the API would, on one page.
func (a *app) printPage(field string, entries []json.RawMessage, next string) error {
	if entries == nil {
		entries = []json.RawMessage{}
	}
	page, err := json.Marshal(map[string]any{field: entries, "next": next})
	if err != nil {
		return &failure{exit: ExitFailed, message: fmt.Sprintf("the page cannot be written: %v", err)}
	}
	a.printJSON(page)
	return nil
}

func (a *app) printList(items []json.RawMessage) error {
	if len(items) == 0 {
		a.tell("nobody")
		return nil
	}
	t := a.table("USER", "STAGE", "SINCE", "BLOCKED ON", "ACCESS", "STALLED", "PENDING", "NEXT DEADLINE", "CHECKS")
	for _, item := range items {
		var o onboarding.Onboarding
		if err := json.Unmarshal(item, &o); err != nil {
			return err
		}
		deadline := ""
		if o.NextDeadline != nil {
			deadline = a.time(*o.NextDeadline)
		}
		var checks []string
		for _, c := range named(o.Checks) {
			checks = append(checks, string(c.name)+"="+string(c.Status))
		}
		t.row(o.UserID, string(o.Stage), a.time(o.StageSince), string(o.BlockedOn), string(o.Access), yesNo(o.Stalled),
			strconv.FormatInt(o.Pending, 10), deadline, strings.Join(checks, " "))
	}
	t.flush()
	return nil
}
