package cli

import (
	"context"
	"errors"
	"flag"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"admit/cmd/devstack/internal/ports"
	"admit/cmd/devstack/internal/postgres"
	"admit/cmd/devstack/internal/proc"
	"admit/cmd/devstack/internal/stack"
)

const (
	// commandGrace is how long the command may take to end when asked to. It is
	// longer than the simulator waits for Admit.
	commandGrace = 40 * time.Second
	// leftoverGrace is how long what it left running may take.
	leftoverGrace = 3 * time.Second
	pollInterval  = 10 * time.Millisecond
)

func execute(args []string, std streams) int {
	var verbose bool
	flags := newFlags("exec", std)
	flags.BoolVar(&verbose, "verbose", false, "show Temporal's warnings")
	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return exitOK
	}
	if err != nil {
		return exitUsage
	}
	if flags.NArg() == 0 {
		return std.fail(exitUsage, errors.New("exec: no command; write devstack exec -- CMD"))
	}
	path, err := exec.LookPath(flags.Arg(0))
	if err != nil {
		return std.fail(exitNotFound, err)
	}

	signals := make(chan os.Signal, 4)
	signal.Notify(signals, endSignals...)
	defer signal.Stop(signals)
	running, end, err := startForCommand(verbose)
	if err != nil {
		return std.fail(exitStackFailed, err)
	}
	command := exec.Command(path, flags.Args()[1:]...)
	command.Args[0] = flags.Arg(0)
	code := runCommand(command, running, signals, std)
	if err := end(); err != nil {
		std.fail(exitStackFailed, err)
		if code == exitOK {
			code = exitStackFailed
		}
	}
	return code
}

// startForCommand starts a stack whose data is thrown away. It gives up when
// devstack is asked to end meanwhile. end takes everything down.
func startForCommand(verbose bool) (running *stack.Stack, end func() error, err error) {
	ctx, stop := signal.NotifyContext(context.Background(), endSignals...)
	defer stop()
	account, err := postgres.ServerAccount()
	if err != nil {
		return nil, nil, err
	}
	picker := &ports.Picker{}
	chosen, err := freePorts(picker)
	if err != nil {
		return nil, nil, err
	}
	home, err := stack.Discard(account)
	if err != nil {
		return nil, nil, err
	}
	running, err = stack.Start(ctx, stack.Options{
		Home: home, Ports: chosen, Verbose: verbose, Account: account, Picker: picker,
	})
	if err != nil {
		return nil, nil, errors.Join(err, home.Close())
	}
	return running, func() error { return errors.Join(running.Stop(), home.Close()) }, nil
}

// runCommand runs the command to its end, and ends what it left running. It
// returns the exit code: the command's, or 128 and the signal that ended it.
func runCommand(command *exec.Cmd, running *stack.Stack, signals <-chan os.Signal, std streams) int {
	command.Stdin, command.Stdout, command.Stderr = std.in, std.out, std.err
	command.Env = os.Environ()
	for _, v := range running.Variables() {
		command.Env = append(command.Env, v.Name+"="+v.Value)
	}
	restore := proc.Group(command, std.in)
	child, err := proc.Start(command, syscall.SIGKILL)
	if err != nil {
		return std.fail(exitCannotExecute, err)
	}
	await(child, running, signals, std)
	endGroup(child)
	if err := restore(); err != nil {
		// The command has run; its exit code says more.
		std.fail(exitStackFailed, err)
	}
	return exitCode(command.ProcessState)
}

// await returns when the command has ended. It passes on what devstack is sent;
// from then on the command has its grace, or until the next signal.
func await(child *proc.Process, running *stack.Stack, signals <-chan os.Signal, std streams) {
	broken := running.Broken()
	var overdue <-chan time.Time
	for {
		select {
		case <-child.Done():
			return
		case <-broken:
			broken = nil
			std.say(std.err, "devstack: PostgreSQL ended while the command runs\n")
		case got := <-signals:
			sig, ok := got.(syscall.Signal)
			if !ok || overdue != nil {
				sig = syscall.SIGKILL
			}
			child.SignalGroup(sig)
			overdue = time.After(commandGrace)
		case <-overdue:
			child.SignalGroup(syscall.SIGKILL)
		}
	}
}

// endGroup ends what the command started and did not end.
func endGroup(child *proc.Process) {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		if child.GroupEmpty() {
			return
		}
		deadline := time.Now().Add(leftoverGrace)
		ticker := time.NewTicker(pollInterval)
		child.SignalGroup(sig)
		for !child.GroupEmpty() && time.Now().Before(deadline) {
			<-ticker.C
		}
		ticker.Stop()
	}
}

func exitCode(state *os.ProcessState) int {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return exitSignal + int(status.Signal())
	}
	return state.ExitCode()
}
