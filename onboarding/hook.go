package onboarding

import "time"

// HookState says whether deliveries are made to a hook.
type HookState string

// The states of a hook. One that is failing is tried now and then; what is for it
// waits. A hook for access is shown as failing, and tried as ever.
const (
	HookWorking HookState = "working"
	HookFailing HookState = "failing"
)

// DefaultFailingAfter is for how long a hook may take nothing before it is failing,
// and MinFailures how many attempts it must have failed meanwhile.
const (
	DefaultFailingAfter = 24 * time.Hour
	MinFailures         = 10
)

// HookNews is the body of the event by which a user's log tells that a hook began
// to fail, or works again: noticed at a delivery about that user.
type HookNews struct {
	Name   string    `json:"name"`
	State  HookState `json:"state"`
	Since  time.Time `json:"since"`  // of failing: the first failed attempt since the last delivery; of working: when it began to fail
	Answer string    `json:"answer"` // the last answer, as the ledger keeps it
}

// HookView is one target as the admin API shows it.
type HookView struct {
	Name        string     `json:"name"`
	Kind        string     `json:"kind"` // http, task_queue, mail, reviewers or api
	Events      []string   `json:"events"`
	Access      bool       `json:"access"` // opens and shuts access: never switched off
	TaskQueue   string     `json:"taskQueue,omitempty"`
	State       HookState  `json:"state"`
	FailingFrom *time.Time `json:"failingFrom"` // when it was found to be failing
	FailedSince *time.Time `json:"failedSince"` // the first failed attempt since the last delivery
	Failures    int        `json:"failures"`    // since the last delivery
	LastAnswer  string     `json:"lastAnswer"`
	Delivered   *time.Time `json:"lastDelivered"` // to the minute
	NextTry     *time.Time `json:"nextTry"`       // of a failing one that is switched off
	Waiting     int64      `json:"waiting"`
	Oldest      *time.Time `json:"oldestWaiting"`
	Parked      int64      `json:"parked"` // given up on, to be replayed
}

// FailedEffect is an effect that was given up on.
type FailedEffect struct {
	ID       int64     `json:"id"`
	Key      string    `json:"key"`
	UserID   string    `json:"userId"`
	Effect   string    `json:"effect"`
	Created  time.Time `json:"created"`
	ParkedAt time.Time `json:"parkedAt"`
	Attempts int       `json:"attempts"`
	Answer   string    `json:"lastAnswer"`
}

// hook tells of a hook that began to fail, or works again. It changes nothing
// about the user.
func (f *fold) hook() Verdict {
	news := f.in.Hook
	name := EffectHookWorking
	if news.State == HookFailing {
		name = EffectHookFailing
	}
	f.stall = append(f.stall, Effect{Name: name, Hook: news})
	return Verdict{Outcome: Noted, Reason: "hook_" + string(news.State)}
}
