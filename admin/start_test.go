package admin_test

import (
	"net/http"
	"reflect"
	"strings"
	"testing"

	"admit/admin"
	"admit/onboarding"
)

func TestStart(t *testing.T) {
	t.Parallel()
	s := newSetup(t, newStore(), admin.Limits{})
	const contact = `{"userId":"user-1","contact":{"email":"user-1@example.com","locale":"de-AT","name":"Ü 1","timeZone":"Europe/Vienna"}}`
	ring := onboarding.Ring{EventID: 7, Provider: onboarding.SourceMerchant, Route: onboarding.RouteStart}
	for _, c := range []struct {
		name, body string
		status     int
		rings      int
	}{
		{"a new user", contact, http.StatusCreated, 1},
		{"the same again", contact, http.StatusOK, 1},
		{"without a contact", `{"userId":"user-1"}`, http.StatusOK, 1},
		{"with none", `{"userId":"user-1","contact":null}`, http.StatusOK, 1},
		{"another contact", `{"userId":"user-1","contact":{"email":"other@example.com"}}`, http.StatusOK, 2},
	} {
		got := wantJSON[onboarding.Onboarding](t, s.ask("POST", "/v1/onboardings", operateToken, c.body), c.status)
		if got.UserID != "user-1" || len(s.store.rung()) != c.rings {
			t.Errorf("%s: %+v, rings %v", c.name, got, s.store.rung())
		}
	}
	if got := s.store.contacts["user-1"]; !reflect.DeepEqual(got, onboarding.Contact{Email: "other@example.com"}) {
		t.Errorf("contact %+v", got)
	}
	if got := s.store.rung()[0]; !reflect.DeepEqual(got, ring) {
		t.Errorf("ring %+v", got)
	}
}

func TestStartRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, body string
		status     int
		where      string
	}{
		{"nothing", ``, 400, ""},
		{"no JSON", `{`, 400, ""},
		{"more than one value", `{"userId":"user-1"} {}`, 400, ""},
		{"no UTF-8", "{\"userId\":\"\xff\"}", 400, ""},
		{"half a surrogate pair", `{"userId":"\ud800"}`, 400, ""},
		{"half a surrogate pair, then text", `{"userId":"\ud83dx"}`, 400, ""},
		{"the other half", `{"userId":"\\\udc00"}`, 400, ""},
		{"null", `null`, 422, "body"},
		{"a list", `[]`, 422, "body"},
		{"no user", `{}`, 422, "body"},
		{"another spelling", `{"userid":"user-1"}`, 422, "body body.userid"},
		{"an empty user", `{"userId":""}`, 422, "body.userId"},
		{"a number", `{"userId":1}`, 422, "body.userId"},
		{"a number under another spelling", `{"userId":"user-1","USERID":1}`, 422, "body.USERID"},
		{"a control character", `{"userId":"a\u0000"}`, 422, "body.userId"},
		{"too long a user", `{"userId":"` + strings.Repeat("ü", 128) + `"}`, 422, "body.userId"},
		{"an unknown field", `{"userId":"user-1","stage":"approved"}`, 422, "body.stage"},
		{"an unknown field of the contact", `{"userId":"user-1","contact":{"phone":"1"}}`, 422, "body.contact.phone"},
		{"no object as contact", `{"userId":"user-1","contact":"user-1@example.com"}`, 422, "body.contact"},
		{"all of the contact", `{"userId":"","contact":{"email":"x","locale":"x_","name":" ","timeZone":"x"}}`, 422, "body.userId"},
		{"everything in the contact", `{"userId":"user-1","contact":{"email":"x","locale":"x_","name":" ","timeZone":"x"}}`, 422,
			"body.contact.email body.contact.locale body.contact.name body.contact.timeZone"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSetup(t, newStore(), admin.Limits{})
			code := "invalid"
			if c.status == 400 {
				code = "malformed"
			}
			w := s.ask("POST", "/v1/onboardings", operateToken, c.body)
			if p := wantProblem(t, w, c.status, code); strings.Join(p.locations(), " ") != c.where {
				t.Errorf("errors at %q, want %q: %s", p.locations(), c.where, w.Body)
			}
			for _, word := range []string{"json:", "Go struct", "startBody", "unmarshal", "invalid character"} {
				if strings.Contains(w.Body.String(), word) {
					t.Errorf("the answer quotes %q: %s", word, w.Body)
				}
			}
			if len(s.store.users) > 0 {
				t.Error("a refused start is stored")
			}
		})
	}
}
