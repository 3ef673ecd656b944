package e2e_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Tokens of more people: four eyes take two who may operate, and erasing takes two
// with the role admin.
const (
	carolToken  = "carols-token-for-tests"
	adminToken  = "admins-token-for-tests"
	admin2Token = "another-admins-token-for-tests"
	peopleTeam  = adminTokens + ",carol:operate:" + carolToken + ",dora:admin:" + adminToken + ",erin:admin:" + admin2Token
	fourEyes    = "policy: {jitter: 0s, four_eyes: [lift, override_check, erase]}\n"
	unknownUser = "nobody-ever-named-this-user"
)

// TestPeople has operators refused with a clear reason, and obeyed: by the command
// line, on a real server. It is not parallel: what it is answered depends on the
// engine being there in time.
func TestPeople(t *testing.T) {
	s := newSystem(t, options{config: fourEyes, env: []string{"ADMIT_ADMIN_TOKENS=" + peopleTeam}})
	s.serve()
	user := s.user(1)
	s.started(user, map[string]string{"email": user + "@example.com", "name": "Kim Example"})
	s.accepted(pathKYC, kyc(user, "VERIFIED", "SUCCESSFUL"))
	s.sees(user, "approved", func(v view) bool { return v.Stage == "approved" })
	url := "ADMIT_ADMIN_URL=http://" + s.admin
	alice, carol, dora := []string{url, "ADMIT_TOKEN=" + operatorToken}, []string{url, "ADMIT_TOKEN=" + carolToken}, []string{url, "ADMIT_TOKEN=" + adminToken}
	for _, c := range []struct {
		name string
		env  []string
		args []string
		code int
		says []string
	}{
		{"an unknown user", alice, []string{"command", unknownUser, "hold", "--reason", "a look"}, exitNotFound, []string{"o user has this ID"}},
		{"no reason", alice, []string{"command", user, "hold"}, exitUsage, []string{"--reason"}},
		{"an unknown command", alice, []string{"command", user, "promote", "--reason", "x"}, exitUsage, []string{"promote", "hold"}},
		{"hold", alice, []string{"command", user, "hold", "--reason", "a look"}, exitDone, []string{"applied", "on_hold"}},
		{"a lift is proposed", alice, []string{"command", user, "lift", "--reason", "all is well", "--request-id", "lift-1"}, exitDone, []string{"lift-1", "--approves"}},
		{"and shown", carol, []string{"status", user}, exitDone, []string{"on_hold", "lift", "alice", "lift-1"}},
		{"the same person", alice, []string{"command", user, "lift", "--reason", "all is well", "--approves", "lift-1"}, exitFailed, []string{"same_person"}},
		{"another command", carol, []string{"command", user, "override_check", "--reason", "x", "--approves", "lift-1"}, exitFailed, []string{"proposal_differs"}},
		{"no such proposal", carol, []string{"command", user, "lift", "--reason", "agreed", "--approves", "lift-9"}, exitFailed, []string{"no_such_proposal"}},
		{"another person", carol, []string{"command", user, "lift", "--reason", "agreed", "--approves", "lift-1"}, exitDone, []string{"applied", "approved"}},
		{"flag", alice, []string{"command", user, "flag_high_risk", "--reason", "the provider's answer said so"}, exitDone, []string{"suspended"}},
		{"clear", carol, []string{"command", user, "clear_high_risk", "--reason", "a mistake"}, exitDone, []string{"approved"}},
		{"an override is proposed", alice, []string{"command", user, "override_check", "--check", "kyc", "--status", "failed", "--until", "24h", "--reason", "forged", "--request-id", "o1"}, exitDone, []string{"o1"}},
		{"an override", carol, []string{"command", user, "override_check", "--reason", "agreed", "--approves", "o1"}, exitDone, []string{"applied", "suspended"}},
		{"shown beside the words", alice, []string{"status", user}, exitDone, []string{"failed", "VERIFIED", "override"}},
		{"explained", alice, []string{"providers", "explain", user}, exitDone, []string{"override", "VERIFIED", "passed", "lift_override"}},
		{"lift_override", carol, []string{"command", user, "lift_override", "--check", "kyc", "--reason", "it was not"}, exitDone, []string{"approved"}},
		{"nothing to reconcile", alice, []string{"command", user, "reconcile", "--reason", "x"}, exitFailed, []string{"no_api"}},
		{"nothing to remind of", alice, []string{"command", user, "remind", "--reason", "x"}, exitFailed, []string{"not_blocked_on_user"}},
		{"extend where nothing is due", alice, []string{"command", user, "extend_deadline", "--by", "24h", "--reason", "x"}, exitFailed, []string{"no_deadline"}},
		{"close", alice, []string{"command", user, "close", "--reason", "the user left"}, exitDone, []string{"closed"}},
		{"reopen", alice, []string{"command", user, "reopen", "--reason", "the user is back"}, exitDone, []string{"approved"}},
		{"erase takes the role admin", alice, []string{"erase", user, "--reason", "asked for", "--yes"}, exitUnauthorised, []string{"admin"}},
	} {
		// In order, for one prepares the next.
		t.Run(c.name, func(t *testing.T) { says(t, c.env, c.args, c.code, c.says) })
	}
	s.audited(user, alice)
	s.erased(user, dora, []string{url, "ADMIT_TOKEN=" + admin2Token})
}

// audited holds what the auditor is told of a day on which the user was on hold.
func (s *system) audited(user string, env []string) {
	s.t.Helper()
	entries, err := s.timeline(user)
	if err != nil {
		s.t.Fatal(err)
	}
	var held time.Time
	for _, e := range entries {
		if e.Input == "operator/hold" {
			held = e.At
		}
	}
	at := held.UTC().Format(time.RFC3339Nano)
	says(s.t, env, []string{"audit", user, "--at", at}, exitDone, []string{"on_hold", "alice", "a look", "p100/kyc-verification", "VERIFIED"})
	code, out, errs := runOnce(s.t, world.admit, env, "audit", "--json", user, "--at", at)
	var a struct {
		Onboarding view
		Decisions  []struct {
			About string
			Entry struct{ Input, Actor, Reason, PolicyHash, Build string }
		}
		Policies map[string]json.RawMessage
	}
	if err := json.Unmarshal([]byte(out), &a); err != nil || code != exitDone || a.Onboarding.Stage != "on_hold" {
		s.t.Fatalf("audit --json: %d, %v, %s%s", code, err, out, errs)
	}
	for _, d := range a.Decisions {
		if d.Entry.PolicyHash == "" || d.Entry.Build == "" || len(a.Policies[d.Entry.PolicyHash]) == 0 {
			s.t.Errorf("%s was decided by policy %q and build %q", d.About, d.Entry.PolicyHash, d.Entry.Build)
		}
	}
	code, out, _ = runOnce(s.t, world.admit, env, "audit", user, "--at", "2020-01-01")
	if code != exitNotFound {
		s.t.Errorf("audit of a day before the user: %d, %s", code, out)
	}
}

// erased has the user's personal data erased by two people, and looks for what is
// left of it.
func (s *system) erased(user string, env, other []string) {
	s.t.Helper()
	says(s.t, env, []string{"erase", user, "--reason", "the user asked for it", "--request-id", "e1", "--yes"}, exitDone, []string{"e1", "--approves"})
	says(s.t, env, []string{"erase", user, "--reason", "the user asked for it", "--approves", "e1", "--yes"}, exitFailed, []string{"same_person"})
	h := bearer(carolToken)
	h.Set("Content-Type", "application/json")
	a, err := s.send(http.MethodDelete, "http://"+s.admin+"/v1/users/"+user+"/personal-data", h, strings.NewReader(`{"reason":"agreed","approves":"e1"}`))
	if err != nil || a.status != http.StatusForbidden {
		s.t.Errorf("erase by who may only operate: %v, %v", a, err)
	}
	if n := count(s.t, s.pool, "select count(*) from events where user_id = $1 and body is null", user); n != 0 {
		s.t.Errorf("%d bodies are erased by one person", n)
	}
	says(s.t, other, []string{"erase", user, "--reason", "agreed", "--approves", "e1", "--yes"}, exitDone, []string{"applied"})
	for what, sql := range map[string]string{
		"bodies of webhooks or starts": "select count(*) from events where user_id = $1 and body is not null and provider <> 'operator'",
		"contacts":                     "select count(*) from contacts where user_id = $1",
		"words of the contact":         "select count(*) from events e where user_id = $1 and convert_from(body, 'utf8') like '%Kim%'",
	} {
		if n := count(s.t, s.pool, sql, user); n != 0 {
			s.t.Errorf("%d %s are left", n, what)
		}
	}
	says(s.t, env, []string{"timeline", user}, exitDone, []string{"operator/erase", "operator/hold", "a look", "p100/kyc-verification"})
	s.accepted(pathKYC, kyc(user, "EXPIRED", "")) // life goes on
	s.sees(user, "suspended", func(v view) bool { return v.Stage == "suspended" })
}
