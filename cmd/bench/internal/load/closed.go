package load

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Closed is a closed loop: each connection sends the next webhook when the one
// before is answered. A user's webhooks all go over one connection.
type Closed struct {
	Addr        string
	Script      *Script
	Connections int
	Warm        time.Duration // not counted
	For         time.Duration // counted
	// Begun is called when counting begins, nil for nobody.
	Begun func()
}

// Answers is what a closed loop measured.
type Answers struct {
	Count     int           // answered while it counted
	Over      time.Duration // how long it counted
	Latencies []time.Duration
}

// PerSecond returns the answers a second.
func (a Answers) PerSecond() float64 { return float64(a.Count) / a.Over.Seconds() }

// Run sends until the time is over. The first webhook that is not answered 200
// ends it.
func (l Closed) Run(ctx context.Context) (Answers, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	conns, err := l.connect(ctx)
	if err != nil {
		return Answers{}, err
	}
	defer closeAll(conns)
	var phase atomic.Int32 // 0 warms up, 1 counts, 2 is over
	counts := make([][]time.Duration, len(conns))
	var sending sync.WaitGroup
	for i, c := range conns {
		sending.Go(func() {
			var err error
			if counts[i], err = l.loop(c, i, &phase); err != nil {
				cancel(err)
			}
		})
	}
	wait(ctx, l.Warm)
	if l.Begun != nil {
		l.Begun()
	}
	phase.Store(1)
	began := time.Now()
	wait(ctx, l.For)
	phase.Store(2)
	a := Answers{Over: time.Since(began)}
	sending.Wait()
	for _, c := range counts {
		a.Latencies = append(a.Latencies, c...)
	}
	a.Count = len(a.Latencies)
	return a, context.Cause(ctx)
}

// loop sends over one connection and returns how long each answer took that came
// while the loop counted.
func (l Closed) loop(c *conn, i int, phase *atomic.Int32) ([]time.Duration, error) {
	var took []time.Duration
	for user := i; phase.Load() < 2; user += l.Connections {
		if user >= l.Script.Users() {
			user = i
		}
		c.prepare(l.Script, user, 0)
		sent := time.Now()
		if err := c.post(); err != nil {
			return took, err
		}
		if phase.Load() == 1 {
			took = append(took, time.Since(sent))
		}
	}
	return took, nil
}

func (l Closed) connect(ctx context.Context) ([]*conn, error) {
	if l.Script.Users() < l.Connections {
		return nil, errors.New("a closed loop needs a user for each connection")
	}
	var conns []*conn
	for range l.Connections {
		c, err := dial(ctx, l.Addr)
		if err != nil {
			closeAll(conns)
			return nil, fmt.Errorf("closed loop: %w", err)
		}
		conns = append(conns, c)
	}
	return conns, nil
}

// closeAll closes connections. Nothing is on its way on them any more, so their
// errors say nothing.
func closeAll(conns []*conn) {
	for _, c := range conns {
		_ = c.Close()
	}
}

// wait waits for d, or less when ctx ends.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
