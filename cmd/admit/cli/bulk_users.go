package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/spf13/cobra"

	"admit/onboarding"
)

// bulkUsers returns the users that the flags name, each once: of a file, of the
// proposals of another run, or those whom a filter finds.
func (a *app) bulkUsers(cmd *cobra.Command, c *client, o order, f runFlags) ([]journalLine, error) {
	query, err := f.filter.query(cmd)
	if err != nil {
		return nil, err
	}
	sources := 0
	for _, given := range []bool{f.users != "", f.approves != "", len(query) > 0} {
		if given {
			sources++
		}
	}
	switch {
	case sources == 0:
		return nil, usage("the users are missing: --users FILE, or a filter such as --stage in_review")
	case sources > 1:
		return nil, usage("--users, --approves and a filter (--stage, --blocked-on, --stalled, --reversed) exclude each other")
	case f.approves != "":
		return a.proposedUsers(f.approves, o)
	case f.users != "":
		return a.listedUsers(f.users)
	}
	var users []journalLine
	query.Set("limit", strconv.Itoa(maxPage))
	_, err = c.walk(cmd.Context(), "/v1/onboardings", query, "items", func(items []json.RawMessage) (bool, error) {
		for _, item := range items {
			var o onboarding.Onboarding
			if json.Unmarshal(item, &o) != nil || onboarding.CheckUserID(o.UserID) != nil {
				return false, c.stranger(http.StatusOK)
			}
			users = append(users, journalLine{User: o.UserID})
		}
		return true, nil
	})
	switch {
	case err != nil:
		return nil, err
	case len(users) == 0:
		return nil, failed("nobody is found by this filter; no command was sent")
	}
	return users, nil
}

func (a *app) listedUsers(file string) ([]journalLine, error) {
	text, err := a.readFile(file)
	if err != nil {
		return nil, err
	}
	ids, repeated, err := parseUsers(file, text)
	if err != nil {
		return nil, err
	}
	if repeated > 0 {
		a.tell("%s names %s more than once; each gets one command", file, plural(repeated, "user"))
	}
	users := make([]journalLine, len(ids))
	for i, id := range ids {
		users[i].User = id
	}
	return users, nil
}

// proposedUsers returns those for whom the run of a journal proposed a command,
// with the proposals to agree to.
func (a *app) proposedUsers(path string, o order) ([]journalLine, error) {
	j, err := openJournal(path, false)
	if err != nil {
		return nil, err
	}
	if j.header.Order.Command != o.Command {
		return nil, usage("%s proposes %s, not %s", path, j.header.Order.Command, o.Command)
	}
	var users []journalLine
	for i, u := range j.users {
		if j.last[i].Outcome == outcomeProposed {
			users = append(users, journalLine{User: u.User, Approves: j.requestID(u.N)})
		}
	}
	if len(users) == 0 {
		return nil, failed("%s proposed nothing that a second person could agree to", path)
	}
	return users, nil
}

// printDryRun says whom the command would go to.
func (a *app) printDryRun(o order, users []journalLine, all bool) error {
	const first = 20
	if a.json {
		ids := make([]string, len(users))
		for i, u := range users {
			ids[i] = u.User
		}
		text, err := json.Marshal(map[string]any{"dryRun": true, "order": o, "users": ids})
		if err != nil {
			return failed("the users cannot be written: %v", err)
		}
		a.printJSON(text)
		return nil
	}
	fmt.Fprintf(&a.out, "%s would go to %s:\n", o.Command, plural(len(users), "user"))
	shown := len(users)
	if !all {
		shown = min(shown, first)
	}
	for _, u := range users[:shown] {
		a.out.WriteString("  " + clean(u.User) + "\n")
	}
	if more := len(users) - shown; more > 0 {
		fmt.Fprintf(&a.out, "  and %d more; -v names them all\n", more)
	}
	return nil
}
