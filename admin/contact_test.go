package admin_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"admit/admin"
	"admit/onboarding"
)

// Whatever way a contact comes, the same is taken and the same refused, by
// ContactFaults too, with which files are checked before they are sent.
func TestContacts(t *testing.T) {
	t.Parallel()
	s := newSetup(t, newStore("user-1"), admin.Limits{})
	local := strings.Repeat("a", 64)
	private := "de-x-" + strings.Repeat("aaaaaaaa-", 6) + "aaaaa" // as long as a tag may be
	for _, c := range []struct {
		field, value string // as JSON has it
		good         bool
	}{
		{"email", "a@example.com", true},
		{"email", "a+b.c@sub.example.com", true},
		{"email", "ü@example.com", true},
		{"email", "", true},
		{"email", "a", false},
		{"email", " ", false},
		{"email", "a@", false},
		{"email", "A <a@example.com>", false},
		{"email", "<a@example.com>", false},
		{"email", "One <u1@example.com>", false},
		{"email", "a@example.com, b@example.com", false},
		{"email", "a@example.com (comment)", false},
		{"email", " a@example.com", false},
		{"email", `a@example.com\r\nBcc: b@example.com`, false},
		{"email", local + "@" + strings.Repeat("b", 185) + ".com", true},
		{"email", local + "@" + strings.Repeat("b", 186) + ".com", false},
		{"email", local + "@" + strings.Repeat("ü", 93) + ".com", false},
		{"locale", "de", true},
		{"locale", "de-AT", true},
		{"locale", "zh-Hant-TW", true},
		{"locale", private, true},
		{"locale", private + "a", false},
		{"locale", "", true},
		{"locale", " ", false},
		{"locale", "de_AT", false},
		{"locale", "german", false},
		{"locale", "de-", false},
		{"locale", "../de", false},
		{"name", "Dr. Ü", true},
		{"name", strings.Repeat("ü", 100), true},
		{"name", strings.Repeat("u", 101), false},
		{"name", "", true},
		{"name", `a\nb`, false},
		{"name", `a\u007fb`, false},
		{"name", `a\u0085b`, false},
		{"name", `a\u2028b`, false},
		{"name", `a\u2029b`, false},
		{"name", " ", false},
		{"name", `\u00a0`, false},
		{"timeZone", "UTC", true},
		{"timeZone", "Europe/Vienna", true},
		{"timeZone", "", true},
		{"timeZone", " ", false},
		{"timeZone", "Local", false},
		{"timeZone", "Mars/Base", false},
		{"timeZone", "../../etc/passwd", false},
		{"timeZone", "/etc/localtime", false},
		{"timeZone", "Europe" + strings.Repeat("/", 60) + "Vienna", false},
	} {
		text := `{"` + c.field + `":"` + c.value + `"}`
		var contact onboarding.Contact
		if err := json.Unmarshal([]byte(text), &contact); err != nil {
			t.Fatal(err)
		}
		if bad := maps.Collect(admin.ContactFaults(contact)); len(bad) > 1 || (bad[c.field] == "") != c.good {
			t.Errorf("%s %q: mistakes %q", c.field, c.value, bad)
		}
		for _, way := range []struct{ method, path, before, after, place string }{
			{"POST", "/v1/onboardings", `{"userId":"user-1","contact":`, `}`, "body.contact."},
			{"PUT", reachPath, ``, ``, "body."},
			{"POST", "/v1/imports", `{"id":"i-1","users":[{"contact":`, `,` + importedUser[1:] + `]}`, "body.users[0].contact."},
			{"POST", "/v1/imports", `{"dryRun":true,"id":"i-1","users":[{"contact":`, `,` + importedUser[1:] + `]}`, "body.users[0].contact."},
		} {
			w := s.ask(way.method, way.path, adminToken, way.before+text+way.after)
			if c.good {
				alone := c.value == "" && way.path == reachPath // a contact that says nothing is not set
				if w.Code != 200 && w.Code != 201 && !alone {
					t.Errorf("%s %q, %s: %s", c.field, c.value, way.path, w.Body)
				}
				continue
			}
			if p := wantProblem(t, w, 422, "invalid"); !slices.Equal(p.locations(), []string{way.place + c.field}) {
				t.Errorf("%s %q, %s: %s", c.field, c.value, way.path, w.Body)
			}
		}
	}
}

// All mistakes of a contact are told, in the order of its fields, to whoever wants
// more than the first.
func TestContactFaultsAreTold(t *testing.T) {
	t.Parallel()
	var fields []string
	bad := onboarding.Contact{Email: "x", Locale: "x_", Name: " ", TimeZone: "x"}
	for field, rule := range admin.ContactFaults(bad) {
		if fields = append(fields, field); !strings.HasPrefix(rule, "must ") {
			t.Errorf("%s: %s", field, rule)
		}
	}
	if !slices.Equal(fields, []string{"email", "locale", "name", "timeZone"}) {
		t.Errorf("mistakes in %q", fields)
	}
	for field := range admin.ContactFaults(bad) {
		if field != "email" {
			t.Errorf("first is %s", field)
		}
		break
	}
}
