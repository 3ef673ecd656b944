package e2e_test

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"fmt"
	"maps"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// decided sends a command until its outcome is known. The answer is 202 when that
// takes longer than the admin API waits; the same request sent again is answered
// what became of it.
func (s *system) decided(user string, body map[string]string) answer {
	s.t.Helper()
	body = maps.Clone(body)
	if body["requestId"] == "" {
		body["requestId"] = rand.Text()
	}
	var a answer
	eventually(s.t, "the command's outcome is known", func() error {
		if a = s.command(user, body); a.status == http.StatusAccepted {
			return fmt.Errorf("answer %v", a)
		}
		return nil
	})
	return a
}

// TestBadWebhooks sends what a provider should not send and holds how it is
// refused, and what is kept of it.
func TestBadWebhooks(t *testing.T) {
	t.Parallel()
	s := newSystem(t, options{config: noJitter})
	s.serve()
	user := s.user(1)
	big := fmt.Sprintf(`{"externalUserId":%q,"status":"ADDED","pad":%q}`, user, strings.Repeat("x", 64<<10))
	for _, c := range []struct {
		name, path, token, body string
		status                  int
		code                    string
		kept                    int64 // malformed events
	}{
		{"no token", pathKYC, "", kyc(user, "VERIFIED", ""), 401, "unauthorized", 0},
		{"wrong token", pathKYC, p100Token + "x", kyc(user, "VERIFIED", ""), 401, "unauthorized", 0},
		{"no hash", pathXGateway, "", `{"customerId":"` + user + `","status":"FULL_USER"}`, 401, "unauthorized", 0},
		{"another's hash", pathXGateway, "", xgateway(user, hash(user+"1"), "FULL_USER"), 401, "unauthorized", 0},
		{"no object, unproven", pathXGateway, "", `[]`, 400, "malformed", 0},
		{"proven, no status", pathXGateway, "", fmt.Sprintf(`{"customerId":%q,"hash":%q}`, user, hash(user)), 400, "malformed", 1},
		{"no JSON", pathKYC, p100Token, `{"externalUserId":`, 400, "malformed", 1},
		{"not UTF-8", pathKYC, p100Token, "{\"externalUserId\":\"\xff\"}", 400, "malformed", 1},
		{"an array", pathKYC, p100Token, `[]`, 400, "malformed", 1},
		{"wrong type", pathPOA, p100Token, fmt.Sprintf(`{"externalUserId":%q,"status":7}`, user), 400, "malformed", 1},
		{"no status", pathKYC, p100Token, fmt.Sprintf(`{"externalUserId":%q}`, user), 400, "malformed", 1},
		{"no user ID", pathFiles, p100Token, `{"status":"ADDED"}`, 422, "unusable_user_id", 1},
		{"empty user ID", pathFiles, p100Token, status("", "ADDED"), 422, "unusable_user_id", 1},
		{"user ID too long", pathFiles, p100Token, status(strings.Repeat("u", 256), "ADDED"), 422, "unusable_user_id", 1},
		{"user ID with a control character", pathFiles, p100Token, status("a\u0085b", "ADDED"), 422, "unusable_user_id", 1},
		{"user ID with NUL", pathFiles, p100Token, status("a\x00b", "ADDED"), 422, "unusable_user_id", 1},
		{"too large", pathFiles, p100Token, big, 413, "too_large", 0},
		{"unknown path", "/webhook/kyc-verification/status/", p100Token, kyc(user, "VERIFIED", ""), 404, "not_found", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := count(t, s.pool, "select count(*) from events where malformed")
			a, err := s.send(http.MethodPost, "http://"+s.public+c.path, http.Header{"Authorization": {c.token}}, bytes.NewReader([]byte(c.body)))
			if err != nil || a.status != c.status || a.code() != c.code || a.header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("answer %v, %v; want %d %s", a, err, c.status, c.code)
			}
			if kept := count(t, s.pool, "select count(*) from events where malformed") - before; kept != c.kept {
				t.Errorf("%d malformed events kept, want %d", kept, c.kept)
			}
		})
	}
	if n := count(t, s.pool, "select count(*) from events where not malformed"); n != 0 {
		t.Errorf("%d events were accepted", n)
	}
	if status, body, err := s.get("http://"+s.public+pathKYC, ""); err != nil || status != 405 {
		t.Errorf("GET: %d %s, %v", status, body, err)
	}
}

// TestOddUserIDs holds that whatever is a user ID gets through all the way: no
// part of the system reads anything into it.
func TestOddUserIDs(t *testing.T) {
	t.Parallel()
	s := newSystem(t, options{config: noJitter})
	s.serve()
	for name, user := range map[string]string{
		"longest": strings.Repeat("u", 255), "a path": "../a//b/", "escaped": "a%2Fb", "a query": "a?b#c&d=e", "a dot": ".",
		"spaces": " a b ", "not ASCII": "jörg-東京", "longest not ASCII": strings.Repeat("ü", 127), "quotes": `'";--\`,
	} {
		t.Run(name, func(t *testing.T) {
			s := s.in(t)
			s.accepted(pathKYC, kyc(user, "VERIFIED", ""))
			eventually(t, "the user is approved", func() error {
				v, err := s.see(user)
				if err == nil && (v.UserID != user || v.Stage != "approved") {
					err = fmt.Errorf("it shows %+v", v)
				}
				return err
			})
			if a := s.decided(user, map[string]string{"command": "hold", "reason": "a test"}); a.status != 200 {
				t.Errorf("hold: %v", a)
			}
		})
	}
}

func xgateway(customer, hash, status string) string {
	return encode(map[string]any{"callbackType": "kyc", "customerId": customer, "hash": hash, "status": status, "kycProcessingStatus": nil})
}

// TestCredentialsBeforeBody holds that who has no credentials is refused without
// the body, which is not even sent.
func TestCredentialsBeforeBody(t *testing.T) {
	t.Parallel()
	s := newSystem(t, options{config: noJitter})
	s.serve()
	conn, err := net.Dial("tcp", s.public)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() // nothing is written any more
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: wrong\r\nContent-Length: 1000\r\n\r\n", pathKYC, s.public); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() // the status is all that counts
	if res.StatusCode != http.StatusUnauthorized || res.Header.Get("WWW-Authenticate") == "" {
		t.Errorf("answer %s %v", res.Status, res.Header)
	}
	t.Logf("refused after %v without a byte of the body", time.Since(began).Round(time.Millisecond))
}

// TestUnknownWords holds that words which no document knows are answered 200,
// change nothing, and are shown.
func TestUnknownWords(t *testing.T) {
	t.Parallel()
	k := newSink(t)
	s := newSystem(t, options{config: k.config()})
	s.serve()
	user := s.user(1)
	s.accepted(pathKYC, kyc(user, "VERIFIED", ""))
	s.accepted(pathKYC, kyc(user, "PARTIALLY_VERIFIED", ""))
	s.accepted(pathPOA, status(user, "LOST_IN_THE_MAIL"))
	v := s.sees(user, "approved, after three webhooks", func(v view) bool { return v.Events == 3 })
	if v.Stage != "approved" || shown(v) != "kyc=passed" {
		t.Errorf("unknown words changed %+v", v)
	}
	s.settled()
	if outcomes := s.outcomes(user); fmt.Sprint(outcomes) != "[applied unrecognised unrecognised]" {
		t.Errorf("outcomes %v", outcomes)
	}
	if n := len(k.of(user, "event.unrecognised")); n != 2 {
		t.Errorf("downstream heard %d times of unknown words", n)
	}
	if n := len(k.of(user, "onboarding.escalated")); n == 0 {
		t.Error("nobody was told that an approved user has unknown words")
	}
}

// outcomes lists the outcomes of a user's log.
func (s *system) outcomes(user string) []string {
	s.t.Helper()
	entries, err := s.timeline(user)
	if err != nil {
		s.t.Fatal(err)
	}
	var outcomes []string
	for _, e := range entries {
		if e.Kind == "log" {
			outcomes = append(outcomes, e.Outcome)
		}
	}
	return outcomes
}

// TestBadCommands holds how commands that cannot be done are refused.
func TestBadCommands(t *testing.T) {
	t.Parallel()
	s := newSystem(t, options{config: noJitter})
	s.serve()
	user := s.user(1)
	s.accepted(pathKYC, kyc(user, "VERIFIED", ""))
	s.sees(user, "approved", func(v view) bool { return v.Stage == "approved" })
	if a := s.decided(user, map[string]string{"command": "hold", "reason": "a look at the documents", "requestId": "r1"}); a.status != 200 {
		t.Fatalf("hold: %v", a)
	}
	for _, c := range []struct {
		name, user string
		body       map[string]string
		status     int
		code, says string
	}{
		{"no reason", user, map[string]string{"command": "lift"}, 422, "invalid", "reason"},
		{"blank reason", user, map[string]string{"command": "lift", "reason": "  "}, 422, "invalid", "reason"},
		{"unknown command", user, map[string]string{"command": "promote", "reason": "x"}, 422, "invalid", "command"},
		{"already on hold", user, map[string]string{"command": "hold", "reason": "again"}, 409, "refused", "already_on_hold"},
		{"another body for a request ID", user, map[string]string{"command": "lift", "reason": "x", "requestId": "r1"}, 409, "conflict", ""},
		{"unknown user", s.user(2), map[string]string{"command": "hold", "reason": "x"}, 404, "not_found", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := s.in(t).decided(c.user, c.body)
			if a.status != c.status || a.code() != c.code || !strings.Contains(a.body, c.says) {
				t.Errorf("answer %v; want %d %s with %q", a, c.status, c.code, c.says)
			}
		})
	}
	if a := s.decided(user, map[string]string{"command": "hold", "reason": "a look at the documents", "requestId": "r1"}); a.status != 200 {
		t.Errorf("the same command again: %v", a)
	}
	if outcomes := s.outcomes(user); fmt.Sprint(outcomes) != "[applied applied refused]" {
		t.Errorf("outcomes %v", outcomes)
	}
	status, _, err := s.get("http://"+s.admin+"/v1/onboardings/"+s.user(3), readerToken)
	if err != nil || status != http.StatusNotFound {
		t.Errorf("an unknown user: %d, %v", status, err)
	}
	if status, _, err = s.get("http://"+s.admin+"/v1/onboardings/"+user, "wrong"); err != nil || status != http.StatusUnauthorized {
		t.Errorf("a wrong token: %d, %v", status, err)
	}
}
