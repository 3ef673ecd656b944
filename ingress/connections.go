package ingress

import (
	"errors"
	"net"
	"sync"
)

// limited is a listener of which only so many connections are open at a time: the
// next is taken when one is closed.
//
// x/net has such a listener. Its connections hide CloseWrite, without which net/http
// resets them on a sender who is still writing, before he has read the answer.
type limited struct {
	net.Listener
	places chan struct{} // one for each open connection
	closed chan struct{}
	end    func() // closes closed, once
}

func limit(ln net.Listener, connections int) *limited {
	l := &limited{Listener: ln, places: make(chan struct{}, connections), closed: make(chan struct{})}
	l.end = sync.OnceFunc(func() { close(l.closed) })
	return l
}

// Accept implements net.Listener.
func (l *limited) Accept() (net.Conn, error) {
	select {
	case l.places <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	conn, err := l.Listener.Accept()
	if err != nil {
		<-l.places
		return nil, err
	}
	return &placed{Conn: conn, leave: sync.OnceFunc(func() { <-l.places })}, nil
}

// Close implements net.Listener. It ends an Accept that waits for a place.
func (l *limited) Close() error {
	l.end()
	return l.Listener.Close()
}

// placed is a connection that has a place.
type placed struct {
	net.Conn
	leave func()
}

// Close gives the place back.
func (c *placed) Close() error {
	defer c.leave()
	return c.Conn.Close()
}

// CloseWrite is what net/http ends a connection with that it will not read to its end.
func (c *placed) CloseWrite() error {
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok {
		return errors.ErrUnsupported
	}
	return half.CloseWrite()
}
