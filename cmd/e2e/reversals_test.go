package e2e_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestExpiryAfterApproval holds what an access hook sees of an approval that is
// taken back: both, with growing versions; or the revoke alone, where it was down
// until both were decided.
func TestExpiryAfterApproval(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		down bool
		want string
	}{
		"up":                          {false, "access.granted 1, access.revoked 2"},
		"down until both are decided": {true, "access.revoked 2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newSink(t)
			s := newSystem(t, options{config: noJitter + "hooks:\n" + k.hook(`"access.*"`)})
			s.serve()
			user := s.user(1)
			k.down(func(call) bool { return c.down })
			s.accepted(pathKYC, kyc(user, "VERIFIED", "SUCCESSFUL"))
			s.sees(user, "approved", func(v view) bool { return v.Stage == "approved" })
			if !c.down {
				s.settled()
			}
			s.accepted(pathKYC, kyc(user, "EXPIRED", ""))
			s.sees(user, "suspended", func(v view) bool { return v.Stage == "suspended" && v.Access == "revoked" })
			k.up()
			s.settled()
			var taken []string
			for _, a := range k.of(user) {
				if a.Status < 300 {
					taken = append(taken, fmt.Sprintf("%s %d", a.Type, a.Data.AccessVersion))
				}
			}
			if got := strings.Join(taken, ", "); got != c.want {
				t.Errorf("the sink took %q, want %q", got, c.want)
			}
			t.Logf("%d attempts; the sink took %v", len(k.of(user)), taken)
		})
	}
}

// TestReversals takes back what was passed, check by check and from both providers:
// access is shut in the transaction of the report, a reviewer is told why, and a
// pass of the same check lets the user in again.
func TestReversals(t *testing.T) {
	t.Parallel()
	k := newSink(t)
	s := newSystem(t, options{config: "policy: {jitter: 0s, held_window: {p100: 0s, xgateway: 0s}, late_window: {p100: 0s, xgateway: 0s}}\nhooks:\n" + k.hook(`"*"`)})
	s.serve()
	full := func(user, word string) string { return xgateway(user, hash(user), word) }
	for i, c := range []struct {
		name                string
		pass, loss, renewal func(user string)
		stage, blockedOn    string
		told                string
	}{
		{"kyc expired", s.kyc("VERIFIED", ""), s.kyc("EXPIRED", ""), s.kyc("VERIFIED", "SUCCESSFUL"), "suspended", "user", "reversed:kyc"},
		{"kyc taken back", s.kyc("VERIFIED", ""), s.kyc("NOT_VERIFIED", "REJECTED_BY_PROVIDER"), s.kyc("VERIFIED", "SUCCESSFUL"), "suspended", "user", "reversed:kyc"},
		{"kyc looked at again", s.kyc("VERIFIED", ""), s.kyc("EXPIRED", "VERIFICATION"), s.kyc("VERIFIED", ""), "suspended", "provider", "reversed:kyc"},
		{"a customer failed", s.hook(pathXGateway, full, "FULL_USER"), s.hook(pathXGateway, full, "HARD_KYC_FAILED"),
			s.hook(pathXGateway, full, "FULL_USER"), "suspended", "compliance", "reversed:sepa_kyc"},
		{"a customer has to mend", s.hook(pathXGateway, full, "FULL_USER"), s.hook(pathXGateway, full, "SOFT_KYC_FAILED"),
			s.hook(pathXGateway, full, "FULL_USER"), "suspended", "user", "reversed:sepa_kyc"},
		{"proof of address withdrawn", both(s.kyc("VERIFIED", ""), s.hook(pathPOA, status, "APPROVED")), s.hook(pathPOA, status, "REJECTED"),
			s.hook(pathPOA, status, "APPROVED"), "suspended", "user", "reversed:poa"},
		{"risk rejected", s.kyc("VERIFIED", ""), s.hook(pathHighRisk, status, "REJECTED"), s.hook(pathHighRisk, status, "OK"),
			"suspended", "compliance", "suspended:high_risk"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, user := s.in(t), s.user(i)
			c.pass(user)
			s.sees(user, "approved", func(v view) bool { return v.Stage == "approved" && v.AccessVersion == 1 })
			c.loss(user)
			s.sees(user, "shut out", func(v view) bool {
				return v.Stage == c.stage && v.BlockedOn == c.blockedOn && v.Access == "revoked" && v.AccessVersion == 2
			})
			if n := count(t, s.pool, `select count(*) from effects e join log l using (user_id, seq)
				where e.user_id = $1 and e.name = 'access.revoked' and l.event_id is not null and e.created = l.at`, user); n != 1 {
				t.Errorf("%d revokes stand beside the report that decided them", n)
			}
			c.renewal(user)
			s.sees(user, "let in again", func(v view) bool { return v.Stage == "approved" && v.Access == "granted" && v.AccessVersion == 3 })
			s.settled()
			if told := k.tale(t, user, "onboarding.escalated"); len(told) != 1 || strings.Join(told[0].Causes, " ") != c.told {
				t.Errorf("a reviewer was told %+v, want %s", told, c.told)
			}
			if n := len(k.of(user, "onboarding.reinstated")); n != 1 {
				t.Errorf("reinstated %d times", n)
			}
		})
	}
}

// kyc returns what sends P100's KYC status of a user.
func (s *system) kyc(overall, attempt string) func(user string) {
	return func(user string) { s.accepted(pathKYC, kyc(user, overall, attempt)) }
}

// hook returns what sends a webhook of one word about a user.
func (s *system) hook(path string, body func(user, word string) string, word string) func(user string) {
	return func(user string) { s.accepted(path, body(user, word)) }
}

func both(first, second func(user string)) func(user string) {
	return func(user string) { first(user); second(user) }
}
