// Package activities does what the workflow may not: it calls the store's
// Advance, and it tells others what was decided. An effect goes out of the
// ledger to an HTTP hook signed as Standard Webhooks say (hook.go), to the user
// by mail (mail.go), to reviewers by mail, one by one (reviewers.go) or in a
// digest (digests.go), to a provider's API as a question (ask.go), or, by way of
// the workflow, to an activity on another team's task queue (foreign.go).
//
// What waits, in which order, and how often it is tried stands in the ledger;
// this package takes one effect, tries it once and writes down what came of it.
package activities
