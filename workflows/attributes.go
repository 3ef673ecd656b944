package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"admit/onboarding"
)

// The search attributes of the workflow, in the order in which they are upserted.
var (
	keywordKeys = [...]temporal.SearchAttributeKeyKeyword{
		temporal.NewSearchAttributeKeyKeyword(onboarding.AttributeStage),
		temporal.NewSearchAttributeKeyKeyword(onboarding.AttributeBlockedOn),
		temporal.NewSearchAttributeKeyKeyword(onboarding.AttributeKYC),
		temporal.NewSearchAttributeKeyKeyword(onboarding.AttributeSEPAKYC),
		temporal.NewSearchAttributeKeyKeyword(onboarding.AttributePOA),
		temporal.NewSearchAttributeKeyKeyword(onboarding.AttributeHighRisk),
	}
	flagKeys = [...]temporal.SearchAttributeKeyBool{
		temporal.NewSearchAttributeKeyBool(onboarding.AttributeStalled),
		temporal.NewSearchAttributeKeyBool(onboarding.AttributeReversed),
	}
	sinceKey    = temporal.NewSearchAttributeKeyTime(onboarding.AttributeStageSince)
	deadlineKey = temporal.NewSearchAttributeKeyTime(onboarding.AttributeDeadline)
)

// attributes are the values of the search attributes. A keyword that is "" is not
// set.
type attributes struct {
	set      bool // they were upserted at all
	keywords [len(keywordKeys)]string
	flags    [len(flagKeys)]bool
	since    time.Time // when the stage was entered; zero when not set
	deadline time.Time // zero when not set
}

// shownBefore returns what a run inherits from the one that it continues.
func shownBefore(ctx workflow.Context) attributes {
	var a attributes
	is := workflow.GetTypedSearchAttributes(ctx)
	for i, k := range keywordKeys {
		a.keywords[i], _ = is.GetKeyword(k) // "" when it is not set
	}
	for i, k := range flagKeys {
		flag, ok := is.GetBool(k)
		a.flags[i] = flag
		a.set = a.set || ok
	}
	a.since, _ = is.GetTime(sinceKey)       // zero when it is not set
	a.deadline, _ = is.GetTime(deadlineKey) // zero when it is not set
	return a
}

func attributesOf(a advanced) attributes {
	s := a.Summary
	return attributes{
		set: true,
		keywords: [len(keywordKeys)]string{
			string(s.Stage), string(s.BlockedOn),
			string(s.Checks.KYC), string(s.Checks.SEPAKYC), string(s.Checks.POA), string(s.Checks.HighRisk),
		},
		flags:    [len(flagKeys)]bool{s.Stalled, s.Reversed},
		since:    s.Since,
		deadline: a.Deadline,
	}
}

// updates returns what takes the attributes from a to b: nothing when they differ
// in the deadline alone, which moves too often to be worth an event each time.
func (a attributes) updates(b attributes) []temporal.SearchAttributeUpdate {
	if a.set == b.set && a.keywords == b.keywords && a.flags == b.flags && a.since.Equal(b.since) {
		return nil
	}
	var us []temporal.SearchAttributeUpdate
	for i, k := range keywordKeys {
		switch value := b.keywords[i]; {
		case value == a.keywords[i]:
		case value == "":
			us = append(us, k.ValueUnset())
		default:
			us = append(us, k.ValueSet(value))
		}
	}
	for i, k := range flagKeys {
		if !a.set || b.flags[i] != a.flags[i] {
			us = append(us, k.ValueSet(b.flags[i]))
		}
	}
	us = appendTime(us, sinceKey, a.since, b.since)
	return appendTime(us, deadlineKey, a.deadline, b.deadline)
}

// appendTime adds what takes the attribute of the key from one time to another.
func appendTime(us []temporal.SearchAttributeUpdate, k temporal.SearchAttributeKeyTime, from, to time.Time) []temporal.SearchAttributeUpdate {
	switch {
	case to.Equal(from):
		return us
	case to.IsZero():
		return append(us, k.ValueUnset())
	}
	return append(us, k.ValueSet(to.UTC()))
}

// show brings the search attributes up to date, in one upsert.
func (r *run) show() {
	next := attributesOf(r.now)
	updates := r.shown.updates(next)
	if len(updates) == 0 {
		return
	}
	if err := workflow.UpsertTypedSearchAttributes(r.ctx, updates...); err != nil {
		// It fails on attributes that cannot be encoded; these can.
		workflow.GetLogger(r.ctx).Error("search attributes not upserted", "error", err)
		return
	}
	r.shown = next
}
