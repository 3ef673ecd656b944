package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/temporal"

	"admit/onboarding"
)

var (
	stageKey    = temporal.NewSearchAttributeKeyKeyword(onboarding.AttributeStage)
	poaKey      = temporal.NewSearchAttributeKeyKeyword(onboarding.AttributePOA)
	stalledKey  = temporal.NewSearchAttributeKeyBool(onboarding.AttributeStalled)
	sinceKey    = temporal.NewSearchAttributeKeyTime(onboarding.AttributeStageSince)
	deadlineKey = temporal.NewSearchAttributeKeyTime(onboarding.AttributeDeadline)
)

func TestSearchAttributes(t *testing.T) {
	t.Parallel()
	due := time.Date(2026, 3, 1, 13, 0, 0, 0, time.UTC)
	entered := due.Add(-time.Hour)
	upserts := upsertsOf(t, due, entered)
	if len(upserts) != 5 {
		t.Fatalf("%d upserts, want 5: %v", len(upserts), upserts)
	}
	first := upserts[0]
	if v, _ := first.GetKeyword(stageKey); v != "collecting" {
		t.Errorf("stage %q", v)
	}
	if v, _ := first.GetTime(deadlineKey); !v.Equal(due) {
		t.Errorf("deadline %v", v)
	}
	if v, _ := first.GetTime(sinceKey); !v.Equal(entered) {
		t.Errorf("stage since %v", v)
	}
	if v, ok := first.GetBool(stalledKey); v || !ok {
		t.Errorf("stalled %v, %v: it must be false from the first upsert on, so that lists find it", v, ok)
	}
	if first.Size() != 7 {
		t.Errorf("the first upsert has %d attributes, want 7: no value, no attribute", first.Size())
	}
	// What is unset does not count; that it leaves the lists is seen on a server.
	if upserts[1].Size() != 0 {
		t.Errorf("the second upsert sets %d attributes, want none", upserts[1].Size())
	}
	if v, ok := upserts[1].GetKeyword(poaKey); ok {
		t.Errorf("poa is %q, want unset", v)
	}
	if v, ok := upserts[1].GetTime(deadlineKey); ok {
		t.Errorf("deadline is %v, want unset", v)
	}
	if upserts[2].Size() != 1 {
		t.Errorf("the third upsert has %d attributes, want stalled alone", upserts[2].Size())
	}
	if v, _ := upserts[3].GetTime(sinceKey); !v.Equal(due) || upserts[3].Size() != 1 {
		t.Errorf("the fourth upsert has %v in %d attributes, want the new entry alone", v, upserts[3].Size())
	}
}

// upsertsOf returns the upserts of a run in which one thing changes after the other.
func upsertsOf(t *testing.T, due, entered time.Time) []temporal.SearchAttributes {
	t.Helper()
	b := newBook()
	b.deadline, b.in = due, 100*time.Hour
	b.summary.Since = entered
	b.summary.Checks.POA = onboarding.StatusInReview
	env := setup(t, b)
	var upserts []temporal.SearchAttributes
	env.OnUpsertTypedSearchAttributes(mock.Anything).Run(func(args mock.Arguments) {
		upserts = append(upserts, args.Get(0).(temporal.SearchAttributes))
	}).Return(nil)
	at(env, time.Minute, ring(env)) // nothing changed
	at(env, 2*time.Minute, func() { // the deadline alone
		b.change(func(b *book) { b.deadline = due.Add(time.Hour) })
		ring(env)()
	})
	at(env, 3*time.Minute, func() { // a check left the table, the deadline is gone
		b.change(func(b *book) { b.summary.Checks.POA, b.deadline = "", time.Time{} })
		ring(env)()
	})
	at(env, 4*time.Minute, func() {
		b.change(func(b *book) { b.summary.Stalled = true })
		ring(env)()
	})
	at(env, 5*time.Minute, func() { // there and back in one Advance
		b.change(func(b *book) { b.summary.Since = due })
		ring(env)()
	})
	finish(env, b, time.Hour)
	run(t, env, input())
	completed(t, env)
	return upserts
}

func TestSuccessorUpsertsNothingThatStands(t *testing.T) {
	t.Parallel()
	b := newBook()
	entered := time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)
	b.summary.Since = entered
	env := setup(t, b)
	if err := env.SetTypedSearchAttributesOnStart(temporal.NewSearchAttributes(
		stageKey.ValueSet("collecting"),
		temporal.NewSearchAttributeKeyKeyword(onboarding.AttributeBlockedOn).ValueSet("user"),
		stalledKey.ValueSet(false),
		temporal.NewSearchAttributeKeyBool(onboarding.AttributeReversed).ValueSet(false),
		sinceKey.ValueSet(entered),
	)); err != nil {
		t.Fatal(err)
	}
	upserts := 0
	env.OnUpsertTypedSearchAttributes(mock.Anything).Run(func(mock.Arguments) { upserts++ }).Return(nil)
	at(env, time.Minute, func() {
		if upserts != 0 {
			t.Errorf("%d upserts at the start of a run that inherits its attributes", upserts)
		}
	})
	finish(env, b, time.Hour)
	run(t, env, input())
	completed(t, env)
}
