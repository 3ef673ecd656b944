// Package ports finds TCP ports on the loopback interface, preferring those that
// a reader expects.
package ports

import (
	"errors"
	"fmt"
	"net"
	"strconv"
)

// Host is the only address that the simulator and what it starts listen on.
const Host = "127.0.0.1"

// Addr returns the loopback address with that port.
func Addr(port int) string { return net.JoinHostPort(Host, strconv.Itoa(port)) }

// Listen listens on the preferred port, or on any free one when that is taken.
func Listen(preferred int) (net.Listener, error) {
	if l, err := net.Listen("tcp", Addr(preferred)); err == nil {
		return l, nil
	}
	l, err := net.Listen("tcp", Addr(0))
	if err != nil {
		return nil, fmt.Errorf("find a free port: %w", err)
	}
	return l, nil
}

// Port returns the port of a listener.
func Port(l net.Listener) int {
	if a, ok := l.Addr().(*net.TCPAddr); ok {
		return a.Port
	}
	return 0 // Listen makes TCP listeners alone
}

// Pick returns a port for each preferred one, itself where it is free, all of
// them different, for a program that opens them by itself. Somebody else may
// still take one before that program does.
func Pick(preferred ...int) (picked []int, err error) {
	for _, p := range preferred {
		l, listenErr := Listen(p)
		if listenErr != nil {
			return nil, errors.Join(err, listenErr)
		}
		// All are held until each has been found, so that none is given twice.
		defer func() { err = errors.Join(err, l.Close()) }()
		picked = append(picked, Port(l))
	}
	return picked, nil
}
