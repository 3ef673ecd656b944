package onboarding_test

import (
	"testing"
	"time"

	"admit/onboarding"
)

// TestStages holds every rule that derives the stage, and who is blocked on.
// Reports come an hour apart, so that none is late or held.
func TestStages(t *testing.T) {
	t.Parallel()
	type rs = []onboarding.Report
	rejected := kyc("NOT_VERIFIED", "REJECTED_BY_PROVIDER", "NO_FACE_FOUND")
	for _, c := range []struct {
		name     string
		reports  rs
		commands []string
		stage    onboarding.Stage
		on       onboarding.Party
	}{
		{"1 closed wins over on hold", rs{approved}, []string{"hold", "close"}, onboarding.StageClosed, onboarding.Nobody},
		{"2 on hold wins over approved", rs{approved}, []string{"hold"}, onboarding.StageOnHold, onboarding.Compliance},
		{"3 kyc alone approves", rs{approved}, nil, onboarding.StageApproved, onboarding.Nobody},
		{"3 sepa_kyc alone approves", rs{sepa("FULL_USER", "")}, nil, onboarding.StageApproved, onboarding.Nobody},
		{"3 poa that passed does not hinder", rs{poa("APPROVED"), approved}, nil, onboarding.StageApproved, onboarding.Nobody},
		{"3 poa that started hinders", rs{poa("WAITING"), approved}, nil, onboarding.StageInReview, onboarding.Provider},
		{"3 a first poa keeps an approved user", rs{approved, poa("WAITING")}, nil, onboarding.StageApproved, onboarding.Nobody},
		{"3 a first poa that fails keeps an approved user", rs{approved, poa("REJECTED")}, nil, onboarding.StageApproved, onboarding.Nobody},
		{"3 a second provider's kyc that starts keeps an approved user", rs{approved, sepa("KYC_PENDING", "")}, nil, onboarding.StageApproved, onboarding.Nobody},
		{"3 a second provider's kyc that fails keeps an approved user", rs{approved, sepa("HARD_KYC_FAILED", "")}, nil, onboarding.StageApproved, onboarding.Nobody},
		{"3 the account's status is not in the lists", rs{account("ACTIVE")}, nil, onboarding.StageCollecting, onboarding.User},
		{"3 high_risk OK approves", rs{highRisk("OK")}, nil, onboarding.StageApproved, onboarding.Nobody},
		{"4 kyc lost", rs{approved, kyc("NOT_VERIFIED", "")}, nil, onboarding.StageSuspended, onboarding.User},
		{"4 kyc expired", rs{approved, kyc("EXPIRED", "")}, nil, onboarding.StageSuspended, onboarding.User},
		{"4 kyc looked at again", rs{approved, kyc("NOT_VERIFIED", "PENDING")}, nil, onboarding.StageSuspended, onboarding.Provider},
		{"4 one of two passed kyc lost", rs{approved, sepa("FULL_USER", ""), sepa("SOFT_KYC_FAILED", "")}, nil, onboarding.StageSuspended, onboarding.User},
		{"4 sepa_kyc failed after it passed", rs{sepa("FULL_USER", ""), sepa("HARD_KYC_FAILED", "")}, nil, onboarding.StageSuspended, onboarding.Compliance},
		{"4 poa withdrawn", rs{poa("APPROVED"), approved, poa("REJECTED")}, nil, onboarding.StageSuspended, onboarding.User},
		{"4 flagged", rs{approved}, []string{"flag_high_risk"}, onboarding.StageSuspended, onboarding.Compliance},
		{"4 high_risk rejected", rs{approved, highRisk("REJECTED")}, nil, onboarding.StageSuspended, onboarding.Compliance},
		{"4 flag cleared", rs{approved}, []string{"flag_high_risk", "clear_high_risk"}, onboarding.StageApproved, onboarding.Nobody},
		{"4 kyc passed again while poa started", rs{approved, kyc("NOT_VERIFIED", "PENDING"), poa("WAITING"), approved}, nil, onboarding.StageSuspended, onboarding.Provider},
		{"4 kyc passed again while poa needs the user", rs{approved, kyc("NOT_VERIFIED", "PENDING"), poa("REJECTED"), approved}, nil, onboarding.StageSuspended, onboarding.User},
		{"4 kyc lost, high_risk OK is not the cause", rs{approved, highRisk("OK"), kyc("NOT_VERIFIED", "")}, nil, onboarding.StageSuspended, onboarding.User},
		{"4 both lost, one in review", rs{approved, sepa("FULL_USER", ""), kyc("NOT_VERIFIED", "PENDING"), sepa("SOFT_KYC_FAILED", "")}, nil, onboarding.StageSuspended, onboarding.User},
		{"5 high_risk rejected", rs{highRisk("REJECTED")}, nil, onboarding.StageRejected, onboarding.Nobody},
		{"5 sepa_kyc failed, kyc none", rs{sepa("HARD_KYC_FAILED", "")}, nil, onboarding.StageRejected, onboarding.Nobody},
		{"5 sepa_kyc failed, kyc started", rs{kyc("NOT_VERIFIED", ""), sepa("HARD_KYC_FAILED", "")}, nil, onboarding.StageCollecting, onboarding.User},
		{"7 flagged", rs{rejected}, []string{"flag_high_risk"}, onboarding.StageHighRiskReview, onboarding.Compliance},
		{"8 kyc attempt rejected", rs{rejected}, nil, onboarding.StageActionRequired, onboarding.User},
		{"8 poa questioned", rs{poa("QUESTIONED")}, nil, onboarding.StageActionRequired, onboarding.User},
		{"8 kyc expired that never passed", rs{kyc("NOT_VERIFIED", "PENDING"), kyc("EXPIRED", "")}, nil, onboarding.StageActionRequired, onboarding.User},
		{"8 wins over in_review", rs{kyc("NOT_VERIFIED", "PENDING"), poa("REJECTED")}, nil, onboarding.StageActionRequired, onboarding.User},
		{"8 kyc_files counts while kyc is none", rs{files("ERROR")}, nil, onboarding.StageActionRequired, onboarding.User},
		{"8 kyc_files counts while kyc awaits the user", rs{kyc("NOT_VERIFIED", ""), files("ERROR")}, nil, onboarding.StageActionRequired, onboarding.User},
		{"8 kyc_files does not count else", rs{files("ERROR"), kyc("NOT_VERIFIED", "PENDING")}, nil, onboarding.StageInReview, onboarding.Provider},
		{"9 kyc in review", rs{kyc("NOT_VERIFIED", "VERIFICATION")}, nil, onboarding.StageInReview, onboarding.Provider},
		{"9 kyc_files counts while kyc is none", rs{files("ADDED")}, nil, onboarding.StageInReview, onboarding.Provider},
		{"10 nothing yet", rs{kyc("NOT_VERIFIED", "")}, nil, onboarding.StageCollecting, onboarding.User},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStory(t)
			for _, r := range c.reports {
				s.after(time.Hour).report(r).wantOutcome(onboarding.Applied)
			}
			for _, name := range c.commands {
				s.after(time.Hour).command(name).wantOutcome(onboarding.Applied)
			}
			s.wantStage(c.stage, c.on)
		})
	}
}

func TestRequireAll(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.policy.RequireAny, s.policy.RequireAll = nil, []onboarding.Check{onboarding.KYC, onboarding.Account}
	s.report(approved).wantStage(onboarding.StageCollecting, onboarding.User)
	s.report(account("ACTIVE")).wantStage(onboarding.StageApproved, onboarding.Nobody)
	s.after(time.Hour).report(kyc("NOT_VERIFIED", "PENDING")).wantStage(onboarding.StageSuspended, onboarding.Provider)

	s = newStory(t)
	s.policy.RequireAny, s.policy.RequireAll = nil, []onboarding.Check{onboarding.SEPAKYC}
	s.report(kyc("NOT_VERIFIED", ""), sepa("HARD_KYC_FAILED", "")).wantStage(onboarding.StageRejected, onboarding.Nobody)
}

func TestRequireIfStarted(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.policy.RequireAny, s.policy.RequireIfStarted = []onboarding.Check{onboarding.KYC}, []onboarding.Check{onboarding.SEPAKYC}
	s.report(kyc("NOT_VERIFIED", "")).wantStage(onboarding.StageCollecting, onboarding.User)
	s.report(sepa("HARD_KYC_FAILED", "")).wantStage(onboarding.StageRejected, onboarding.Nobody)
	s.after(time.Hour).report(approved).wantStage(onboarding.StageRejected, onboarding.Nobody).wantAccess(onboarding.AccessRevoked, 1)
}

func TestAStricterPolicyKeepsApprovedUsers(t *testing.T) {
	t.Parallel()
	s := newStory(t).report(approved)
	was := s.state.PolicyHash
	s.policy.RequireAll = []onboarding.Check{onboarding.POA}
	s.apply(onboarding.Input{Kind: onboarding.InputPolicy}).wantOutcome(onboarding.Applied).wantStage(onboarding.StageApproved, onboarding.Nobody)
	if s.state.PolicyHash == was || s.state.PolicyHash != s.policy.Hash() {
		t.Fatalf("policy hash %s", s.state.PolicyHash)
	}
}

func TestALaxerPolicyApproves(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.policy.RequireAll = []onboarding.Check{onboarding.POA}
	s.report(approved).wantStage(onboarding.StageCollecting, onboarding.User)
	s.policy.RequireAll = nil
	s.apply(onboarding.Input{Kind: onboarding.InputPolicy}).wantStage(onboarding.StageApproved, onboarding.Nobody).wantAccess(onboarding.AccessGranted, 1)
}

func TestAPolicyThatRequiresNothingApprovesNobody(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.policy.RequireAny = nil
	s.report(approved).wantStage(onboarding.StageCollecting, onboarding.User)
}

func TestApprovalIsWonWhileOnHold(t *testing.T) {
	t.Parallel()
	s := newStory(t).report(kyc("NOT_VERIFIED", "PENDING")).command(onboarding.CommandHold)
	s.report(approved).wantStage(onboarding.StageOnHold, onboarding.Compliance).wantTold("report_while_on_hold")
	if !s.state.ApprovedBefore {
		t.Fatal("approval was not won on hold")
	}
	s.command(onboarding.CommandLift).wantStage(onboarding.StageApproved, onboarding.Nobody)
	s.wantEffects("access.granted", "onboarding.approved", "notify.approved")
}

func TestReviving(t *testing.T) {
	t.Parallel()
	abandoned := func(t *testing.T) *story {
		s := newStory(t).report(kyc("NOT_VERIFIED", "")).after(720 * time.Hour)
		s.due()
		return s.wantStage(onboarding.StageAbandoned, onboarding.Nobody)
	}
	abandoned(t).report(kyc("NOT_VERIFIED", "")).wantOutcome(onboarding.Duplicate).wantStage(onboarding.StageAbandoned, onboarding.Nobody)
	abandoned(t).report(kyc("NO_SUCH_WORD", "")).wantOutcome(onboarding.Unrecognised).wantStage(onboarding.StageAbandoned, onboarding.Nobody)
	abandoned(t).report(kyc("NOT_VERIFIED", "PENDING")).wantStage(onboarding.StageInReview, onboarding.Provider)
	abandoned(t).command(onboarding.CommandReopen).wantStage(onboarding.StageCollecting, onboarding.User)
	abandoned(t).command(onboarding.CommandFlagHighRisk).wantStage(onboarding.StageHighRiskReview, onboarding.Compliance)
	// A rejected user whom a provider passes after all is let in.
	s := newStory(t).report(sepa("HARD_KYC_FAILED", "")).after(25 * time.Hour).report(sepa("FULL_USER", ""))
	s.wantStage(onboarding.StageApproved, onboarding.Nobody).wantAccess(onboarding.AccessGranted, 2)
}
