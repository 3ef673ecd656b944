// Package ports finds TCP ports on the loopback interface for servers that
// cannot be handed a listener.
package ports

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
)

// Host is the only address that devstack listens on.
const Host = "127.0.0.1"

// The range lies below the one from which Linux and macOS number outgoing
// connections, so between the look and the bind a port can be lost only to
// somebody who picks at random from the same ten thousand.
const (
	lowest = 20000
	count  = 10000
	tries  = 1000
)

// Picker hands out ports, each at most once. The zero value is ready and safe
// for concurrent use.
type Picker struct {
	mu    sync.Mutex
	given map[int]bool
}

// Free returns a port on which nobody listens.
func (p *Picker) Free() (int, error) {
	for range tries {
		port := lowest + rand.IntN(count)
		if p.take(port) {
			return port, nil
		}
	}
	return 0, fmt.Errorf("no free port between %d and %d", lowest, lowest+count-1)
}

// Prefer returns port when nobody listens on it, and any free one otherwise.
// A port of 0 asks for any.
func (p *Picker) Prefer(port int) (int, error) {
	if port != 0 && p.take(port) {
		return port, nil
	}
	return p.Free()
}

// Exactly returns port, or an error when somebody listens on it. A port of 0
// asks for any.
func (p *Picker) Exactly(port int) (int, error) {
	if port == 0 {
		return p.Free()
	}
	if !p.take(port) {
		return 0, fmt.Errorf("port %d is taken", port)
	}
	return port, nil
}

// Addr returns the loopback address with that port.
func Addr(port int) string {
	return net.JoinHostPort(Host, strconv.Itoa(port))
}

func (p *Picker) take(port int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.given[port] {
		return false
	}
	listener, err := net.Listen("tcp", Addr(port))
	if err != nil {
		return false
	}
	if err := listener.Close(); err != nil {
		return false
	}
	if p.given == nil {
		p.given = make(map[int]bool)
	}
	p.given[port] = true
	return true
}
