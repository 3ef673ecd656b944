package onboarding_test

import (
	"strconv"
	"testing"
	"time"

	"admit/onboarding"
)

// watched is a story under a policy in which every command needs two people.
func watched(t *testing.T) *story {
	t.Helper()
	s := newStory(t)
	s.policy.FourEyes = onboarding.Commands[:]
	return s
}

func by(actor string, c onboarding.Command) onboarding.Command {
	c.Actor = actor
	return c
}

func TestFourEyes(t *testing.T) {
	t.Parallel()
	hold := onboarding.Command{Name: onboarding.CommandHold, RequestID: "r1"}
	s := watched(t).report(approved).orders(by("alice", hold)).want(onboarding.Noted, "proposed").wantStage(onboarding.StageApproved, onboarding.Nobody)
	if p := s.state.Proposals; len(p) != 1 || p[0].Actor != "alice" || !p[0].Expires.Equal(t0.Add(24*time.Hour)) || len(s.state.View().Proposals) != 1 {
		t.Fatalf("proposals %+v", p)
	}
	second := onboarding.Command{Name: onboarding.CommandHold, RequestID: "r2", Approves: "r1"}
	s.orders(by("alice", second)).want(onboarding.Refused, onboarding.RefusedSamePerson)
	s.orders(by("bob", onboarding.Command{Name: onboarding.CommandHold, Approves: "r9"})).want(onboarding.Refused, onboarding.RefusedNoProposal)
	s.orders(by("bob", onboarding.Command{Name: onboarding.CommandClose, Approves: "r1"})).want(onboarding.Refused, onboarding.RefusedDiffers)
	s.orders(by("bob", hold)).want(onboarding.Refused, onboarding.RefusedProposed)
	s.orders(by("bob", second)).wantOutcome(onboarding.Applied).wantStage(onboarding.StageOnHold, onboarding.Compliance)
	if len(s.state.Proposals) != 0 {
		t.Fatalf("left: %+v", s.state.Proposals)
	}
	s.orders(by("bob", second)).want(onboarding.Refused, onboarding.RefusedNoProposal)
}

func TestAProposalKeepsWhatWasAsked(t *testing.T) {
	t.Parallel()
	ask := overrideTo(onboarding.KYC, onboarding.StatusPassed)
	ask.RequestID = "r1"
	s := watched(t).orders(by("alice", ask)).want(onboarding.Noted, "proposed").after(time.Hour)
	other := by("bob", overrideTo(onboarding.KYC, onboarding.StatusFailed))
	other.Approves = "r1"
	s.orders(other).want(onboarding.Refused, onboarding.RefusedDiffers)
	s.orders(onboarding.Command{Name: onboarding.CommandOverride, Actor: "bob", Approves: "r1"}).wantStage(onboarding.StageApproved, onboarding.Nobody)
	if until := s.state.Checks.KYC.Override.Until; !until.Equal(t0.Add(onboarding.OverrideFor)) {
		t.Fatalf("until %s, want what was proposed", until)
	}
}

func TestAProposalEnds(t *testing.T) {
	t.Parallel()
	s := watched(t).report(approved).orders(by("alice", onboarding.Command{Name: onboarding.CommandHold, RequestID: "r1"}))
	if d, _ := onboarding.Next(s.state, s.policy); d.Kind != onboarding.DeadlineProposal || !d.Due.Equal(t0.Add(24*time.Hour)) {
		t.Fatalf("next is %+v", d)
	}
	s.after(24*time.Hour).orders(by("bob", onboarding.Command{Name: onboarding.CommandHold, Approves: "r1"})).want(onboarding.Refused, onboarding.RefusedNoProposal)
	if n := s.due(); n != 1 || len(s.state.Proposals) != 0 {
		t.Fatalf("%d deadlines, left %+v", n, s.state.Proposals)
	}
}

// TestAnApprovalInTime holds that an approval counts by when it was received, however
// long the engine was away.
func TestAnApprovalInTime(t *testing.T) {
	t.Parallel()
	s := watched(t).report(approved).orders(by("alice", onboarding.Command{Name: onboarding.CommandHold, RequestID: "r1"})).after(48 * time.Hour)
	s.apply(onboarding.Input{
		Kind: onboarding.InputCommand, Received: t0.Add(23 * time.Hour),
		Command: by("bob", onboarding.Command{Name: onboarding.CommandHold, Approves: "r1"}),
	}).wantOutcome(onboarding.Applied).wantStage(onboarding.StageOnHold, onboarding.Compliance)
}

func TestAProposalIsRefusedLikeTheCommand(t *testing.T) {
	t.Parallel()
	s := watched(t).report(approved).orders(onboarding.Command{Name: onboarding.CommandLift}).want(onboarding.Refused, onboarding.RefusedNotOnHold)
	if len(s.state.Proposals) != 0 || s.state.OnHold {
		t.Fatalf("%+v", s.state)
	}
}

func TestProposalsAreBounded(t *testing.T) {
	t.Parallel()
	s := watched(t).report(kyc("NOT_VERIFIED", "PENDING"))
	for i := range 20 {
		s.orders(onboarding.Command{Name: onboarding.CommandExtend, By: onboarding.Duration(i+1) * 1e9, RequestID: strconv.Itoa(i)}).want(onboarding.Noted, "proposed")
	}
	s.orders(onboarding.Command{Name: onboarding.CommandHold}).want(onboarding.Refused, onboarding.RefusedManyProposed)
}

func TestOnePersonIsEnoughUnlessThePolicySaysOtherwise(t *testing.T) {
	t.Parallel()
	s := newStory(t).report(approved).command(onboarding.CommandHold).wantOutcome(onboarding.Applied)
	s.orders(onboarding.Command{Name: onboarding.CommandLift, Approves: "r1"}).want(onboarding.Refused, onboarding.RefusedNoProposal)
}
