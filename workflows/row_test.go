package workflows_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"admit/onboarding"
)

// row stands in for the store where the rules matter: one user's row, inbox, log
// and ledger in memory, folded by the real Apply and Next as the store folds them.
type row struct {
	mu      sync.Mutex
	policy  onboarding.Policy
	targets []onboarding.Target
	// clock is the database's. wait, when set, says for how long the workflow is
	// told to wait for a deadline so far away.
	clock func() time.Time
	wait  func(time.Duration) time.Duration
	// truth is what the provider of a check would say of the user now.
	truth map[onboarding.Check]onboarding.Report

	state    onboarding.State
	inbox    []onboarding.Input
	log      []line
	ledger   []owed
	outcomes map[string]onboarding.CommandOutcome
	advances int
	sent     map[string]int // deliveries by target
}

// line is an entry of the log.
type line struct {
	onboarding.LogLine
	Reason string
	Due    time.Time // of deadlines: when it was due
}

// owed is an effect in the ledger that waits.
type owed struct {
	id     int64
	target string
	lane   onboarding.Lane
	effect onboarding.Effect
}

// rowAnswer is what Advance answers: what becomes due stands beside when.
type rowAnswer struct {
	onboarding.Advanced
	Kind  onboarding.DeadlineKind `json:"k,omitempty"`
	Check onboarding.Check        `json:"kc,omitempty"`
}

func newRow(clock func() time.Time, targets ...onboarding.Target) *row {
	p := onboarding.DefaultPolicy()
	for _, t := range targets {
		switch t.Name {
		case onboarding.P100Target:
			p.APIs = append(p.APIs, onboarding.KYC)
		case onboarding.XGatewayTarget:
			p.APIs = append(p.APIs, onboarding.SEPAKYC)
		}
	}
	return &row{
		policy: p, targets: targets, clock: clock,
		state: onboarding.State{UserID: "user-1", Stage: onboarding.StageCollecting, BlockedOn: onboarding.User, Access: onboarding.AccessNone},
		truth: map[onboarding.Check]onboarding.Report{}, outcomes: map[string]onboarding.CommandOutcome{}, sent: map[string]int{},
	}
}

// accept stores an input that was received now.
func (r *row) accept(in onboarding.Input) {
	r.mu.Lock()
	defer r.mu.Unlock()
	in.Received = r.clock()
	if in.Kind == onboarding.InputReport {
		r.truth[in.Report.Check] = in.Report
	}
	r.inbox = append(r.inbox, in)
}

// Advance folds what waits and then what is due, and says how the user stands.
func (r *row) Advance(_ context.Context, req onboarding.AdvanceRequest) (rowAnswer, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.advances++
	for _, in := range r.inbox {
		r.fold(in, time.Time{})
	}
	r.inbox = nil
	next, due := onboarding.Next(r.state, r.policy)
	for due && !next.Due.After(r.clock()) {
		r.fold(onboarding.Input{Kind: onboarding.InputDeadline, Received: r.clock(), Deadline: next}, next.Due)
		next, due = onboarding.Next(r.state, r.policy)
	}
	a := rowAnswer{Advanced: onboarding.Advanced{Summary: r.state.Summary(), Lanes: r.lanes()}}
	for _, l := range r.log[max(0, len(r.log)-5):] {
		a.Summary.Recent = append(a.Summary.Recent, l.LogLine)
	}
	if due {
		a.Deadline, a.In, a.Kind, a.Check = next.Due, next.Due.Sub(r.clock()), next.Kind, next.Check
		if r.wait != nil {
			a.In = r.wait(a.In)
		}
	}
	a.Done = r.state.Ended() && !due && len(a.Lanes) == 0
	for _, id := range req.RequestIDs {
		if o, ok := r.outcomes[id]; ok {
			a.Outcomes = append(a.Outcomes, o)
		}
	}
	return a, nil
}

func (r *row) fold(in onboarding.Input, due time.Time) {
	after, verdict, effects := onboarding.Apply(r.state, in, r.policy, r.clock())
	r.state = after
	l := line{Reason: verdict.Reason, Due: due, LogLine: onboarding.LogLine{
		Seq: int64(len(r.log) + 1), At: r.clock(), Input: inputName(in), Outcome: verdict.Outcome, Stage: after.Stage,
	}}
	r.log = append(r.log, l)
	if in.Kind == onboarding.InputCommand {
		r.outcomes[in.Command.RequestID] = onboarding.CommandOutcome{
			RequestID: in.Command.RequestID, Outcome: verdict.Outcome, Reason: verdict.Reason, Seq: l.Seq,
		}
	}
	for _, e := range effects {
		r.ledger = slices.DeleteFunc(r.ledger, func(o owed) bool {
			return e.Overtakes(onboarding.Waits{Name: o.effect.Name, About: o.effect.About()}, r.state)
		})
	}
	for _, e := range effects {
		for _, t := range r.targets {
			if t.Wants(e) {
				id := l.Seq*100 + int64(len(r.ledger))
				r.ledger = append(r.ledger, owed{id: id, target: t.Name, lane: e.Lane(), effect: e})
			}
		}
	}
}

// inputName names an input as the log does.
func inputName(in onboarding.Input) string {
	switch in.Kind {
	case onboarding.InputReport:
		return "report/" + string(in.Report.Check)
	case onboarding.InputCommand:
		return "operator/" + in.Command.Name
	case onboarding.InputDeadline:
		return "deadline/" + string(in.Deadline.Kind)
	case onboarding.InputAnswer:
		return "answer/" + string(in.Answer.Check)
	}
	return string(in.Kind)
}

// lanes returns the lanes that have waiting effects, in the ledger's order.
func (r *row) lanes() []onboarding.LaneWork {
	var ws []onboarding.LaneWork
	for _, o := range r.ledger {
		if !slices.ContainsFunc(ws, func(w onboarding.LaneWork) bool { return w.Target == o.target && w.Lane == o.lane }) {
			ws = append(ws, onboarding.LaneWork{Target: o.target, Lane: o.lane, First: o.id})
		}
	}
	return ws
}

// Deliver delivers what waits in a lane. A question is answered by the truth, and
// ends the lane: its answer is to be folded.
func (r *row) Deliver(_ context.Context, l onboarding.LaneRef) (onboarding.LaneResult, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := 0; i < len(r.ledger); {
		o := r.ledger[i]
		if o.target != l.Target || o.lane != l.Lane {
			i++
			continue
		}
		r.ledger = slices.Delete(r.ledger, i, i+1)
		r.sent[o.target]++
		if o.effect.Ask() {
			r.inbox = append(r.inbox, r.answer(o.effect))
			return onboarding.LaneResult{Left: true}, nil
		}
	}
	return onboarding.LaneResult{}, nil
}

// answer is what a provider's API says when it is asked.
func (r *row) answer(e onboarding.Effect) onboarding.Input {
	check := onboarding.KYC
	if e.Name == onboarding.EffectAskXGateway {
		check = onboarding.SEPAKYC
	}
	now := r.clock()
	a := onboarding.Answer{Check: check, Kind: onboarding.AnswerStatus, Asked: now, Report: r.truth[check]}
	if a.Report.Check == "" {
		a.Kind = onboarding.AnswerUnknown
	}
	return onboarding.Input{Kind: onboarding.InputAnswer, Received: now, Answer: a}
}

// activities names the row's activities as the workflow calls them.
func (r *row) activities() map[string]any {
	elsewhere := func(context.Context, onboarding.LaneRef) error {
		return fmt.Errorf("the row has no target on another team's queue")
	}
	return map[string]any{
		onboarding.ActivityAdvance: r.Advance, onboarding.ActivityDeliver: r.Deliver,
		onboarding.ActivityTake: elsewhere, onboarding.ActivityRecord: elsewhere,
	}
}

// settled says whether nothing waits to be folded or to be sent.
func (r *row) settled() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.inbox) == 0 && len(r.ledger) == 0
}

// story returns the log from an entry on, without its times: what was folded, in
// which order, and what came of it. Answers that follow each other are put in the
// order of their checks, for the lanes that bring them run side by side.
func (r *row) story(from int) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var lines []string
	answers := 0
	for _, l := range r.log[from:] {
		lines = append(lines, fmt.Sprintf("%s %s %s %s", l.Input, l.Outcome, l.Reason, l.Stage))
		if answers++; !strings.HasPrefix(l.Input, "answer/") {
			answers = 0
		}
		slices.Sort(lines[len(lines)-answers:])
	}
	return lines
}
