package postgres

import (
	"cmp"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"

	"admit/onboarding"
)

// A failing hook is tried once in a probe interval, and who waits for it comes
// back after a quarter of the time for which it has been failing. Both are shorter
// for a hook that is failing sooner.
const (
	minProbe = 100 * time.Millisecond
	maxProbe = time.Minute
	minHeld  = time.Minute
	maxHeld  = time.Hour

	maxParkHeld = 50 // effects of a failing hook that one Take parks
)

var (
	sqlEnsureHook    = statement("ensure_hook")
	sqlLockHook      = statement("lock_hook")
	sqlHookDelivered = statement("hook_delivered")
	sqlHookFailed    = statement("hook_failed")
	sqlHookUntried   = statement("hook_untried")
)

// canHold says whether the target's lanes wait while it is failing: it is a hook,
// and neither opens nor shuts access.
func canHold(t onboarding.Target) bool { return t.IsHook() && !t.Access() }

func failingAfter(t onboarding.Target) time.Duration {
	return cmp.Or(t.FailingAfter, onboarding.DefaultFailingAfter)
}

func giveUp(t onboarding.Target) time.Duration {
	return cmp.Or(t.Retry.GiveUp, onboarding.DefaultRetry().GiveUp)
}

// probeEvery returns how far apart the attempts are at a failing hook.
func probeEvery(t onboarding.Target) time.Duration {
	return max(minProbe, min(maxProbe, failingAfter(t)/4))
}

// heldFor returns how long a lane waits whose hook has been failing for so long.
// Lanes that were held together do not come back together.
func heldFor(t onboarding.Target, failing time.Duration) time.Duration {
	wait := max(min(failing/4, maxHeld), min(minHeld, 4*probeEvery(t)))
	return wait - rand.N(wait/2)
}

// queueHealth keeps what the attempt says of the hook. Attempts that were none, and
// what failed on this side or cannot be sent at all, say nothing: where a failing hook was to be tried, the
// next lane tries it. It comes last in a transaction: a hook's
// row is shared, and who has it waits for nobody.
func (e *sent) queueHealth(b *pgx.Batch, a onboarding.Attempt) {
	if !e.configured || !e.target.IsHook() {
		return
	}
	name, answer := e.target.Name, clean(a.Answer, maxAnswer)
	switch {
	case a.Result == onboarding.AttemptDelivered:
		b.Queue(sqlEnsureHook, name)
		b.Queue(sqlHookDelivered, name, answer, e.lane.UserID, onboarding.SourceAdmit, onboarding.RouteHook, onboarding.HookWorking)
	case !a.Unsent && (a.Result == onboarding.AttemptRefused || a.Result == onboarding.AttemptFailed):
		b.Queue(sqlEnsureHook, name)
		if a.Gone {
			b.Queue(sqlLockHook, name) // it is not to be missed
		}
		b.Queue(sqlHookFailed, name, answer, e.lane.UserID, onboarding.SourceAdmit, onboarding.RouteHook, onboarding.HookFailing,
			a.Gone, failingAfter(e.target), onboarding.MinFailures, probeEvery(e.target))
	default:
		if e.failing && canHold(e.target) {
			b.Queue(sqlHookUntried, name)
		}
	}
}
