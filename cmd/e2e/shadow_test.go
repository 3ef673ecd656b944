package e2e_test

import (
	"context"
	"fmt"
	"testing"
)

// TestShadow holds that in shadow mode everything is decided and recorded, and
// nothing is sent.
func TestShadow(t *testing.T) {
	t.Parallel()
	k := newSink(t)
	s := newSystem(t, options{config: k.config(), env: []string{"ADMIT_SHADOW=true"}})
	s.serve()
	user := s.user(1)
	s.accepted(pathKYC, kyc(user, "VERIFIED", ""))
	s.accepted(pathKYC, kyc(user, "NOT_VERIFIED", ""))
	s.sees(user, "suspended", func(v view) bool { return v.Stage == "suspended" && v.AccessVersion == 2 })
	s.effectStates(user, map[string]string{"access.granted": "shadow", "access.revoked": "shadow", "onboarding.suspended": "shadow"})
	if n := count(t, s.pool, "select count(*) from effects where state <> 'shadow'"); n != 0 {
		t.Errorf("%d effects are no shadows", n)
	}
	if n := k.total(); n != 0 {
		t.Errorf("downstream was called %d times", n)
	}
}

// TestBodyNobodyReads puts events into the tables whose bodies this build cannot
// read, as another build's or a hand's would be, and holds that they are shown as
// unrecognised and hold up nothing that comes after them.
func TestBodyNobodyReads(t *testing.T) {
	t.Parallel()
	k := newSink(t)
	s := newSystem(t, options{config: k.config()})
	s.serve()
	user := s.user(1)
	s.accepted(pathKYC, kyc(user, "VERIFIED", ""))
	s.sees(user, "approved", func(v view) bool { return v.Stage == "approved" })
	for _, e := range []struct{ provider, route, body string }{
		{"p100", "kyc-verification", "\xff\x00 no JSON"},
		{"p100", "wallets", `{"externalUserId":"` + user + `"}`},
		{"carrier-pigeon", "coo", `{}`},
		{"operator", "command", `"hold"`},
	} {
		ctx, cancel := context.WithTimeout(context.Background(), queryTime)
		defer cancel()
		if _, err := s.pool.Exec(ctx, `
			with e as (insert into events (user_id, provider, route, body) values ($1, $2, $3, $4) returning *)
			insert into inbox (user_id, event_id, received) select user_id, id, received from e`,
			user, e.provider, e.route, []byte(e.body)); err != nil {
			t.Fatal(err)
		}
	}
	s.folded() // no ring came: the sweep finds them
	s.accepted(pathKYC, kyc(user, "EXPIRED", ""))
	s.sees(user, "suspended", func(v view) bool { return v.Stage == "suspended" && v.Access == "revoked" })
	s.settled()
	if outcomes := s.outcomes(user); fmt.Sprint(outcomes) != "[applied unrecognised unrecognised unrecognised unrecognised applied]" {
		t.Errorf("outcomes %v", outcomes)
	}
	if n := len(k.of(user, "onboarding.escalated")); n == 0 {
		t.Error("nobody was told")
	}
}
