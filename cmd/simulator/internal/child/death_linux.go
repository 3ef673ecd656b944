package child

import "syscall"

// dieTogether has the kernel kill the child when the simulator dies.
func dieTogether(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGKILL }
