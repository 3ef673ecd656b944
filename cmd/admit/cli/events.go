package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/spf13/cobra"

	"admit/onboarding"
)

func (a *app) events() *cobra.Command {
	return group("events", "admit events list, or admit events replay ID", a.eventsList(), a.eventsReplay())
}

func (a *app) eventsList() *cobra.Command {
	var state, after string
	var limit int
	var all bool
	cmd := &cobra.Command{Use: "list", Short: "list webhooks that could not be read or understood, oldest first", Args: arguments()}
	flags := cmd.Flags()
	flags.StringVar(&state, "state", "", "only those in this `STATE`: "+joined(onboarding.EventStates[:]))
	flags.IntVar(&limit, "limit", 100, "events on a page, up to "+strconv.Itoa(maxPage))
	flags.StringVar(&after, "after", "", "begin behind the event of this `ID`")
	flags.BoolVar(&all, "all", false, "all pages")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		switch {
		case state != "" && !onboarding.EventState(state).Valid():
			return usage("--state %q is no state; the states are %s", state, joined(onboarding.EventStates[:]))
		case limit < 1 || limit > maxPage:
			return usage("--limit must be 1 to %d", maxPage)
		case all && !flags.Changed("limit"):
			limit = maxPage
		}
		query := url.Values{"limit": {strconv.Itoa(limit)}}
		for name, value := range map[string]string{"state": state, "after": after} {
			if value != "" {
				query.Set(name, value)
			}
		}
		c, err := a.client()
		if err != nil {
			return err
		}
		next, items, err := c.pages(cmd.Context(), "/v1/events", query, "items", all)
		switch {
		case err != nil:
			return err
		case a.json:
			return a.printPage("items", items, next)
		}
		if err := a.printEvents(items); err != nil {
			return c.stranger(http.StatusOK)
		}
		if next != "" {
			a.tell("there are more: --all shows all, --after %s the next page", quoted(next))
		}
		return nil
	}
	return cmd
}

func (a *app) printEvents(items []json.RawMessage) error {
	if len(items) == 0 {
		a.tell("none")
		return nil
	}
	t := a.table("ID", "RECEIVED", "USER", "WEBHOOK", "STATE", "REPLAYED BY", "OUTCOME")
	for _, item := range items {
		var e onboarding.EventView
		if err := json.Unmarshal(item, &e); err != nil {
			return err
		}
		replay := ""
		if e.ReplayedBy != 0 {
			replay = strconv.FormatInt(e.ReplayedBy, 10)
		}
		t.row(strconv.FormatInt(e.ID, 10), a.time(e.Received), e.UserID, e.Provider+"/"+e.Route, string(e.State), replay, e.Replay)
	}
	t.flush()
	return nil
}

func (a *app) eventsReplay() *cobra.Command {
	cmd := &cobra.Command{Use: "replay ID", Short: "have this build fold a malformed or unrecognised webhook again", DisableFlagsInUseLine: true}
	var id int64
	cmd.Args = func(cmd *cobra.Command, args []string) (err error) {
		switch {
		case len(args) == 0:
			return usage("ID is missing: %s; admit events list shows the IDs", cmd.UseLine())
		case len(args) > 1:
			return usage("unexpected argument %q: %s", args[1], cmd.UseLine())
		}
		if id, err = strconv.ParseInt(args[0], 10, 64); err != nil || id < 1 {
			return usage("%q is no ID of an event; admit events list shows the IDs", args[0])
		}
		return nil
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := a.client()
		if err != nil {
			return err
		}
		var got struct {
			EventID int64  `json:"eventId"`
			UserID  string `json:"userId"`
		}
		answer, status, err := c.do(cmd.Context(), http.MethodPost, fmt.Sprintf("/v1/events/%d/replay", id), nil, &got)
		switch {
		case err != nil:
			return aboutEvent(err, status, id)
		case a.json:
			a.printJSON(answer)
			return nil
		}
		a.out.WriteString(clean(fmt.Sprintf("event %d is replayed as %d; what becomes of it: admit timeline %s", id, got.EventID, lastWord(got.UserID))))
		a.out.WriteByte('\n')
		return nil
	}
	return cmd
}

// aboutEvent adds to a failure to replay an event what to do next.
func aboutEvent(err error, status int, id int64) error {
	var f *failure
	switch {
	case !errors.As(err, &f) || f.exit == ExitUsage:
	case f.exit == ExitNotFound:
		f.message = fmt.Sprintf("%d: %s\nadmit events list shows those that there are", id, f.message)
	case status == 0 || status >= http.StatusInternalServerError:
		f.message += "\nwhether it is replayed is not known; admit events list shows it, and the same command again replays it only where no replay of it waits or was understood"
	}
	return err
}
