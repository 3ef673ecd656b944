package baseline

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// flushers is how many batches may be under way: as many as Admit's.
const flushers = 2

// storeTime bounds a batch.
const storeTime = 5 * time.Second

const insertBatch = `insert into stored (user_id, body) select * from unnest($1::text[], $2::bytea[])`

// batch is what waits for the next commit.
type batch struct {
	users  []string
	bodies [][]byte
	done   chan struct{}
	err    error // set before done is closed
}

// group is a bare group commit: a free flusher stores all that waits in one
// statement, which is one transaction.
type group struct {
	pool *pgxpool.Pool

	mu      sync.Mutex
	some    *sync.Cond
	next    *batch
	closed  bool
	running sync.WaitGroup

	batches, events int64
	took            time.Duration
}

func (o Options) batcher(ctx context.Context, mux *http.ServeMux, receive func(keeper)) (func(), error) {
	pool, err := pgxpool.New(ctx, o.DatabaseURL)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	g := &group{pool: pool, next: &batch{done: make(chan struct{})}}
	g.some = sync.NewCond(&g.mu)
	for range flushers {
		g.running.Go(g.run)
	}
	receive(func(_ context.Context, hook webhook, body []byte) (func(), error) {
		return nil, g.store(hook.User, body)
	})
	mux.HandleFunc(MetricsPath, g.metrics)
	return g.close, nil
}

// store returns when the webhook is durable.
func (g *group) store(user string, body []byte) error {
	g.mu.Lock()
	b := g.next
	b.users, b.bodies = append(b.users, user), append(b.bodies, body)
	g.some.Signal()
	g.mu.Unlock()
	<-b.done
	return b.err
}

func (g *group) run() {
	for b := g.take(); b != nil; b = g.take() {
		began := time.Now()
		ctx, cancel := context.WithTimeout(context.Background(), storeTime)
		_, b.err = g.pool.Exec(ctx, insertBatch, b.users, b.bodies)
		cancel()
		close(b.done)
		g.mu.Lock()
		g.batches, g.events, g.took = g.batches+1, g.events+int64(len(b.users)), g.took+time.Since(began)
		g.mu.Unlock()
	}
}

// take waits for a batch; nil when there will be none any more.
func (g *group) take() *batch {
	g.mu.Lock()
	defer g.mu.Unlock()
	for len(g.next.users) == 0 && !g.closed {
		g.some.Wait()
	}
	if len(g.next.users) == 0 {
		return nil
	}
	b := g.next
	g.next = &batch{done: make(chan struct{})}
	return b
}

func (g *group) close() {
	g.mu.Lock()
	g.closed = true
	g.some.Broadcast()
	g.mu.Unlock()
	g.running.Wait()
	g.pool.Close()
}

// metrics tells of the batches under Admit's names.
func (g *group) metrics(w http.ResponseWriter, _ *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	// The reader sees it when the text does not come.
	_, _ = fmt.Fprintf(w, "admit_accept_batch_events_sum %d\nadmit_accept_batch_events_count %d\nadmit_accept_batch_seconds_sum %g\n",
		g.events, g.batches, g.took.Seconds())
}
