package e2e_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"admit/providers/providerstest"
)

// mailConfig lets a system write to users, and to reviewers at an address.
func mailConfig(reviewer string) string {
	return fmt.Sprintf("notify:\n  email: {address: %q, tls: none, from: \"Example <hello@example.com>\"}\n  reviewers: {to: [%q]}\n",
		os.Getenv("DEVSTACK_SMTP_ADDRESS"), reviewer)
}

// told is an event as the sink got it, with what only some events carry.
type told struct {
	call
	Number int
	Causes []string
}

// tale returns what the sink was told of a user, in the order of the versions.
func (k *sink) tale(t *testing.T, user string, types ...string) []told {
	t.Helper()
	var all []told
	for _, c := range k.of(user, types...) {
		var body struct {
			Data struct {
				Number int
				Causes []string
			}
		}
		if err := json.Unmarshal(c.Raw, &body); err != nil {
			t.Fatal(err)
		}
		all = append(all, told{c, body.Data.Number, body.Data.Causes})
	}
	slices.SortStableFunc(all, func(a, b told) int { return cmp.Compare(a.Data.Version, b.Data.Version) })
	return all
}

// TestLeftAlone lets a user do nothing: reminded at each step, then given up, and
// revived by a webhook. Where a step comes so late that the next is due as well it is
// rightly left out, so they are further apart than a busy machine may sleep.
func TestLeftAlone(t *testing.T) {
	t.Parallel()
	k := newSink(t)
	s := newSystem(t, options{config: "policy:\n  jitter: 0s\n  stall:\n    collecting: {remind: [5s, 20s, 35s], abandon: 50s}\n" +
		"hooks:\n" + k.hook(`"*"`) + mailConfig("reviewer@example.com")})
	s.serve()
	user, mailbox := s.user(1), s.namespace+"@example.com"
	began := time.Now()
	s.started(user, map[string]string{"email": mailbox, "locale": "en"})
	s.sees(user, "abandoned", func(v view) bool { return v.Stage == "abandoned" })
	s.settled()
	var steps []string
	for _, c := range k.tale(t, user) {
		step := c.Type
		if c.Number > 0 {
			step = fmt.Sprintf("%s %d", step, c.Number)
		}
		steps = append(steps, step)
		t.Logf("after %4.1f s: %s", c.At.Sub(began).Seconds(), step)
	}
	want := []string{"onboarding.started", "onboarding.stalled", "onboarding.reminder 1", "onboarding.reminder 2", "onboarding.reminder 3", "onboarding.abandoned"}
	if !slices.Equal(steps, want) {
		t.Errorf("the sink heard %q, want %q", steps, want)
	}
	if mails, err := mailsTo(mailbox); err != nil || len(mails) != 3 {
		t.Errorf("%d mails reached the user, want one for each reminder; %v", len(mails), err)
	}
	s.accepted(pathKYC, kyc(user, "VERIFIED", ""))
	v := s.sees(user, "approved", func(v view) bool { return v.Stage == "approved" })
	if v.Access != "granted" || v.Stalled {
		t.Errorf("revived: %+v", v)
	}
}

// TestReviewIsReconciledThenEscalated leaves a user in review: the provider's API
// is asked at each step, and then a reviewer is called by hook and by mail.
func TestReviewIsReconciledThenEscalated(t *testing.T) {
	t.Parallel()
	k, api := newSink(t), newAPI(t, providerstest.NewP100(apiKey))
	s := newSystem(t, options{config: "policy:\n  jitter: 0s\n  stall:\n    in_review: {reconcile: [1s, 2s], escalate: [4s, 1h]}\n" +
		"hooks:\n" + k.hook(`"onboarding.*"`) + mailConfig(t.Name()+"@example.com"), env: api.env("P100")})
	s.serve()
	user := s.user(1)
	api.fake.Answer(user, providerstest.P100Pending)
	s.accepted(pathKYC, kyc(user, "NOT_VERIFIED", "PENDING"))
	eventually(t, "a reviewer is called", func() error {
		mails, err := mailsTo(t.Name() + "@example.com")
		calls := k.tale(t, user, "onboarding.escalated")
		switch {
		case err != nil:
			return err
		case len(mails) == 0 || len(calls) == 0:
			return fmt.Errorf("%d mails, %d hooks", len(mails), len(calls))
		case !slices.Equal(calls[0].Causes, []string{"stalled:in_review"}) || calls[0].Data.Stage != "in_review":
			t.Fatalf("the hook says %s", calls[0].Raw)
		case !strings.Contains(mails[0], user):
			t.Fatalf("the mail does not name the user:\n%s", mails[0])
		}
		return nil
	})
	entries, err := s.timeline(user)
	if err != nil {
		t.Fatal(err)
	}
	var inputs []string
	for _, e := range entries {
		if e.Kind == "log" {
			inputs = append(inputs, strings.TrimRight(e.Input+" "+e.Outcome+" "+e.Code, " "))
		}
	}
	t.Log(strings.Join(inputs, "; "))
	for _, want := range []string{"deadline/reconcile applied", "p100/api noted agrees", "deadline/escalate applied"} {
		if !slices.Contains(inputs, want) {
			t.Errorf("no %q in the timeline", want)
		}
	}
	if n := api.fake.Asked(user); n < 2 {
		t.Errorf("the API was asked %d times", n)
	}
}

// TestManyReversals calls a person when more users are reversed in an hour than the
// policy allows; access is shut all the same.
func TestManyReversals(t *testing.T) {
	t.Parallel()
	k := newSink(t)
	s := newSystem(t, options{config: "policy: {jitter: 0s, reversals_per_hour: 3}\nhooks:\n" + k.hook(`"*"`) + mailConfig(t.Name()+"@example.com")})
	s.serve()
	const users = 6
	for i := range users {
		s.accepted(pathKYC, kyc(s.user(i), "VERIFIED", ""))
	}
	s.settled()
	for i := range users {
		s.accepted(pathKYC, kyc(s.user(i), "EXPIRED", ""))
		s.sees(s.user(i), "suspended", func(v view) bool { return v.Stage == "suspended" && v.Access == "revoked" })
	}
	s.settled()
	var alarms []told
	for i := range users {
		alarms = append(alarms, k.tale(t, s.user(i), "reversals.exceeded")...)
		if n := len(k.of(s.user(i), "access.revoked")); n != 1 {
			t.Errorf("%s was revoked %d times", s.user(i), n)
		}
	}
	if len(alarms) != 1 || alarms[0].Number != 4 {
		t.Fatalf("alarms: %+v", alarms)
	}
	mails, err := mailsTo(t.Name() + "@example.com")
	if err != nil || !slices.ContainsFunc(mails, func(m string) bool { return strings.Contains(m, "4 ") && strings.Contains(m, "hour") }) {
		t.Errorf("no mail with the figures among %d: %v", len(mails), err)
	}
}
