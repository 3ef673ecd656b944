// Package e2e proves what Admit promises as a whole: its tests run the real
// binary as a child process, against a real PostgreSQL and a real Temporal, and
// look at it only from outside, through its two listeners, the tables, and what
// reaches the systems downstream.
//
// The package holds tests alone. They need what make test sets up.
package e2e
