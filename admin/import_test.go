package admin_test

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"admit/admin"
	"admit/onboarding"
)

const (
	importedUser = `{"line":2,"userId":"user-2","checks":["kyc"],"since":"2024-05-31T12:00:00Z"}`
	imported     = `{"id":"i-1","users":[` + importedUser + `]}`
)

func TestImport(t *testing.T) {
	t.Parallel()
	st := newStore()
	st.imported = onboarding.Imported{Accepted: 1, Repeated: 1}
	s := newSetup(t, st, admin.Limits{})
	const body = `{"id":"i-1","sendAccess":true,"users":[` +
		`{"line":2,"userId":"ü/1","checks":["kyc","poa"],"since":"2024-05-31T12:00:00.123456789+02:00","contact":{"email":"a@example.com","locale":"de"}},` +
		`{"line":3,"userId":"user-3","checks":["sepa_kyc"],"since":"2000-01-01T00:00:00Z"}]}`
	if w := s.ask("POST", "/v1/imports", adminToken, body); w.Body.String() != `{"accepted":1,"repeated":1}`+"\n" || w.Code != http.StatusOK {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	want := []importCall{{actor: "root", users: []onboarding.ImportUser{
		{UserID: "ü/1", Contact: &onboarding.Contact{Email: "a@example.com", Locale: "de"}, Import: onboarding.Import{ID: "i-1", Line: 2,
			Checks: []onboarding.Check{onboarding.KYC, onboarding.POA}, Since: time.Date(2024, 5, 31, 10, 0, 0, 123456000, time.UTC), SendAccess: true}},
		{UserID: "user-3", Import: onboarding.Import{ID: "i-1", Line: 3,
			Checks: []onboarding.Check{onboarding.SEPAKYC}, Since: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), SendAccess: true}},
	}}}
	if !reflect.DeepEqual(st.imports, want) {
		t.Errorf("asked for %+v", st.imports)
	}
	if w := s.ask("POST", "/v1/imports", adminToken, strings.Replace(imported, `"id"`, `"dryRun":true,"id"`, 1)); w.Code != http.StatusOK || !st.imports[1].dryRun {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if log := s.logged(); !strings.Contains(log, `"users":1`) || strings.Contains(log, "example.com") {
		t.Errorf("log %s", log)
	}
}

func TestImportOfUsersWhoExist(t *testing.T) {
	t.Parallel()
	st := newStore()
	st.imported = onboarding.Imported{Existing: []int{7, 9}}
	var users []string
	for line := 7; line < 10; line++ {
		users = append(users, fmt.Sprintf(`{"line":%d,"userId":"user-%d","checks":["kyc"],"since":"2024-05-31T12:00:00Z"}`, line, line))
	}
	w := newSetup(t, st, admin.Limits{}).ask("POST", "/v1/imports", adminToken, `{"id":"i-1","users":[`+strings.Join(users, ",")+`]}`)
	p := wantProblem(t, w, 409, "import_exists")
	if len(p.Errors) != 2 || p.Errors[0].Line != 7 || p.Errors[1].Line != 9 || p.Errors[1].Location != "body.users[2].userId" {
		t.Errorf("%s", w.Body)
	}
}

// Every mistake is told at once, with its line.
func TestImportRefuses(t *testing.T) {
	t.Parallel()
	user := func(changes ...string) string { return strings.NewReplacer(changes...).Replace(importedUser) }
	for _, c := range []struct {
		name, users string
		want        string
	}{
		{"no user ID", user(`"userId":"user-2",`, ``), "2 users[0].userId"},
		{"an empty user ID", user("user-2", ""), "2 users[0].userId"},
		{"a control character", user("user-2", `a\u0000`), "2 users[0].userId"},
		{"too long a user ID", user("user-2", strings.Repeat("ü", 128)), "2 users[0].userId"},
		{"a number as user ID", user(`"user-2"`, "2"), "2 users[0].userId"},
		{"no line", user(`"line":2,`, ``), "0 users[0].line"},
		{"line 0", user(`"line":2`, `"line":0`), "0 users[0].line"},
		{"half a line", user(`"line":2`, `"line":2.5`), "0 users[0].line"},
		{"no checks", user(`["kyc"]`, `[]`), "2 users[0].checks"},
		{"null as checks", user(`["kyc"]`, `null`), "2 users[0].checks"},
		{"an unknown check", user(`["kyc"]`, `["kyc","face"]`), "2 users[0].checks[1]"},
		{"a check that never passes", user("kyc", "kyc_files"), "2 users[0].checks[0]"},
		{"a check twice", user(`["kyc"]`, `["kyc","kyc"]`), "2 users[0].checks"},
		{"no since", user(`,"since":"2024-05-31T12:00:00Z"`, ``), "2 users[0].since"},
		{"a date as since", user("T12:00:00Z", ""), "2 users[0].since"},
		{"a since to come", user("2024", "2027"), "2 users[0].since"},
		{"a since of long ago", user("2024", "1999"), "2 users[0].since"},
		{"a bad contact", user(`}`, `,"contact":{"email":"x","locale":"x_","name":" ","timeZone":"x"}}`),
			"2 users[0].contact.email, 2 users[0].contact.locale, 2 users[0].contact.name, 2 users[0].contact.timeZone"},
		{"an unknown field", user(`}`, `,"stage":"approved"}`), "2 users[0].stage"},
		{"another case", user(`}`, `,"USERID":"user-9"}`), "2 users[0].USERID"},
		{"no object", `5`, "0 users[0]"},
		{"nobody", ``, "0 users"},
		{"a user twice", user("2,", "1,") + "," + importedUser, "2 users[1].userId"},
		{"a line twice", user("user-2", "user-1") + "," + importedUser, "2 users[1].line"},
		{"all at once", user("2,", "1,", "kyc", "face") + "," + user("2,", "3,", "2024", "2027") + "," + user("2,", "4,", "user-2", ""),
			"1 users[0].checks[0], 3 users[1].since, 3 users[1].userId, 4 users[2].userId"},
		{"a type and a rule", user("2,", "5,", `"user-2"`, `2`, "2024", "2027") + "," + user("2,", "6,", "2024", "2027"),
			"5 users[0].since, 5 users[0].userId, 6 users[1].since"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			st := newStore()
			w := newSetup(t, st, admin.Limits{}).ask("POST", "/v1/imports", adminToken, `{"id":"i-1","users":[`+c.users+`]}`)
			p := wantProblem(t, w, 422, "invalid")
			lines := map[string]int{}
			for _, e := range p.Errors {
				lines[e.Location] = e.Line
			}
			var got []string
			for _, where := range p.locations() {
				got = append(got, fmt.Sprint(lines[where], " ", strings.TrimPrefix(where, "body.")))
			}
			if strings.Join(got, ", ") != c.want {
				t.Errorf("errors at %q, want %q: %s", strings.Join(got, ", "), c.want, w.Body)
			}
			if len(st.imports) > 0 {
				t.Error("a refused import is stored")
			}
		})
	}
}

func TestImportRefusesTheWhole(t *testing.T) {
	t.Parallel()
	many := strings.Repeat(importedUser+",", 1000) + importedUser
	for _, c := range []struct {
		name, body string
		status     int
		code       string
		where      string
	}{
		{"nothing", ``, 400, "malformed", ""},
		{"no JSON", `user-1`, 400, "malformed", ""},
		{"no UTF-8", "{\"id\":\"\xff\"}", 400, "malformed", ""},
		{"half a surrogate pair", `{"id":"\ud800"}`, 400, "malformed", ""},
		{"null", `null`, 422, "invalid", "body"},
		{"a list", `[]`, 422, "invalid", "body"},
		{"an empty object", `{}`, 422, "invalid", "body.id body.users"},
		{"no list of users", `{"id":"i-1","users":{}}`, 422, "invalid", "body.users"},
		{"a bad ID", `{"id":"a b","users":[` + importedUser + `]}`, 422, "invalid", "body.id"},
		{"too long an ID", `{"id":"` + strings.Repeat("a", 101) + `","users":[` + importedUser + `]}`, 422, "invalid", "body.id"},
		{"a word as dryRun", `{"id":"i-1","dryRun":"yes","users":[` + importedUser + `]}`, 422, "invalid", "body.dryRun"},
		{"an actor", `{"id":"i-1","actor":"clerk","users":[` + importedUser + `]}`, 422, "invalid", "body.actor"},
		{"too many users", `{"id":"i-1","users":[` + many + `]}`, 422, "invalid", "body.users"},
		{"too long", `{"id":"i-1","users":[` + strings.Repeat(" ", 1<<20) + `]}`, 413, "too_large", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			st := newStore()
			w := newSetup(t, st, admin.Limits{}).ask("POST", "/v1/imports", adminToken, c.body)
			if p := wantProblem(t, w, c.status, c.code); strings.Join(p.locations(), " ") != c.where {
				t.Errorf("errors at %q, want %q: %s", p.locations(), c.where, w.Body)
			}
			if len(st.imports) > 0 {
				t.Error("a refused import is stored")
			}
		})
	}
}

// A full import fits, and one that is all wrong is answered with a list that ends.
func TestImportIsBounded(t *testing.T) {
	t.Parallel()
	st := newStore()
	s := newSetup(t, st, admin.Limits{})
	fill := func(extra string) string {
		users := make([]string, admin.MaxImport)
		for i := range users {
			users[i] = fmt.Sprintf(`{"line":%d,"userId":"user-%d","checks":["kyc"],"since":"2024-05-31T12:00:00Z"%s}`, i+1, i+1, extra)
		}
		return `{"id":"i-1","users":[` + strings.Join(users, ",") + `]}`
	}
	contact := `,"contact":{"email":"` + strings.Repeat("a", 60) + `@example.com","locale":"de-AT","timeZone":"Europe/Vienna","name":"` + strings.Repeat("a", 100) + `"}`
	if w := s.ask("POST", "/v1/imports", adminToken, fill(contact)); w.Code != http.StatusOK || len(st.imports[0].users) != admin.MaxImport {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	p := wantProblem(t, s.ask("POST", "/v1/imports", adminToken, fill(`,"a":1,"b":1,"c":1`)), 422, "invalid")
	if len(p.Errors) != 2000 || p.Errors[1999].Line != 667 || !strings.Contains(p.Detail, "2000 mistakes out of 3000") {
		t.Errorf("%d errors: %s", len(p.Errors), p.Detail)
	}
	// What is long elsewhere is refused as before.
	wantProblem(t, s.ask("POST", "/v1/onboardings", adminToken, `{"userId":"`+strings.Repeat(" ", admin.MaxBody)+`"}`), 413, "too_large")
}
