// Package run measures Admit against its baselines: it starts the processes,
// lets them take turns under the same load, and makes the report.
package run

import "time"

// Plan says how much is measured.
type Plan struct {
	// Answers a second: a closed loop. The sides take turns, round by round.
	Connections int
	Users       int
	Rounds      int
	Warm        time.Duration // of each turn, not counted
	For         time.Duration // of each turn
	Drain       time.Duration // for what a turn left to do, at most

	// Answer to folded: an open loop.
	Rate       float64 // webhooks a second
	FoldUsers  int
	FoldRounds int
	FoldFor    time.Duration // of each turn
	// Late is how long a fold may take before the run is given up.
	Late time.Duration
}

// Full is the plan of an ordinary run: about five minutes.
func Full() Plan {
	return Plan{
		Connections: 64, Users: 2000, Rounds: 5, Warm: 500 * time.Millisecond, For: 3 * time.Second, Drain: 15 * time.Second,
		Rate: 50, FoldUsers: 500, FoldRounds: 3, FoldFor: 20 * time.Second, Late: 30 * time.Second,
	}
}

// Quick is the plan of a smoke test: about forty seconds, and figures to match.
func Quick() Plan {
	return Plan{
		Connections: 64, Users: 500, Rounds: 2, Warm: 200 * time.Millisecond, For: time.Second, Drain: 5 * time.Second,
		Rate: 50, FoldUsers: 100, FoldRounds: 1, FoldFor: 5 * time.Second, Late: 30 * time.Second,
	}
}
