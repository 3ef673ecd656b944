package onboarding_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"admit/onboarding"
)

// walk lets a user alone for a time, waking at each deadline as the engine does,
// and returns what was done when, in hours since the start.
func walk(s *story, until time.Duration) []string {
	var done []string
	end := s.at.Add(until)
	start := s.at
	for {
		d, ok := onboarding.Next(s.state, s.policy)
		if !ok || d.Due.After(end) {
			return done
		}
		s.at = d.Due
		s.apply(onboarding.Input{Kind: onboarding.InputDeadline, Deadline: d})
		word := string(d.Kind)
		if s.verdict.Outcome == onboarding.Noted {
			word += "(" + s.verdict.Reason + ")"
		}
		done = append(done, fmt.Sprintf("%s@%v", word, s.at.Sub(start).Hours()))
	}
}

func TestDefaultDeadlines(t *testing.T) {
	t.Parallel()
	const month = 720 * time.Hour
	for _, c := range []struct {
		name    string
		reports []onboarding.Report
		command string
		until   time.Duration
		want    []string
	}{
		{"collecting", []onboarding.Report{kyc("NOT_VERIFIED", "")}, "", 3 * month, []string{"remind@2", "remind@24", "remind@72", "remind@168", "abandon@720"}},
		{"action_required", []onboarding.Report{poa("REJECTED")}, "", 3 * month, []string{"remind@24", "remind@72", "remind@168", "abandon@720"}},
		{"in_review repeats its last distance", []onboarding.Report{kyc("NOT_VERIFIED", "PENDING")}, "", 300 * time.Hour, []string{"escalate@24", "escalate@96", "escalate@168", "escalate@240"}},
		{"high_risk_review", []onboarding.Report{kyc("NOT_VERIFIED", "")}, "flag_high_risk", 200 * time.Hour, []string{"escalate@24", "escalate@72", "escalate@120", "escalate@168"}},
		{"suspended, blocked on the user", []onboarding.Report{approved, kyc("NOT_VERIFIED", "")}, "", 320 * time.Hour,
			[]string{"remind@24", "escalate(blocked_on_user)@24", "remind@168", "escalate(blocked_on_user)@168", "remind@312", "escalate(blocked_on_user)@312"}},
		{"suspended, blocked on compliance", []onboarding.Report{approved}, "flag_high_risk", 200 * time.Hour,
			[]string{"remind(blocked_on_compliance)@24", "escalate@24", "remind(blocked_on_compliance)@168", "escalate@168"}},
		{"on_hold repeats a single step at its own length", []onboarding.Report{approved}, "hold", 600 * time.Hour, []string{"escalate@168", "escalate@336", "escalate@504"}},
		{"approved waits for nothing without an API", []onboarding.Report{approved}, "", 3 * month, nil},
		{"rejected", []onboarding.Report{sepa("HARD_KYC_FAILED", "")}, "", 3 * month, nil},
		{"closed", []onboarding.Report{approved}, "close", 3 * month, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStory(t).report(c.reports...)
			if c.command != "" {
				s.command(c.command)
			}
			if got := walk(s, c.until); !slices.Equal(got, c.want) {
				t.Fatalf("got  %v\nwant %v", got, c.want)
			}
		})
	}
}

func TestReminder(t *testing.T) {
	t.Parallel()
	s := newStory(t).report(kyc("NOT_VERIFIED", "")).after(2 * time.Hour)
	s.due()
	s.wantEffects("onboarding.stalled", "onboarding.reminder", "notify.reminder")
	if !s.state.Stalled || s.effects[1].Number != 1 {
		t.Fatalf("stalled %v, number %d", s.state.Stalled, s.effects[1].Number)
	}
	s.after(22 * time.Hour).due()
	s.wantEffects("onboarding.reminder", "notify.reminder")
	if s.effects[0].Number != 2 {
		t.Fatalf("number %d, want 2", s.effects[0].Number)
	}
}

func TestAbandon(t *testing.T) {
	t.Parallel()
	s := newStory(t).report(kyc("NOT_VERIFIED", ""))
	walk(s, 720*time.Hour)
	s.wantStage(onboarding.StageAbandoned, onboarding.Nobody).wantEffects("onboarding.abandoned").wantAccess(onboarding.AccessNone, 0)
	if !s.state.Ended() {
		t.Fatal("an abandoned user has not ended")
	}
}

func TestNobodyGetsThreeMailsAfterDaysWithoutAnEngine(t *testing.T) {
	t.Parallel()
	s := newStory(t).report(kyc("NOT_VERIFIED", "")).after(100 * time.Hour)
	if n := s.due(); n != 3 {
		t.Fatalf("%d deadlines folded, want 3", n)
	}
	s.wantEffects("onboarding.stalled", "onboarding.reminder", "notify.reminder")
	if d, _ := onboarding.Next(s.state, s.policy); !d.Due.After(s.at) {
		t.Fatalf("the next deadline %v is not in the future", d)
	}
	// And none at all when the user is given up at the same time.
	s = newStory(t).report(kyc("NOT_VERIFIED", "")).after(1000 * time.Hour)
	s.due()
	s.wantEffects("onboarding.abandoned")
}

func TestProgressRestartsTheClock(t *testing.T) {
	t.Parallel()
	s := newStory(t).report(kyc("NOT_VERIFIED", "PENDING")).after(25 * time.Hour)
	s.due()
	if !s.state.Stalled {
		t.Fatal("not stalled after the escalation")
	}
	s.report(kyc("NOT_VERIFIED", "PENDING")).wantOutcome(onboarding.Duplicate)
	if !s.state.Stalled {
		t.Fatal("a duplicate restarted the clock")
	}
	s.report(kyc("NOT_VERIFIED", "VERIFICATION"))
	if d, _ := onboarding.Next(s.state, s.policy); s.state.Stalled || d.Due != s.at.Add(24*time.Hour) || d.Step != 0 {
		t.Fatalf("stalled %v, next %+v", s.state.Stalled, d)
	}
}

func TestMaxReminders(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.policy.MaxReminders = 2
	s.report(approved, kyc("NOT_VERIFIED", ""))
	var reminders int
	for _, d := range walk(s, 5000*time.Hour) {
		if len(d) > 6 && d[:6] == "remind" {
			reminders++
		}
	}
	if reminders != 2 || s.state.Reminders != 2 {
		t.Fatalf("%d reminders, state says %d, want 2", reminders, s.state.Reminders)
	}
}

// TestRemindersAreCountedPerStay holds that who had every reminder of one stage gets
// those of the next.
func TestRemindersAreCountedPerStay(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.policy.MaxReminders = 1
	s.report(kyc("NOT_VERIFIED", ""))
	walk(s, 100*time.Hour)
	s.report(blurred).wantStage(onboarding.StageActionRequired, onboarding.User)
	if got, want := walk(s, 80*time.Hour), []string{"remind@24"}; !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

func TestJitterIsFixedPerUser(t *testing.T) {
	t.Parallel()
	policy := onboarding.DefaultPolicy()
	offsets := map[time.Duration]int{}
	for i := range 100 {
		st := onboarding.State{UserID: fmt.Sprintf("user-%d", i)}
		st, _, _ = onboarding.Apply(st, onboarding.Input{Kind: onboarding.InputStart, Received: t0}, policy, t0)
		d, ok := onboarding.Next(st, policy)
		again, _ := onboarding.Next(st, policy)
		offset := d.Due.Sub(t0.Add(2 * time.Hour))
		if !ok || d != again || offset < 0 || offset >= policy.Jitter.D() {
			t.Fatalf("user %d: due %v, offset %v", i, d.Due, offset)
		}
		offsets[offset.Truncate(time.Minute)]++
	}
	if len(offsets) < 5 {
		t.Fatalf("100 users fall on %d minutes of %v", len(offsets), policy.Jitter.D())
	}
}

func TestADeadlineThatIsNotDueChangesNothing(t *testing.T) {
	t.Parallel()
	s := newStory(t).report(kyc("NOT_VERIFIED", ""))
	d, _ := onboarding.Next(s.state, s.policy)
	for name, d := range map[string]onboarding.Deadline{
		"too early":  d,
		"wrong step": {Kind: d.Kind, Step: 7, Due: d.Due},
		"wrong kind": {Kind: "dance", Due: t0},
		"zero":       {},
	} {
		before := s.state
		s.apply(onboarding.Input{Kind: onboarding.InputDeadline, Deadline: d}).wantOutcome(onboarding.Noted).wantEffects()
		s.state.Version = before.Version
		if diff := onboarding.Diff(before, s.state); len(diff) != 0 {
			t.Errorf("%s: changed %v", name, diff)
		}
	}
}

func TestReconcileSteps(t *testing.T) {
	t.Parallel()
	s := asked(t).report(kyc("NOT_VERIFIED", ""))
	var at []time.Duration
	for range 2000 {
		d, ok := onboarding.Next(s.state, s.policy)
		if !ok {
			break
		}
		s.at = d.Due
		s.due()
		for _, e := range s.effects {
			if e.Name == onboarding.EffectAskP100 {
				at = append(at, s.at.Sub(t0))
			}
		}
	}
	want := []time.Duration{30 * time.Minute, 24 * time.Hour, 72 * time.Hour, 720*time.Hour - 15*time.Minute}
	if !slices.Equal(at, want) || s.state.Stage != onboarding.StageAbandoned {
		t.Fatalf("asked after %v, want %v; %s", at, want, s.state.Stage)
	}
	// An answer revives, but only what two of them say.
	s.answered(kyc("VERIFIED", "")).wantStage(onboarding.StageAbandoned, onboarding.Nobody).after(5 * time.Minute).due()
	s.wantEffects("ask.p100")
	s.answered(kyc("VERIFIED", "")).wantStage(onboarding.StageApproved, onboarding.Nobody)
}

// TestAskedAlsoAfterDays holds that a user whose last question and whose end are due
// together, after days without an engine, is asked about as well.
func TestAskedAlsoAfterDays(t *testing.T) {
	t.Parallel()
	s := asked(t).report(kyc("NOT_VERIFIED", "")).after(1000 * time.Hour)
	s.due()
	s.wantStage(onboarding.StageAbandoned, onboarding.Nobody)
	asks := 0
	for _, e := range s.effects {
		if e.Name == onboarding.EffectAskP100 {
			asks++
		}
	}
	if asks != 1 {
		t.Fatalf("asked %d times: %v", asks, names(s.effects))
	}
}

func TestReconcileWithoutAnAPIIsNoStep(t *testing.T) {
	t.Parallel()
	s := newStory(t).report(approved)
	if d, ok := onboarding.Next(s.state, s.policy); ok {
		t.Fatalf("next is %+v", d)
	}
	s.policy.APIs = []onboarding.Check{onboarding.KYC}
	s.apply(onboarding.Input{Kind: onboarding.InputPolicy})
	if d, _ := onboarding.Next(s.state, s.policy); d.Kind != onboarding.DeadlineReconcile || !d.Due.Equal(t0.Add(168*time.Hour)) {
		t.Fatalf("next is %+v", d)
	}
}

func TestLastReminderSaysUntilWhen(t *testing.T) {
	t.Parallel()
	s := newStory(t).report(kyc("NOT_VERIFIED", "")).after(2 * time.Hour)
	s.due()
	var m onboarding.Message
	for _, e := range s.effects {
		if e.Name == onboarding.NotifyReminder {
			m = e.Message(s.state)
		}
	}
	if m.Number != 1 || !m.AbandonAt.Equal(t0.Add(720*time.Hour)) {
		t.Fatalf("%+v", m)
	}
}
