package workflows_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"admit/onboarding"
)

const day = 24 * time.Hour

// lifespan is how long a user of the life below is followed.
const lifespan = 3 * 365 * day

var born = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// moment is something that comes in from outside, so long after the life began.
type moment struct {
	at time.Duration
	in onboarding.Input
}

// everybody is whom a user's effects go to: a core system that opens and shuts
// access, a CRM that wants to know everything, the user, the reviewers, and both
// providers' APIs.
func everybody() []onboarding.Target {
	return []onboarding.Target{
		{Name: "core", Events: []string{"access.*"}}, {Name: "crm", Events: []string{"*"}},
		{Name: onboarding.MailTarget}, {Name: onboarding.ReviewersTarget}, {Name: onboarding.P100Target}, {Name: onboarding.XGatewayTarget},
	}
}

// diary collects the moments of a life.
type diary struct{ moments []moment }

func (d *diary) add(at time.Duration, in onboarding.Input) {
	d.moments = append(d.moments, moment{at: at, in: in})
}

func (d *diary) report(at time.Duration, c onboarding.Check, status string) {
	d.add(at, onboarding.Input{Kind: onboarding.InputReport, Report: onboarding.Report{Check: c, Status: status}})
}

func (d *diary) kyc(at time.Duration, overall, attempt string) {
	r := onboarding.Report{Check: onboarding.KYC, Status: overall, Attempt: attempt}
	if attempt == "REJECTED_BY_PROVIDER" {
		r.Reasons = []string{"DOCUMENT_EXPIRED"}
	}
	d.add(at, onboarding.Input{Kind: onboarding.InputReport, Report: r})
}

func (d *diary) command(at time.Duration, name string) {
	id := fmt.Sprintf("request-%d", len(d.moments))
	c := onboarding.Command{Name: name, Reason: "test", Actor: "officer", RequestID: id}
	if name == onboarding.CommandExtend {
		c.By = onboarding.Duration(2 * day)
	}
	d.add(at, onboarding.Input{Kind: onboarding.InputCommand, Command: c})
}

// life is what happens to a user in three years: the user hesitates, is approved
// with two providers, has payments every sixth day, each with a callback that
// repeats what is known, renews the proof of address every year, loses the KYC
// twice and wins it back, is held, is flagged, and is closed in the end.
func life() []moment {
	d := &diary{}
	d.add(0, onboarding.Input{Kind: onboarding.InputStart})
	d.kyc(time.Minute, "NOT_VERIFIED", "")
	d.report(2*time.Minute, onboarding.SEPAKYC, "CREATED")
	d.command(4*day, onboarding.CommandExtend)
	d.command(5*day, onboarding.CommandRemind)
	d.verified(9 * day)
	d.report(9*day+3*time.Hour, onboarding.SEPAKYC, "KYC_PENDING")
	d.report(10*day, onboarding.SEPAKYC, "FULL_USER")
	d.report(11*day, onboarding.Account, "ACTIVE")
	for at := 14 * day; at < lifespan; at += 6 * day {
		d.report(at+7*time.Hour, onboarding.SEPAKYC, "FULL_USER")
	}
	for year := range 3 {
		at := time.Duration(year)*365*day + 20*day
		d.report(at, onboarding.POA, "WAITING")
		d.report(at+day, onboarding.POA, "APPROVED")
	}
	d.kyc(370*day, "EXPIRED", "")
	d.command(372*day, onboarding.CommandReconcile)
	d.verified(381 * day)
	d.command(500*day, onboarding.CommandHold)
	d.command(509*day, onboarding.CommandLift)
	d.command(640*day, onboarding.CommandFlagHighRisk)
	d.command(644*day, onboarding.CommandClearHighRisk)
	d.kyc(800*day, "NOT_VERIFIED", "REJECTED_BY_PROVIDER")
	d.verified(818 * day)
	d.command(lifespan, onboarding.CommandClose)
	slices.SortStableFunc(d.moments, func(a, b moment) int { return cmp.Compare(a.at, b.at) })
	return d.moments
}

// verified is the way from a first document to a pass.
func (d *diary) verified(at time.Duration) {
	d.report(at, onboarding.KYCFiles, "ADDED")
	d.kyc(at+time.Minute, "NOT_VERIFIED", "PENDING")
	d.report(at+20*time.Minute, onboarding.KYCFiles, "ADDED")
	d.kyc(at+time.Hour, "NOT_VERIFIED", "VERIFICATION")
	d.kyc(at+5*time.Hour, "NOT_VERIFIED", "SUCCESSFUL")
	d.kyc(at+6*time.Hour, "VERIFIED", "SUCCESSFUL")
}

// turn is the next thing to happen in a life: a moment, or a deadline where none
// comes before it.
func (r *row) turn(moments []moment, until time.Time) (at time.Time, deadline, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	next, due := onboarding.Next(r.state, r.policy)
	switch {
	case len(moments) > 0 && (!due || !born.Add(moments[0].at).After(next.Due)):
		at = born.Add(moments[0].at)
	case due:
		at, deadline = next.Due, true
	default: // the user is closed
		return at, false, false
	}
	return at, deadline, at.Before(until)
}

// next says whether something becomes due.
func (r *row) next() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, due := onboarding.Next(r.state, r.policy)
	return due
}

// live lets the row live through the moments up to a time with nothing between it
// and the rules, and returns the moments that are left.
func (r *row) live(t *testing.T, clock *time.Time, moments []moment, until time.Time) []moment {
	t.Helper()
	ctx := context.Background()
	for {
		at, deadline, ok := r.turn(moments, until)
		if !ok {
			return moments
		}
		*clock = at
		if !deadline {
			r.accept(moments[0].in)
			moments = moments[1:]
		}
		for {
			a, err := r.Advance(ctx, onboarding.AdvanceRequest{})
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range a.Lanes {
				if _, err := r.Deliver(ctx, onboarding.LaneRef{Target: l.Target, Lane: l.Lane}); err != nil {
					t.Fatal(err)
				}
			}
			if r.settled() {
				break
			}
		}
	}
}

// byRules returns the row at the end of the life, and its story.
func byRules(t *testing.T) (*row, []string) {
	t.Helper()
	clock := born
	r := newRow(func() time.Time { return clock }, everybody()...)
	if left := r.live(t, &clock, life(), born.Add(lifespan+day)); len(left) > 0 {
		t.Fatalf("%d moments did not come", len(left))
	}
	return r, r.story(0)
}

// TestLife holds that the life is as long and as full as it claims: what the other
// tests find of it is worth as much as what is in it.
func TestLife(t *testing.T) {
	t.Parallel()
	r, story := byRules(t)
	count := func(part string) int {
		n := 0
		for _, l := range story {
			if strings.Contains(l, part) {
				n++
			}
		}
		return n
	}
	for part, least := range map[string]int{
		"report/": 200, "operator/": 8, "operator/hold applied": 1, "operator/extend_deadline applied": 1, "operator/remind applied": 1,
		"operator/reconcile applied": 1, "deadline/reconcile applied": 140, "deadline/remind applied": 4, "deadline/escalate applied": 2,
		"answer/kyc": 140, "answer/sepa_kyc": 140, "duplicate": 150, "late": 1,
	} {
		if got := count(part); got < least {
			t.Errorf("%d of %q, want %d", got, part, least)
		}
	}
	reversals := 0
	for i, l := range story {
		if i > 0 && strings.HasSuffix(story[i-1], " approved") && strings.HasSuffix(l, " suspended") && strings.HasPrefix(l, "report/kyc") {
			reversals++
		}
	}
	if reversals != 2 || r.state.Stage != onboarding.StageClosed {
		t.Errorf("%d reversals, at the end %s", reversals, r.state.Stage)
	}
	t.Logf("%d log entries, sent %v", len(story), r.sent)
}
