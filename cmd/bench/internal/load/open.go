package load

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// Open is an open loop: webhooks come at random moments (a Poisson process), one
// user's after the other's. The same seed gives the same moments and users.
type Open struct {
	Addr   string
	Script *Script
	Rate   float64 // webhooks a second
	Count  int     // webhooks in all
	First  int64   // the first one's number; the next have the next ones
	Seed   uint64
}

// connections is how many webhooks of an open loop may be in flight.
const connections = 64

// Run sends the webhooks and returns when each was answered, in the order of
// their numbers. The first that is not answered 200 ends it.
func (l Open) Run(ctx context.Context) ([]time.Time, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	free := make(chan *conn, connections)
	var conns []*conn
	defer func() { closeAll(conns) }()
	for range connections {
		c, err := dial(ctx, l.Addr)
		if err != nil {
			return nil, fmt.Errorf("open loop: %w", err)
		}
		conns, free = append(conns, c), put(free, c)
	}
	random := rand.New(rand.NewPCG(l.Seed, 1))
	order := random.Perm(l.Script.Users())
	answered := make([]time.Time, l.Count)
	var sending sync.WaitGroup
	due := time.Now()
	for i := range l.Count {
		due = due.Add(time.Duration(random.ExpFloat64() / l.Rate * float64(time.Second)))
		wait(ctx, time.Until(due))
		c, ok := get(ctx, free)
		if !ok {
			break
		}
		// Here and not in the goroutine: a user's webhooks are made in their order.
		c.prepare(l.Script, order[i%len(order)], l.First+int64(i))
		sending.Go(func() {
			if err := c.post(); err != nil {
				cancel(err)
				return
			}
			answered[i] = time.Now()
			put(free, c)
		})
	}
	sending.Wait()
	return answered, context.Cause(ctx)
}

func put(free chan *conn, c *conn) chan *conn {
	free <- c
	return free
}

// get returns a free connection, or false when ctx ends first.
func get(ctx context.Context, free chan *conn) (*conn, bool) {
	if ctx.Err() != nil {
		return nil, false
	}
	select {
	case c := <-free:
		return c, true
	case <-ctx.Done():
		return nil, false
	}
}
