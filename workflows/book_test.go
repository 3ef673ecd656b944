package workflows_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"go.temporal.io/sdk/temporal"

	"admit/onboarding"
	"admit/workflows"
)

// effect is one row of the book's ledger.
type effect struct {
	id      int64
	target  string
	lane    onboarding.Lane
	name    string
	payload string
	state   onboarding.EffectState
	tries   int
}

// book stands in for the store and the activities around it: one user's inbox,
// state and ledger in memory. Its fields are set before the workflow starts or
// through change.
type book struct {
	mu sync.Mutex

	summary  onboarding.Summary
	deadline time.Time
	in       time.Duration
	due      onboarding.DeadlineKind // what becomes due at the deadline
	dueCheck onboarding.Check
	done     bool              // once no effect is waiting
	inbox    int               // events to fold
	batch    int               // most events folded by one Advance, 0 for all
	effects  []effect          // in the order of their ids
	foreign  map[string]string // activity names of the targets on the foreign queue
	queue    string            // the foreign queue
	commands map[string]onboarding.CommandOutcome

	// fold, when set, runs in each Advance before the answer is put together.
	fold func(b *book, call int) error
	// take, when set, runs in each TakeEffect before the ledger is looked at.
	take func(b *book, call int) error
	// send makes one attempt; nil delivers. It runs without the lock.
	send func(ctx context.Context, e effect) error

	folded   int
	advances []onboarding.AdvanceRequest
	takes    int
	sent     []string // names of effects at each attempt's end, "!" in front of failures
	records  []onboarding.Attempt
}

func newBook() *book {
	return &book{
		summary:  onboarding.Summary{Stage: onboarding.StageCollecting, BlockedOn: onboarding.User, Access: onboarding.AccessNone},
		commands: map[string]onboarding.CommandOutcome{},
		foreign:  map[string]string{},
	}
}

// change edits the book.
func (b *book) change(edit func(b *book)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	edit(b)
}

// read returns what get finds in the book.
func read[T any](b *book, get func(b *book) T) T {
	b.mu.Lock()
	defer b.mu.Unlock()
	return get(b)
}

// add puts a waiting effect into the ledger.
func (b *book) add(target string, lane onboarding.Lane, name string) {
	b.effects = append(b.effects, effect{
		id: int64(len(b.effects) + 1), target: target, lane: lane, name: name,
		payload: `{"type":"` + name + `"}`, state: onboarding.EffectWaiting,
	})
}

// supersede takes what waits under the name out of the ledger.
func (b *book) supersede(name string) {
	for i := range b.effects {
		if e := &b.effects[i]; e.name == name && e.state == onboarding.EffectWaiting {
			e.state = onboarding.EffectSuperseded
		}
	}
}

func (b *book) first(target string, lane onboarding.Lane) *effect {
	for i := range b.effects {
		if e := &b.effects[i]; e.target == target && e.lane == lane && e.state == onboarding.EffectWaiting {
			return e
		}
	}
	return nil
}

func (b *book) waitingLanes() []onboarding.LaneWork {
	var ws []onboarding.LaneWork
	for _, e := range b.effects {
		if e.state != onboarding.EffectWaiting {
			continue
		}
		if slices.ContainsFunc(ws, func(w onboarding.LaneWork) bool { return w.Target == e.target && w.Lane == e.lane }) {
			continue
		}
		w := onboarding.LaneWork{Target: e.target, Lane: e.lane, First: e.id}
		if name := b.foreign[e.target]; name != "" {
			w.TaskQueue, w.Activity = b.queue, name
		}
		ws = append(ws, w)
	}
	return ws
}

// advanced is Advance's answer with what becomes due.
type advanced struct {
	onboarding.Advanced
	Kind  onboarding.DeadlineKind `json:"k,omitempty"`
	Check onboarding.Check        `json:"kc,omitempty"`
}

func (b *book) Advance(_ context.Context, r onboarding.AdvanceRequest) (advanced, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.advances = append(b.advances, r)
	if b.fold != nil {
		if err := b.fold(b, len(b.advances)); err != nil {
			return advanced{}, err
		}
	}
	n := b.inbox
	if b.batch > 0 {
		n = min(n, b.batch)
	}
	b.inbox -= n
	b.folded += n
	b.summary.Version += int64(n)
	a := onboarding.Advanced{Summary: b.summary, Deadline: b.deadline, In: b.in, Lanes: b.waitingLanes(), More: b.inbox > 0}
	a.Done = b.done && len(a.Lanes) == 0
	for _, id := range r.RequestIDs {
		if o, ok := b.commands[id]; ok {
			a.Outcomes = append(a.Outcomes, o)
		}
	}
	return advanced{Advanced: a, Kind: b.due, Check: b.dueCheck}, nil
}

func (b *book) Deliver(ctx context.Context, l onboarding.LaneRef) (onboarding.LaneResult, error) {
	for {
		if ctx.Err() != nil {
			return onboarding.LaneResult{}, ctx.Err()
		}
		b.mu.Lock()
		next := b.first(l.Target, l.Lane)
		if next == nil {
			b.mu.Unlock()
			return onboarding.LaneResult{}, nil
		}
		next.tries++
		e, send := *next, b.send
		b.mu.Unlock()
		var err error
		if send != nil {
			err = send(ctx, e)
		}
		b.ended(e.id, err == nil)
		if err != nil {
			return onboarding.LaneResult{}, err
		}
	}
}

func (b *book) ended(id int64, delivered bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := &b.effects[id-1]
	if !delivered {
		b.sent = append(b.sent, "!"+e.name)
		return
	}
	e.state = onboarding.EffectDelivered
	b.sent = append(b.sent, e.name)
}

func (b *book) TakeEffect(_ context.Context, l onboarding.LaneRef) (onboarding.Taken, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.takes++
	if b.take != nil {
		if err := b.take(b, b.takes); err != nil {
			return onboarding.Taken{}, err
		}
	}
	e := b.first(l.Target, l.Lane)
	if e == nil {
		return onboarding.Taken{}, nil
	}
	if e.tries > 0 && len(b.records) == e.tries {
		e.tries++ // the next time it is given out
		return onboarding.Taken{}, again(time.Millisecond)
	}
	if e.tries == 0 {
		e.tries = 1
	}
	return onboarding.Taken{Delivery: &onboarding.Delivery{
		ID: e.id, UserID: l.UserID, Target: l.Target, Lane: l.Lane, Name: e.name, Payload: []byte(e.payload),
	}}, nil
}

type recordRequest struct {
	EffectID int64              `json:"effectId"`
	Attempt  onboarding.Attempt `json:"attempt"`
}

func (b *book) RecordAttempt(_ context.Context, r recordRequest) error {
	b.change(func(b *book) { b.records = append(b.records, r.Attempt) })
	b.ended(r.EffectID, r.Attempt.Result == onboarding.AttemptDelivered)
	return nil
}

// again is the error by which the deliveries ask the engine for a backoff.
func again(after time.Duration) error {
	return temporal.NewApplicationErrorWithOptions("later", "Waiting", temporal.ApplicationErrorOptions{
		NextRetryDelay: after, Category: temporal.ApplicationErrorCategoryBenign,
	})
}

// activities names the book's activities as the workflow calls them.
func (b *book) activities() map[string]any {
	return map[string]any{
		onboarding.ActivityAdvance: b.Advance,
		onboarding.ActivityDeliver: b.Deliver,
		onboarding.ActivityTake:    b.TakeEffect,
		onboarding.ActivityRecord:  b.RecordAttempt,
	}
}

var errAway = errors.New("the store is away")

func input() workflows.Input { return workflows.Input{UserID: "user-1"} }
