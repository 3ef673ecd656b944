package workflows_test

import (
	"context"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"admit/onboarding"
	"admit/workflows"
)

// naive is an onboarding as one would write it first, with the same rules: a
// signal carries the report, an activity records it, the workflow applies it,
// upserts what has changed one by one, arms the timer anew and calls the hooks.
type naive struct {
	hooks   string // task queue of the activities
	targets []onboarding.Target
	policy  onboarding.Policy
}

const activityRecordEvent = "RecordEvent"

// naiveRun is one run of it.
type naiveRun struct {
	naive
	ctx    workflow.Context
	state  onboarding.State
	shown  map[string]any // search attributes by name
	timer  workflow.Future
	disarm workflow.CancelFunc
}

func (n naive) Onboarding(ctx workflow.Context, in workflows.Input) error {
	r := &naiveRun{
		naive: n, state: onboarding.State{UserID: in.UserID}, shown: map[string]any{},
		ctx: workflow.WithActivityOptions(ctx, workflow.ActivityOptions{TaskQueue: n.hooks, StartToCloseTimeout: 10 * time.Second}),
	}
	reports := workflow.GetSignalChannel(ctx, onboarding.SignalEvents)
	for {
		input := onboarding.Input{}
		wait := workflow.NewSelector(ctx).AddReceive(reports, func(c workflow.ReceiveChannel, _ bool) {
			input.Kind = onboarding.InputReport
			c.Receive(ctx, &input.Report)
		})
		if r.timer != nil {
			wait.AddFuture(r.timer, func(workflow.Future) {
				input.Kind = onboarding.InputDeadline
				input.Deadline, _ = onboarding.Next(r.state, r.policy)
			})
		}
		wait.Select(ctx)
		if err := r.step(input); err != nil {
			return err
		}
	}
}

// step takes one input in.
func (r *naiveRun) step(in onboarding.Input) error {
	if err := workflow.ExecuteActivity(r.ctx, activityRecordEvent, in).Get(r.ctx, nil); err != nil {
		return err
	}
	var effects []onboarding.Effect
	// Apply hashes the policy as JSON, whose encoder the check does not trust.
	//workflowcheck:ignore
	r.state, _, effects = onboarding.Apply(r.state, in, r.policy, workflow.Now(r.ctx))
	if err := r.show(); err != nil {
		return err
	}
	if r.disarm != nil {
		r.disarm()
		r.timer = nil
	}
	if next, ok := onboarding.Next(r.state, r.policy); ok {
		ctx, cancel := workflow.WithCancel(r.ctx)
		r.timer, r.disarm = workflow.NewTimer(ctx, max(time.Second, next.Due.Sub(workflow.Now(ctx)))), cancel
	}
	for _, e := range effects {
		for _, t := range r.targets {
			if !t.Wants(e) {
				continue
			}
			if err := workflow.ExecuteActivity(r.ctx, onboarding.ActivityDeliver, e.Payload(r.state, workflow.Now(r.ctx), t)).Get(r.ctx, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// show upserts each search attribute whose value is another.
func (r *naiveRun) show() error {
	s := r.state.Summary()
	next, _ := onboarding.Next(r.state, r.policy)
	for _, a := range []shownAttribute{
		keyword(onboarding.AttributeStage, string(s.Stage)), keyword(onboarding.AttributeBlockedOn, string(s.BlockedOn)),
		keyword(onboarding.AttributeKYC, string(s.Checks.KYC)), keyword(onboarding.AttributeSEPAKYC, string(s.Checks.SEPAKYC)),
		keyword(onboarding.AttributePOA, string(s.Checks.POA)), keyword(onboarding.AttributeHighRisk, string(s.Checks.HighRisk)),
		boolean(onboarding.AttributeStalled, s.Stalled), boolean(onboarding.AttributeReversed, s.Reversed),
		instant(onboarding.AttributeStageSince, s.Since), instant(onboarding.AttributeDeadline, next.Due),
	} {
		if a.value == "" || a.value == r.shown[a.name] {
			continue
		}
		r.shown[a.name] = a.value
		if err := workflow.UpsertTypedSearchAttributes(r.ctx, a.update); err != nil {
			return err
		}
	}
	return nil
}

type shownAttribute struct {
	name   string
	value  any
	update temporal.SearchAttributeUpdate
}

func keyword(name, value string) shownAttribute {
	return shownAttribute{name, value, temporal.NewSearchAttributeKeyKeyword(name).ValueSet(value)}
}

func boolean(name string, value bool) shownAttribute {
	return shownAttribute{name, value, temporal.NewSearchAttributeKeyBool(name).ValueSet(value)}
}

func instant(name string, value time.Time) shownAttribute {
	return shownAttribute{name, value, temporal.NewSearchAttributeKeyTime(name).ValueSet(value)}
}

// activities of the naive variant; done is called after each.
func (n naive) activities(done func(name string)) map[string]any {
	return map[string]any{
		activityRecordEvent:        func(context.Context, onboarding.Input) error { done(activityRecordEvent); return nil },
		onboarding.ActivityDeliver: func(context.Context, onboarding.Payload) error { done(onboarding.ActivityDeliver); return nil },
	}
}
