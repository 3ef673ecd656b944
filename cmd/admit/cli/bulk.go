package cli

import (
	"crypto/rand"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
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
			return usage("this run sends to %s, and ADMIT_ADMIN_URL names %s; where that is the same system, give it as --admin %s", j.header.Admin, c.base, quoted(c.base))
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
