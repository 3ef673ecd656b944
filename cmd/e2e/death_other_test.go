//go:build !linux

package e2e_test

import "syscall"

// dieWithParent has no way to do so here.
func dieWithParent() *syscall.SysProcAttr { return nil }
