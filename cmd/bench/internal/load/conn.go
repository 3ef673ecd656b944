package load

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"strconv"
	"time"
)

// patience bounds one exchange.
const patience = 15 * time.Second

// conn is a kept connection with one exchange at a time.
type conn struct {
	net.Conn
	in  *bufio.Reader
	out []byte // what is sent, kept for its room
}

func dial(ctx context.Context, addr string) (*conn, error) {
	c, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return &conn{Conn: c, in: bufio.NewReaderSize(c, 4096)}, nil
}

// prepare makes the next webhook of a user the one that post sends.
func (c *conn) prepare(s *Script, user int, number int64) {
	c.out = s.Request(c.out[:0], user, number)
}

// post sends what was prepared and reads the answer to its end. Another answer
// than 200 is an error.
func (c *conn) post() error {
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		return fmt.Errorf("set the deadline: %w", err)
	}
	if _, err := c.Write(c.out); err != nil {
		return fmt.Errorf("send a webhook: %w", err)
	}
	status, err := c.line()
	if err != nil {
		return fmt.Errorf("read an answer: %w", err)
	}
	if !bytes.HasPrefix(status, []byte("HTTP/1.1 200")) {
		return fmt.Errorf("a webhook was answered %q", status)
	}
	return c.rest()
}

// rest reads the headers and the body.
func (c *conn) rest() error {
	length := -1
	for {
		line, err := c.line()
		if err != nil {
			return fmt.Errorf("read an answer: %w", err)
		}
		if len(line) == 0 {
			break
		}
		if name, value, ok := bytes.Cut(line, []byte(":")); ok && bytes.EqualFold(name, []byte("Content-Length")) {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return fmt.Errorf("read an answer's length: %w", err)
			}
		}
	}
	if length < 0 {
		return fmt.Errorf("an answer has no length")
	}
	if _, err := c.in.Discard(length); err != nil {
		return fmt.Errorf("read an answer's body: %w", err)
	}
	return nil
}

// line returns the next line without its end; it is good until the next read.
func (c *conn) line() ([]byte, error) {
	line, err := c.in.ReadSlice('\n')
	if err != nil {
		return nil, err
	}
	return bytes.TrimRight(line, "\r\n"), nil
}
