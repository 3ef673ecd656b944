package main

import "runtime/debug"

// What the collector of a process that serves is set to, unless its environment
// has GOGC or GOMEMLIMIT. A listener holds so little that Go's own setting, to
// collect when the heap has doubled, has it collect all the time: a tenth of its
// CPU time. The limit takes that back where much is held: near it the heap is
// collected as often as it takes, at the cost of time, and what is held may exceed
// it.
const (
	collectAt   = 400       // percent by which the heap grows between two collections
	memoryLimit = 100 << 20 // bytes, of the Go runtime's memory
)

// tune sets the collector.
func tune(getenv func(string) string) {
	if getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
	if getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
}
