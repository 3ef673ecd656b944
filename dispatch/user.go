package dispatch

import (
	"hash/fnv"
	"time"

	"admit/onboarding"
)

// user is what is remembered of a user: of everybody who was rung in the last
// few seconds, and of those whose rings fail or lead to nothing.
type user struct {
	state   state
	again   bool            // ring once more when the one in flight has ended
	ring    onboarding.Ring // the newest
	why     cause           // of the ring that is queued or in flight
	touched time.Time       // when the last ring ended

	failed  hold // rings that Temporal did not take
	inbox   hold // rings of the inbox sweep that Temporal took
	overdue hold // rings of the other sweep that Temporal took
}

type state int

const (
	idle state = iota
	queued
	flying
)

// hold keeps rings of one kind back for longer and longer.
type hold struct {
	rings int
	until time.Time
}

// extend counts one more ring: the wait doubles from the first one up to longest.
func (h *hold) extend(now time.Time, first, longest time.Duration) {
	wait := first
	for i := 0; i < h.rings && wait < longest; i++ {
		wait *= 2
	}
	h.rings++
	h.until = now.Add(min(wait, longest))
}

const (
	// rest is how long after a ring no sweep rings for the user: what the ring was
	// for needs a moment to be folded.
	rest = 10 * time.Second

	// After rings that failed: the first wait, and the longest.
	firstFailed = time.Second
	maxFailed   = time.Minute

	// maxTaken is the longest wait after rings that Temporal took and that led to
	// nothing. Each is a signal in the history, and 10,000 of those end a run.
	maxTaken = 15 * time.Minute
)

// remember returns what is known of the user, nil when there is no room for
// another. It is called with the lock.
func (d *Dispatcher) remember(userID string) *user {
	u := d.users[userID]
	if u == nil && len(d.users) < d.o.Users {
		u = &user{}
		d.users[userID] = u
	}
	return u
}

// notTaken notes that the user's ring failed, and returns for how long the user's
// rings are held back: not to the second, lest users that failed together come
// back together.
func (d *Dispatcher) notTaken(userID string) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	u, now := d.users[userID], time.Now()
	u.state, u.again, u.touched = idle, false, now
	u.failed.extend(now, firstFailed, maxFailed)
	wait := u.failed.until.Sub(now)
	wait -= spread(wait/4, userID)
	u.failed.until = now.Add(wait)
	return wait
}

// spread returns a duration in [0, limit) that the seed alone decides.
func spread(limit time.Duration, seed string) time.Duration {
	if limit <= 0 {
		return 0
	}
	h := fnv.New64a()
	h.Write([]byte(seed)) // never fails, by its contract
	return time.Duration(h.Sum64() % uint64(limit))
}

// end notes that a ring came to nothing for a reason that is not the user's.
func (d *Dispatcher) end(userID string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	u := d.users[userID]
	u.state, u.again = idle, false
}

// forget drops what a sweep shows to be over: of those it did not list nothing
// waits, so their rings led to something. That holds though the sweep saw only a
// part: it lists who waits longest first, and some who were not rung yet, so
// whoever was rung and still waits comes before those. Who was rung just now is
// remembered a moment longer, as are rings that failed: what they were for may be
// too young for the sweep, or for the part that it saw. Where there is no room for
// another user, who is not listed is dropped at once.
func (d *Dispatcher) forget(why cause, users []string, all bool) {
	listed := make(map[string]bool, len(users))
	for _, userID := range users {
		listed[userID] = true
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	full := len(d.users) >= d.o.Users
	now := time.Now()
	for userID, u := range d.users {
		if listed[userID] || u.state != idle {
			continue
		}
		if why == overdue {
			u.overdue = hold{}
			continue
		}
		u.inbox = hold{}
		resting := now.Sub(u.touched) < rest
		if !full && (resting || !all && u.failed.rings > 0) {
			continue
		}
		u.failed = hold{}
		if u.overdue.rings == 0 {
			delete(d.users, userID)
		}
	}
}
