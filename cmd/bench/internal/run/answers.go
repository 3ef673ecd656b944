package run

import (
	"context"
	"fmt"
	"time"

	"admit/cmd/bench/internal/baseline"
	"admit/cmd/bench/internal/child"
	"admit/cmd/bench/internal/figures"
	"admit/cmd/bench/internal/lab"
	"admit/cmd/bench/internal/load"
)

// answerSide is a process whose answers are counted.
type answerSide struct {
	name    string
	process *process
	db      *lab.Database // nil where nothing is stored
	script  *load.Script
	// after waits until nothing of the turn is left to be done.
	after func(context.Context) error

	rounds []answerRound
}

// answerRound is a side's turn. What an answer costs is in its means.
type answerRound struct {
	perSecond    float64
	p50, p99     float64 // ms
	cpu          float64 // µs of the process's CPU time
	postgresCPU  float64 // µs of PostgreSQL's, -1 where it cannot be told
	wal          float64 // bytes written ahead
	batchEvents  float64 // events a commit, 0 where there is none
	batchSeconds float64 // ms a commit
}

// answers counts answers a second, in two groups of sides that take turns. In the
// first nothing but storing and answering goes on, on either side:
//
//   - the bare group commit;
//   - admit ingress with Temporal out of reach: in a deployment the engine does
//     not share the processors with the listener, here it would.
//
// In the second the engine takes part:
//
//   - SignalWithStart inside the request, and a worker in another process;
//   - admit serve, which rings and folds what it took meanwhile.
func (b *bench) answers(ctx context.Context) (map[string]*answerSide, error) {
	named := map[string]*answerSide{}
	for _, group := range []func(context.Context) ([]*answerSide, error){b.storing, b.engine} {
		sides, err := group(ctx)
		if err != nil {
			return nil, err
		}
		if err := b.takeTurns(ctx, sides); err != nil {
			return nil, err
		}
		for _, s := range sides {
			named[s.name] = s
		}
	}
	return named, nil
}

func (b *bench) takeTurns(ctx context.Context, sides []*answerSide) error {
	for round := range b.Plan.Rounds {
		for _, s := range inTurn(sides, round) {
			r, err := b.turn(ctx, s)
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			s.rounds = append(s.rounds, r)
			b.say("%s: round %d of %d, %.0f answers/s, p50 %.1f ms, p99 %.1f ms", s.name, round+1, b.Plan.Rounds, r.perSecond, r.p50, r.p99)
			if err := s.after(ctx); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
		}
	}
	return nil
}

// Names of the sides.
const (
	sideBatcher = "bare group commit"
	sideIngress = "admit ingress"
	sideRequest = "SignalWithStart inside"
	sideServe   = "admit serve"
)

// storing starts the sides that store and answer.
func (b *bench) storing(ctx context.Context) ([]*answerSide, error) {
	batcher, err := b.baseline(ctx, baseline.Batcher, "none")
	if err != nil {
		return nil, err
	}
	away, err := nowhere()
	if err != nil {
		return nil, err
	}
	ingress, err := b.admit(ctx, "ingress", b.ingressDB, away)
	if err != nil {
		return nil, err
	}
	return []*answerSide{
		{name: sideBatcher, process: batcher, db: b.baseDB, script: b.script(b.Plan.Users), after: b.settled(batcher)},
		{name: sideIngress, process: ingress, db: b.ingressDB, script: b.script(b.Plan.Users), after: b.settled(ingress)},
	}, b.pauseRings(ctx, ingress)
}

// engine starts the sides that have Temporal take part.
func (b *bench) engine(ctx context.Context) ([]*answerSide, error) {
	queue := "bench-" + b.id + "-request"
	request, err := b.baseline(ctx, baseline.Request, queue)
	if err != nil {
		return nil, err
	}
	worker, err := b.baseline(ctx, baseline.Worker, queue)
	if err != nil {
		return nil, err
	}
	return []*answerSide{
		{name: sideRequest, process: request, script: b.script(b.Plan.EngineUsers), after: b.settled(request, worker)},
		{name: sideServe, process: b.serve, db: b.serveDB, script: b.script(b.Plan.EngineUsers), after: b.drained},
	}, nil
}

func (b *bench) script(users int) *load.Script {
	return load.NewScript("bench-"+b.id+"-user-", b.token, users)
}

// settled waits until the processes have done what a turn left to them.
func (b *bench) settled(processes ...*process) func(context.Context) error {
	return func(ctx context.Context) error {
		var children []*child.Child
		for _, p := range processes {
			children = append(children, p.Child)
		}
		child.Settle(ctx, b.Plan.Drain, children...)
		return ctx.Err()
	}
}

// pauseRings has an ingress that cannot reach Temporal find that out, so that it
// is at rest before it is measured.
func (b *bench) pauseRings(ctx context.Context, p *process) error {
	script := load.NewScript("bench-"+b.id+"-first-", b.token, 1)
	if _, err := (load.Open{Addr: p.addr, Script: script, Rate: 1000, Count: 1}).Run(ctx); err != nil {
		return fmt.Errorf("admit ingress: %w", err)
	}
	end := time.Now().Add(b.Plan.Late)
	for time.Now().Before(end) {
		m, err := child.Metrics(ctx, p.metrics)
		if err != nil {
			return fmt.Errorf("admit ingress: %w", err)
		}
		if m["admit_dispatch_paused"] == 1 {
			return nil
		}
		child.Settle(ctx, 200*time.Millisecond)
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return fmt.Errorf("admit ingress did not notice within %s that Temporal is away", b.Plan.Late)
}

// drained waits until admit serve has folded what it took, and at most as long as
// the plan says: what is left then is folded while others are measured.
func (b *bench) drained(ctx context.Context) error {
	b.weigh(ctx)
	end := time.Now().Add(b.Plan.Drain)
	for time.Now().Before(end) {
		n, err := b.serveDB.Waiting(ctx)
		if err != nil {
			return err
		}
		if n == 0 {
			child.Settle(ctx, time.Until(end), b.serve.Child)
			return ctx.Err()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	n, err := b.serveDB.Waiting(ctx)
	b.say("admit serve: %d webhooks are not folded %s after the round", n, b.Plan.Drain)
	return err
}

// spent is what was spent until some moment.
type spent struct {
	cpu                   time.Duration
	database              lab.Cost
	events, batches, took float64
}

func (s *answerSide) spent(ctx context.Context) (out spent, err error) {
	// Where nobody tells the CPU time, the column stays 0.
	out.cpu, _ = child.CPU(s.process.PID())
	if s.db == nil {
		return out, nil
	}
	if out.database, err = s.db.Cost(ctx); err != nil {
		return out, err
	}
	m, err := child.Metrics(ctx, s.process.metrics)
	if err != nil {
		return out, err
	}
	out.events, out.batches, out.took = m["admit_accept_batch_events_sum"], m["admit_accept_batch_events_count"], m["admit_accept_batch_seconds_sum"]
	return out, nil
}

// turn measures one side once.
func (b *bench) turn(ctx context.Context, s *answerSide) (answerRound, error) {
	var before spent
	var failed error
	a, err := load.Closed{
		Addr: s.process.addr, Script: s.script, Connections: b.Plan.Connections, Warm: b.Plan.Warm, For: b.Plan.For,
		Begun: func() { before, failed = s.spent(ctx) },
	}.Run(ctx)
	if err != nil {
		return answerRound{}, err
	}
	if failed != nil {
		return answerRound{}, failed
	}
	after, err := s.spent(ctx)
	if err != nil {
		return answerRound{}, err
	}
	return s.round(a, before, after), nil
}

func (s *answerSide) round(a load.Answers, before, after spent) answerRound {
	n := float64(max(a.Count, 1))
	r := answerRound{
		perSecond: a.PerSecond(), p50: milliseconds(figures.Percentile(a.Latencies, 50)), p99: milliseconds(figures.Percentile(a.Latencies, 99)),
		cpu: microseconds(after.cpu-before.cpu) / n, postgresCPU: -1,
	}
	if s.db == nil {
		return r
	}
	cost := after.database.Since(before.database)
	r.wal = float64(cost.WAL) / n
	if cost.CPU >= 0 {
		r.postgresCPU = microseconds(cost.CPU) / n
	}
	if batches := after.batches - before.batches; batches > 0 {
		r.batchEvents, r.batchSeconds = (after.events-before.events)/batches, (after.took-before.took)/batches*1000
	}
	return r
}

func microseconds(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
