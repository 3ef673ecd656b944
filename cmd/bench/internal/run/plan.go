// Package run measures Admit against its baselines: it starts the processes,
// lets them take turns under the same load, and makes the report.
package run

import "time"

// Plan says how much is measured.
type Plan struct {
	// Answer to folded: an open loop.
	Rate       float64 // webhooks a second
	FoldUsers  int
	FoldRounds int
	FoldFor    time.Duration // of each turn
	Late       time.Duration // how long a fold may take before the run is given up

	// Answers a second: closed loops. The sides of a group take turns, round by
	// round.
	Connections int
	Rounds      int
	Warm        time.Duration // of each turn, not counted
	For         time.Duration // of each turn
	Users       int           // where storing is measured alone
	EngineUsers int           // where Temporal takes part; few, so that what a turn leaves is soon folded
	Drain       time.Duration // for what a turn left to do, at most
}

// Full is the plan of an ordinary run: four to five minutes.
func Full() Plan {
	return Plan{
		Rate: 50, FoldUsers: 500, FoldRounds: 3, FoldFor: 20 * time.Second, Late: 30 * time.Second,
		Connections: 64, Rounds: 5, Warm: 500 * time.Millisecond, For: 3 * time.Second,
		Users: 5000, EngineUsers: 256, Drain: 15 * time.Second,
	}
}

// Quick is the plan of a smoke test: about forty seconds, and figures to match.
func Quick() Plan {
	return Plan{
		Rate: 50, FoldUsers: 100, FoldRounds: 1, FoldFor: 5 * time.Second, Late: 30 * time.Second,
		Connections: 64, Rounds: 2, Warm: 200 * time.Millisecond, For: time.Second,
		Users: 1000, EngineUsers: 128, Drain: 5 * time.Second,
	}
}
