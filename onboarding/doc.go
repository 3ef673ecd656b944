// Package onboarding holds the rules of a user's onboarding: what a provider's
// word means for a check, what the checks mean for the stage, what is due when,
// and what follows from a change.
//
// Everything here is pure: no clock, no input or output, no iteration over maps.
// The same state, input, policy and time give the same bytes, so that a log can be
// folded again years later. Apply has no error; only what reads what others wrote has
// one, as Patch and CheckUserID do. The package imports the standard library
// alone; every other package of Admit imports this one and none beside it.
//
// The heart is Apply. Around it stand the words (words.go), the state (state.go),
// the inputs (input.go), the policy (policy.go), the effects (effect.go), the
// names that two processes must agree on (names.go), and the small records that
// the packages around it hand to each other (records.go, view.go).
package onboarding
