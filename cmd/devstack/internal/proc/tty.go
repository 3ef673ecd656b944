package proc

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// Group puts cmd into a process group of its own, so that what it leaves
// behind can be ended with it. When in is the terminal this process is in the
// foreground of, cmd gets the foreground: it can read from the terminal, and
// Ctrl-C goes to it. The function returned takes the foreground back and must
// be called when cmd has ended.
func Group(cmd *exec.Cmd, in *os.File) (restore func() error) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true

	fd := int(in.Fd())
	own := syscall.Getpgrp()
	if foreground, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP); err != nil || foreground != own {
		return func() error { return nil }
	}
	cmd.SysProcAttr.Foreground = true
	cmd.SysProcAttr.Ctty = fd
	return func() error {
		// Whoever takes the foreground from behind is stopped by this signal.
		signal.Ignore(syscall.SIGTTOU)
		defer signal.Reset(syscall.SIGTTOU)
		if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPGRP, own); err != nil {
			return fmt.Errorf("take the terminal back: %w", err)
		}
		return nil
	}
}
