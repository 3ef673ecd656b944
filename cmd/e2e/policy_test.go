package e2e_test

import (
	"fmt"
	"testing"
	"time"
)

// TestChangedPolicy changes the policy while workflows run: those that wake have it,
// and admit wake --all has them all at once, those who had ended included.
func TestChangedPolicy(t *testing.T) {
	t.Parallel()
	const users = 40
	k := newSink(t)
	s := newSystem(t, options{config: "policy: {jitter: 0s, require_any: [kyc], require_all: [poa]}\nhooks:\n" + k.hook(`"access.*"`)})
	first := s.serve()
	for i := range users {
		s.accepted(pathKYC, kyc(s.user(i), "VERIFIED", ""))
	}
	ended := s.user(users)
	s.accepted(pathHighRisk, status(ended, "REJECTED"))
	s.sees(ended, 10*time.Second, "rejected", func(v view) bool { return v.Stage == "rejected" })
	s.settled(30 * time.Second)
	if n := k.total(); n != 1 { // the no to the one who was rejected
		t.Fatalf("the hook was called %d times under the strict policy", n)
	}
	first.stop(t)

	s.configure("policy: {jitter: 0s, require_any: [kyc]}\nhooks:\n" + k.hook(`"access.*"`))
	s.serve()
	s.accepted(pathAccount, status(s.user(0), "ACTIVE")) // it wakes by itself
	s.sees(s.user(0), 10*time.Second, "approved", func(v view) bool { return v.Stage == "approved" })
	if v, err := s.see(s.user(1)); err != nil || v.Stage == "approved" {
		t.Errorf("who was not woken is %+v, %v", v, err)
	}
	began := time.Now()
	says(t, []string{"ADMIT_ADMIN_URL=http://" + s.admin, "ADMIT_TOKEN=" + operatorToken}, []string{"wake", "--all", "--rate", "100/s"}, exitDone, []string{fmt.Sprint(users + 1)})
	eventually(t, 30*time.Second, "everybody has the new policy", func() error {
		n, err := tryCount(s.pool, "select count(*) from onboardings where policy_hash <> (select policy_hash from onboardings where user_id = $1)", s.user(0))
		if err == nil && n > 0 {
			err = fmt.Errorf("%d have not", n)
		}
		return err
	})
	t.Logf("%d users had the new policy %v after the command", users+1, time.Since(began).Round(time.Millisecond))
	s.settled(30 * time.Second)
	for i := range users {
		if n := len(k.of(s.user(i), "access.granted")); n != 1 {
			t.Errorf("%s was let in %d times", s.user(i), n)
		}
	}
	if v, err := s.see(ended); err != nil || v.Stage != "rejected" || v.Access != "revoked" {
		t.Errorf("who was rejected is %+v, %v", v, err)
	}
}
