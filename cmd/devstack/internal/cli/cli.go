// Package cli is devstack's command line.
package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Exit codes of devstack itself. Those of exec leave the low numbers to the
// command, as env and timeout do.
const (
	exitOK            = 0
	exitFailed        = 1
	exitUsage         = 2
	exitStackFailed   = 125
	exitCannotExecute = 126
	exitNotFound      = 127
	exitSignal        = 128
)

const usage = `devstack runs what Admit needs on one machine: PostgreSQL, a Temporal server
with its Web UI, and a mail catcher. Everything listens on 127.0.0.1 alone.

  devstack up [flags]                 run it all until Ctrl-C; data is kept
  devstack up [flags] -- CMD [ARG]    the same, run CMD with the addresses in its
                                      environment, end with it and its exit code
  devstack exec [flags] -- CMD [ARG]  run it all on free ports with data that is
                                      thrown away, run CMD with the addresses in
                                      its environment, end with its exit code
  devstack temporal [flags]           run the Temporal server alone
  devstack postgres [flags]           run PostgreSQL alone

devstack COMMAND --help lists the flags. CMD finds these variables, and up
--env-file writes them: DATABASE_URL, TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE,
TEMPORAL_UI_URL, DEVSTACK_SMTP_ADDRESS, DEVSTACK_MAIL_URL, DEVSTACK_MAIL_DIR.
`

// streams are the process's.
type streams struct {
	in       *os.File
	out, err io.Writer
}

// endSignals are those that ask devstack to end.
var endSignals = []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}

// Run runs the command that args name and returns the exit code.
func Run(args []string, in *os.File, out, errOut io.Writer) int {
	commands := map[string]func([]string, streams) int{
		"up":       up,
		"exec":     execute,
		"temporal": temporalAlone,
		"postgres": postgresAlone,
	}
	std := streams{in: in, out: out, err: errOut}
	if len(args) == 0 {
		std.say(std.err, "%s", usage)
		return exitUsage
	}
	if command, ok := commands[args[0]]; ok {
		return command(args[1:], std)
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		std.say(std.out, "%s", usage)
		return exitOK
	}
	std.say(std.err, "devstack: no command %q\n\n%s", args[0], usage)
	return exitUsage
}

// say writes for a person to read.
func (streams) say(w io.Writer, format string, args ...any) {
	// There is nobody to tell that the terminal is gone.
	_, _ = fmt.Fprintf(w, format, args...)
}

// fail tells what went wrong and returns code.
func (s streams) fail(code int, err error) int {
	s.say(s.err, "devstack: %v\n", err)
	return code
}

// newFlags returns an empty flag set for a command.
func newFlags(name string, std streams) *flag.FlagSet {
	flags := flag.NewFlagSet("devstack "+name, flag.ContinueOnError)
	flags.SetOutput(std.err)
	return flags
}

// parse reads args and allows nothing beside flags. When done is true the
// command ends with code.
func parse(flags *flag.FlagSet, args []string, std streams) (code int, done bool) {
	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return exitOK, true
	}
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("unexpected argument %q", flags.Arg(0))
		std.say(std.err, "devstack: %v\n", err)
	}
	if err != nil {
		return exitUsage, true
	}
	return exitOK, false
}

// untilSignal returns a context that ends when devstack is asked to end. After
// that the signals have their usual force: a second one ends it at once.
func untilSignal() (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(context.Background(), endSignals...)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}
