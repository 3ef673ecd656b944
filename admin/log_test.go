package admin_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"admit/admin"
	"admit/onboarding"
)

// Whatever comes, a log line holds no token, body, header, path or reason.
func TestLogHoldsNoSecret(t *testing.T) {
	t.Parallel()
	s := newSetup(t, newStore("user-1"), admin.Limits{})
	const secret = "secret-text"
	bodies := []string{
		`{"command":"hold","reason":"secret-text"}`, `{"command":"secret-text","reason":"secret-text"}`, `secret-text`,
		`{"userId":"user-1","contact":{"email":"secret-text@example.com","name":"secret-text"}}`,
		`{"userId":"secret-text\u0000","contact":{"email":"secret-text"}}`,
		`{"id":"i-1","users":[{"line":1,"userId":"secret-text","checks":["kyc"],"since":"2024-05-31T12:00:00Z","contact":{"email":"secret-text@example.com"}}]}`,
		`{"reason":"secret-text"}`, `{"userIds":["secret-text"]}`, `{"reason":"secret-text","all":true}`,
		`{"email":"secret-text@example.com","name":"secret-text"}`,
	}
	requests := 0
	for _, body := range bodies {
		for _, path := range []string{commandsPath, "/v1/onboardings", "/v1/onboardings?after=secret-text", "/secret-text", "/v1/onboardings?secret-text=1",
			"/v1/imports", "/v1/wake", erasePath + "?reason=secret-text", "/v1/onboardings/user-1/audit?at=secret-text",
			reachPath + "?reason=secret-text", "/v1/hooks/core-banking/replay", "/v1/hooks/secret-text/test", "/v1/hooks/secret-text/failed"} {
			for _, token := range []string{adminToken, secret} {
				for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete, "SECRET-TEXT"} {
					r := httptest.NewRequest(method, path, strings.NewReader(body))
					r.Header.Set("Authorization", "Bearer "+token)
					r.Header.Set("X-Request-Id", "{secret-text}")
					r.Header.Set("User-Agent", secret)
					s.Handler().ServeHTTP(httptest.NewRecorder(), r)
					requests++
				}
			}
		}
	}
	log := s.logged()
	for _, word := range []string{secret, "SECRET", adminToken, "192.0.2.1"} {
		if strings.Contains(log, word) {
			t.Errorf("the log holds %q", word)
		}
	}
	if lines := strings.Count(log, "\n"); lines != requests {
		t.Errorf("%d lines for %d requests", lines, requests)
	}
}

// fields are what a line in the log holds.
type fields = map[string]any

// logLines are requests, with what their line in the log holds beside what all do.
var logLines = []struct {
	name, method, path, token, body string
	prepare                         func(*store)
	want                            fields
}{
	{"show", "GET", "/v1/onboardings/user-1", readToken, "", nil, fields{
		"level": "INFO", "status": 200.0, "route": "/v1/onboardings/{userId}", "actor": "viewer", "userId": "user-1"}},
	{"command", "POST", commandsPath, operateToken, command, nil, fields{
		"level": "INFO", "status": 200.0, "route": "/v1/onboardings/{userId}/commands", "actor": "clerk", "userId": "user-1",
		"command": "hold", "outcome": "applied"}},
	{"refused command", "POST", commandsPath, operateToken, command, func(s *store) { s.refuse = onboarding.RefusedOnHold }, fields{
		"level": "WARN", "status": 409.0, "route": "/v1/onboardings/{userId}/commands", "actor": "clerk", "userId": "user-1",
		"command": "hold", "outcome": "refused", "code": "refused"}},
	{"pending command", "POST", commandsPath, operateToken, command, func(s *store) { s.engine = errors.New("away") }, fields{
		"level": "INFO", "status": 202.0, "route": "/v1/onboardings/{userId}/commands", "actor": "clerk", "userId": "user-1",
		"command": "hold", "outcome": "pending", "error": "away"}},
	{"replay", "POST", "/v1/events/7/replay", operateToken, "", nil, fields{
		"level": "INFO", "status": 202.0, "route": "/v1/events/{id}/replay", "actor": "clerk", "userId": "user-1"}},
	{"no replay", "POST", "/v1/events/7/replay", operateToken, "", func(s *store) { s.refusal = onboarding.ReplayDone }, fields{
		"level": "WARN", "status": 409.0, "route": "/v1/events/{id}/replay", "actor": "clerk", "code": "not_replayable"}},
	{"erasing", "DELETE", erasePath, adminToken, `{"reason":"secret-text"}`, nil, fields{
		"level": "INFO", "status": 200.0, "route": "/v1/users/{userId}/personal-data", "actor": "root", "userId": "user-1",
		"command": "erase", "outcome": "applied"}},
	{"import", "POST", "/v1/imports", adminToken, imported, func(s *store) { s.imported.Accepted = 1 }, fields{
		"level": "INFO", "status": 200.0, "route": "/v1/imports", "actor": "root", "users": 1.0, "seconds": 2.0}},
	{"waking", "POST", "/v1/wake", operateToken, `{"userIds":["user-1"]}`, nil, fields{
		"level": "INFO", "status": 200.0, "route": "/v1/wake", "actor": "clerk", "users": 1.0}},
	{"a hook told again", "POST", "/v1/hooks/core-banking/replay", operateToken, `{"reason":"secret-text","ids":[4]}`, nil, fields{
		"level": "INFO", "status": 200.0, "route": "/v1/hooks/{name}/replay", "actor": "clerk", "hook": "core-banking", "users": 1.0}},
	{"a hook's test", "POST", "/v1/hooks/core-banking/test", operateToken, "", nil, fields{
		"level": "INFO", "status": 200.0, "route": "/v1/hooks/{name}/test", "actor": "clerk", "hook": "core-banking", "outcome": "delivered"}},
	{"a contact", "PUT", reachPath, operateToken, `{"email":"secret-text@example.com"}`, nil, fields{
		"level": "INFO", "status": 200.0, "route": "/v1/users/{userId}/contact", "actor": "clerk", "userId": "user-1"}},
	{"unauthorised", "GET", "/v1/onboardings/user-1", "", "", nil, fields{
		"level": "WARN", "status": 401.0, "route": "/v1/onboardings/{userId}", "code": "unauthorized"}},
	{"forbidden", "POST", commandsPath, readToken, command, nil, fields{
		"level": "WARN", "status": 403.0, "route": "/v1/onboardings/{userId}/commands", "actor": "viewer", "code": "forbidden"}},
	{"unavailable", "GET", "/v1/onboardings/user-1", readToken, "", func(s *store) { s.err = onboarding.ErrUnavailable }, fields{
		"level": "ERROR", "status": 503.0, "route": "/v1/onboardings/{userId}", "actor": "viewer", "userId": "user-1", "code": "unavailable",
		"error": "the store is unavailable"}},
	{"nobody's path", "GET", "/x", "", "", nil, fields{"level": "WARN", "status": 404.0, "code": "not_found"}},
	{"health", "GET", "/healthz", "", "", nil, fields{"level": "DEBUG", "status": 200.0, "route": "/healthz"}},
	{"metrics", "GET", "/metrics", "", "", nil, fields{"level": "DEBUG", "status": 200.0, "route": "/metrics"}},
}

func TestLogLine(t *testing.T) {
	t.Parallel()
	for _, c := range logLines {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			st := newStore("user-1")
			if c.prepare != nil {
				c.prepare(st)
			}
			s := newSetup(t, st, admin.Limits{})
			s.ask(c.method, c.path, c.token, c.body)
			want := fields{"msg": "admin request", "method": c.method, "requestId": "made-1", "seconds": 1.0}
			maps.Copy(want, c.want)
			var got fields
			if err := json.Unmarshal([]byte(s.logged()), &got); err != nil {
				t.Fatal(err)
			}
			delete(got, "time")
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("logged\n%v, want\n%v", got, want)
			}
		})
	}
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	s := newSetup(t, newStore(), admin.Limits{})
	for given, want := range map[string]string{
		"": "made-1", "abc-1.X_2": "abc-1.X_2", "a b": "made-1", "ä": "made-1", "a\r\nb": "made-1",
		strings.Repeat("a", 64): strings.Repeat("a", 64), strings.Repeat("a", 65): "made-1",
	} {
		r := httptest.NewRequest("GET", "/healthz", nil)
		r.Header.Set("X-Request-Id", given)
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		if got := w.Header().Get("X-Request-Id"); got != want {
			t.Errorf("%q: %q, want %q", given, got, want)
		}
	}
}
