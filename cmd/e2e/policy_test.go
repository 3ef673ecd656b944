package e2e_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"

	"admit/onboarding"
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
	s.sees(ended, "rejected", func(v view) bool { return v.Stage == "rejected" })
	s.settled()
	if n := k.total(); n != 1 { // the no to the one who was rejected
		t.Fatalf("the hook was called %d times under the strict policy", n)
	}
	first.stop(t)

	s.configure("policy: {jitter: 0s, require_any: [kyc]}\nhooks:\n" + k.hook(`"access.*"`))
	s.serve()
	s.accepted(pathAccount, status(s.user(0), "ACTIVE")) // it wakes by itself
	s.sees(s.user(0), "approved", func(v view) bool { return v.Stage == "approved" })
	if v, err := s.see(s.user(1)); err != nil || v.Stage == "approved" {
		t.Errorf("who was not woken is %+v, %v", v, err)
	}
	began := time.Now()
	says(t, []string{"ADMIT_ADMIN_URL=http://" + s.admin, "ADMIT_TOKEN=" + operatorToken}, []string{"wake", "--all", "--rate", "100/s"}, exitDone, []string{fmt.Sprint(users + 1)})
	eventually(t, "everybody has the new policy", func() error {
		n, err := tryCount(s.pool, "select count(*) from onboardings where policy_hash <> (select policy_hash from onboardings where user_id = $1)", s.user(0))
		if err == nil && n > 0 {
			err = fmt.Errorf("%d have not", n)
		}
		return err
	})
	t.Logf("%d users had the new policy %v after the command", users+1, time.Since(began).Round(time.Millisecond))
	s.settled()
	for i := range users {
		if n := len(k.of(s.user(i), "access.granted")); n != 1 {
			t.Errorf("%s was let in %d times", s.user(i), n)
		}
	}
	if v, err := s.see(ended); err != nil || v.Stage != "rejected" || v.Access != "revoked" {
		t.Errorf("who was rejected is %+v, %v", v, err)
	}
}

// TestTwoPoliciesAtOnce runs a worker with a policy beside a process that has another
// and was forgotten, and has the users' workflows go from one to the other: each user
// is judged anew once, by the newer policy, and the forgotten process says what it is.
func TestTwoPoliciesAtOnce(t *testing.T) {
	t.Parallel()
	const users = 20
	s := newSystem(t, options{config: "policy: {jitter: 0s, require_any: [kyc], require_all: [poa]}\n"})
	forgotten := s.serve()
	for i := range users {
		s.accepted(pathKYC, kyc(s.user(i), "VERIFIED", ""))
	}
	s.settled()
	s.configure("policy: {jitter: 0s, require_any: [kyc]}\n")
	newer := s.spawn("worker", "ADMIT_ADMIN_LISTEN="+freeAddress(t))
	line := forgotten.says(t, "another policy is newer")
	var hash string
	if err := s.pool.QueryRow(background(t), "select hash from policy_beats order by since desc limit 1").Scan(&hash); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(line, "newer="+hash) {
		t.Errorf("the newer policy is %s, told was %s", hash, line)
	}

	c := dial(t, s.temporal, s.namespace)
	wake := func() {
		for i := range users { // any worker may have the next task
			_, err := c.WorkflowService().ResetStickyTaskQueue(background(t), &workflowservice.ResetStickyTaskQueueRequest{
				Namespace: s.namespace, Execution: &common.WorkflowExecution{WorkflowId: onboarding.WorkflowID(s.user(i))},
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		says(t, []string{"ADMIT_ADMIN_URL=http://" + s.admin, "ADMIT_TOKEN=" + operatorToken}, []string{"wake", "--all", "--rate", "100/s"}, exitDone, []string{fmt.Sprint(users)})
	}
	eventually(t, "everybody has the newer policy", func() error {
		wake()
		n, err := tryCount(s.pool, "select count(*) from onboardings where policy_hash <> $1", hash)
		if err == nil && n > 0 {
			err = fmt.Errorf("%d have not", n)
		}
		return err
	})
	for range 5 {
		wake()
	}
	s.settled()
	if n := count(t, s.pool, "select count(*) from log where input = 'policy/changed'"); n != users {
		t.Errorf("users were judged anew %d times, want %d", n, users)
	}
	if n := strings.Count(forgotten.text(), "another policy is newer"); n != 1 || strings.Contains(newer.text(), "another policy is newer") {
		t.Errorf("the forgotten process said %d times what it is; the newer wrote:\n%s", n, newer.tail())
	}
	for _, p := range []*child{newer, forgotten} {
		if code := p.stop(t); code != 0 {
			t.Errorf("%s ended with exit code %d", p.name, code)
		}
	}
}
