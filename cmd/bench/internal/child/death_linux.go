package child

import (
	"runtime"
	"syscall"
)

// dieWithParent has the kernel kill the process when this one dies, even when it
// is killed itself.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}

// lockThread keeps the thread to its goroutine, until that ends.
func lockThread() { runtime.LockOSThread() }
