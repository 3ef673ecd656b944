// Package cli is the operator's side of the admin API: show where a user stands,
// why, and what was known at a time; list users; send commands, to one user or to
// many; bring users who were verified before; say how users are reached and show
// what they are told; wake workflows; list and replay webhooks that nobody
// understood; and list, try and replay hooks. What is shown is a table for people, or
// JSON.
//
// The API is found by --admin or ADMIT_ADMIN_URL; the caller's own token is in
// ADMIT_TOKEN and is never a flag, for flags are seen by everybody on the machine.
package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
)

// Exit codes.
const (
	ExitDone         = 0
	ExitFailed       = 1 // refused by the rules, or failed
	ExitUsage        = 2
	ExitNotFound     = 3
	ExitUnavailable  = 4 // nobody answers, or what is behind the API does not; also a command that is pending
	ExitUnauthorized = 5 // no token, an unknown one, or one whose role is too small
)

// Command is a command's name and what it does, in one line.
type Command struct {
	Name, Help string
}

// Commands lists what Run takes as its first argument.
func Commands() []Command {
	return []Command{
		{"status", "show where a user stands: admit status USER"},
		{"timeline", "show everything that happened to a user: admit timeline USER"},
		{"audit", "show what was known of a user at a time, and who decided it: admit audit USER --at TIME"},
		{"providers", "show what the providers said of a user and what was made of it: admit providers explain USER"},
		{"list", "list users: admit list --stage on_hold"},
		{"command", "send a command: admit command USER hold --reason …"},
		{"erase", "erase a user's personal data: admit erase USER --reason …"},
		{"bulk", "send a command to many users: admit bulk run hold --stage in_review --reason …"},
		{"contact", "show, set or erase how a user is reached: admit contact show USER"},
		{"hooks", "list, try and replay hooks: admit hooks list, admit hooks replay NAME"},
		{"notify", "show what users are told, and in which words: admit notify preview TEMPLATE"},
		{"import", "bring users who were verified before: admit import FILE"},
		{"wake", "have workflows look again: admit wake USER, admit wake --all"},
		{"events", "list webhooks that nobody understood, and replay them: admit events list, admit events replay ID"},
		{"completion", "print a script that completes commands in your shell: admit completion bash"},
	}
}

// Completes says whether the word is what the scripts of the command completion
// call admit with; it is a first argument of Run too.
func Completes(word string) bool {
	return word == cobra.ShellCompRequestCmd || word == cobra.ShellCompNoDescRequestCmd
}

// help returns a command's line, which is also in the usage text of admit.
func help(name string) string {
	for _, c := range Commands() {
		if c.Name == name {
			return c.Help
		}
	}
	return ""
}

// Surroundings are what a command sees and touches beside the admin API and files.
type Surroundings struct {
	Env    func(string) string // looks up a variable, "" when it is not set
	Stdin  io.Reader           // asked for a confirmation, and read where a file is "-"
	Stdout io.Writer           // results
	Stderr io.Writer           // everything else
	Others []Command           // commands of the binary that are not here, for completion
	Notify Notify              // puts into words what users are told
	Now    func() time.Time    // time.Now unless set
	// Sleep waits, and returns an error when ctx ends first; by the machine's clock
	// unless set.
	Sleep func(ctx context.Context, d time.Duration) error
}

// Run runs the command that the first argument names and returns the exit code.
func Run(ctx context.Context, args []string, s Surroundings) int {
	a := &app{Surroundings: s, zone: zone(s.Env)}
	if a.Now == nil {
		a.Now = time.Now
	}
	if a.Sleep == nil {
		a.Sleep = sleep
	}
	root := a.root()
	root.SetArgs(args)
	code := a.report(root.ExecuteContext(ctx))
	if _, err := s.Stdout.Write(a.out.Bytes()); err != nil && code == ExitDone {
		_, _ = fmt.Fprintf(s.Stderr, "admit: the output could not be written: %v\n", err) // nobody else is left to tell
		return ExitFailed
	}
	return code
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{Use: "admit", SilenceErrors: true, SilenceUsage: true, CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true}}
	root.PersistentFlags().StringVar(&a.admin, "admin", "", "the admin listener's `URL` (default: ADMIT_ADMIN_URL, else "+DefaultAdmin+")")
	root.PersistentFlags().BoolVar(&a.json, "json", false, "print JSON")
	root.AddCommand(a.status(), a.timeline(), a.audit(), a.providers(), a.list(), a.command(), a.erase(), a.bulk(), a.contact(), a.hooks(), a.notify(),
		a.imports(), a.wake(), a.events(), a.completion())
	a.addOthers(root)
	root.SetOut(&a.out)
	root.SetErr(a.Stderr)
	return root
}

// app is what the commands share.
type app struct {
	Surroundings
	admin string
	json  bool
	out   bytes.Buffer // for Stdout, at the end
	zone  *time.Location
}

// sleep waits by the machine's clock.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// zone returns where times are shown: as TZ says, which is also what the
// process's own zone follows.
func zone(env func(string) string) *time.Location {
	if name := env("TZ"); name != "" {
		if z, err := time.LoadLocation(name); err == nil {
			return z
		}
	}
	return time.Local
}

// failure is why a command did not do what it should.
type failure struct {
	exit    int
	message string // what went wrong and what to do, one line or more
	body    []byte // the API's answer, if there was one
	code    string // the API's stable code, "" where it did not answer
	reason  string // the API's code below that
	faults  []fault
	// passing says that the same may work later; after is the least wait that the
	// other side asked for.
	passing bool
	after   time.Duration
}

// Error implements error.
func (f *failure) Error() string { return f.message }

// failed returns a failure that is neither the caller's nor the API's.
func failed(format string, args ...any) error {
	return &failure{exit: ExitFailed, message: fmt.Sprintf(format, args...)}
}

// codeInterrupted stands for a code of the API in an interrupted command's failure.
const codeInterrupted = "interrupted"

func interrupted() error {
	return &failure{exit: ExitFailed, message: "interrupted", code: codeInterrupted}
}

func usage(format string, args ...any) error {
	return &failure{exit: ExitUsage, message: fmt.Sprintf(format, args...)}
}

// report tells of an error and returns the exit code. What is no failure of ours
// comes from reading the arguments.
func (a *app) report(err error) int {
	if err == nil {
		return ExitDone
	}
	var f *failure
	if !errors.As(err, &f) {
		f = &failure{exit: ExitUsage, message: err.Error() + "; --help tells more"}
	}
	if a.json && f.body != nil {
		a.printJSON(f.body)
	}
	a.tell("%s", f.message)
	return f.exit
}

// tell writes a message for a person. Nobody is left to be told when the terminal
// is gone.
func (a *app) tell(format string, args ...any) {
	_, _ = fmt.Fprintf(a.Stderr, "admit: %s\n", lines(fmt.Sprintf(format, args...)))
}

// arguments checks how many arguments there are, and that the first is a user ID.
func arguments(names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			return usage("%s is missing: %s", names[len(args)], c.UseLine())
		case len(args) > len(names):
			return usage("unexpected argument %q: %s", args[len(names)], c.UseLine())
		case len(names) > 0:
			return checkUserID(args[0])
		}
		return nil
	}
}

// group returns a command that only holds others; words says which.
func group(name, words string, members ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use: name, Short: help(name),
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("%q is no command of admit %s: %s", args[0], name, words)
			}
			return usage("a command is missing: %s", words)
		},
		RunE: func(*cobra.Command, []string) error { return nil }, // Args takes none
	}
	cmd.AddCommand(members...)
	return cmd
}
