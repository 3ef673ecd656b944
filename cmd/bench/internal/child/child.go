// Package child runs the processes that are measured, and reads from outside what
// they cost.
package child

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// How long a process may take to be ready, and to end.
const (
	startTime = 30 * time.Second
	stopTime  = 15 * time.Second
)

// Spec says what to start.
type Spec struct {
	Name  string // for people
	Path  string
	Args  []string
	Env   []string
	Ready string // a URL that answers 200 once the process is ready
}

// Child is a started process.
type Child struct {
	name string
	cmd  *exec.Cmd
	said tail
	done chan struct{}
	err  error
}

// Start starts a process and waits until it is ready.
func Start(ctx context.Context, s Spec) (*Child, error) {
	c := &Child{name: s.Name, cmd: exec.Command(s.Path, s.Args...), done: make(chan struct{})}
	c.cmd.Env, c.cmd.Stdout, c.cmd.Stderr = s.Env, &c.said, &c.said
	c.cmd.SysProcAttr = dieWithParent()
	if err := c.start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", s.Name, err)
	}
	if err := c.ready(ctx, s.Ready); err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	return c, nil
}

// start starts the process on a thread that is kept until the process ends, for
// Linux tells a child of its parent's death by the thread that started it.
func (c *Child) start() error {
	started := make(chan error, 1)
	go func() {
		lockThread()
		err := c.cmd.Start()
		started <- err
		if err == nil {
			c.err = c.cmd.Wait()
			close(c.done)
		}
	}()
	return <-started
}

func (c *Child) ready(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	for {
		if ask(ctx, url) {
			return nil
		}
		select {
		case <-c.done:
			return fmt.Errorf("%s ended before it was ready (%v):\n%s", c.name, c.err, c.said.String())
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w:\n%s", c.name, ctx.Err(), c.said.String())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// ask says whether a URL answers 200. Why it does not is of no interest while the
// process starts.
func ask(ctx context.Context, url string) bool {
	text, err := get(ctx, url)
	return err == nil && text != nil
}

func get(ctx context.Context, url string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", url, err)
	}
	r.Close = true
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", url, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 4<<20))
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", url, err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("ask %s: %s", url, resp.Status)
	}
	return text, nil
}

// PID returns the process's ID.
func (c *Child) PID() int { return c.cmd.Process.Pid }

// Name returns the name that people know the process by.
func (c *Child) Name() string { return c.name }

// Said returns the end of what the process wrote.
func (c *Child) Said() string { return c.said.String() }

// Stop tells the process to end and waits for it; one that does not is killed,
// which is an error.
func (c *Child) Stop() error {
	// One that has ended already cannot be told, and need not.
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-c.done:
		return nil
	case <-time.After(stopTime):
	}
	err := fmt.Errorf("%s did not end within %s and was killed", c.name, stopTime)
	if killed := c.cmd.Process.Kill(); killed != nil {
		return errors.Join(err, killed)
	}
	<-c.done
	return err
}

// FreeAddress returns an address of the loopback interface that nobody listened
// on a moment ago.
func FreeAddress() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	addr := ln.Addr().String()
	if err := ln.Close(); err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return addr, nil
}

// tail keeps the last of what was written.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailSize = 4 << 10

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if extra := len(t.text) - tailSize; extra > 0 {
		t.text = t.text[:copy(t.text, t.text[extra:])]
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}
