// Package cli is the operator's side of the admin API: show where a user stands
// and what happened to the user, list users, send commands, and list and replay
// webhooks that nobody understood, as tables or as JSON.
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
		{"list", "list users: admit list --stage on_hold"},
		{"command", "send a command: admit command USER hold --reason …"},
		{"events", "list webhooks that nobody understood, and replay them: admit events list, admit events replay ID"},
	}
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

// Run runs the command that the first argument names and returns the exit code.
// Results go to stdout, everything else to stderr. env looks up a variable, ""
// when it is not set.
func Run(ctx context.Context, args []string, env func(string) string, stdout, stderr io.Writer) int {
	a := &app{env: env, stderr: stderr, zone: zone(env)}
	root := &cobra.Command{Use: "admit", SilenceErrors: true, SilenceUsage: true, CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true}}
	root.PersistentFlags().StringVar(&a.admin, "admin", "", "the admin listener's `URL` (default: ADMIT_ADMIN_URL, else "+DefaultAdmin+")")
	root.PersistentFlags().BoolVar(&a.json, "json", false, "print JSON")
	root.AddCommand(a.status(), a.timeline(), a.list(), a.command(), a.events())
	root.SetArgs(args)
	root.SetOut(&a.out)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	code := a.report(err)
	if _, err := stdout.Write(a.out.Bytes()); err != nil && code == ExitDone {
		_, _ = fmt.Fprintf(stderr, "admit: the output could not be written: %v\n", err) // nobody else is left to tell
		return ExitFailed
	}
	return code
}

// app is what the commands share.
type app struct {
	env    func(string) string
	admin  string
	json   bool
	out    bytes.Buffer // for stdout, at the end
	stderr io.Writer
	zone   *time.Location
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
}

// Error implements error.
func (f *failure) Error() string { return f.message }

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
	_, _ = fmt.Fprintf(a.stderr, "admit: %s\n", lines(fmt.Sprintf(format, args...)))
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
