package onboarding_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"admit/onboarding"
)

// alphabet is a report of each meaning and a few more: what tests take that try too
// many together for the whole one.
func alphabet() []onboarding.Report {
	var rs []onboarding.Report
	for _, overall := range []string{"VERIFIED", "NOT_VERIFIED", "EXPIRED"} {
		for _, attempt := range []string{"", "PENDING", "VERIFICATION", "SUCCESSFUL", "REJECTED_BY_PROVIDER", "PAUSED"} {
			r := kyc(overall, attempt)
			if attempt == "REJECTED_BY_PROVIDER" {
				r.Reasons = []string{"NO_FACE_FOUND"}
			}
			rs = append(rs, r)
		}
	}
	rs = append(rs, kyc("UNKNOWN", ""), files("ADDED"), files("ERROR"), poa("WAITING"), poa("APPROVED"), poa("REJECTED"), poa("QUESTIONED"),
		highRisk("OK"), highRisk("REJECTED"), account("ACTIVE"))
	for _, status := range []string{"CREATED", "KYC_NEEDED", "PENDING_KYC_DATA", "KYC_PENDING", "SOFT_KYC_FAILED", "HARD_KYC_FAILED", "FULL_USER"} {
		rs = append(rs, sepa(status, ""))
	}
	return append(rs, sepa("PENDING_KYC_DATA", "VERIFICATION_IN_PROGRESS"), sepaNull(""), sepaNull("VERIFICATION_IN_PROGRESS"), sepa("UNKNOWN", ""))
}

// failure says which invariant a step breaks, or "".
func failure(before, after onboarding.State, v onboarding.Verdict, effects []onboarding.Effect) string {
	var granted, revoked bool
	for _, e := range effects {
		granted = granted || e.Name == onboarding.EffectGranted
		revoked = revoked || e.Name == onboarding.EffectRevoked
	}
	switch {
	case (after.Access == onboarding.AccessGranted) != (after.Stage == onboarding.StageApproved):
		return fmt.Sprintf("access %s in stage %s", after.Access, after.Stage)
	case before.Access == onboarding.AccessGranted && after.Access != onboarding.AccessGranted && !revoked:
		return "access taken away without a revoke in the same input"
	case before.Access != onboarding.AccessGranted && after.Access == onboarding.AccessGranted && !granted:
		return "access given without a grant"
	case granted && revoked:
		return "granted and revoked by one input"
	case after.AccessVersion < before.AccessVersion || (granted || revoked) != (after.AccessVersion == before.AccessVersion+1):
		return fmt.Sprintf("access version went from %d to %d", before.AccessVersion, after.AccessVersion)
	case v.Outcome != onboarding.Duplicate && after.Version != before.Version+1:
		return "the version did not count an input"
	case !after.Stage.Valid() || !after.BlockedOn.Valid():
		return fmt.Sprintf("stage %q, blocked on %q", after.Stage, after.BlockedOn)
	}
	for _, check := range onboarding.Checks {
		if c := after.Checks.At(check); c.Moving && c.LostAt.IsZero() {
			return fmt.Sprintf("%s, never lost, moves since", check)
		}
	}
	if quiet(v.Outcome) && !before.StartedAt.IsZero() {
		if before.Stage != after.Stage || before.Access != after.Access || before.Checks.Statuses() != after.Checks.Statuses() {
			return fmt.Sprintf("%s changed a check, the stage or access", v.Outcome)
		}
	}
	return ""
}

// quiet says whether inputs of that outcome change no check, stage or access.
func quiet(o onboarding.Outcome) bool {
	return slices.Contains([]onboarding.Outcome{onboarding.Duplicate, onboarding.Late, onboarding.Held, onboarding.Noted, onboarding.Unrecognised, onboarding.Refused}, o)
}

func report(r onboarding.Report, at time.Time) onboarding.Input {
	return onboarding.Input{Kind: onboarding.InputReport, Report: r, Received: at}
}

// TestRandomLives holds the invariants over long lives with reports, commands,
// deadlines and policies that change in between.
func TestRandomLives(t *testing.T) {
	t.Parallel()
	reports := whole()
	rapid.Check(t, func(t *rapid.T) {
		policy := policies().Draw(t, "policy")
		state, rebuilt, at := onboarding.State{UserID: "user-1"}, onboarding.State{UserID: "user-1"}, t0
		for range rapid.IntRange(1, 40).Draw(t, "length") {
			at = at.Add(time.Duration(rapid.SampledFrom([]int{0, 1, 60, 600, 7200, 90000, 700000}).Draw(t, "seconds")) * time.Second)
			in := inputs(reports).Draw(t, "input")
			in.Received = at.Add(-time.Duration(rapid.IntRange(0, 2).Draw(t, "folded later")) * time.Second)
			if in.Replay {
				in.Received = at.Add(-time.Duration(rapid.IntRange(0, 1000).Draw(t, "replayed later")) * time.Hour)
			}
			switch in.Kind {
			case onboarding.InputDeadline:
				in.Deadline, _ = onboarding.Next(state, policy)
			case onboarding.InputPolicy:
				policy = policies().Draw(t, "new policy")
			case onboarding.InputAnswer:
				in.Answer.Asked = at.Add(-time.Duration(rapid.SampledFrom([]int{0, 1, 30, 4000}).Draw(t, "asked")) * time.Second)
			case onboarding.InputCommand:
				if n := len(state.Proposals); n > 0 && rapid.Bool().Draw(t, "approves") {
					p := state.Proposals[rapid.IntRange(0, n-1).Draw(t, "proposal")]
					in.Command.Approves = p.RequestID
					if rapid.Bool().Draw(t, "the same command") {
						in.Command.Name = p.Command
					}
				}
			}
			was := text(t, state)
			after, verdict, effects := onboarding.Apply(state, in, policy, at)
			if f := failure(state, after, verdict, effects); f != "" && in.Kind != onboarding.InputImport {
				t.Fatalf("%+v: %s", in, f)
			}
			imported(t, in, after, effects)
			sentences(t, after, policy)
			if is := text(t, state); is != was {
				t.Fatalf("%+v changed the state it was applied to from\n%s\nto\n%s", in, was, is)
			}
			people(t, in, state, after, verdict, policy)
			asking(t, in, state, after, verdict, effects, policy)
			once(t, effects)
			present(t, in, state, after, verdict, at)
			again(t, in, after, verdict, policy, at)
			var err error
			if rebuilt, err = onboarding.Patch(rebuilt, onboarding.Diff(state, after)); err != nil {
				t.Fatal(err)
			}
			state = after
		}
		if diff := onboarding.Diff(rebuilt, state); len(diff) != 0 {
			t.Fatalf("the log's changes do not give the state: %v", diff)
		}
	})
}

// once holds that no two effects of an input share a key.
func once(t *rapid.T, effects []onboarding.Effect) {
	keys := map[string]bool{}
	for _, e := range effects {
		k := e.Key("user-1", 1, "t")
		if keys[k] {
			t.Fatalf("two effects %s", k)
		}
		keys[k] = true
	}
}

// present holds that a replay does not rewrite the present: an overtaken one
// changes nothing, and none turns back the clock or what is known of a check.
func present(t *rapid.T, in onboarding.Input, before, after onboarding.State, v onboarding.Verdict, at time.Time) {
	if !in.Replay {
		return
	}
	if in.Overtaken && (v != onboarding.Verdict{Outcome: onboarding.Noted, Reason: "overtaken"}) {
		t.Fatalf("an overtaken replay is %s (%s)", v.Outcome, v.Reason)
	}
	if v.Outcome == onboarding.Applied && !after.ClockAt.Equal(at) {
		t.Fatalf("the clock stands at %s after a replay at %s", after.ClockAt, at)
	}
	for _, c := range onboarding.Checks {
		if was, is := before.Checks.At(c), after.Checks.At(c); is.ReportedAt.Before(was.ReportedAt) {
			t.Fatalf("a replay took %s from %s back to %s", c, was.ReportedAt, is.ReportedAt)
		}
	}
}

// again holds that applying an applied report twice in a row equals applying it
// once.
func again(t *rapid.T, in onboarding.Input, after onboarding.State, v onboarding.Verdict, p onboarding.Policy, at time.Time) {
	if in.Kind != onboarding.InputReport || v.Outcome != onboarding.Applied {
		return
	}
	twice, verdict, effects := onboarding.Apply(after, in, p, at)
	if verdict.Outcome != onboarding.Duplicate || len(effects) > 0 || len(onboarding.Diff(after, twice)) > 0 {
		t.Fatalf("%+v twice: %s, %v", in.Report, verdict.Outcome, onboarding.Diff(after, twice))
	}
}

// TestEveryStageHasAWayOut holds that from any state a person can lead a user
// back to approval: reopen, lift, clear, and fresh passes.
func TestEveryStageHasAWayOut(t *testing.T) {
	t.Parallel()
	reports := whole()
	rapid.Check(t, func(t *rapid.T) {
		policy := onboarding.DefaultPolicy()
		state, at := onboarding.State{UserID: "user-1"}, t0
		for range rapid.IntRange(0, 12).Draw(t, "length") {
			at = at.Add(time.Minute)
			in := inputs(reports).Draw(t, "input")
			in.Deadline, _ = onboarding.Next(state, policy)
			state, _, _ = onboarding.Apply(state, in, policy, at)
		}
		for _, c := range onboarding.Checks {
			lift := onboarding.Command{Name: onboarding.CommandLiftOverride, Check: c}
			state, _, _ = onboarding.Apply(state, onboarding.Input{Kind: onboarding.InputCommand, Command: lift}, policy, at)
		}
		for _, name := range []string{onboarding.CommandReopen, onboarding.CommandLift, onboarding.CommandClearHighRisk} {
			state, _, _ = onboarding.Apply(state, onboarding.Input{Kind: onboarding.InputCommand, Command: onboarding.Command{Name: name}}, policy, at)
		}
		at = at.Add(48 * time.Hour)
		for _, r := range []onboarding.Report{approved, highRisk("OK"), poa("APPROVED"), sepa("FULL_USER", "")} {
			state, _, _ = onboarding.Apply(state, report(r, at), policy, at)
		}
		if state.Stage != onboarding.StageApproved {
			t.Fatalf("stuck in %s: %+v", state.Stage, state)
		}
	})
}

// origins are states that differ in what the next report may do: of a new user, an
// approved, a suspended one, one with a held report, a failed, a flagged and one on hold.
func origins(p onboarding.Policy) []onboarding.State {
	orders := func(name string) onboarding.Input {
		return onboarding.Input{Kind: onboarding.InputCommand, Command: onboarding.Command{Name: name}, Received: t0}
	}
	passed, lost, failed := report(approved, t0), report(kyc("NOT_VERIFIED", ""), t0), report(sepa("HARD_KYC_FAILED", ""), t0)
	var states []onboarding.State
	for _, inputs := range [][]onboarding.Input{
		{}, {passed}, {passed, lost}, {passed, lost, passed}, {failed}, {passed, orders(onboarding.CommandFlagHighRisk)}, {passed, orders(onboarding.CommandHold)},
	} {
		s := onboarding.State{UserID: "user-1"}
		for _, in := range inputs {
			s, _, _ = onboarding.Apply(s, in, p, t0)
		}
		states = append(states, s)
	}
	return states
}

// FuzzApply holds that no report, however odd and whenever it comes, panics or breaks
// an invariant.
func FuzzApply(f *testing.F) {
	policy := onboarding.DefaultPolicy()
	from := origins(policy)
	for i, r := range whole() {
		for _, seconds := range []int64{-60, 60, 100_000} {
			f.Add(uint8(i), string(r.Check), r.Status, r.Attempt, r.Processing, "NO_FACE_FOUND", r.Null, seconds, false, false)
		}
		f.Add(uint8(i), string(r.Check), r.Status, r.Attempt, r.Processing, "", r.Null, int64(-60), true, r.Null)
	}
	f.Add(uint8(0), "high_risk", "REJECTED", "", "", "", true, int64(0), false, false)   // null is XGateway's alone
	f.Add(uint8(0), "sepa_kyc", "\x85", "", "RESTING", "", true, int64(0), false, false) // and not beside a status
	f.Fuzz(func(t *testing.T, origin uint8, check, status, attempt, processing, reason string, null bool, seconds int64, replay, overtaken bool) {
		state := from[int(origin)%len(from)]
		in := report(onboarding.Report{
			Check: onboarding.Check(check), Status: status, Attempt: attempt, Processing: processing, Null: null,
			Reasons: []string{reason}, DocsMissing: []string{reason},
		}, t0.Add(time.Duration(seconds)*time.Second))
		in.Replay, in.Overtaken = replay, overtaken
		now := in.Received
		if now.Before(t0) {
			now = t0
		}
		after, verdict, effects := onboarding.Apply(state, in, policy, now)
		if f := failure(state, after, verdict, effects); f != "" {
			t.Fatal(f)
		}
		text, err := json.Marshal(after)
		if err != nil {
			t.Fatal(err)
		}
		var back onboarding.State
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		if diff := onboarding.Diff(after, back); len(diff) != 0 {
			t.Fatalf("the state does not survive being stored: %v", diff)
		}
	})
}
