package e2e_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"admit/providers/providerstest"
)

const apiKey = "api-key-for-tests"

// api is a provider's API that a test plays.
type api struct {
	fake   *providerstest.Fake
	server *httptest.Server
}

func newAPI(t *testing.T, fake *providerstest.Fake) *api {
	t.Helper()
	a := &api{fake: fake, server: httptest.NewServer(fake)}
	t.Cleanup(func() {
		a.server.CloseClientConnections()
		a.server.Close()
		for _, f := range fake.Faults() {
			t.Error("the API was asked wrongly:", f)
		}
	})
	return a
}

// env sets the API as that provider's.
func (a *api) env(provider string) []string {
	return []string{"ADMIT_" + provider + "_API_URL=" + a.server.URL, "ADMIT_" + provider + "_API_KEY=" + apiKey}
}

// apiPolicy asks soon, and for a second answer soon after.
const apiPolicy = "policy:\n  jitter: 0s\n  agree_after: 1s\n  stall:\n" +
	"    in_review: {reconcile: [1s, 5s, 20s, 45s, 1h], escalate: [10s, 1h]}\n" +
	"    approved: {reconcile: [1s, 5s, 20s, 45s, 1h]}\n    suspended: {reconcile: [1h]}\n    action_required: {reconcile: [1h]}\n    collecting: {reconcile: [1h]}\n"

// did is what Admit made of an API's answer.
type did struct {
	stage   string
	answers string // the verdicts on the answers, each once, in order
	last    string // what the ledger says of a question that got no answer
	told    string // causes that a reviewer was told, each once, but that nothing moves
}

func (d did) String() string {
	return fmt.Sprintf("%-15s | %-44s | %-34s | %s", d.stage, d.answers, d.last, d.told)
}

// did reads what was done about a user.
func (s *system) did(k *sink, user string) (did, error) {
	v, err := s.see(user)
	if err != nil {
		return did{}, err
	}
	entries, err := s.timeline(user)
	d := did{stage: v.Stage}
	add := func(to *string, word string) {
		if word != "" && !strings.Contains(", "+*to+",", ", "+word+",") {
			*to = strings.TrimPrefix(*to+", "+word, ", ")
		}
	}
	for _, e := range entries {
		switch {
		case e.Code == "too_soon" || e.Code == "asked_before_report":
			// Of questions that were under way, as chance has it.
		case e.Code == "agrees" && strings.Contains(d.answers, "applied"): // with what two answers made of it
		case e.Kind == "log" && strings.HasSuffix(e.Input, "/api"):
			add(&d.answers, strings.TrimSpace(e.Outcome+" "+e.Code))
		case e.Kind == "effect" && strings.HasPrefix(e.Effect, "ask.") && e.State == "waiting" && e.Attempts > 0:
			d.last = e.LastAnswer
		}
	}
	for _, c := range k.tale(s.t, user) {
		for _, cause := range c.Causes {
			if !strings.HasPrefix(cause, "stalled:") {
				add(&d.told, cause)
			}
		}
	}
	return d, err
}

// TestEveryP100Answer plays each answer that P100's pages show, to questions about
// a user in review and about an approved one.
func TestEveryP100Answer(t *testing.T) {
	t.Parallel()
	fake := newAPI(t, providerstest.NewP100(apiKey))
	everyAnswer(t, fake, "P100", func(s *system, user, stage string) {
		if stage == "approved" {
			s.accepted(pathKYC, kyc(user, "VERIFIED", ""))
		} else {
			s.accepted(pathKYC, kyc(user, "NOT_VERIFIED", "PENDING"))
		}
	}, p100Did)
}

// TestEveryXGatewayAnswer does the same with XGateway's, whose FULL_USER is
// confirmed first.
func TestEveryXGatewayAnswer(t *testing.T) {
	t.Parallel()
	fake := newAPI(t, providerstest.NewXGateway(apiKey))
	everyAnswer(t, fake, "XGATEWAY", func(s *system, user, stage string) {
		status := "KYC_PENDING"
		if stage == "unconfirmed" {
			status = "FULL_USER"
		}
		s.accepted(pathXGateway, xgateway(user, hash(user), status))
	}, xgatewayDid)
}

// everyAnswer gives a user of its own to each answer and each stage, and holds what
// came of it against the table.
func everyAnswer(t *testing.T, a *api, provider string, prepare func(s *system, user, stage string), table map[string]map[string]did) {
	k := newSink(t)
	s := newSystem(t, options{config: apiPolicy + "hooks:\n" + k.hook(`"onboarding.escalated"`), env: a.env(provider)})
	s.serve()
	replies := append(a.fake.Documented(), providerstest.Page, providerstest.Elsewhere, providerstest.Moved, providerstest.Dropped, providerstest.Away)
	user := func(stage string, i int) string { return fmt.Sprintf("%s-%s-%d", strings.ToLower(provider), stage, i) }
	for i, reply := range replies {
		for stage := range table {
			a.fake.Answer(user(stage, i), reply)
			prepare(s, user(stage, i), stage)
		}
		// A crowd would be let in a few at a time, later than the steps of this policy.
		if i%4 == 3 {
			eventually(t, "they are asked about", func() error {
				for stage := range table {
					if a.fake.Asked(user(stage, i)) == 0 {
						return fmt.Errorf("%s is not", user(stage, i))
					}
				}
				return nil
			})
		}
	}
	for stage, rows := range table {
		if len(rows) != len(replies) {
			t.Errorf("there are %d answers, and the table for %s has %d", len(replies), stage, len(rows))
		}
		for i, reply := range replies {
			want, ok := rows[reply.Name]
			if !ok {
				t.Errorf("what becomes of %q in %s is not in the table", reply.Name, stage)
				continue
			}
			var got did
			eventually(t, fmt.Sprintf("%s, %s: %v", stage, reply.Name, want), func() (err error) {
				if got, err = s.did(k, user(stage, i)); err == nil && got != want {
					err = fmt.Errorf("it is %v", got)
				}
				return err
			})
			t.Logf("%-11s | %-33s | %v", stage, reply.Name, got)
		}
	}
}
