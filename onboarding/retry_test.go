package onboarding_test

import (
	"testing"
	"time"

	"admit/onboarding"
)

func TestRetryNext(t *testing.T) {
	t.Parallel()
	const access, rest = onboarding.LaneAccess, onboarding.LaneRest
	failed, refused := onboarding.AttemptFailed, onboarding.AttemptRefused
	quick := onboarding.Retry{First: 10 * time.Millisecond, Max: 100 * time.Millisecond, GiveUp: 2 * time.Second, Refusals: 2}
	for _, c := range []struct {
		name               string
		attempt            onboarding.Attempt
		lane               onboarding.Lane
		attempts, refusals int
		age                time.Duration
		want               onboarding.EffectState
		least, most        time.Duration
		retry              onboarding.Retry
	}{
		{"delivered", onboarding.Attempt{Result: onboarding.AttemptDelivered}, rest, 1, 0, 0, onboarding.EffectDelivered, 0, 0, onboarding.Retry{}},
		{"first failure", onboarding.Attempt{Result: failed}, rest, 1, 0, 0, onboarding.EffectWaiting, 750 * time.Millisecond, time.Second, onboarding.Retry{}},
		{"fifth failure", onboarding.Attempt{Result: failed}, rest, 5, 0, 0, onboarding.EffectWaiting, 12 * time.Second, 16 * time.Second, onboarding.Retry{}},
		{"many failures", onboarding.Attempt{Result: failed}, rest, 50, 0, time.Hour, onboarding.EffectWaiting, 45 * time.Minute, time.Hour, onboarding.Retry{}},
		{"many failures of access", onboarding.Attempt{Result: failed}, access, 50, 0, time.Hour, onboarding.EffectWaiting, 45 * time.Second, time.Minute, onboarding.Retry{}},
		{"72 hours", onboarding.Attempt{Result: failed}, rest, 90, 0, 72 * time.Hour, onboarding.EffectParked, 0, 0, onboarding.Retry{}},
		{"72 hours without an engine", onboarding.Attempt{Result: failed}, rest, 1, 0, 80 * time.Hour, onboarding.EffectWaiting, 750 * time.Millisecond, time.Second, onboarding.Retry{}},
		{"72 hours of access", onboarding.Attempt{Result: failed}, access, 90, 0, 72 * time.Hour, onboarding.EffectWaiting, 45 * time.Second, time.Minute, onboarding.Retry{}},
		{"fourth refusal", onboarding.Attempt{Result: refused}, rest, 4, 4, 0, onboarding.EffectWaiting, 6 * time.Second, 8 * time.Second, onboarding.Retry{}},
		{"fifth refusal", onboarding.Attempt{Result: refused}, rest, 5, 5, 0, onboarding.EffectParked, 0, 0, onboarding.Retry{}},
		{"a refusal after many failures", onboarding.Attempt{Result: refused}, rest, 20, 1, 0, onboarding.EffectWaiting, 45 * time.Minute, time.Hour, onboarding.Retry{}},
		{"fifth refusal of access", onboarding.Attempt{Result: refused}, access, 5, 5, 0, onboarding.EffectWaiting, 12 * time.Second, 16 * time.Second, onboarding.Retry{}},
		{"unsendable", onboarding.Attempt{Result: onboarding.AttemptUnsendable}, rest, 1, 0, 0, onboarding.EffectParked, 0, 0, onboarding.Retry{}},
		{"unsendable access", onboarding.Attempt{Result: onboarding.AttemptUnsendable}, access, 1, 0, 0, onboarding.EffectWaiting, 750 * time.Millisecond, time.Second, onboarding.Retry{}},
		{"asked to wait", onboarding.Attempt{Result: failed, RetryAfter: 5 * time.Minute}, rest, 1, 0, 0, onboarding.EffectWaiting, 5 * time.Minute, 5 * time.Minute, onboarding.Retry{}},
		{"asked to wait for a year", onboarding.Attempt{Result: failed, RetryAfter: 9000 * time.Hour}, rest, 1, 0, 0, onboarding.EffectWaiting, time.Hour, time.Hour, onboarding.Retry{}},
		{"asked to wait with access", onboarding.Attempt{Result: failed, RetryAfter: 30 * time.Minute}, access, 1, 0, 0, onboarding.EffectWaiting, time.Minute, time.Minute, onboarding.Retry{}},
		{"a delivery to access that was put off", onboarding.Attempt{Result: onboarding.AttemptDeferred, RetryAfter: 90 * time.Minute}, access, 0, 0, 0, onboarding.EffectWaiting, 90 * time.Minute, 90 * time.Minute, onboarding.Retry{}},
		{"put off for hours, after days", onboarding.Attempt{Result: onboarding.AttemptDeferred, RetryAfter: 9 * time.Hour}, rest, 20, 0, 80 * time.Hour, onboarding.EffectWaiting, 9 * time.Hour, 9 * time.Hour, onboarding.Retry{}},
		{"put off for ever", onboarding.Attempt{Result: onboarding.AttemptDeferred, RetryAfter: 900 * time.Hour}, rest, 0, 0, 0, onboarding.EffectWaiting, 24 * time.Hour, 24 * time.Hour, onboarding.Retry{}},
		{"put off until now", onboarding.Attempt{Result: onboarding.AttemptDeferred}, rest, 0, 0, 0, onboarding.EffectWaiting, time.Second, time.Second, onboarding.Retry{}},
		{"nothing left to say", onboarding.Attempt{Result: onboarding.AttemptMoot}, rest, 1, 0, 0, onboarding.EffectSuperseded, 0, 0, onboarding.Retry{}},
		{"access is never moot", onboarding.Attempt{Result: onboarding.AttemptMoot}, access, 1, 0, 0, onboarding.EffectWaiting, 750 * time.Millisecond, time.Second, onboarding.Retry{}},
		{"a retry of one's own", onboarding.Attempt{Result: failed}, rest, 50, 0, time.Second, onboarding.EffectWaiting, 75 * time.Millisecond, 100 * time.Millisecond, quick},
		{"its end", onboarding.Attempt{Result: failed}, rest, 10, 0, 2 * time.Second, onboarding.EffectParked, 0, 0, quick},
		{"its refusals", onboarding.Attempt{Result: refused}, rest, 2, 2, 0, onboarding.EffectParked, 0, 0, quick},
		{"a slow retry of access", onboarding.Attempt{Result: failed}, access, 50, 0, time.Hour, onboarding.EffectWaiting, 45 * time.Second, time.Minute, onboarding.Retry{First: time.Hour, Max: 5 * time.Hour}},
	} {
		state, wait := c.retry.Next(c.attempt, c.lane, onboarding.Tried{Attempts: c.attempts, Refusals: c.refusals, Age: c.age}, "key")
		if state != c.want || wait < c.least || wait > c.most {
			t.Errorf("%s: %s after %v, want %s after %v to %v", c.name, state, wait, c.want, c.least, c.most)
		}
	}
}

func TestOvertakes(t *testing.T) {
	t.Parallel()
	effect := func(name string, c onboarding.Check) onboarding.Effect {
		return onboarding.Effect{Name: name, Check: c}
	}
	changed := func(c onboarding.Check) onboarding.Effect { return effect(onboarding.EffectCheckChanged, c) }
	asked, kycAsked := onboarding.NotifyActionRequired, newStory(t).report(kyc("NOT_VERIFIED", "REJECTED_BY_PROVIDER", "DOC_EXPIRED")).state
	for _, c := range []struct {
		name  string
		later onboarding.Effect
		older string
		about string
		state onboarding.State
		want  bool
	}{
		{"a revoke overtakes a grant", effect(onboarding.EffectRevoked, ""), onboarding.EffectGranted, "", onboarding.State{}, true},
		{"a grant overtakes no revoke", effect(onboarding.EffectGranted, ""), onboarding.EffectRevoked, "", onboarding.State{}, false},
		{"a revoke overtakes no revoke", effect(onboarding.EffectRevoked, ""), onboarding.EffectRevoked, "", onboarding.State{}, false},
		{"a new stage overtakes a reminder", effect("onboarding.in_review", ""), onboarding.NotifyReminder, "", onboarding.State{}, true},
		{"a new stage overtakes a verdict", effect("onboarding.in_review", ""), onboarding.NotifyRejected, "", onboarding.State{}, true},
		{"a new stage overtakes no hook", effect("onboarding.in_review", ""), "onboarding.collecting", "", onboarding.State{}, false},
		{"a reminder's event overtakes no message", effect(onboarding.EffectReminder, ""), onboarding.NotifyApproved, "", onboarding.State{}, false},
		{"a check's change overtakes what it asked", changed(onboarding.KYC), asked, "kyc", onboarding.State{}, true},
		{"not while another asks", changed(onboarding.POA), asked, "poa,kyc", kycAsked, false},
		{"not what is still asked", changed(onboarding.POA), asked, "kyc", kycAsked, false},
		{"not for one whose name begins alike", changed(onboarding.KYCFiles), asked, "kyc_files", kycAsked, true},
		{"a new stage overtakes nothing that is still asked", effect("onboarding.suspended", ""), asked, "kyc", kycAsked, false},
		{"an approval overtakes what is asked", effect("onboarding.approved", ""), asked, "kyc", kycAsked, true},
		{"a check's change overtakes a reminder", changed(onboarding.KYC), onboarding.NotifyReminder, "", onboarding.State{}, true},
		{"but not an approval", changed(onboarding.KYC), onboarding.NotifyApproved, "", onboarding.State{}, false},
		{"bad news overtakes bad news", effect(asked, ""), onboarding.NotifySuspended, "kyc", kycAsked, true},
		{"also of another kind", effect(onboarding.NotifyExpired, ""), asked, "kyc", kycAsked, true},
		{"but not good news", effect(asked, ""), onboarding.NotifyApproved, "", kycAsked, false},
		{"good news overtakes all", effect(onboarding.NotifyReinstated, ""), onboarding.NotifySuspended, "", onboarding.State{}, true},
		{"a reminder overtakes the one before", effect(onboarding.NotifyReminder, ""), onboarding.NotifyReminder, "", onboarding.State{}, true},
		{"closing overtakes questions", effect("onboarding.closed", ""), onboarding.EffectAskP100, "", onboarding.State{}, true},
		{"a rejection overtakes none", effect("onboarding.rejected", ""), onboarding.EffectAskP100, "", onboarding.State{}, false},
		{"a revoke overtakes none", effect(onboarding.EffectRevoked, ""), onboarding.EffectAskXGateway, "", onboarding.State{}, false},
		{"a hook's failing overtakes nothing", effect(onboarding.EffectHookFailing, ""), onboarding.EffectHookWorking, "", onboarding.State{}, false},
	} {
		if got := c.later.Overtakes(onboarding.Waits{Name: c.older, About: c.about}, c.state); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
