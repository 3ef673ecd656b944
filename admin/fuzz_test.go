package admin_test

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"testing"
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
	} {
		f.Add([]byte(body))
	}
	st := newStore()
	s := newSetup(f, st, admin.Limits{})
	f.Fuzz(func(t *testing.T, body []byte) {
		clear(st.users)
		w := s.ask("POST", "/v1/onboardings", operateToken, string(body))
		if !slices.Contains([]int{http.StatusCreated, http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge}, w.Code) {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if (w.Code == http.StatusCreated) != (len(st.users) == 1) {
			t.Fatalf("%d, and %d users", w.Code, len(st.users))
		}
		sent := bytes.ContainsRune(body, utf8.RuneError) || bytes.Contains(bytes.ToLower(body), []byte(`\ufffd`))
		for id := range st.users {
			if onboarding.CheckUserID(id) != nil || !sent && strings.ContainsRune(id, utf8.RuneError) {
				t.Errorf("stored %q", id)
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
		for _, call := range st.imports {
			seen := map[string]bool{}
			for _, u := range call.users {
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
