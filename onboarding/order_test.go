package onboarding_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"admit/onboarding"
)

// TestStoredOutOfOrder holds that nobody is let in by the order in which two reports
// of a check were stored: where access is granted once the later one was folded first,
// it is granted in the order in which they were received, too. It tries every pair
// after every past of up to two reports, of a user who needs that check alone.
func TestStoredOutOfOrder(t *testing.T) {
	t.Parallel()
	for _, check := range onboarding.Checks {
		t.Run(string(check), func(t *testing.T) {
			t.Parallel()
			policy, reports := onboarding.DefaultPolicy(), alphabetOf(check)
			policy.RequireAny, policy.RequireIfStarted = []onboarding.Check{check}, []onboarding.Check{}
			var pairs func(past []onboarding.Report, s onboarding.State, at time.Time, gap time.Duration)
			pairs = func(past []onboarding.Report, s onboarding.State, at time.Time, gap time.Duration) {
				for _, between := range []time.Duration{time.Second, 10 * time.Minute} {
					for _, r := range reports {
						later, ok := ahead(s, report(r, at.Add(between)), at, policy)
						if !ok {
							continue
						}
						for _, first := range reports {
							if f := later.outOfOrder(report(first, at)); f != "" {
								t.Fatalf("after %v, %v apart, %v and, %v later, %v: %s", past, gap, first, between, r, f)
							}
						}
					}
				}
				for _, r := range reports {
					if len(past) < 2 {
						after, _, _ := onboarding.Apply(s, report(r, at), policy, at)
						pairs(append(past[:len(past):len(past)], r), after, at.Add(gap), gap)
					}
				}
			}
			for _, gap := range []time.Duration{time.Second, time.Hour, 30 * time.Hour} {
				pairs(nil, onboarding.State{UserID: "user-1"}, t0, gap)
			}
		})
	}
}

// TestStoredOutOfOrderInAnyLife holds the same after any life, under any policy. It
// leaves out users with access, who may keep it where in order they would have lost
// and not regained it because of another check, and a check that an operator's word
// stands over: what the reports say is not what lets the user in.
func TestStoredOutOfOrderInAnyLife(t *testing.T) {
	t.Parallel()
	reports := alphabet()
	rapid.Check(t, func(t *rapid.T) {
		policy := policies().Draw(t, "policy")
		state, at := onboarding.State{UserID: "user-1"}, t0
		for range rapid.IntRange(0, 12).Draw(t, "length") {
			at = at.Add(time.Duration(rapid.SampledFrom([]int{1, 60, 600, 7200, 90000}).Draw(t, "seconds")) * time.Second)
			in := inputs(reports).Draw(t, "input")
			in.Deadline, _ = onboarding.Next(state, policy)
			in.Answer.Asked = at
			state, _, _ = onboarding.Apply(state, in, policy, at)
		}
		at = at.Add(time.Second)
		of := alphabetOf(rapid.SampledFrom(onboarding.Checks[:]).Draw(t, "check"))
		first, second := rapid.SampledFrom(of).Draw(t, "first"), rapid.SampledFrom(of).Draw(t, "second")
		between := time.Duration(rapid.IntRange(1, 4000).Draw(t, "between")) * time.Second
		if state.Access == onboarding.AccessGranted || state.Checks.At(first.Check).Override != nil {
			return
		}
		if later, ok := ahead(state, report(second, at.Add(between)), at, policy); ok {
			if f := later.outOfOrder(report(first, at)); f != "" {
				t.Fatalf("%v and, %v later, %v: %s", first, between, second, f)
			}
		}
	})
}

func alphabetOf(check onboarding.Check) []onboarding.Report {
	var of []onboarding.Report
	for _, r := range alphabet() {
		if r.Check == check {
			of = append(of, r)
		}
	}
	return of
}

// early is a report that is folded before one that was received before it.
type early struct {
	before, after onboarding.State
	in            onboarding.Input
	policy        onboarding.Policy
}

// ahead folds a report before one that was received at the given time. It says no of
// those after which the state cannot, or need not, tell that a pass is older:
//
//   - A duplicate leaves no trace.
//   - Of a report without an attempt the words that are kept may be those of an
//     earlier attempt that was in progress.
//   - Work in progress of a check that was never lost takes back a pass that is much
//     older, but does not keep one out that comes after it. No two reports are stored
//     in the wrong order with a late_window between them: where their times say so
//     the clock was set back, and the pass came last.
func ahead(s onboarding.State, in onboarding.Input, earlier time.Time, p onboarding.Policy) (early, bool) {
	after, verdict, _ := onboarding.Apply(s, in, p, in.Received)
	check, window := in.Report.Check, p.LateWindow.P100.D()
	if check == onboarding.SEPAKYC {
		window = p.LateWindow.XGateway.D()
	}
	c := after.Checks.At(check)
	working := c.LostAt.IsZero() && (c.Is(onboarding.StatusInReview) || check == onboarding.SEPAKYC && c.Is(onboarding.StatusAwaitingUser))
	untold := verdict.Outcome == onboarding.Duplicate ||
		working && (check == onboarding.KYC && in.Report.Attempt == "" || in.Received.Sub(earlier) > window)
	return early{before: s, after: after, in: in, policy: p}, !untold
}

// outOfOrder says what is wrong with access once the earlier report is folded, too.
func (e early) outOfOrder(first onboarding.Input) string {
	out, verdict, _ := onboarding.Apply(e.after, first, e.policy, e.in.Received)
	if out.Access != onboarding.AccessGranted {
		return ""
	}
	in, v1, _ := onboarding.Apply(e.before, first, e.policy, first.Received)
	in, v2, _ := onboarding.Apply(in, e.in, e.policy, e.in.Received)
	if in.Access == onboarding.AccessGranted {
		return ""
	}
	return fmt.Sprintf("the first, folded last, is %s, with access granted; in order they are %s and %s, and it is %s", verdict.Outcome, v1.Outcome, v2.Outcome, in.Access)
}
