package run

import (
	"context"
	"fmt"
	"time"

	"admit/cmd/bench/internal/baseline"
	"admit/cmd/bench/internal/child"
	"admit/cmd/bench/internal/figures"
	"admit/cmd/bench/internal/load"
	"admit/onboarding"
)

// foldSide is a process whose time from the answer to the fold is measured.
type foldSide struct {
	name       string
	process    *process
	script     *load.Script
	workflowID func(user string) string
	// done returns when webhooks of the given number and above were dealt with.
	done func(ctx context.Context, from int64) (map[int64]time.Time, error)

	p50, p99 []float64 // milliseconds, by round
	stages   stages
}

// folds measures the time from a webhook's answer to its fold: of admit serve,
// and of a bare signal, whose fold is one insert.
func (b *bench) folds(ctx context.Context) ([]*foldSide, error) {
	queue := "bench-" + b.id + "-signal"
	bare, err := b.baseline(ctx, baseline.Signal, queue)
	if err != nil {
		return nil, err
	}
	if err := b.serveDB.Stamp(ctx); err != nil {
		return nil, err
	}
	prefix := "bench-" + b.id + "-fold-"
	sides := []*foldSide{
		{name: "admit serve", process: b.serve, script: load.NewScript(prefix, b.token, b.Plan.FoldUsers),
			workflowID: onboarding.WorkflowID, done: b.serveDB.Folded},
		{name: "bare signal", process: bare, script: load.NewScript(prefix, b.token, b.Plan.FoldUsers),
			workflowID: func(user string) string { return baseline.WorkflowID(queue, user) }, done: b.baseDB.Signalled},
	}
	next := int64(1)
	// The first webhook of each user starts a workflow; that is not counted.
	for _, s := range sides {
		b.say("%s: warming up", s.name)
		if _, err := b.fold(ctx, s, &next, b.Plan.FoldUsers, 2*b.Plan.Rate, 0); err != nil {
			return nil, err
		}
	}
	began := time.Now()
	for round := range b.Plan.FoldRounds {
		for _, s := range inTurn(sides, round) {
			lags, err := b.fold(ctx, s, &next, int(b.Plan.Rate*b.Plan.FoldFor.Seconds()), b.Plan.Rate, uint64(round+1))
			if err != nil {
				return nil, err
			}
			s.p50 = append(s.p50, milliseconds(figures.Percentile(lags, 50)))
			s.p99 = append(s.p99, milliseconds(figures.Percentile(lags, 99)))
			b.say("%s: round %d of %d, answer to folded p50 %.1f ms, p99 %.1f ms", s.name, round+1, b.Plan.FoldRounds,
				s.p50[round], s.p99[round])
		}
	}
	for _, s := range sides {
		if s.stages, err = readStages(ctx, s, began); err != nil {
			return nil, err
		}
	}
	if err := bare.Stop(); err != nil {
		return nil, err
	}
	return sides, b.serveDB.Unstamp(ctx)
}

// fold sends webhooks to a side and returns how long after its answer each was
// dealt with. The clocks of the database and of this program are the machine's.
func (b *bench) fold(ctx context.Context, s *foldSide, next *int64, count int, rate float64, seed uint64) ([]time.Duration, error) {
	first := *next
	*next += int64(count)
	answered, err := load.Open{Addr: s.process.addr, Script: s.script, Rate: rate, Count: count, First: first, Seed: seed}.Run(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.name, err)
	}
	done, err := b.allDone(ctx, s, first, count)
	if err != nil {
		return nil, err
	}
	lags := make([]time.Duration, count)
	for i, at := range answered {
		lags[i] = done[first+int64(i)].Sub(at)
	}
	child.Settle(ctx, 2*time.Second, b.children...)
	return lags, nil
}

// allDone waits until all webhooks from the given number on were dealt with.
func (b *bench) allDone(ctx context.Context, s *foldSide, from int64, count int) (map[int64]time.Time, error) {
	late := time.Now().Add(b.Plan.Late)
	for {
		done, err := s.done(ctx, from)
		if err != nil {
			return nil, err
		}
		if len(done) >= count {
			return done, nil
		}
		if time.Now().After(late) {
			return nil, fmt.Errorf("%s: %d of %d webhooks were not dealt with %s after the last", s.name, count-len(done), count, b.Plan.Late)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// inTurn returns the sides in the order of a round: every other round the other
// way round, so that what drifts favours nobody.
func inTurn[T any](sides []T, round int) []T {
	out := append([]T(nil), sides...)
	if round%2 == 1 {
		for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
			out[i], out[j] = out[j], out[i]
		}
	}
	return out
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
