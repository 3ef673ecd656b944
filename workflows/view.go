package workflows

import (
	"time"

	"admit/onboarding"
)

// View is the answer to the query "state".
type View struct {
	UserID  string `json:"userId"`
	InWords string `json:"inWords"` // where the user stands, in a plain sentence; "" before Advance has answered
	onboarding.Summary
	Deadline *time.Time `json:"deadline"` // null when nothing is due
	// Due says what becomes due at Deadline, "" where that is not known; DueCheck is
	// the check that it is about, where it is about one.
	Due      onboarding.DeadlineKind `json:"due,omitempty"`
	DueCheck onboarding.Check        `json:"dueCheck,omitempty"`
	// Failing is since when Advance has failed; null while it does not.
	Failing *time.Time `json:"failing"`
	Lanes   []LaneView `json:"lanes"` // deliveries in flight
	Run     int        `json:"run"`   // counts the runs that continued as new before this one
	Done    bool       `json:"done"`  // nothing more is expected of the user
}

// LaneView is a lane in flight.
type LaneView struct {
	Target    string          `json:"target"`
	Lane      onboarding.Lane `json:"lane"`
	TaskQueue string          `json:"taskQueue,omitempty"`
	Since     time.Time       `json:"since"`
	Cancelled bool            `json:"cancelled,omitempty"`
}

// view answers the query with what Advance said last; before its first answer
// the stage is empty.
func (r *run) view() (View, error) {
	v := View{UserID: r.in.UserID, Summary: r.now.Summary, Lanes: []LaneView{}, Run: r.in.Run, Done: r.now.Done}
	if r.adopted {
		v.InWords = sentence(r.now)
	}
	if !r.failing.IsZero() {
		since := r.failing
		v.Failing = &since
	}
	if d := r.now.Deadline; !d.IsZero() {
		v.Deadline, v.Due, v.DueCheck = &d, r.now.Kind, r.now.Check
	}
	for _, l := range r.lanes {
		if l.ended {
			continue
		}
		v.Lanes = append(v.Lanes, LaneView{
			Target: l.work.Target, Lane: l.work.Lane, TaskQueue: l.work.TaskQueue, Since: l.since, Cancelled: l.cancelled,
		})
	}
	return v, nil
}
