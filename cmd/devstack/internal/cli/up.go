package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"slices"

	"admit/cmd/devstack/internal/lock"
	"admit/cmd/devstack/internal/ports"
	"admit/cmd/devstack/internal/postgres"
	"admit/cmd/devstack/internal/stack"
)

// upOptions are up's flags.
type upOptions struct {
	dir, envFile   string
	fresh, verbose bool
	ports          stack.Ports
	// exact names the ports that were asked for, which are not replaced.
	exact map[string]bool
	// command is run when all is ready, and its end is up's; nil for none.
	command *exec.Cmd
}

func up(args []string, std streams) int {
	var o upOptions
	// Behind "--" stands a command. Everything else beside flags is a mistake.
	var command []string
	if i := slices.Index(args, "--"); i >= 0 {
		args, command = args[:i], args[i+1:]
		if len(command) == 0 {
			return std.fail(exitUsage, errors.New("up: no command behind --"))
		}
	}
	flags := o.flags(std)
	if code, done := parse(flags, args, std); done {
		return code
	}
	o.exact = make(map[string]bool)
	flags.Visit(func(f *flag.Flag) { o.exact[f.Name] = true })
	if command != nil {
		path, err := exec.LookPath(command[0])
		if err != nil {
			return std.fail(exitNotFound, err)
		}
		o.command = exec.Command(path, command[1:]...)
		o.command.Args[0] = command[0]
	}

	signals := make(chan os.Signal, 4)
	if o.command != nil {
		signal.Notify(signals, endSignals...)
		defer signal.Stop(signals)
	}
	ctx, stop := untilSignal()
	defer stop()
	code, err := runUp(ctx, o, signals, std)
	if err != nil {
		failure := exitFailed
		if o.command != nil {
			failure = exitStackFailed
		}
		std.fail(failure, err)
		if code == exitOK {
			code = failure
		}
	}
	return code
}

// flags returns up's flags, which set o.
func (o *upOptions) flags(std streams) *flag.FlagSet {
	flags := newFlags("up", std)
	flags.StringVar(&o.dir, "dir", ".devstack", "keep the data in `DIR`")
	flags.StringVar(&o.envFile, "env-file", "", "write the variables to `FILE` when all is ready, remove it at the end")
	flags.BoolVar(&o.fresh, "fresh", false, "throw the kept data away first")
	flags.BoolVar(&o.verbose, "verbose", false, "show Temporal's warnings")
	flags.IntVar(&o.ports.Postgres, portFlags[0], 5433, "PostgreSQL's `PORT`; 0 for a free one")
	flags.IntVar(&o.ports.Temporal, portFlags[1], 7233, "Temporal's `PORT`; 0 for a free one")
	flags.IntVar(&o.ports.UI, portFlags[2], 8233, "the Temporal Web UI's `PORT`; 0 for a free one")
	flags.IntVar(&o.ports.SMTP, portFlags[3], 1025, "the mail catcher's SMTP `PORT`; 0 for a free one")
	flags.IntVar(&o.ports.Mail, portFlags[4], 8025, "the mail page's `PORT`; 0 for a free one")
	return flags
}

// runUp runs the stack until ctx ends, which is no error, or until the command
// ends, whose exit code it returns then. signals are what devstack is sent, for
// the command.
func runUp(ctx context.Context, o upOptions, signals <-chan os.Signal, std streams) (code int, err error) {
	// A file that a killed run left would tell scripts that all is ready.
	if err := removeFile(o.envFile); err != nil {
		return exitOK, err
	}
	account, err := postgres.ServerAccount()
	if err != nil {
		return exitOK, err
	}
	home, err := openHome(o, account, std)
	if err != nil {
		return exitOK, err
	}
	defer func() { err = errors.Join(err, home.Close()) }()

	picker := &ports.Picker{}
	chosen, err := choosePorts(o, picker, std)
	if err != nil {
		return exitOK, err
	}
	running, err := stack.Start(ctx, stack.Options{
		Home: home, Ports: chosen, Durable: true, Verbose: o.verbose, Account: account, Picker: picker,
	})
	if ctx.Err() != nil && running == nil {
		if o.command != nil {
			return exitStackFailed, nil // it was never run
		}
		return exitOK, nil
	}
	if err != nil {
		return exitOK, err
	}
	defer func() { err = errors.Join(err, running.Stop()) }()

	if o.envFile != "" {
		if err := stack.WriteFile(o.envFile, running.Variables()); err != nil {
			return exitOK, err
		}
		defer func() { err = errors.Join(err, removeFile(o.envFile)) }()
	}
	announce(std, home, running)
	if o.command != nil {
		std.say(std.out, "\n")
		return runCommand(o.command, running, signals, std), nil
	}
	select {
	case <-ctx.Done():
		std.say(std.out, "\nending\n")
		return exitOK, nil
	case <-running.Broken():
		return exitOK, fmt.Errorf("PostgreSQL ended; its log is in %s", home.Database)
	}
}

// openHome opens the kept data, or data of its own when another devstack has
// that open.
func openHome(o upOptions, account *postgres.Account, std streams) (*stack.Home, error) {
	home, err := stack.Keep(o.dir, o.fresh, account)
	if errors.Is(err, lock.ErrHeld) {
		std.say(std.out, "another devstack is using %s: this one has data of its own, which is not kept\n", o.dir)
		return stack.Discard(account)
	}
	if err != nil {
		return nil, err
	}
	if home.DatabaseElsewhere() {
		sayElsewhere(std, account, home.Dir, home.Database)
	}
	return home, nil
}

// sayElsewhere tells that the database's data is not where it was asked for.
func sayElsewhere(std streams, account *postgres.Account, asked, dir string) {
	std.say(std.out, "user %s cannot enter %s: PostgreSQL's data is in %s\n", account.Name, asked, dir)
}

// announce tells where everything is.
func announce(std streams, home *stack.Home, running *stack.Stack) {
	std.say(std.out, "\ndevstack is ready; Ctrl-C ends it\n\n")
	for _, v := range running.Variables() {
		std.say(std.out, "  %-22s %s\n", v.Name, v.Value)
	}
	std.say(std.out, "  %-22s %s\n", "data", home.Dir)
}

// removeFile removes a file, which need not be there. No name is no file.
func removeFile(path string) error {
	if path == "" {
		return nil
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove the variables: %w", err)
	}
	return nil
}
