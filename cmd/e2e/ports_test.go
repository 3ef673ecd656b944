package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
)

// Ports are drawn from below those that systems give to outgoing connections, so
// that a process that is started again finds its own still free.
const (
	firstPort = 20000
	lastPort  = 31999
)

var ports struct {
	sync.Mutex
	taken map[int]bool
}

// freePort returns a port of the loopback interface that nobody uses and that no
// other test is given.
func freePort(t *testing.T) int {
	t.Helper()
	ports.Lock()
	defer ports.Unlock()
	if ports.taken == nil {
		ports.taken = map[int]bool{}
	}
	for range 1000 {
		port := firstPort + rand.IntN(lastPort-firstPort+1)
		if ports.taken[port] {
			continue
		}
		ln, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue // somebody else has it
		}
		if err := ln.Close(); err != nil {
			t.Fatal(err)
		}
		ports.taken[port] = true
		return port
	}
	t.Fatal("no free port")
	return 0
}

// freeAddress returns host and port of freePort.
func freeAddress(t *testing.T) string {
	t.Helper()
	return fmt.Sprintf("127.0.0.1:%d", freePort(t))
}
