package onboarding_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"admit/onboarding"
)

func TestEffectsOfALife(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.apply(onboarding.Input{Kind: onboarding.InputStart}).wantOutcome(onboarding.Applied).wantEffects("onboarding.started")
	s.apply(onboarding.Input{Kind: onboarding.InputStart}).wantOutcome(onboarding.Noted).wantEffects()
	s.report(kyc("NOT_VERIFIED", "PENDING")).wantEffects("onboarding.in_review", "check.changed:kyc")
	s.report(kyc("NOT_VERIFIED", "REJECTED_BY_PROVIDER", "NO_FACE_FOUND"))
	s.wantEffects("onboarding.action_required", "check.changed:kyc", "notify.action_required")
	if got := s.effects[2].Asks[0].Reasons; len(got) != 1 || got[0] != "NO_FACE_FOUND" {
		t.Fatalf("reasons %q", got)
	}
	s.report(kyc("NOT_VERIFIED", "SUCCESSFUL")).wantEffects("onboarding.in_review", "check.changed:kyc")
	s.report(kyc("VERIFIED", "SUCCESSFUL")).wantAccess(onboarding.AccessGranted, 1)
	s.wantEffects("access.granted", "onboarding.approved", "check.changed:kyc", "notify.approved")
	s.after(time.Hour).report(kyc("EXPIRED", "")).wantAccess(onboarding.AccessRevoked, 2)
	s.wantEffects("access.revoked", "onboarding.suspended", "check.changed:kyc", "check.reversed:kyc", "onboarding.escalated", "notify.suspended")
	if e := s.effects[3]; e.Was != onboarding.StatusPassed {
		t.Fatalf("check.reversed was %s, want passed", e.Was)
	}
	s.after(time.Hour).report(approved).wantAccess(onboarding.AccessGranted, 3)
	s.wantEffects("access.granted", "onboarding.approved", "onboarding.reinstated", "check.changed:kyc", "notify.reinstated")
	s.command(onboarding.CommandClose).wantEffects("access.revoked", "onboarding.closed").wantAccess(onboarding.AccessRevoked, 4)
	s.command(onboarding.CommandReopen).wantEffects("access.granted", "onboarding.approved")
}

func TestFirstReportMovesANewUser(t *testing.T) {
	t.Parallel()
	newStory(t).report(account("ACTIVE")).wantEffects("onboarding.started", "check.changed:account")
	newStory(t).report(approved).wantEffects("access.granted", "onboarding.started", "onboarding.approved", "check.changed:kyc", "notify.approved")
	newStory(t).report(kyc("EXPIRED", "")).wantEffects("access.revoked", "onboarding.started", "onboarding.suspended",
		"check.changed:kyc", "check.reversed:kyc", "onboarding.escalated", "notify.suspended")
}

func TestAccess(t *testing.T) {
	t.Parallel()
	t.Run("a definite no also for one never let in", func(t *testing.T) {
		t.Parallel()
		newStory(t).report(sepa("HARD_KYC_FAILED", "")).wantAccess(onboarding.AccessRevoked, 1)
		newStory(t).report(kyc("NOT_VERIFIED", "")).command(onboarding.CommandHold).wantAccess(onboarding.AccessRevoked, 1)
		newStory(t).report(kyc("NOT_VERIFIED", "")).command(onboarding.CommandClose).wantAccess(onboarding.AccessRevoked, 1)
	})
	t.Run("and only once", func(t *testing.T) {
		t.Parallel()
		s := newStory(t).report(approved).command(onboarding.CommandHold).wantAccess(onboarding.AccessRevoked, 2)
		s.command(onboarding.CommandClose).wantAccess(onboarding.AccessRevoked, 2)
	})
	t.Run("none while nothing is decided", func(t *testing.T) {
		t.Parallel()
		newStory(t).report(kyc("NOT_VERIFIED", "PENDING")).wantAccess(onboarding.AccessNone, 0)
		newStory(t).report(kyc("NOT_VERIFIED", "")).command(onboarding.CommandFlagHighRisk).wantAccess(onboarding.AccessNone, 0)
	})
}

// TestSilence holds that a user under review is told nothing, neither of the
// review nor of its good end.
func TestSilence(t *testing.T) {
	t.Parallel()
	s := newStory(t).report(approved).command(onboarding.CommandFlagHighRisk)
	s.wantEffects("access.revoked", "onboarding.suspended", "check.changed:high_risk", "onboarding.escalated")
	s.report(highRisk("OK")).wantEffects("access.granted", "onboarding.approved", "onboarding.reinstated", "check.changed:high_risk")

	s = newStory(t).report(approved).command(onboarding.CommandHold).wantEffects("access.revoked", "onboarding.on_hold")
	s.command(onboarding.CommandLift).wantEffects("access.granted", "onboarding.approved")

	// A review that ends badly is told neutrally.
	s = newStory(t).report(approved).command(onboarding.CommandFlagHighRisk).report(highRisk("REJECTED"))
	s.wantEffects("check.changed:high_risk", "notify.suspended")
	if got := s.effects[1].Reasons; len(got) != 1 || got[0] != onboarding.ReasonHighRiskRejected {
		t.Fatalf("reasons %q", got)
	}
	newStory(t).report(kyc("NOT_VERIFIED", "")).report(highRisk("REJECTED")).wantEffects(
		"access.revoked", "onboarding.rejected", "check.changed:high_risk", "notify.rejected")
}

func TestUndecodable(t *testing.T) {
	t.Parallel()
	s := newStory(t).report(approved).apply(onboarding.Input{Kind: onboarding.InputUndecodable}).wantOutcome(onboarding.Unrecognised)
	s.wantStage(onboarding.StageApproved, onboarding.Nobody).wantTold("undecodable").wantEffects("onboarding.escalated", "event.unrecognised")
}

func TestKeys(t *testing.T) {
	t.Parallel()
	for want, e := range map[string]onboarding.Effect{
		"user-1/3/access.granted/core":         {Name: onboarding.EffectGranted},
		"user-1/3/check.changed:kyc/core":      {Name: onboarding.EffectCheckChanged, Check: onboarding.KYC},
		"user-1/3/onboarding.in_review/core":   {Name: "onboarding.in_review"},
		"user-1/3/notify.action_required/mail": {Name: onboarding.NotifyActionRequired, Asks: []onboarding.Asked{{Check: onboarding.POA}}},
	} {
		if got := e.Key("user-1", 3, want[strings.LastIndexByte(want, '/')+1:]); got != want {
			t.Errorf("key %q, want %q", got, want)
		}
	}
}

func TestTargets(t *testing.T) {
	t.Parallel()
	granted, started, notify := onboarding.Effect{Name: onboarding.EffectGranted}, onboarding.Effect{Name: onboarding.EffectStarted}, onboarding.Effect{Name: onboarding.NotifyApproved}
	failing := onboarding.Effect{Name: onboarding.EffectHookFailing, Hook: onboarding.HookNews{Name: "b"}}
	for _, c := range []struct {
		name   string
		target onboarding.Target
		effect onboarding.Effect
		want   bool
	}{
		{"by name", onboarding.Target{Name: "a", Events: []string{"access.granted"}}, granted, true},
		{"by prefix", onboarding.Target{Name: "a", Events: []string{"access.*"}}, granted, true},
		{"by star", onboarding.Target{Name: "a", Events: []string{"*"}}, granted, true},
		{"another name", onboarding.Target{Name: "a", Events: []string{"access.revoked"}}, granted, false},
		{"another prefix", onboarding.Target{Name: "a", Events: []string{"access.*"}}, started, false},
		{"nothing", onboarding.Target{Name: "a"}, granted, false},
		{"messages go to mail", onboarding.Target{Name: onboarding.MailTarget}, notify, true},
		{"mail gets nothing else", onboarding.Target{Name: onboarding.MailTarget, Events: []string{"*"}}, granted, false},
		{"reviewers get escalations", onboarding.Target{Name: onboarding.ReviewersTarget}, onboarding.Effect{Name: onboarding.EffectEscalated}, true},
		{"reviewers get a surge", onboarding.Target{Name: onboarding.ReviewersTarget}, onboarding.Effect{Name: onboarding.EffectSurge}, true},
		{"reviewers get nothing else", onboarding.Target{Name: onboarding.ReviewersTarget, Events: []string{"*"}}, granted, false},
		{"questions go to their API", onboarding.Target{Name: onboarding.P100Target}, onboarding.Effect{Name: onboarding.EffectAskP100}, true},
		{"and to no other", onboarding.Target{Name: onboarding.XGatewayTarget}, onboarding.Effect{Name: onboarding.EffectAskP100}, false},
		{"an API gets nothing else", onboarding.Target{Name: onboarding.P100Target, Events: []string{"*"}}, granted, false},
		{"questions go nowhere else", onboarding.Target{Name: "a", Events: []string{"*"}}, onboarding.Effect{Name: onboarding.EffectAskXGateway}, false},
		{"messages go to a hook that names them", onboarding.Target{Name: "a", Events: []string{"notify.*"}}, notify, true},
		{"by name", onboarding.Target{Name: "a", Events: []string{"notify.approved"}}, notify, true},
		{"and to no other", onboarding.Target{Name: "a", Events: []string{"*", "n*", "notify.expired"}}, notify, false},
		{"never to a task queue", onboarding.Target{Name: "a", TaskQueue: "a", Activity: "A", Events: []string{"*", "notify.*"}}, notify, false},
		{"a hook's failing goes to the others", onboarding.Target{Name: "a", Events: []string{"hook.*"}}, failing, true},
		{"and not to itself", onboarding.Target{Name: "b", Events: []string{"*"}}, failing, false},
	} {
		if got := c.target.Wants(c.effect); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	if granted.Lane() != onboarding.LaneAccess || started.Lane() != onboarding.LaneRest || notify.Lane() != onboarding.LaneNotify {
		t.Error("lanes")
	}
}

func TestPayload(t *testing.T) {
	t.Parallel()
	s := newStory(t).report(kyc("VERIFIED", "SUCCESSFUL", "DOC_FAKE"))
	text, err := json.Marshal(s.effects[0].Payload(s.state, t0, onboarding.Target{Name: "core"}))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"type":"access.granted","timestamp":"2026-03-01T09:00:00Z","data":{"userId":"user-1","stage":"approved","blockedOn":"nobody","access":"granted","accessVersion":1,"version":1,"checks":{"kyc":"passed"}}}`
	if string(text) != want {
		t.Fatalf("payload\n  %s\nwant\n  %s", text, want)
	}
}
