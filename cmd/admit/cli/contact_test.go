package cli_test

import (
	"strings"
	"testing"

	"admit/cmd/admit/cli"
	"admit/onboarding"
)

// What is not named stays.
func TestContactSet(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		args []string
		was  *onboarding.Contact
		code int
		want onboarding.Contact
		says string
	}{
		{"the first", []string{"--email", "user-1@example.com", "--locale", "de-AT", "--name", "U", "--time-zone", "Europe/Vienna"}, nil, cli.ExitDone,
			onboarding.Contact{Email: "user-1@example.com", Locale: "de-AT", Name: "U", TimeZone: "Europe/Vienna"}, ""},
		{"another language", []string{"--locale", "en"}, &onboarding.Contact{Email: "user-1@example.com", Locale: "de", Name: "U"}, cli.ExitDone,
			onboarding.Contact{Email: "user-1@example.com", Locale: "en", Name: "U"}, ""},
		{"no name any more", []string{"--name", ""}, &onboarding.Contact{Email: "user-1@example.com", Name: "U"}, cli.ExitDone,
			onboarding.Contact{Email: "user-1@example.com"}, ""},
		{"without an address", []string{"--locale", "de"}, nil, cli.ExitDone, onboarding.Contact{Locale: "de"}, "no mail is written to the user"},
		{"nothing left", []string{"--email", ""}, &onboarding.Contact{Email: "user-1@example.com"}, cli.ExitUsage,
			onboarding.Contact{Email: "user-1@example.com"}, "admit contact erase --reason … user-1 erases it"},
		{"no address", []string{"--email", "user-1"}, nil, cli.ExitFailed, onboarding.Contact{}, "body.email must be a bare e-mail address"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			st := newStore()
			if c.was != nil {
				st.contacts["user-1"] = *c.was
			}
			code, out, said := run(t, serve(t, st), operateToken, append([]string{"contact", "set", "user-1"}, c.args...)...)
			if code != c.code || st.contacts["user-1"] != c.want || !strings.Contains(said, c.says) || (code == cli.ExitDone) != strings.Contains(out, "user-1") {
				t.Errorf("exit %d, kept %+v: %s%s", code, st.contacts["user-1"], out, said)
			}
		})
	}
}

// A contact is nobody's before the user is known.
func TestContactOfNobody(t *testing.T) {
	t.Parallel()
	st := newStore()
	code, out, said := run(t, serve(t, st), operateToken, "contact", "set", "nobody", "--email", "user-1@example.com")
	if code != cli.ExitNotFound || out != "" || !strings.Contains(said, "POST /v1/onboardings, which takes the contact too") {
		t.Errorf("exit %d: %s%s", code, out, said)
	}
}

func TestContactErase(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, types string
		flags       []string
		known       bool
		code        int
		out, says   string
	}{
		{"the ID is typed", "user-1\n", nil, true, cli.ExitDone, "the contact of user-1 is erased\n", "This erases the contact of user-1 for good"},
		{"not asked", "", []string{"--yes"}, true, cli.ExitDone, "the contact of user-1 is erased\n", ""},
		{"as JSON", "", []string{"--yes", "--json"}, true, cli.ExitDone, "{\n  \"erased\": true\n}\n", ""},
		{"there was none", "", []string{"--yes"}, false, cli.ExitDone, "user-1 had no contact\n", ""},
		{"another ID", "user-2\n", nil, true, cli.ExitFailed, "", "not the user's ID; nothing is erased"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			st := newStore()
			if c.known {
				st.contacts["user-1"] = onboarding.Contact{Email: "user-1@example.com"}
			}
			args := append([]string{"contact", "erase", "user-1", "--reason", "asked for by the user"}, c.flags...)
			code, out, said := operator{url: serve(t, st), token: operateToken, types: c.types}.run(t, args...)
			_, left := st.contacts["user-1"]
			if code != c.code || out != c.out || !strings.Contains(said, c.says) || left != (c.code != cli.ExitDone) {
				t.Errorf("exit %d, left %v: %s%s", code, left, out, said)
			}
			if erased := c.known && !left; erased != (st.why == "asked for by the user") {
				t.Errorf("because of %q", st.why)
			}
		})
	}
}
