package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"

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
}

func up(args []string, std streams) int {
	var o upOptions
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
	if code, done := parse(flags, args, std); done {
		return code
	}
	o.exact = make(map[string]bool)
	flags.Visit(func(f *flag.Flag) { o.exact[f.Name] = true })

	ctx, stop := untilSignal()
	defer stop()
	if err := runUp(ctx, o, std); err != nil {
		return std.fail(exitFailed, err)
	}
	return exitOK
}

// runUp runs the stack until ctx ends, which is no error.
func runUp(ctx context.Context, o upOptions, std streams) (err error) {
	// A file that a killed run left would tell scripts that all is ready.
	if err := removeFile(o.envFile); err != nil {
		return err
	}
	account, err := postgres.ServerAccount()
	if err != nil {
		return err
	}
	home, err := openHome(o, account, std)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, home.Close()) }()

	picker := &ports.Picker{}
	chosen, err := choosePorts(o, picker, std)
	if err != nil {
		return err
	}
	running, err := stack.Start(ctx, stack.Options{
		Home: home, Ports: chosen, Durable: true, Verbose: o.verbose, Account: account, Picker: picker,
	})
	if ctx.Err() != nil && running == nil {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, running.Stop()) }()

	if o.envFile != "" {
		if err := stack.WriteFile(o.envFile, running.Variables()); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, removeFile(o.envFile)) }()
	}
	announce(std, home, running)
	select {
	case <-ctx.Done():
		std.say(std.out, "\nending\n")
		return nil
	case <-running.Broken():
		return fmt.Errorf("PostgreSQL ended; its log is in %s", home.Database)
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
