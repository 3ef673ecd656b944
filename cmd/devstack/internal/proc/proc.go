// Package proc runs child processes that do not outlive devstack.
package proc

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// Process is a started child.
type Process struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error
}

// Start starts cmd. Where the operating system can do it (Linux), the child
// gets the signal onDeath when this process dies, even when it is killed.
func Start(cmd *exec.Cmd, onDeath syscall.Signal) (*Process, error) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	signalOnDeath(cmd.SysProcAttr, onDeath)

	p := &Process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		// Linux sends the signal when the thread that started the child ends,
		// so that thread is kept until the child is gone.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := cmd.Start(); err != nil {
			started <- err
			return
		}
		started <- nil
		p.err = cmd.Wait()
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	return p, nil
}

// Run starts cmd and waits for its end. When ctx ends first the child is
// killed.
func Run(ctx context.Context, cmd *exec.Cmd) error {
	p, err := Start(cmd, syscall.SIGKILL)
	if err != nil {
		return err
	}
	select {
	case <-p.Done():
		return p.Err()
	case <-ctx.Done():
		p.Kill()
		<-p.Done()
		return fmt.Errorf("%s: %w", cmd.Path, ctx.Err())
	}
}

// PID is the child's process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed once the child has ended and was waited for.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err is what exec.Cmd.Wait returned. It may be called once Done is closed.
func (p *Process) Err() error { return p.err }

// Ended reports whether the child ends within d.
func (p *Process) Ended(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-p.done:
		return true
	case <-timer.C:
		return false
	}
}

// Signal sends sig to the child. A child that has ended is no error.
func (p *Process) Signal(sig syscall.Signal) {
	// The only failure is that the child is gone, which Done tells.
	_ = p.cmd.Process.Signal(sig)
}

// Kill ends the child at once.
func (p *Process) Kill() { p.Signal(syscall.SIGKILL) }

// SignalGroup sends sig to the process group that the child leads. It must
// have been started with Setpgid.
func (p *Process) SignalGroup(sig syscall.Signal) {
	// A group without members is what the caller is after.
	_ = syscall.Kill(-p.PID(), sig)
}

// GroupEmpty reports whether nobody is left in the child's process group. The
// child itself counts until it was waited for.
func (p *Process) GroupEmpty() bool {
	return syscall.Kill(-p.PID(), 0) == syscall.ESRCH
}
