// Command admit is Admit: the public listener that takes the providers'
// webhooks, the worker that runs the users' workflows, the admin listener, and
// the operator's commands.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"
	_ "time/tzdata" // the image has no zone files, and contacts name zones

	"admit/cmd/admit/cli"
)

// Exit codes that every command shares.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2 // also: mistakes in the settings
)

// process is what a command sees of its surroundings.
type process struct {
	args    []string // behind the command's name
	environ []string
	in      io.Reader
	out     io.Writer
	err     io.Writer
}

// command is one of the first words that admit knows.
type command struct {
	name string
	help string // one line
	run  func(context.Context, process) int
}

// commands lists the commands in the order in which help shows them.
func commands() []command {
	list := local()
	for _, c := range cli.Commands() {
		list = append(list, command{c.Name, c.Help, operate(c.Name)})
	}
	return list
}

// local lists those that run a part of Admit or look after one.
func local() []command {
	return []command{
		{"serve", "run everything in one process: ingress and worker", serveCommand},
		{"ingress", "run the public listener and the dispatcher", ingressCommand},
		{"worker", "run the worker, the admin listener and the dispatcher", workerCommand},
		{"migrate", "bring the database to this build's schema", migrateCommand},
		{"setup", "create Temporal's search attributes, or say what is missing", setupCommand},
		{"replay-histories", "replay the histories of Temporal against this build, before a rollout", replayCommand},
		{"config", "check a configuration file: admit config check FILE", configCommand},
		{"health", "ask the process on ADMIT_ADMIN_LISTEN whether it is ready", healthCommand},
		{"version", "print the version of this build", versionCommand},
	}
}

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return dispatchCommand(ctx, os.Args[1:], process{environ: os.Environ(), in: os.Stdin, out: os.Stdout, err: os.Stderr})
}

// dispatchCommand runs the command that the first argument names.
func dispatchCommand(ctx context.Context, args []string, p process) int {
	if len(args) == 0 {
		help(p.err)
		return exitUsage
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		if len(args) > 1 {
			return dispatchCommand(ctx, append(slices.Clone(args[1:]), "--help"), p)
		}
		help(p.out)
		return exitOK
	}
	for _, c := range commands() {
		if c.name == args[0] {
			p.args = args[1:]
			return c.run(ctx, p)
		}
	}
	if cli.Completes(args[0]) {
		p.args = args[1:]
		return operate(args[0])(ctx, p)
	}
	say(p.err, "admit: no command %q; admit help lists them\n", args[0])
	return exitUsage
}

func help(w io.Writer) {
	say(w, "Admit takes verification webhooks and tells your systems whom to let in.\n\n")
	for _, c := range commands() {
		say(w, "  admit %-16s %s\n", c.name, c.help)
	}
	say(w, "\nSettings are environment variables; the README lists them. admit help COMMAND says more of one.\n")
}

// say writes for a person to read.
func say(w io.Writer, format string, args ...any) {
	// Nobody is left to be told when the terminal is gone.
	_, _ = fmt.Fprintf(w, format, args...)
}

// operate returns the operator's command of the given name.
func operate(name string) func(context.Context, process) int {
	return func(ctx context.Context, p process) int {
		// The first signal has long work stop in good order; a second one ends it.
		context.AfterFunc(ctx, func() { signal.Reset(os.Interrupt, syscall.SIGTERM) })
		return cli.Run(ctx, append([]string{name}, p.args...), cli.Surroundings{
			Env: environment(p.environ), Stdin: p.in, Stdout: p.out, Stderr: p.err, Others: processes(), Notify: previews(),
		})
	}
}

// processes lists the commands that the command completion cannot know of itself.
func processes() []cli.Command {
	var list []cli.Command
	for _, c := range local() {
		list = append(list, cli.Command{Name: c.name, Help: c.help})
	}
	return list
}
