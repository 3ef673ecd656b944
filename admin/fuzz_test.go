package admin_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"admit/admin"
	"admit/onboarding"
)

// Whatever is sent as a start, it is understood or refused; what is stored is a
// user ID as it was sent, never one with a character made up for it.
func FuzzStart(f *testing.F) {
	for _, body := range []string{
		`{"userId":"user-1"}`, `{"userId":"\ud83d\ude00"}`, `{"userId":"\ud83d"}`, `{"userId":"\\ud83d"}`, "{\"userId\":\"\xff\"}", `{"userId":"\ufffd"}`,
		`{"userId":"a","contact":{"email":"a@example.com","locale":"de","name":"A","timeZone":"UTC"}}`, `{"userid":1,"userId":"a"}`, `null`, `[`, ``,
		`{"userId":"a","contact":{"email":"a@example.com"},"contact":{"name":"Anna"}}`, `{"userId":"a","\u0075serId":"b"}`, `{"userId":"a","x":{"y":[{"":1,"":2}]}}`,
	} {
		f.Add([]byte(body))
	}
	st := newStore()
	s := newSetup(f, st, admin.Limits{})
	f.Fuzz(func(t *testing.T, body []byte) {
		clear(st.users)
		clear(st.contacts)
		w := s.ask("POST", "/v1/onboardings", operateToken, string(body))
		if !slices.Contains([]int{http.StatusCreated, http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge}, w.Code) {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if (w.Code == http.StatusCreated) != (len(st.users) == 1) {
			t.Fatalf("%d, and %d users", w.Code, len(st.users))
		}
		checkRepeats(t, body, w.Code)
		said := saidIn(body)
		sent := bytes.ContainsRune(body, utf8.RuneError) || bytes.Contains(bytes.ToLower(body), []byte(`\ufffd`))
		for id := range st.users {
			if onboarding.CheckUserID(id) != nil || !sent && strings.ContainsRune(id, utf8.RuneError) {
				t.Errorf("stored %q", id)
			}
			if said["userId"] != id || st.contacts[id] != contactIn(said["contact"]) {
				t.Errorf("stored %q with %+v", id, st.contacts[id])
			}
		}
	})
}

// Whatever is sent as an import, what reaches the store keeps its rules, and every
// refusal says why.
func FuzzImport(f *testing.F) {
	for _, body := range []string{
		imported, `{"id":"i","dryRun":true,"users":[{"line":1,"userId":"a","checks":["poa","kyc"],"since":"2001-01-01T00:00:00+01:00","contact":{"email":"a@example.com"}}]}`,
		`{"id":"i","USERS":[{"line":1}],"users":[` + importedUser + `]}`, `{"id":"i","users":[{"line":1e3,"userId":"\ud83d"}]}`,
		`{"id":"i","users":[null,5,{}]}`, `{"users":{"0":1}}`, `null`, `[`, ``,
		`{"id":"i","users":[{"line":1,"userId":"a","checks":["kyc"],"since":"2024-05-31T12:00:00Z","contact":{"email":"a@example.com","name":"Anna"}}],"users":[` + importedUser + `]}`,
		`{"id":"i","users":[{"contact":{"name":"Anna"},` + importedUser[1:] + `,{"line":3,"line":4}]}`,
	} {
		f.Add([]byte(body))
	}
	st := newStore()
	s := newSetup(f, st, admin.Limits{})
	f.Fuzz(func(t *testing.T, body []byte) {
		st.imports = nil
		w := s.ask("POST", "/v1/imports", adminToken, string(body))
		if !slices.Contains([]int{http.StatusOK, http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge}, w.Code) {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if w.Code == http.StatusUnprocessableEntity && len(wantProblem(t, w, 422, "invalid").Errors) == 0 {
			t.Errorf("no error is named: %s", w.Body)
		}
		if (w.Code == http.StatusOK) != (len(st.imports) == 1) {
			t.Fatalf("%d, and %d imports", w.Code, len(st.imports))
		}
		checkRepeats(t, body, w.Code)
		for _, call := range st.imports {
			seen := map[string]bool{}
			said, _ := saidIn(body)["users"].([]any)
			for i, u := range call.users {
				if user, _ := said[i].(map[string]any); user["userId"] != u.UserID || (u.Contact != nil) != (user["contact"] != nil) ||
					u.Contact != nil && *u.Contact != contactIn(user["contact"]) {
					t.Errorf("stored %+v with %+v, of %v", u, u.Contact, user)
				}
				if onboarding.CheckUserID(u.UserID) != nil || seen[u.UserID] || u.Import.Line < 1 || len(u.Import.Checks) == 0 || u.Import.Since.Year() < 2000 {
					t.Errorf("stored %+v", u)
				}
				for _, c := range u.Import.Checks {
					if !c.Valid() || c == onboarding.KYCFiles {
						t.Errorf("stored %+v", u)
					}
				}
				seen[u.UserID] = true
			}
		}
	})
}

// Whatever is sent as a command, what is stored is what was said, by the token's own
// name, with a reason, and with no field but the command's own.
func FuzzCommand(f *testing.F) {
	for _, body := range []string{
		command, `{"command":"lift","reason":"a reason","requestId":"r-1","approves":"p-1"}`,
		`{"command":"override_check","reason":"a","check":"poa","status":"in_review","until":"2026-04-01T12:00:00.123456789+02:00"}`,
		`{"command":"override_check","reason":"a","approves":"p-1","check":"kyc"}`, `{"command":"lift_override","reason":"a","check":"sepa_kyc"}`,
		`{"command":"extend_deadline","reason":"a","by":"36h30m"}`, `{"command":"extend_deadline","reason":"a","by":"1ns"}`,
		`{"command":"erase","reason":"a"}`, `{"command":"hold","reason":"a","actor":"root"}`, `{"command":"hold","reason":"a","check":"kyc"}`, `{"command":"hold","reason":" \u00a0"}`,
		`{"command":"hold","reason":"a\u2028b"}`, `{"command":"hold","reason":"a","requestId":"import:1"}`, `{"reason":"a","command":"hold","REASON":""}`, `{"command":"hold","reason":"\udc00"}`,
		`{"command":"hold","reason":"a","reason":"b"}`, `{"command":"override_check","reason":"a","check":"kyc","status":"none","until":"","by":1e999999}`, `null`, `[`, ``,
	} {
		f.Add([]byte(body))
	}
	st := newStore("user-1")
	s := newSetup(f, st, admin.Limits{})
	f.Fuzz(func(t *testing.T, body []byte) {
		clear(st.commands)
		clear(st.outcomes)
		w := s.ask("POST", commandsPath, operateToken, string(body))
		if !slices.Contains([]int{http.StatusOK, http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge}, w.Code) {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if w.Code == http.StatusUnprocessableEntity && len(wantProblem(t, w, 422, "invalid").Errors) == 0 {
			t.Errorf("no error is named: %s", w.Body)
		}
		if (w.Code == http.StatusOK) != (len(st.commands) == 1) {
			t.Fatalf("%d, and %d commands", w.Code, len(st.commands))
		}
		checkRepeats(t, body, w.Code)
		said := saidIn(body)
		for _, c := range st.commands {
			checkCommand(t, c, func(name string) string { text, _ := said[name].(string); return text })
		}
	})
}

var signature = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,128}$`)

// checkCommand holds that a stored command is what its body says, member by member.
func checkCommand(t *testing.T, c onboarding.Command, said func(name string) string) {
	t.Helper()
	override, lifted, extend := c.Name == onboarding.CommandOverride, c.Name == onboarding.CommandLiftOverride, c.Name == onboarding.CommandExtend
	want := onboarding.Command{Name: said("command"), Reason: said("reason"), RequestID: said("requestId"), Approves: said("approves"), Actor: "clerk",
		Check: onboarding.Check(said("check")), Status: onboarding.Status(said("status"))}
	if want.RequestID == "" {
		want.RequestID = "made-1"
	}
	if text := said("until"); text != "" {
		until, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Errorf("stored with the end %q", text)
		}
		want.Until = until.UTC().Truncate(time.Microsecond)
	}
	if text := said("by"); text != "" {
		by, err := time.ParseDuration(text)
		if err != nil {
			t.Errorf("stored with the time %q", text)
		}
		want.By = onboarding.Duration(by)
	}
	if c != want {
		t.Errorf("stored %+v, said %+v", c, want)
	}
	for what, wrong := range map[string]bool{
		"name":       c.Name == onboarding.CommandErase || !slices.Contains(onboarding.Commands[:], c.Name),
		"reason":     strings.TrimSpace(c.Reason) == "" || utf8.RuneCountInString(c.Reason) > 500 || strings.ContainsAny(c.Reason, "\x00\n\r\x1b\x7f\u0085\u2028\u2029"),
		"request ID": !signature.MatchString(c.RequestID) || strings.HasPrefix(c.RequestID, "import:"),
		"approval":   c.Approves != "" && !signature.MatchString(c.Approves),
		"check":      c.Check != "" && !c.Check.Valid() || c.Check != "" && !override && !lifted || c.Check == "" && c.Approves == "" && (override || lifted),
		"status":     c.Status == onboarding.StatusNone || c.Status != "" && (!c.Status.Valid() || !override) || c.Status == "" && c.Approves == "" && override,
		"end":        !c.Until.IsZero() && !override,
		"time":       c.By != 0 && (c.By < onboarding.Duration(time.Second) || !extend) || c.By == 0 && c.Approves == "" && extend,
	} {
		if wrong {
			t.Errorf("the %s of %+v", what, c)
		}
	}
}

// saidIn reads a body in another way than the listener does: into maps.
func saidIn(body []byte) (said map[string]any) {
	// One that cannot be read says nothing.
	_ = json.Unmarshal(body, &said)
	return said
}

// contactIn returns the contact that a decoded text is, an empty one of null.
func contactIn(v any) onboarding.Contact {
	said, _ := v.(map[string]any)
	field := func(name string) string { text, _ := said[name].(string); return text }
	return onboarding.Contact{Email: field("email"), Locale: field("locale"), Name: field("name"), TimeZone: field("timeZone")}
}
