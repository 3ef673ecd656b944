package main

import (
	"math"
	"runtime/debug"
	runtimemetrics "runtime/metrics"
	"testing"
)

// The collector is the process's, so the cases come one after the other.
func TestTune(t *testing.T) {
	percent, limit := debug.SetGCPercent(100), debug.SetMemoryLimit(math.MaxInt64)
	t.Cleanup(func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	})
	for _, c := range []struct {
		name    string
		environ []string
		percent uint64
		limit   uint64
	}{
		{"nothing set", nil, 400, 100 << 20},
		{"GOGC", []string{"GOGC=150"}, 100, 100 << 20},
		{"GOMEMLIMIT", []string{"GOMEMLIMIT=1GiB"}, 400, math.MaxInt64},
	} {
		t.Run(c.name, func(t *testing.T) {
			debug.SetGCPercent(100)
			debug.SetMemoryLimit(math.MaxInt64)
			tune(environment(c.environ))
			got := []runtimemetrics.Sample{{Name: "/gc/gogc:percent"}, {Name: "/gc/gomemlimit:bytes"}}
			runtimemetrics.Read(got)
			if p, l := got[0].Value.Uint64(), got[1].Value.Uint64(); p != c.percent || l != c.limit {
				t.Errorf("%d%% and %d bytes, want %d%% and %d", p, l, c.percent, c.limit)
			}
		})
	}
}
