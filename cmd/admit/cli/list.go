package cli

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"admit/onboarding"
)

// maxPage is the largest page that the API gives.
const maxPage = 500

type listFlags struct {
	filter
	after string
	all   bool
	limit int
}

func (a *app) list() *cobra.Command {
	var f listFlags
	cmd := &cobra.Command{Use: "list", Short: help("list"), Args: arguments()}
	flags := cmd.Flags()
	f.filter.add(cmd)
	flags.IntVar(&f.limit, "limit", 100, "users on a page, up to "+strconv.Itoa(maxPage))
	flags.StringVar(&f.after, "after", "", "begin behind this `USER`")
	flags.BoolVar(&f.all, "all", false, "all pages")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		query, err := f.query(cmd)
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
			return c.stranger(http.StatusOK)
		}
		if next != "" {
			a.tell("there are more: --all shows all, --after %s the next page", quoted(next))
		}
		return nil
	}
	return cmd
}

// query checks the flags and returns what to ask for.
func (f listFlags) query(cmd *cobra.Command) (url.Values, error) {
	query, err := f.filter.query(cmd)
	switch {
	case err != nil:
		return nil, err
	case f.limit < 1 || f.limit > maxPage:
		return nil, usage("--limit must be 1 to %d", maxPage)
	case f.after != "":
		query.Set("after", f.after)
	}
	if f.all && !cmd.Flags().Changed("limit") {
		f.limit = maxPage
	}
	query.Set("limit", strconv.Itoa(f.limit))
	return query, nil
}

// pages reads a page, or all there are from there on. It returns the entries as
// they came, and where the next page begins.
func (c *client) pages(ctx context.Context, path string, query url.Values, field string, all bool) (next string, entries []json.RawMessage, err error) {
	next, err = c.walk(ctx, path, query, field, func(some []json.RawMessage) (bool, error) {
		entries = append(entries, some...)
		return all, nil
	})
	if err != nil {
		return "", nil, err
	}
	return next, entries, nil
}

// walk hands each page from the one that the query names on to visit, until
// there is none left or visit does not want another. It returns where the next
// page begins.
func (c *client) walk(ctx context.Context, path string, query url.Values, field string, visit func([]json.RawMessage) (bool, error)) (string, error) {
	seen := map[string]bool{query.Get("after"): true}
	for {
		var page map[string]json.RawMessage
		if _, err := c.get(ctx, path, query, &page); err != nil {
			return "", err
		}
		var some []json.RawMessage
		next := ""
		if json.Unmarshal(page[field], &some) != nil || json.Unmarshal(page["next"], &next) != nil {
			return "", c.stranger(http.StatusOK)
		}
		more, err := visit(some)
		switch {
		case err != nil:
			return "", err
		case next == "" || !more:
			return next, nil
		case seen[next]:
			return "", failed("%s gives the same page again and again", c.base)
		}
		seen[next] = true
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
		return failed("the page cannot be written: %v", err)
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
