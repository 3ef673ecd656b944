package proc

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"syscall"
)

func signalOnDeath(attr *syscall.SysProcAttr, sig syscall.Signal) {
	attr.Pdeathsig = sig
}

// CommandLine returns the command line of a running process, its arguments
// separated by spaces. A process that does not exist is an error.
func CommandLine(pid int) (string, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return "", fmt.Errorf("read command line: %w", err)
	}
	return strings.TrimSpace(string(bytes.ReplaceAll(raw, []byte{0}, []byte{' '}))), nil
}
