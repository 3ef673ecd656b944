//go:build !linux

package child

import "syscall"

// dieWithParent changes nothing: only Linux knows how.
func dieWithParent() *syscall.SysProcAttr { return nil }

func lockThread() {}
