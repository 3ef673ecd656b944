package onboarding_test

import (
	"strings"
	"testing"
	"time"

	"admit/onboarding"
)

// t0 is when every story begins.
var t0 = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// story folds inputs one after the other and keeps what came of them.
type story struct {
	t       *testing.T
	state   onboarding.State
	policy  onboarding.Policy
	at      time.Time
	verdict onboarding.Verdict
	effects []onboarding.Effect
}

// newStory begins a story under the default policy, without jitter so that
// deadlines fall on round times.
func newStory(t *testing.T) *story {
	t.Helper()
	p := onboarding.DefaultPolicy()
	p.Jitter = 0
	return &story{t: t, state: onboarding.State{UserID: "user-1"}, policy: p, at: t0}
}

// after lets time pass.
func (s *story) after(d time.Duration) *story {
	s.at = s.at.Add(d)
	return s
}

func (s *story) apply(in onboarding.Input) *story {
	s.t.Helper()
	if in.Received.IsZero() {
		in.Received = s.at
	}
	before := s.state
	s.state, s.verdict, s.effects = onboarding.Apply(s.state, in, s.policy, s.at)
	patched, err := onboarding.Patch(before, onboarding.Diff(before, s.state))
	if err != nil {
		s.t.Fatalf("patch: %v", err)
	}
	if len(onboarding.Diff(patched, s.state)) != 0 {
		s.t.Fatalf("the changes do not add up: %v", onboarding.Diff(patched, s.state))
	}
	return s
}

func (s *story) report(rs ...onboarding.Report) *story {
	s.t.Helper()
	for _, r := range rs {
		s.apply(onboarding.Input{Kind: onboarding.InputReport, Report: r})
	}
	return s
}

func (s *story) command(name string) *story {
	s.t.Helper()
	return s.apply(onboarding.Input{Kind: onboarding.InputCommand, Command: onboarding.Command{Name: name, Reason: "test", Actor: "officer"}})
}

// due folds every deadline that is due, as Advance does, and returns how many
// there were.
func (s *story) due() int {
	s.t.Helper()
	var all []onboarding.Effect
	n := 0
	for ; n < 1000; n++ {
		d, ok := onboarding.Next(s.state, s.policy)
		if !ok || d.Due.After(s.at) {
			s.effects = all
			return n
		}
		s.apply(onboarding.Input{Kind: onboarding.InputDeadline, Deadline: d})
		all = append(all, s.effects...)
	}
	s.t.Fatal("the next deadline never leaves the past")
	return n
}

func (s *story) wantOutcome(want onboarding.Outcome) *story {
	s.t.Helper()
	if s.verdict.Outcome != want {
		s.t.Fatalf("outcome %s (%s), want %s", s.verdict.Outcome, s.verdict.Reason, want)
	}
	return s
}

func (s *story) wantStage(stage onboarding.Stage, on onboarding.Party) *story {
	s.t.Helper()
	if s.state.Stage != stage || s.state.BlockedOn != on {
		s.t.Fatalf("stage %s blocked on %s, want %s on %s", s.state.Stage, s.state.BlockedOn, stage, on)
	}
	return s
}

func (s *story) wantCheck(c onboarding.Check, want onboarding.Status) *story {
	s.t.Helper()
	if got := s.state.Checks.At(c).Get(); got != want {
		s.t.Fatalf("%s is %s, want %s", c, got, want)
	}
	return s
}

func (s *story) wantAccess(a onboarding.Access, version int64) *story {
	s.t.Helper()
	if s.state.Access != a || s.state.AccessVersion != version {
		s.t.Fatalf("access %s version %d, want %s version %d", s.state.Access, s.state.AccessVersion, a, version)
	}
	return s
}

// wantEffects compares the names of the last input's effects, check behind a
// colon, in order.
func (s *story) wantEffects(want ...string) *story {
	s.t.Helper()
	if got := names(s.effects); strings.Join(got, " ") != strings.Join(want, " ") {
		s.t.Fatalf("effects\n  %s\nwant\n  %s", strings.Join(got, " "), strings.Join(want, " "))
	}
	return s
}

// wantTold says that a reviewer was told, for the given causes, or for none.
func (s *story) wantTold(causes ...string) *story {
	s.t.Helper()
	var got []string
	for _, e := range s.effects {
		if e.Name == onboarding.EffectEscalated {
			got = append(got, e.Reasons...)
		}
	}
	if strings.Join(got, " ") != strings.Join(causes, " ") {
		s.t.Fatalf("a reviewer was told %q, want %q", got, causes)
	}
	return s
}

func names(effects []onboarding.Effect) []string {
	var ns []string
	for _, e := range effects {
		n := e.Name
		if e.Check != "" {
			n += ":" + string(e.Check)
		}
		ns = append(ns, n)
	}
	return ns
}

func kyc(overall, attempt string, reasons ...string) onboarding.Report {
	return onboarding.Report{Check: onboarding.KYC, Status: overall, Attempt: attempt, Reasons: reasons}
}

func files(status string) onboarding.Report {
	return onboarding.Report{Check: onboarding.KYCFiles, Status: status}
}

func poa(status string) onboarding.Report {
	return onboarding.Report{Check: onboarding.POA, Status: status}
}

func highRisk(status string) onboarding.Report {
	return onboarding.Report{Check: onboarding.HighRisk, Status: status}
}

func account(status string) onboarding.Report {
	return onboarding.Report{Check: onboarding.Account, Status: status}
}

func sepa(status, processing string) onboarding.Report {
	return onboarding.Report{Check: onboarding.SEPAKYC, Status: status, Processing: processing}
}

func sepaNull(processing string) onboarding.Report {
	return onboarding.Report{Check: onboarding.SEPAKYC, Null: true, Processing: processing}
}

// approved is what approves a new user.
var approved = kyc("VERIFIED", "SUCCESSFUL")
