//go:build !linux

package child

import "syscall"

// dieTogether does nothing: only Linux ties a child to its parent's life.
func dieTogether(*syscall.SysProcAttr) {}
