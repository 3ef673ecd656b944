package e2e_test

import "syscall"

// dieWithParent keeps a child from outliving a test binary that dies without
// cleaning up.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
}
