package cli

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"admit/onboarding"
)

// The defaults of a bulk run.
const (
	bulkRate  = 20.0 // commands a second
	stopAfter = 20   // failures in a row
)

func (a *app) bulk() *cobra.Command {
	return group("bulk", "admit bulk run COMMAND, admit bulk resume JOURNAL, or admit bulk report JOURNAL", a.bulkRun(), a.bulkResume(), a.bulkReport())
}

// bulkFlags are what run and resume share.
type bulkFlags struct {
	rate      rate
	stopAfter int
}

func (f *bulkFlags) add(cmd *cobra.Command) {
	f.rate = bulkRate
	cmd.Flags().Var(&f.rate, "rate", "how many commands are sent: 20/s, 600/m")
	cmd.Flags().IntVar(&f.stopAfter, "stop-after", stopAfter, "stop by itself after so many failures in a row")
}

func (f bulkFlags) check() error {
	if f.stopAfter < 1 {
		return usage("--stop-after must be 1 or more")
	}
	return nil
}

// runFlags are what only run takes.
type runFlags struct {
	bulkFlags
	orderFlags
	filter
	users, approves, journal, id string
	dryRun, verbose              bool
}

func (a *app) bulkRun() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{Use: "run COMMAND --reason TEXT", Short: "send a command to many users, with a journal to resume from", DisableFlagsInUseLine: true,
		Long: "Sends a command to the users of a file, or to those that a filter finds now. Before the first one is sent, all stand in a journal,\n" +
			"where each outcome is written as it comes; stopped at any time, admit bulk resume goes on, and nothing is done twice.\n" +
			"COMMAND is one of " + strings.Join(orders, ", ") + "."}
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) == 0:
			return usage("COMMAND is missing: %s", cmd.UseLine())
		case len(args) > 1:
			return usage("unexpected argument %q: %s", args[1], cmd.UseLine())
		}
		return checkCommand(args[0], "admit erase USER --reason … erases, one user at a time")
	}
	flags := cmd.Flags()
	flags.StringVar(&f.users, "users", "", "the users: a `FILE` with an ID on each line, or JSON lines with userId, or - for stdin")
	flags.StringVar(&f.approves, "approves", "", "agree to what the run of this `JOURNAL`, another person's, proposed")
	flags.StringVar(&f.journal, "journal", "", "the journal's `FILE` (default: admit-bulk-ID.jsonl here)")
	flags.StringVar(&f.id, "id", "", "the run's `ID`, part of each request ID (default: made up)")
	flags.BoolVar(&f.dryRun, "dry-run", false, "say how many users and which, and send nothing")
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "with --dry-run: name them all")
	f.bulkFlags.add(cmd)
	f.orderFlags.add(cmd)
	f.filter.add(cmd)
	cmd.ValidArgs = orders
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return a.startBulk(cmd, args[0], f) }
	return cmd
}

var runID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// startBulk begins a run, or says what it would do.
func (a *app) startBulk(cmd *cobra.Command, name string, f runFlags) error {
	f.approving = f.approves != ""
	o, err := f.orderFlags.order(name, a.Now(), a.zone)
	if err != nil {
		return err
	}
	if f.id == "" {
		f.id = strings.ToLower(rand.Text()[:12])
	}
	switch {
	case !runID.MatchString(f.id):
		return usage("--id %q: it has 1 to 64 letters, digits, dots, dashes or underscores", f.id)
	case f.verbose && !f.dryRun:
		return usage("-v is for --dry-run")
	case f.bulkFlags.check() != nil:
		return f.bulkFlags.check()
	}
	c, err := a.client()
	if err != nil {
		return err
	}
	users, err := a.bulkUsers(cmd, c, o, f)
	if err != nil {
		return err
	}
	if f.dryRun {
		return a.printDryRun(o, users, f.verbose)
	}
	if f.journal == "" {
		f.journal = "admit-bulk-" + f.id + ".jsonl"
	}
	header := journalHeader{Journal: journalKind, ID: f.id, Admin: c.base, Order: o, By: a.login(), At: a.Now().UTC(), Users: len(users)}
	j, err := createJournal(f.journal, header, users)
	if err != nil {
		return err
	}
	a.tell("%s for %s; the journal is %s", name, plural(len(users), "user"), f.journal)
	return a.runBulk(cmd.Context(), c, j, f.bulkFlags)
}

// login returns who is logged in on this machine, as far as the environment says.
func (a *app) login() string {
	for _, name := range []string{"SUDO_USER", "USER", "LOGNAME"} {
		if v := a.Env(name); v != "" {
			return v
		}
	}
	return "unknown"
}

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

func (a *app) bulkResume() *cobra.Command {
	var f bulkFlags
	cmd := &cobra.Command{Use: "resume JOURNAL", Short: "go on with a run where it was stopped", DisableFlagsInUseLine: true, Args: oneFile("JOURNAL")}
	f.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := f.check(); err != nil {
			return err
		}
		c, err := a.client()
		if err != nil {
			return err
		}
		j, err := openJournal(args[0], true)
		if err != nil {
			return err
		}
		if j.header.Admin != c.base && a.admin == "" {
			_ = j.file.Close() // nothing was written
			return usage("this run sends to %s, and ADMIT_ADMIN_URL names %s; where that is the same system, give it as --admin %s", j.header.Admin, c.base, c.base)
		}
		return a.runBulk(cmd.Context(), c, j, f)
	}
	return cmd
}

// oneFile checks that there is one argument, a file's name.
func oneFile(name string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) == 0:
			return usage("%s is missing: %s", name, cmd.UseLine())
		case len(args) > 1:
			return usage("unexpected argument %q: %s", args[1], cmd.UseLine())
		}
		return nil
	}
}
