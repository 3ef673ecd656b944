package cli_test

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"admit/cmd/admit/cli"
)

// run runs a command as an operator in Vienna does.
func run(t *testing.T, url, token string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	return operator{url: url, token: token}.run(t, args...)
}

// operator is who runs a command, and where.
type operator struct {
	url, token string
	ctx        context.Context // the test's unless set
	clock      *clock          // the machine's unless set
	types      string          // to stdin
}

func (o operator) run(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	env := map[string]string{"ADMIT_ADMIN_URL": o.url, "ADMIT_TOKEN": o.token, "TZ": "Europe/Vienna", "USER": "operator-1"}
	var out, err bytes.Buffer
	s := cli.Surroundings{Env: func(name string) string { return env[name] }, Stdin: strings.NewReader(o.types), Stdout: &out, Stderr: &err,
		Others: []cli.Command{{Name: "serve", Help: "run everything"}}, Notify: words()}
	if o.clock != nil {
		s.Now, s.Sleep = o.clock.Now, o.clock.Sleep
	}
	ctx := o.ctx
	if ctx == nil {
		ctx = t.Context()
	}
	code = cli.Run(ctx, args, s)
	return code, out.String(), err.String()
}

// clock stands still but for those who sleep by it.
type clock struct {
	mu      sync.Mutex
	now     time.Time
	onSleep func() // nil for nothing
}

func newClock() *clock { return &clock{now: at.Add(24 * time.Hour)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	if c.onSleep != nil {
		c.onSleep()
	}
	return ctx.Err()
}

// slept returns how far the clock has gone.
func (c *clock) slept() time.Duration { return c.Now().Sub(newClock().now) }
