//go:build !linux

package proc

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// signalOnDeath does nothing: only Linux ties a child to its parent's life.
func signalOnDeath(*syscall.SysProcAttr, syscall.Signal) {}

// CommandLine returns the command line of a running process, its arguments
// separated by spaces. A process that does not exist is an error.
func CommandLine(pid int) (string, error) {
	out, err := exec.Command("ps", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return "", fmt.Errorf("read command line: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}
