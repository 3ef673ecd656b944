// Package cli is the simulator's command line.
package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

const usage = `simulator shows Admit at work on a development stack.

  devstack up -- simulator run [flags]    run Admit, play sample users, stay up

It starts Admit, plays both providers and their APIs through real HTTP, types
what operators type, receives the hooks, and prints what became of each.
`

// streams are where it is written to.
type streams struct{ out, err io.Writer }

// Run runs the command that args name, in an environment as os.Environ gives it,
// and returns the exit code.
func Run(args, environ []string, out, errOut io.Writer) int {
	std := streams{out, errOut}
	if len(args) == 0 {
		std.say(std.err, "%s", usage)
		return exitUsage
	}
	switch args[0] {
	case "run":
		return runCommand(args[1:], environ, std)
	case "help", "-h", "-help", "--help":
		std.say(std.out, "%s", usage)
		return exitOK
	}
	std.say(std.err, "simulator: no command %q\n\n%s", args[0], usage)
	return exitUsage
}

// say writes for a person to read.
func (streams) say(w io.Writer, format string, args ...any) {
	// There is nobody to tell that the terminal is gone.
	_, _ = fmt.Fprintf(w, format, args...)
}

// fail tells what went wrong and returns exitFailed.
func (s streams) fail(err error) int {
	s.say(s.err, "simulator: %v\n", err)
	return exitFailed
}

// options are run's flags.
type options struct {
	admit, worker, dir string
	once               bool
}

func runCommand(args, environ []string, std streams) int {
	env := newEnvironment(environ)
	var o options
	flags := flag.NewFlagSet("simulator run", flag.ContinueOnError)
	flags.SetOutput(std.err)
	flags.StringVar(&o.admit, "admit", "bin/admit", "the `PROGRAM` to show")
	flags.StringVar(&o.worker, "example-worker", "", "also run that `PROGRAM`, another team's worker, and have Admit tell it")
	flags.StringVar(&o.dir, "dir", env.home(), "keep logs and configuration in `DIR`")
	flags.BoolVar(&o.once, "once", false, "end after the table, with exit code 1 where it is not as it must be")
	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return exitOK
	}
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("unexpected argument %q", flags.Arg(0))
		std.say(std.err, "simulator: %v\n", err)
	}
	if err != nil {
		return exitUsage
	}
	if missing := env.missing(); len(missing) > 0 {
		std.say(std.err, "simulator: %s not set; run it as: devstack up -- simulator run\n", strings.Join(missing, ", "))
		return exitUsage
	}
	if o.dir, err = filepath.Abs(o.dir); err != nil {
		return std.fail(err)
	}
	// After the first signal the next one has its usual force: it ends everything
	// at once.
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	context.AfterFunc(ctx, stop)
	return run(ctx, o, env, std)
}
