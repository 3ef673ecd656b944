package workflows

import (
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"admit/onboarding"
)

// Limits of a run's history. A change of the defaults changes when runs that are
// open end, which their replay does not survive without workflow.GetVersion.
const (
	// DefaultEvents and DefaultBytes are where a run ends at the next moment
	// without a lane in flight.
	DefaultEvents = 500
	DefaultBytes  = 128 << 10
	// DefaultForce is the number of events at which the run makes that moment.
	DefaultForce = 2000
)

// Limits says how long a run's history may grow; zero fields mean the defaults.
type Limits struct {
	Events int `json:"events,omitempty"`
	Bytes  int `json:"bytes,omitempty"`
	Force  int `json:"force,omitempty"`
}

// Input is the workflow's one argument. Fields are added, never removed or given
// another meaning: old histories are decoded into it.
type Input struct {
	UserID string `json:"userId"`
	// Run counts the runs that continued as new before this one.
	Run int `json:"run,omitempty"`
	// Limits, when set, replaces the defaults in this run and its successors.
	Limits *Limits `json:"limits,omitempty"`
}

// Workflow holds what the workflow must be told of the process it runs in.
type Workflow struct {
	// HooksTaskQueue is where deliveries run; "" means onboarding.HooksTaskQueue.
	HooksTaskQueue string
}

// Onboarding is registered as onboarding.WorkflowType. It ends when nothing more
// is expected of the user, or as its own successor, and never with an error. A
// request to cancel it changes nothing, for the user's row says when it is over.
func (w Workflow) Onboarding(ctx workflow.Context, in Input) error {
	r := newRun(ctx, w, in)
	if err := r.listen(); err != nil {
		return err
	}
	return r.loop()
}

// run is one run of the workflow.
type run struct {
	root   workflow.Context // carries what the UI shows
	ctx    workflow.Context // root without its cancellation
	in     Input
	limits Limits
	hooks  string // task queue of the deliveries

	rings    workflow.ReceiveChannel
	requests []*request
	lanes    []*lane
	timer    timer
	shown    attributes

	now     advanced  // what Advance said last
	adopted bool      // Advance has answered in this run
	failing time.Time // since when Advance has failed, zero while it does not
	untaken int       // how often the ledger has not answered a take in a row
	why     string    // what calls for the next Advance
	over    bool      // the history is long enough to continue as new
	forced  bool      // so long that no lane may start any more

	answeredAt int             // the history's length in the workflow task that answered an update last
	linger     workflow.Future // the timer that leads out of that task, where the run is to end
}

func newRun(ctx workflow.Context, w Workflow, in Input) *run {
	r := &run{root: ctx, in: in, hooks: w.HooksTaskQueue, limits: in.limits(), why: "the run begins"}
	r.ctx, _ = workflow.NewDisconnectedContext(ctx) // never cancelled: it ends with the run
	if r.hooks == "" {
		r.hooks = onboarding.HooksTaskQueue
	}
	r.shown = shownBefore(ctx)
	return r
}

func (in Input) limits() Limits {
	l := Limits{Events: DefaultEvents, Bytes: DefaultBytes, Force: DefaultForce}
	if in.Limits == nil {
		return l
	}
	if in.Limits.Events > 0 {
		l.Events = in.Limits.Events
	}
	if in.Limits.Bytes > 0 {
		l.Bytes = in.Limits.Bytes
	}
	if in.Limits.Force > 0 {
		l.Force = in.Limits.Force
	}
	return l
}

// listen registers query, update and signal, in this order: what waits for them
// may be handed over as soon as they are there.
func (r *run) listen() error {
	err := workflow.SetQueryHandlerWithOptions(r.root, onboarding.QueryState, r.view, workflow.QueryHandlerOptions{
		Description: "Where the onboarding stands: in plain words, stage, checks, access, what becomes due when, deliveries in flight. Takes no argument.",
	})
	if err != nil {
		return err
	}
	err = workflow.SetUpdateHandlerWithOptions(r.root, onboarding.UpdateName, r.command, workflow.UpdateHandlerOptions{
		Description: "Waits for the outcome of a command that the admin API has stored. Sent from here it does nothing: " + toSend,
		Validator:   validCommand,
	})
	if err != nil {
		return err
	}
	r.rings = workflow.GetSignalChannelWithOptions(r.root, onboarding.SignalEvents, workflow.SignalChannelOptions{
		Description: "A doorbell: events are stored, fold them. The payload is a summary to read and is not decoded; to send one by hand folds what is stored and changes nothing else.",
	})
	r.tell()
	return nil
}

// loop wakes, advances and adopts until the run may end. Nothing but Advance and
// the wait in it blocks.
func (r *run) loop() error {
	need := true // a new run adopts what stands in the row
	for {
		r.measure()
		switch {
		case !need && r.now.Done && r.quiet():
			return nil
		case r.over && r.quiet():
			next := r.in
			next.Run++
			return workflow.NewContinueAsNewError(r.root, onboarding.WorkflowType, next)
		case need:
			need = r.advance()
		default:
			r.wait()
			need = r.wake()
		}
	}
}

// measure looks how long the history has become. Advance comes first in every
// run, so that runs that only continue as new cannot follow each other.
func (r *run) measure() {
	if !r.adopted {
		return
	}
	info := workflow.GetInfo(r.ctx)
	events := info.GetCurrentHistoryLength()
	r.over = r.over || events >= r.limits.Events || info.GetCurrentHistorySize() >= r.limits.Bytes || info.GetContinueAsNewSuggested()
	if !r.forced && events >= r.limits.Force {
		r.over, r.forced = true, true
		for _, l := range r.lanes {
			l.stop()
		}
	}
}

// quiet says whether the run can end without losing anything: no lane runs, no
// update waits or is being answered, no ring was left unread.
//
// Nor does a run end in the workflow task that answers an update: a ring that
// comes meanwhile makes the server refuse that task, and the answer with it.
func (r *run) quiet() bool {
	return len(r.lanes) == 0 && len(r.requests) == 0 && r.rings.Len() == 0 &&
		workflow.AllHandlersFinished(r.ctx) && !r.answering()
}

// answering says whether an update was answered in this workflow task.
func (r *run) answering() bool {
	return r.answeredAt > 0 && r.answeredAt == workflow.GetInfo(r.ctx).GetCurrentHistoryLength()
}

// wait blocks until something is to be done.
func (r *run) wait() {
	ending := r.over || r.now.Done
	if ending && r.answering() && r.linger == nil {
		r.linger = workflow.NewTimerWithOptions(r.ctx, minTimer, workflow.TimerOptions{Summary: "end the run after its answers"})
	}
	// The context is never cancelled, and Await has no other error.
	_ = workflow.Await(r.ctx, func() bool {
		return r.rings.Len() > 0 || r.timer.fired() || r.laneEnded() || len(r.requests) > 0 ||
			r.linger != nil && r.linger.IsReady() || ending && r.quiet()
	})
	if r.linger != nil && r.linger.IsReady() {
		r.linger, r.answeredAt = nil, 0 // a timer that fires begins a workflow task
	}
}

// wake takes in what has happened and says whether it calls for an Advance.
func (r *run) wake() bool {
	var why []string
	if len(r.requests) > 0 {
		why = append(why, "a command waits")
	}
	if r.drain() {
		why = append(why, "rung")
	}
	if r.timer.fired() {
		r.timer = timer{}
		why = append(why, "a deadline")
	}
	if r.sweepLanes() {
		why = append(why, "a delivery ended")
	}
	r.why = strings.Join(why, ", ")
	return len(why) > 0
}

// drain takes the waiting rings, without decoding them, and says whether there
// were any.
func (r *run) drain() bool {
	rang := false
	for r.rings.ReceiveAsync(nil) {
		rang = true
	}
	return rang
}

// timer is the one timer of a run.
type timer struct {
	future workflow.Future // nil when none is armed
	cancel workflow.CancelFunc
	due    time.Time // the deadline it was armed for, by the database's clock
}

func (t timer) fired() bool { return t.future != nil && t.future.IsReady() }
