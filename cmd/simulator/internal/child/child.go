// Package child runs programs that do not outlive the simulator.
package child

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// tailBytes bounds how much of a log Tail reads.
const tailBytes = 64 << 10

// ErrKilled means that a program did not end when it was asked to.
var ErrKilled = errors.New("it did not end in time and was killed")

// Process is a started program.
type Process struct {
	Log string // the file that its output goes to

	cmd  *exec.Cmd
	done chan struct{}
	err  error
}

// Start starts a program with that environment, its output going to the file log,
// which is emptied first. The program leads a process group of its own, so that
// Ctrl-C in a terminal reaches the simulator alone, which then ends it in order.
// Where the operating system can do it (Linux) it dies with the simulator, even
// when that is killed.
func Start(program string, args, env []string, log string) (*Process, error) {
	out, err := os.Create(log)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	p := &Process{Log: log, cmd: exec.Command(program, args...), done: make(chan struct{})}
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = env, out, out
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	dieTogether(p.cmd.SysProcAttr)
	started := make(chan error, 1)
	go p.run(started)
	if err := errors.Join(<-started, out.Close()); err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	return p, nil
}

// run starts the program and waits for its end. Linux sends the signal of
// dieTogether when the thread that started the program ends, so that thread is
// kept until the program is gone.
func (p *Process) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := p.cmd.Start(); err != nil {
		started <- err
		return
	}
	started <- nil
	p.err = p.cmd.Wait()
	close(p.done)
}

// Done is closed once the program has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err returns how the program ended, nil for exit code 0. It may be called once
// Done is closed.
func (p *Process) Err() error { return p.err }

// Stop asks the program to end with SIGTERM and waits for it; after grace it is
// killed, which is ErrKilled. A program that has ended already is no error.
func (p *Process) Stop(grace time.Duration) error {
	// A program that is gone needs no signal.
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-p.done:
		return nil
	case <-timer.C:
	}
	// As above.
	_ = p.cmd.Process.Kill()
	<-p.done
	return fmt.Errorf("%s: %w", p.cmd.Path, ErrKilled)
}

// Tail returns the last lines of the program's output, at most n, or why it
// cannot be read.
func (p *Process) Tail(n int) []string {
	text, err := lastBytes(p.Log, tailBytes)
	if err != nil {
		return []string{err.Error()}
	}
	text = bytes.TrimRight(text, "\n")
	if len(text) == 0 {
		return nil
	}
	lines := strings.Split(string(text), "\n")
	return lines[max(0, len(lines)-n):]
}

func lastBytes(path string, limit int64) (text []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.NewSectionReader(f, max(0, info.Size()-limit), limit))
}
