package onboarding

import (
	"hash/fnv"
	"strconv"
	"strings"
	"time"
)

// Limits of delivery: how often and how long an effect outside the access lane
// is tried, and how far apart attempts may be. MinAttempts keep an effect that
// could not even be tried for days, because the engine was away, from being given
// up at its first failure.
const (
	MaxRefusals      = 5
	GiveUpAfter      = 72 * time.Hour
	MinAttempts      = 10
	firstBackoff     = time.Second
	maxAccessBackoff = time.Minute
	maxRestBackoff   = time.Hour
)

// Next says what the ledger does with an effect after the attempt a: the state it
// goes to and, when it goes on waiting, for how long. attempts and refusals (the
// definite noes among them) count this one, age is the time since the effect was
// decided, and key seeds the jitter, so that effects that failed together do not
// come back together. Access is never parked: it is retried for ever.
func (a Attempt) Next(lane Lane, attempts, refusals int, age time.Duration, key string) (EffectState, time.Duration) {
	if a.Result == AttemptDelivered {
		return EffectDelivered, 0
	}
	limit := maxRestBackoff
	if lane == LaneAccess {
		limit = maxAccessBackoff
	} else if a.Result == AttemptUnsendable || refusals >= MaxRefusals || age >= GiveUpAfter && attempts >= MinAttempts {
		return EffectParked, 0
	}
	wait := firstBackoff
	for i := 1; i < attempts && wait < limit; i++ {
		wait *= 2
	}
	wait = min(wait, limit)
	// Full steps down to three quarters of them: spread, and never longer than the limit.
	wait -= spread(wait/4, key+"#"+strconv.Itoa(attempts))
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

// Overtakes says whether e, decided later, supersedes a waiting effect of the
// same user. A revoke supersedes a grant that was not delivered; a revoke and a
// hook are never superseded. A message to the user is, once it is not true or of
// no use any more; a question to a provider's API, also one in flight, once the
// onboarding is closed: who is closed to be erased is not to be learnt anew.
func (e Effect) Overtakes(name string, check Check) bool {
	switch {
	case e.Name == EffectRevoked:
		return name == EffectGranted
	case (Effect{Name: name}).Ask():
		return e.stage() == StageClosed
	case !(Effect{Name: name}).Notify():
		return false
	case e.Notify():
		return e.Name == name && check == e.Check
	case name == NotifyReminder:
		return e.Name == EffectCheckChanged || e.stage() != ""
	case check != "":
		return e.Name == EffectCheckChanged && check == e.Check || settled(e.stage())
	}
	return e.stage() != ""
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
