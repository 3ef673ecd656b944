package onboarding_test

import (
	"testing"
	"time"

	"admit/onboarding"
)

func TestExtendMovesAllSteps(t *testing.T) {
	t.Parallel()
	s := newStory(t).report(kyc("NOT_VERIFIED", "")).orders(onboarding.Command{Name: onboarding.CommandExtend, By: onboarding.Duration(10 * time.Hour)})
	s.wantOutcome(onboarding.Applied)
	if d, _ := onboarding.Next(s.state, s.policy); d.Kind != onboarding.DeadlineRemind || !d.Due.Equal(t0.Add(12*time.Hour)) {
		t.Fatalf("next is %+v", d)
	}
	s.after(721 * time.Hour).due()
	s.wantStage(onboarding.StageCollecting, onboarding.User)
	s.after(10 * time.Hour).due()
	s.wantStage(onboarding.StageAbandoned, onboarding.Nobody)

	// Progress begins the lists anew.
	s = newStory(t).report(kyc("NOT_VERIFIED", "")).orders(onboarding.Command{Name: onboarding.CommandExtend, By: onboarding.Duration(10 * time.Hour)})
	s.report(sepa("CREATED", ""))
	if d, _ := onboarding.Next(s.state, s.policy); !d.Due.Equal(t0.Add(2 * time.Hour)) {
		t.Fatalf("next is %+v", d)
	}
}

func TestPeopleAreRefused(t *testing.T) {
	t.Parallel()
	extend := func(by time.Duration) onboarding.Command {
		return onboarding.Command{Name: onboarding.CommandExtend, By: onboarding.Duration(by)}
	}
	for name, c := range map[string]struct {
		given   []onboarding.Report
		closed  bool
		command onboarding.Command
		want    string
	}{
		"extend by nothing":               {nil, false, extend(0), onboarding.RefusedNoTime},
		"extend by less than nothing":     {nil, false, extend(-time.Hour), onboarding.RefusedNoTime},
		"extend for ages":                 {nil, false, extend(11 * 365 * 24 * time.Hour), onboarding.RefusedTooLong},
		"extend where nothing is due":     {[]onboarding.Report{approved}, false, extend(time.Hour), onboarding.RefusedNoDeadline},
		"extend a closed one":             {nil, true, extend(time.Hour), onboarding.RefusedClosed},
		"reconcile without an API":        {nil, false, onboarding.Command{Name: onboarding.CommandReconcile}, onboarding.RefusedNoAPI},
		"reconcile a closed one":          {nil, true, onboarding.Command{Name: onboarding.CommandReconcile}, onboarding.RefusedClosed},
		"remind who has nothing to do":    {[]onboarding.Report{approved}, false, onboarding.Command{Name: onboarding.CommandRemind}, onboarding.RefusedNotOnUser},
		"remind of a closed one":          {nil, true, onboarding.Command{Name: onboarding.CommandRemind}, onboarding.RefusedClosed},
		"a command that nobody knows":     {nil, false, onboarding.Command{Name: "promote"}, onboarding.RefusedUnknown},
		"a command without a name at all": {nil, false, onboarding.Command{}, onboarding.RefusedUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStory(t).report(kyc("NOT_VERIFIED", "")).report(c.given...)
			if c.closed {
				s.command(onboarding.CommandClose)
			}
			s.orders(c.command).want(onboarding.Refused, c.want).wantEffects()
		})
	}
}

func TestRemindNow(t *testing.T) {
	t.Parallel()
	s := newStory(t).report(kyc("NOT_VERIFIED", ""))
	for i := range s.policy.MaxReminders {
		s.command(onboarding.CommandRemind).wantEffects("onboarding.reminder", "notify.reminder")
		if s.effects[1].Number != i+1 || s.state.Stalled {
			t.Fatalf("reminder %d, stalled %t", s.effects[1].Number, s.state.Stalled)
		}
	}
	s.command(onboarding.CommandRemind).want(onboarding.Refused, onboarding.RefusedReminded)
}

func TestReconcileNow(t *testing.T) {
	t.Parallel()
	asked(t).report(approved).command(onboarding.CommandReconcile).wantOutcome(onboarding.Applied).wantEffects("ask.p100", "ask.xgateway")
}

func TestEraseLeavesTheStateAlone(t *testing.T) {
	t.Parallel()
	s := newStory(t).report(approved)
	before := s.state
	s.command(onboarding.CommandErase).wantOutcome(onboarding.Applied).wantEffects().wantStage(onboarding.StageApproved, onboarding.Nobody)
	before.Version++
	if diff := onboarding.Diff(before, s.state); len(diff) != 0 {
		t.Fatalf("it changed %v", diff)
	}
}

func TestImport(t *testing.T) {
	t.Parallel()
	since := t0.Add(-1000 * time.Hour)
	in := func(access bool, checks ...onboarding.Check) onboarding.Input {
		return onboarding.Input{Kind: onboarding.InputImport, Import: onboarding.Import{Checks: checks, Since: since, SendAccess: access}}
	}
	s := newStory(t).apply(in(false, onboarding.KYC, onboarding.POA)).wantOutcome(onboarding.Applied).wantEffects().wantStage(onboarding.StageApproved, onboarding.Nobody)
	if v := s.state.View(); !v.StartedAt.Equal(since) || !v.Checks.KYC.Since.Equal(since) || v.Access != onboarding.AccessGranted {
		t.Fatalf("%+v", v)
	}
	s.report(kyc("VERIFIED", "")).wantOutcome(onboarding.Duplicate)
	s.after(time.Hour).report(kyc("EXPIRED", "")).wantStage(onboarding.StageSuspended, onboarding.User).wantAccess(onboarding.AccessRevoked, 2)

	newStory(t).apply(in(true, onboarding.SEPAKYC)).wantEffects("access.granted")
	newStory(t).apply(in(true, onboarding.POA)).wantEffects().wantStage(onboarding.StageCollecting, onboarding.User)
	newStory(t).apply(in(true, onboarding.KYCFiles, "mood")).wantStage(onboarding.StageCollecting, onboarding.User)
	newStory(t).report(kyc("NOT_VERIFIED", "")).apply(in(true, onboarding.KYC)).want(onboarding.Noted, "exists").wantStage(onboarding.StageCollecting, onboarding.User)
	late := in(false, onboarding.KYC)
	late.Import.Since = t0.Add(time.Hour)
	if s := newStory(t).apply(late); !s.state.StartedAt.Equal(t0) {
		t.Fatalf("started %s, after it was imported", s.state.StartedAt)
	}
}

func TestSurge(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		limit int
		surge onboarding.Surge
		want  bool
	}{
		"off":             {0, onboarding.Surge{Users: 1000}, false},
		"up to the limit": {5, onboarding.Surge{Users: 4}, false},
		"over the limit":  {5, onboarding.Surge{Users: 5}, true},
		"told already":    {5, onboarding.Surge{Users: 9, Told: true}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStory(t)
			s.policy.ReversalsPerHour = c.limit
			s.report(approved).after(time.Hour)
			s.apply(onboarding.Input{Kind: onboarding.InputReport, Report: kyc("EXPIRED", ""), Surge: c.surge}).wantAccess(onboarding.AccessRevoked, 2)
			told := false
			for _, e := range s.effects {
				if e.Name == onboarding.EffectSurge {
					told = true
					if p := e.Payload(s.state, s.at, onboarding.Target{Name: "core"}); p.Data.Number != c.surge.Users+1 || p.Data.Limit != c.limit {
						t.Errorf("payload %+v", p.Data)
					}
				}
			}
			if told != c.want {
				t.Errorf("told = %t, want %t", told, c.want)
			}
			s.apply(onboarding.Input{Kind: onboarding.InputReport, Report: poa("WAITING"), Surge: c.surge})
			for _, e := range s.effects {
				if e.Name == onboarding.EffectSurge {
					t.Error("told of a user who was reversed before")
				}
			}
		})
	}
}
