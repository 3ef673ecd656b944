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
	f.Fuzz(func(t *testing.T, body []byte) {
		st := newStore()
		w := newSetup(t, st, admin.Limits{}).ask("POST", "/v1/onboardings", operateToken, string(body))
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
