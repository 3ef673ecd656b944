package onboarding_test

import (
	"testing"
	"time"

	"admit/onboarding"
)

func explained(s *story) onboarding.Explained {
	return onboarding.Explain(s.state, s.policy, func(onboarding.Check) onboarding.APIExplanation { return onboarding.APIExplanation{Waiting: true} })
}

func TestExplain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		story func(*story)
		stage string // why this stage
		rule  string // why the first check
		waits string // what the first check waits for
	}{
		"nobody": {func(*story) {}, "nothing is under way yet that could approve the user", "nothing was reported", "the user"},
		"rejected": {func(s *story) { s.report(kyc("NOT_VERIFIED", "REJECTED_BY_PROVIDER", "DOC_DAMAGED")) },
			"the user has to mend something: kyc is action_required", "NOT_VERIFIED with REJECTED_BY_PROVIDER is action_required", "the user"},
		"passed": {func(s *story) { s.report(kyc("VERIFIED", "REJECTED_BY_PROVIDER")) },
			"what the policy requires has passed, and nothing of it was taken back since", "VERIFIED, whatever the attempt (REJECTED_BY_PROVIDER), is passed", "nothing"},
		"expired": {func(s *story) { s.report(approved).after(time.Hour).report(kyc("EXPIRED", "")) },
			"the user was approved before and is not now: kyc is expired and had passed", "EXPIRED is expired", "the user"},
		"held": {func(s *story) {
			s.report(approved).after(time.Hour).report(kyc("EXPIRED", "")).after(time.Minute).report(kyc("VERIFIED", ""))
		}, "the user was approved before and is not now: kyc is expired and had passed", "EXPIRED is expired",
			"the API: a pass was reported that may be older than what speaks against it"},
		"unconfirmed": {func(s *story) {
			s.policy.Confirm = []onboarding.Check{onboarding.KYC}
			s.report(kyc("VERIFIED", ""))
		}, "a provider is looking: kyc is in_review", "VERIFIED passes only when the provider's API says so as well", "the API, to confirm the pass"},
		"first answer": {func(s *story) {
			s.report(kyc("NOT_VERIFIED", "PENDING")).after(time.Hour).answered(kyc("VERIFIED", ""))
		},
			"a provider is looking: kyc is in_review", "NOT_VERIFIED with PENDING is in_review", "a second answer of the API that says passed as well"},
		"overridden": {func(s *story) {
			s.report(kyc("NOT_VERIFIED", "")).orders(overrideTo(onboarding.KYC, onboarding.StatusPassed))
		},
			"what the policy requires has passed, and nothing of it was taken back since",
			"an operator's override until 2026-03-31T09:00:00Z; by the provider's words it is awaiting_user", "the end of the override, or the command lift_override"},
		"failed": {func(s *story) {
			s.orders(overrideTo(onboarding.KYC, onboarding.StatusPassed)).report(sepa("HARD_KYC_FAILED", ""))
		},
			"what the policy requires has passed, and nothing of it was taken back since",
			"an operator's override until 2026-03-31T09:00:00Z; by the provider's words it is none", "the end of the override, or the command lift_override"},
		"closed": {func(s *story) { s.command(onboarding.CommandClose) }, "an operator closed the onboarding", "nothing was reported", "the user"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := asked(t).apply(onboarding.Input{Kind: onboarding.InputStart})
			c.story(s)
			e := explained(s)
			first := e.Checks[0]
			if e.Rule != c.stage || first.Rule != c.rule || first.WaitsFor != c.waits {
				t.Fatalf("stage %q, check %q waits for %q", e.Rule, first.Rule, first.WaitsFor)
			}
			if s.state.Stage == onboarding.StageClosed && e.WaitsFor != "nothing; the command reopen leads on" {
				t.Fatalf("closed, and waits for %q", e.WaitsFor)
			}
			if first.Provider != "p100" || first.API == nil || !first.API.Waiting || e.WaitsFor == "" {
				t.Fatalf("%+v", e)
			}
		})
	}
}

func TestExplainWithoutAPI(t *testing.T) {
	t.Parallel()
	s := newStory(t).report(sepaNull("VERIFICATION_IN_PROGRESS")).command(onboarding.CommandFlagHighRisk)
	rules := map[onboarding.Check]string{}
	for _, c := range explained(s).Checks {
		if c.API != nil {
			t.Errorf("%s has an API", c.Check)
		}
		rules[c.Check] = c.Rule
	}
	if got := rules[onboarding.SEPAKYC]; got != "a status of null with VERIFICATION_IN_PROGRESS is in_review" {
		t.Errorf("sepa_kyc: %s", got)
	}
	for _, c := range explained(newStory(t).report(approved)).Checks {
		if want := "nothing; it counts once it has begun"; c.Check == onboarding.POA && c.WaitsFor != want {
			t.Errorf("poa waits for %q, want %q", c.WaitsFor, want)
		}
	}
	s = newStory(t)
	s.policy.Confirm = []onboarding.Check{onboarding.SEPAKYC}
	for _, c := range explained(s.report(sepa("FULL_USER", ""))).Checks {
		if want := "a reviewer: the API that would confirm the pass is not set"; c.Check == onboarding.SEPAKYC && c.WaitsFor != want {
			t.Errorf("sepa_kyc waits for %q, want %q", c.WaitsFor, want)
		}
	}
	if got := rules[onboarding.HighRisk]; got != "an operator or the merchant flagged the user" {
		t.Errorf("high_risk: %s", got)
	}
}
