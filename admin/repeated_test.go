package admin_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"admit/admin"
	"admit/onboarding"
)

// A body in which an object has a name twice is refused whatever it is for: nothing
// of the one becomes a part of the other.
func TestRepeatedNames(t *testing.T) {
	t.Parallel()
	const anna = `{"line":1,"userId":"a","checks":["kyc"],"since":"2024-05-31T12:00:00Z","contact":{"email":"a@example.com","name":"Anna"}}`
	for _, c := range []struct{ name, method, path, body, says string }{
		{"lists of users", "POST", "/v1/imports", `{"id":"i-1","users":[` + anna + `],"users":[` + importedUser + `]}`, "the name users twice"},
		{"a user's contact", "POST", "/v1/imports", `{"id":"i-1","users":[` + importedUser + `,` + strings.Replace(anna, `{`, `{"contact":{"locale":"de"},`, 1) + `]}`, "the name contact twice"},
		{"a user's checks, the same again", "POST", "/v1/imports", strings.Replace(imported, `"checks"`, `"checks":["kyc"],"checks"`, 1), "the name checks twice"},
		{"contacts", "POST", "/v1/onboardings", `{"userId":"user-9","contact":{"email":"a@example.com"},"contact":{"name":"Anna"}}`, "the name contact twice"},
		{"a contact and none", "POST", "/v1/onboardings", `{"contact":{"email":"a@example.com"},"userId":"user-9","contact":null}`, "the name contact twice"},
		{"in a contact", "POST", "/v1/onboardings", `{"userId":"user-9","contact":{"name":"Anna","email":"a@example.com","name":"Bert"}}`, "the name name twice"},
		{"behind a contact", "POST", "/v1/onboardings", `{"userId":"user-8","contact":{"name":"Anna"},"userId":"user-9"}`, "the name userId twice"},
		{"in escapes", "POST", "/v1/onboardings", `{"userId":"user-8","\u0075ser\u0049d":"user-9"}`, "the name userId twice"},
		{"a number that is too large", "POST", "/v1/onboardings", `{"userId":1e999999,"userId":"user-9"}`, "the name userId twice"},
		{"a name of nothing", "POST", "/v1/onboardings", `{"userId":"user-9","Anna":1,"Anna":2}`, "a name twice"},
		{"no name at all", "POST", "/v1/onboardings", `{"userId":"user-9","":1,"":2}`, "a name twice"},
		{"deep down", "POST", "/v1/onboardings", `{"userId":"user-9","x":[[],{},[{"y":{"Anna":[]},"z":[{"Anna":1,"b":{"Anna":2},"Anna":3}]}]]}`, "a name twice"},
		{"reasons", "POST", commandsPath, `{"command":"hold","reason":"a","reason":"b"}`, "the name reason twice"},
		{"commands", "POST", commandsPath, `{"command":"hold","reason":"a","command":"lift"}`, "the name command twice"},
		{"a contact's e-mail", "PUT", reachPath, `{"email":"a@example.com","email":"b@example.com"}`, "the name email twice"},
		{"why a contact goes", "DELETE", reachPath, `{"reason":"a","reason":"a"}`, "the name reason twice"},
		{"why data goes", "DELETE", erasePath, `{"reason":"a","reason":"a"}`, "the name reason twice"},
		{"whom to wake", "POST", "/v1/wake", `{"userIds":["user-1"],"userIds":["user-2"]}`, "the name userIds twice"},
		{"what to replay", "POST", "/v1/hooks/core-banking/replay", `{"reason":"a","ids":[4],"ids":[5]}`, "the name ids twice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			st := newStore("user-1")
			st.contacts["user-1"] = onboarding.Contact{Name: "Anna"}
			s := newSetup(t, st, admin.Limits{})
			w := s.ask(c.method, c.path, adminToken, c.body)
			if p := wantProblem(t, w, http.StatusBadRequest, "malformed"); !strings.HasSuffix(p.Detail, "An object in the body has "+c.says+".") {
				t.Errorf("%q, want %q", p.Detail, c.says)
			}
			if strings.Contains(w.Body.String(), "Anna") || strings.Contains(s.logged(), "Anna") {
				t.Errorf("personal data in %s, or in %s", w.Body, s.logged())
			}
			untouched := len(st.users) == 1 && len(st.imports) == 0 && len(st.commands) == 0 && len(st.rung()) == 0 && len(st.hookCalls) == 0 && len(st.forgotten) == 0
			if !untouched || !maps.Equal(st.contacts, map[string]onboarding.Contact{"user-1": {Name: "Anna"}}) {
				t.Errorf("the store was written to: %+v", st)
			}
		})
	}
}

// The same name in another object, or as a value, is none that stands twice.
func TestNamesThatOnlyLookRepeated(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		body   string
		status int
		where  string
	}{
		{`{"userId":"userId","contact":{"name":"name","email":""}}`, http.StatusCreated, ""},
		{`{"userId":"\"userId\":","contact":{"name":"{\"name\":1,"}}`, http.StatusCreated, ""},
		{`{"userId":"a","contact":{"userId":"a"}}`, http.StatusUnprocessableEntity, "body.contact.userId"},
		{`{"userId":"a","x":["x","x","x",{"x":1},{"x":2},[{"x":"x"}]]}`, http.StatusUnprocessableEntity, "body.x"},
		{`{"userId":"a","contact":{"name":"a"},"Contact":{"email":"a@example.com"}}`, http.StatusUnprocessableEntity, "body.Contact"},
	} {
		w := newSetup(t, newStore(), admin.Limits{}).ask("POST", "/v1/onboardings", operateToken, c.body)
		if w.Code != c.status {
			t.Errorf("%s: %d %s", c.body, w.Code, w.Body)
		} else if c.where != "" {
			if p := wantProblem(t, w, c.status, "invalid"); strings.Join(p.locations(), " ") != c.where {
				t.Errorf("%s: errors at %q", c.body, p.locations())
			}
		}
	}
}

var quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// checkRepeats holds that a body was taken only where no object has a name twice:
// outside of its strings it has a colon for each of the members that are left when
// it is decoded into maps.
func checkRepeats(t *testing.T, body []byte, status int) {
	t.Helper()
	var v any
	if json.Unmarshal(body, &v) != nil {
		return
	}
	once := bytes.Count(quoted.ReplaceAll(body, nil), []byte(":")) == members(v)
	if !once && status != http.StatusBadRequest && status != http.StatusRequestEntityTooLarge {
		t.Errorf("a name stands twice, and the answer is %d", status)
	}
}

// members counts the members of all objects in a decoded text.
func members(v any) int {
	n := 0
	switch v := v.(type) {
	case map[string]any:
		n = len(v)
		for _, value := range v {
			n += members(value)
		}
	case []any:
		for _, value := range v {
			n += members(value)
		}
	}
	return n
}
