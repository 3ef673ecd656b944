package run

import (
	"context"

	"admit/cmd/bench/internal/child"
)

// weight is what admit serve needed at the peak, and what the peak was made of as
// far as its metrics show it at the end of each turn. In bytes; 0 where nobody
// tells.
type weight struct {
	Peak       int64   `json:"peakBytes"`
	Heap       float64 `json:"heapInUseBytes"`
	Stacks     float64 `json:"stacksBytes"`
	Goroutines float64 `json:"goroutines"`
}

// weigh takes in what admit serve needs now.
func (b *bench) weigh(ctx context.Context) {
	// Where the system does not tell, the report does not either.
	if peak, err := b.serve.PeakMemory(); err == nil {
		b.weight.Peak = peak
	}
	m, err := child.Metrics(ctx, b.serve.metrics)
	if err != nil {
		return // the turn that follows fails for the same reason, with its text
	}
	b.weight.Heap = max(b.weight.Heap, m["go_memstats_heap_inuse_bytes"])
	b.weight.Stacks = max(b.weight.Stacks, m["go_memstats_stack_inuse_bytes"])
	b.weight.Goroutines = max(b.weight.Goroutines, m["go_goroutines"])
}
