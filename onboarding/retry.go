package onboarding

import (
	"cmp"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Retry says how often and how long an effect is tried, and how far apart attempts
// are. Zero fields stand for those of DefaultRetry.
type Retry struct {
	First    time.Duration // the wait after the first failed attempt; it doubles
	Max      time.Duration // the longest wait; in the access lane a minute if that is less
	GiveUp   time.Duration // for how long an effect outside the access lane is tried
	Refusals int           // how many definite noes it may get
}

// DefaultRetry returns how an effect is tried where nobody says otherwise.
func DefaultRetry() Retry {
	return Retry{First: time.Second, Max: time.Hour, GiveUp: 72 * time.Hour, Refusals: 5}
}

const (
	// MinAttempts keep an effect that could not even be tried for days, because the
	// engine was away, from being given up at its first failure.
	MinAttempts = 10
	// MaxDefer is the longest that an effect is put off at once.
	MaxDefer         = 24 * time.Hour
	maxAccessBackoff = time.Minute
)

// orDefault fills in what is not set.
func (r Retry) orDefault() Retry {
	d := DefaultRetry()
	return Retry{
		First: cmp.Or(r.First, d.First), Max: cmp.Or(r.Max, d.Max), GiveUp: cmp.Or(r.GiveUp, d.GiveUp), Refusals: cmp.Or(r.Refusals, d.Refusals),
	}
}

// Tried is what an effect has behind it when an attempt is judged, that attempt
// included.
type Tried struct {
	Attempts int
	Refusals int           // the definite noes among them
	Age      time.Duration // since it was decided, or replayed
}

// Next says what the ledger does with an effect after the attempt a: the state it
// goes to and, when it goes on waiting, for how long. key seeds the jitter, so that
// effects that failed together do not come back together. Access is never parked:
// it is retried for ever.
func (r Retry) Next(a Attempt, lane Lane, t Tried, key string) (EffectState, time.Duration) {
	r = r.orDefault()
	access := lane == LaneAccess
	switch {
	case a.Result == AttemptDelivered:
		return EffectDelivered, 0
	case a.Result == AttemptMoot && !access:
		return EffectSuperseded, 0
	case a.Result == AttemptDeferred:
		return EffectWaiting, min(max(a.RetryAfter, time.Second), MaxDefer)
	case !access && (a.Result == AttemptUnsendable || t.Refusals >= r.Refusals || t.Age >= r.GiveUp && t.Attempts >= MinAttempts):
		return EffectParked, 0
	}
	limit := r.Max
	if access {
		limit = min(limit, maxAccessBackoff)
	}
	wait := r.First
	for i := 1; i < t.Attempts && wait < limit; i++ {
		wait *= 2
	}
	wait = min(wait, limit)
	// Full steps down to three quarters of them: spread, and never longer than the limit.
	wait -= spread(wait/4, key+"#"+strconv.Itoa(t.Attempts))
	// Who asks for more time gets it, but never more than the lane allows.
	return EffectWaiting, max(wait, min(a.RetryAfter, limit))
}

// spread returns a duration in [0, limit) that the seed alone decides.
func spread(limit time.Duration, seed string) time.Duration {
	if limit <= 0 {
		return 0
	}
	h := fnv.New64a()
	h.Write([]byte(seed)) // never fails, by its contract
	// FNV's low bits mix best; 2^53 keeps the modulo's bias below any use.
	return time.Duration(h.Sum64() & (1<<53 - 1) % uint64(limit))
}

// Waits is an effect that waits in the ledger, as far as it matters for what
// overtakes it.
type Waits struct {
	Name  string
	About string // see Effect.About
}

// Overtakes says whether e, decided later, supersedes a waiting effect of the same
// user, whose state is s now. A revoke supersedes a grant that was not delivered; a
// revoke and a hook are never superseded. A message to the user is, once it is not
// true or of no use any more, or a later one says it, too; a question to a provider's
// API, also one in flight, once the onboarding is closed: who is closed to be erased is
// not to be learnt anew.
func (e Effect) Overtakes(w Waits, s State) bool {
	waits := Effect{Name: w.Name}
	switch {
	case e.Name == EffectRevoked:
		return w.Name == EffectGranted
	case waits.Ask():
		return e.stage() == StageClosed
	case !waits.Notify():
		return false
	case e.Notify():
		// Bad news says all that there is to do; that the user is in stays to be told.
		return e.Name == NotifyApproved || e.Name == NotifyReinstated || w.Name != NotifyApproved && w.Name != NotifyReinstated
	case w.Name == NotifyReminder:
		return e.Name == EffectCheckChanged || e.stage() != ""
	case w.Name == NotifyActionRequired || w.Name == NotifyExpired:
		return settled(e.stage()) || e.Name == EffectCheckChanged && !asksAnyOf(s, w.About)
	}
	return e.stage() != ""
}

// asksAnyOf says whether any of the checks, named with commas between, is still
// the user's to repeat or to renew.
func asksAnyOf(s State, about string) bool {
	for _, c := range Checks {
		if s.Checks.At(c).asksUser() && slices.Contains(strings.Split(about, ","), string(c)) {
			return true
		}
	}
	return false
}

// settled says whether nothing is asked of the user in that stage.
func settled(s Stage) bool {
	return s == StageApproved || s == StageRejected || s == StageAbandoned || s == StageClosed
}

// stage returns the stage that e tells of, "" when it tells of none.
func (e Effect) stage() Stage {
	name, ok := strings.CutPrefix(e.Name, "onboarding.")
	if s := Stage(name); ok && s.Valid() {
		return s
	}
	return ""
}
