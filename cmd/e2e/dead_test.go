package e2e_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// Of TestDeadSinkDelaysNobody: how many users are approved in each of its times,
// how many of them at once, and how many calls the dead hook bears at once.
const (
	approvals = 50
	atOnce    = 4
	bears     = 8

	timeout = 5 * time.Second // of an attempt
)

// ward is a system with a hook that dies, one for access that dies with it, and
// three who live: another hook, another team's worker, and the mail server.
type ward struct {
	*system
	core       *sink
	crm        *colleague
	box        *postbox
	dead, gate *mortal
	users      int
}

func newWard(t *testing.T) *ward {
	t.Helper()
	w := &ward{core: newSink(t), crm: &colleague{}, box: newPostbox(t), dead: newMortal(t), gate: newMortal(t)}
	w.system = newSystem(t, options{config: "policy: {jitter: 0s, settle: 0s}\nhooks:\n" + w.core.hook(`"access.*", "hook.*"`) +
		hookAt(w.dead.url(), "dead", `"onboarding.*"`, fmt.Sprintf("max_in_flight: %d, retry: {first: 100ms, max: 5s}, failing_after: 4s", bears)) +
		hookAt(w.gate.url(), "gate", `"access.*"`, "max_in_flight: 200, retry: {first: 500ms, max: 10s}, failing_after: 4s") +
		"  - {name: crm, task_queue: crm, activity: OnOnboardingEvent, events: [onboarding.approved]}\n" + w.box.config()})
	w.serve()
	w.crm.work(t, w.system)
	return w
}

// approve has users approved, the next when the living have heard of one before, and
// returns how long it took from a webhook until the slowest of the living had heard:
// for half of the users, and for 95 of 100.
func (w *ward) approve(what string) (half, most time.Duration) {
	w.t.Helper()
	sent, took := map[string]time.Time{}, map[string][]time.Duration{}
	to := w.users + approvals
	eventually(w.t, "the living have heard of all", func() error {
		for user, at := range sent {
			heard, ok := w.heard(user)
			if !ok {
				continue
			}
			delete(sent, user)
			for who, when := range heard {
				took[who] = append(took[who], when.Sub(at))
			}
		}
		for ; w.users < to && len(sent) < atOnce; w.users++ {
			user := w.user(w.users)
			w.started(user, map[string]string{"email": user + "@example.com", "locale": "en"})
			sent[user] = time.Now()
			w.accepted(pathKYC, kyc(user, "VERIFIED", "SUCCESSFUL"))
		}
		if len(sent) > 0 {
			return fmt.Errorf("they have not of %d", len(sent)+to-w.users)
		}
		return nil
	})
	for _, who := range []string{"hook", "worker", "mail"} {
		w.t.Logf("%-28s %-6s %s", what, who, percentiles(took[who]))
		half, most = max(half, percentile(took[who], 50)), max(most, percentile(took[who], 95))
	}
	return half, most
}

// heard returns when each of the living heard of a user's approval, false while one
// of them has not.
func (w *ward) heard(user string) (map[string]time.Time, bool) {
	calls, told, mails := w.core.of(user, "access.granted"), w.crm.of(user, "onboarding.approved"), w.box.to(user+"@example.com")
	if len(calls) == 0 || len(told) == 0 || len(mails) == 0 {
		return nil, false
	}
	return map[string]time.Time{"hook": calls[0].At, "worker": told[0].At, "mail": mails[0].At}, true
}

// TestDeadSinkDelaysNobody has two hooks dead for long, as their settings see it,
// and holds that nobody else waits for them, and what becomes of what is theirs.
// It is not parallel: it compares times.
func TestDeadSinkDelaysNobody(t *testing.T) {
	w := newWard(t)
	half, most := w.approve("all alive")
	w.settled()
	w.shows("dead", "working", func(v hookView) bool { return v.State == "working" && v.Waiting == 0 })

	w.dead.dies()
	w.gate.dies()
	w.asFast(half, most, "two refuse connections")
	w.shows("dead", "failing", func(v hookView) bool {
		return v.State == "failing" && !v.Access && v.FailedSince != nil && v.FailingFrom != nil && v.NextTry != nil && v.Waiting > 0
	})
	w.shows("gate", "failing", func(v hookView) bool { return v.State == "failing" && v.Access && v.Waiting > 0 })

	w.dead.hangs()
	w.gate.hangs()
	w.asFast(half, most, "two hang")
	w.neverSwitchedOff(t)

	w.dead.lives()
	w.gate.lives()
	back := time.Now()
	w.settled()
	t.Logf("all that had waited was taken %v after the two were back", time.Since(back).Round(time.Millisecond))
	w.wokenGently(t)
}

// asFast has users approved, and holds that it takes the living no longer than it
// did, as far as a timeout of the dead would show. A busy engine drops a workflow
// task now and then, which comes again after 3 s: that much is allowed for a few.
func (w *ward) asFast(half, most time.Duration, what string) {
	w.t.Helper()
	halfNow, mostNow := w.approve(what)
	if halfNow > half+timeout/2 || mostNow > most+2*timeout {
		w.t.Errorf("%s, and others wait: p50 %v, p95 %v; before it was %v and %v", what, halfNow, mostNow, half, most)
	}
}

// neverSwitchedOff holds that an access hook is tried on while it is failing, and
// that a revoke that does not arrive is seen.
func (w *ward) neverSwitchedOff(t *testing.T) {
	t.Helper()
	w.failing(1)
	out := w.user(0)
	w.accepted(pathKYC, kyc(out, "EXPIRED", ""))
	w.sees(out, "shut out", func(v view) bool { return v.Access == "revoked" })
	w.measures("admit_revoke_oldest_seconds", func(v float64) bool { return v > 3 })
	_, before := w.gate.seen()
	eventually(t, "who opens and shuts access is tried on", func() error {
		for _, e := range w.effects(out, "gate") {
			if _, now := w.gate.seen(); e.Effect == "access.revoked" && e.Attempts >= 2 && now > before {
				return nil
			}
		}
		return errors.New("the revoke was not tried twice")
	})
	if overdue, err := w.metric("admit_revoke_overdue_users"); err != nil {
		t.Errorf("%v, %v", overdue, err)
	}
}

// failing waits until the metrics of the two say so.
func (w *ward) failing(want float64) {
	w.t.Helper()
	for _, labels := range []string{`access="false",hook="dead"`, `access="true",hook="gate"`} {
		w.measures("admit_hook_failing{"+labels+"}", func(v float64) bool { return v == want })
	}
}

// wokenGently holds what those who came back were sent, and what was said of them.
func (w *ward) wokenGently(t *testing.T) {
	t.Helper()
	most, hung := w.dead.seen()
	t.Logf("back again, the hook that bears %d calls at once had %d; it had let %d hang", bears, most, hung)
	if most > bears {
		t.Errorf("it was called by %d at once, and bears %d", most, bears)
	}
	for name, m := range map[string]*mortal{"dead": w.dead, "gate": w.gate} {
		if again := m.twice(); len(again) > 0 {
			t.Errorf("%s was delivered to twice: %v", name, again)
		}
		if heard := strings.Join(w.core.news(t, name), ", "); heard != "failing, working" {
			t.Errorf("the living hook heard of %s: %q", name, heard)
		}
		w.shows(name, "working", func(v hookView) bool { return v.State == "working" && v.Waiting == 0 && v.Parked == 0 })
	}
	w.failing(0)
	for n := range w.users {
		for _, target := range []string{"core", "dead", "gate", "crm", "mail"} {
			for _, e := range w.effects(w.user(n), target) {
				if overtaken := n == 0 && e.State == "superseded"; e.State != "delivered" && !overtaken {
					t.Errorf("%s is %s", e.Key, e.State)
				}
			}
		}
	}
	v, err := w.see(w.user(0))
	if err != nil {
		t.Fatal(err)
	}
	w.gate.follows(t, v)
}

// news returns what the sink was told of a hook, "failing" and "working", in the
// order in which it came.
func (k *sink) news(t *testing.T, name string) []string {
	t.Helper()
	k.mu.Lock()
	defer k.mu.Unlock()
	var heard []string
	for _, c := range k.calls {
		if c.Data.Hook.Name != name || c.Status >= 300 {
			continue
		}
		if c.Type != "hook."+c.Data.Hook.State {
			t.Errorf("%s says %+v", c.Type, c.Data.Hook)
		}
		heard = append(heard, c.Data.Hook.State)
	}
	return heard
}
