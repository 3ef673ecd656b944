package cli_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"admit/cmd/admit/cli"
	"admit/onboarding"
)

// What each command prints.
func TestOutput(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file string
		args []string
		said string // on stderr
	}{
		{"status.txt", []string{"status", "user-1"}, ""},
		{"status-suspended.txt", []string{"status", "a/b ü"}, ""},
		{"status-fresh.txt", []string{"status", ".."}, ""},
		{"status.json", []string{"status", "user-1", "--json"}, ""},
		{"timeline.txt", []string{"timeline", "user-1"}, ""},
		{"timeline-after.txt", []string{"timeline", "user-1", "--after", "5"}, ""},
		{"timeline.json", []string{"timeline", "--json", "user-1"}, ""},
		{"list.txt", []string{"list"}, ""},
		{"list-page.txt", []string{"list", "--limit", "2"}, "--after 'a/b ü' the next page"},
		{"list-after.txt", []string{"list", "--limit", "2", "--after", "a/b ü"}, ""},
		{"list.txt", []string{"list", "--limit", "1", "--all"}, ""},
		{"list-stalled.txt", []string{"list", "--stalled"}, ""},
		{"list-stalled.txt", []string{"list", "--stalled=true", "--stage", "suspended", "--blocked-on", "compliance"}, ""},
		{"list-not-stalled.txt", []string{"list", "--stalled=false"}, ""},
		{"empty.txt", []string{"list", "--stage", "closed"}, "nobody"},
		{"list-page.json", []string{"list", "--limit", "1", "--json"}, ""},
		{"empty.json", []string{"list", "--stage", "closed", "--json", "--all"}, ""},
		{"events.txt", []string{"events", "list"}, ""},
		{"events.txt", []string{"events", "list", "--limit", "1", "--all"}, ""},
		{"events-malformed.txt", []string{"events", "list", "--state", "malformed"}, ""},
		{"events-page.txt", []string{"events", "list", "--state", "unrecognised", "--limit", "1"}, "--after 5 the next page"},
		{"events-after.txt", []string{"events", "list", "--after", "5"}, ""},
		{"events.json", []string{"events", "list", "--json", "--limit", "2"}, ""},
		{"empty.txt", []string{"events", "list", "--after", "7"}, "none"},
		{"empty.json", []string{"events", "list", "--after", "7", "--json"}, ""},
		{"replay.txt", []string{"events", "replay", "5"}, ""},
		{"replay.json", []string{"events", "replay", "5", "--json"}, ""},
		{"audit.txt", []string{"audit", "user-1", "--at", "2026-03-02T09:00:00Z", "--policies"}, ""},
		{"audit.json", []string{"audit", "user-1", "--at", "2026-03-02T10:00:00+01:00", "--json"}, ""},
		{"explain.txt", []string{"providers", "explain", "user-1"}, ""},
		{"explain.json", []string{"providers", "explain", "user-1", "--json"}, ""},
		{"hooks-failed.json", []string{"hooks", "failed", "ledger", "--all", "--json"}, ""},
		{"empty.json", []string{"hooks", "failed", "crm", "--json"}, ""},
		{"empty.txt", []string{"hooks", "failed", "crm"}, "none"},
		{"hooks.json", []string{"hooks", "list", "--json"}, ""},
		{"contact.txt", []string{"contact", "show", "a/b ü"}, ""},
		{"contact.json", []string{"contact", "show", "a/b ü", "--json"}, ""},
		{"reasons.txt", []string{"notify", "reasons", "--lang", "de,en"}, ""},
		{"reasons.json", []string{"notify", "reasons", "--json"}, ""},
		{"command.txt", []string{"command", "user-1", "hold", "--reason", "a reason"}, ""},
		{"command.json", []string{"command", "user-1", "hold", "--reason", "a reason", "--request-id", "r-1", "--json"}, ""},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			t.Parallel()
			code, out, said := run(t, serve(t, newStore()), operateToken, c.args...)
			if code != cli.ExitDone || (said == "") != (c.said == "") || !strings.Contains(said, c.said) {
				t.Fatalf("exit %d: %s", code, said)
			}
			golden(t, c.file, out)
			if strings.HasSuffix(c.file, ".json") && !json.Valid([]byte(out)) {
				t.Error("no JSON")
			}
			for _, line := range strings.Split(out, "\n") {
				if strings.TrimRight(line, " ") != line {
					t.Errorf("blanks at the end of %q", line)
				}
			}
		})
	}
}

// What shows how long ago something was.
func TestOutputWithAges(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file, args, said string
	}{
		{"hooks.txt", "hooks list", ""},
		{"hooks-failed.txt", "hooks failed ledger --all", ""},
		{"hooks-failed-page.txt", "hooks failed ledger", "--after 6 the next page"},
		{"hooks-failed-after.txt", "hooks failed ledger --after 6", ""},
	} {
		code, out, said := operator{url: serve(t, newStore()), token: readToken, clock: newClock()}.run(t, strings.Fields(c.args)...)
		if code != cli.ExitDone || (said == "") != (c.said == "") || !strings.Contains(said, c.said) {
			t.Fatalf("%s: exit %d: %s", c.args, code, said)
		}
		golden(t, c.file, out)
	}
}

// Nothing that a provider or an operator wrote reaches the terminal as more than
// text, and JSON still says what it said.
func TestHostileTexts(t *testing.T) {
	t.Parallel()
	url := serve(t, newStore())
	for _, args := range [][]string{{"status", "user-1"}, {"status", "user-1", "--json"}, {"timeline", "user-1"}, {"timeline", "user-1", "--json"},
		{"events", "list"}, {"events", "list", "--json"}, {"hooks", "list"}, {"hooks", "list", "--json"}, {"hooks", "failed", "ledger"}} {
		_, out, _ := run(t, url, readToken, args...)
		for _, r := range out {
			if r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
				t.Errorf("%v prints %U", args, r)
			}
		}
	}
	code, out, said := run(t, url, operateToken, "events", "replay", "7")
	if code != cli.ExitDone || strings.Count(out, "\n") != 1 || strings.ContainsRune(out, '\x1b') {
		t.Errorf("exit %d: %q %q", code, out, said)
	}
	_, out, _ = run(t, url, readToken, "status", "user-1", "--json")
	var o onboarding.Onboarding
	if err := json.Unmarshal([]byte(out), &o); err != nil || o.Checks.SEPAKYC.Message != hostile {
		t.Errorf("%v: %q", err, o.Checks.SEPAKYC.Message)
	}
}

// In a command line that is there to be pasted, what others chose is one word of the
// shell's, and no flag.
func TestCommandsToPaste(t *testing.T) {
	t.Parallel()
	const evil, word = "-$(id) `id` it's", "'-$(id) `id` it'\\''s'"
	st := newStore()
	st.users[evil] = onboarding.Onboarding{UserID: evil}
	st.events = []onboarding.EventView{{ID: 9, UserID: evil, State: onboarding.EventUnrecognised}}
	url := serve(t, st)
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"list", "--limit", "1"}, "--after " + word + " the next page\n"},
		{[]string{"events", "replay", "9"}, ": admit timeline -- " + word + "\n"},
		{[]string{"contact", "show", "--", evil}, "\nadmit contact set --email ADDRESS -- " + word + " says how"},
	} {
		_, out, said := run(t, url, operateToken, c.args...)
		if !strings.Contains(out+said, c.says) {
			t.Errorf("%v does not say %q:\n%s%s", c.args, c.says, out, said)
		}
	}
}

// What stands in the list of commands is what can be run.
func TestCommandsAndHelp(t *testing.T) {
	t.Parallel()
	for _, c := range cli.Commands() {
		code, out, said := run(t, "", "", c.Name, "--help")
		if code != cli.ExitDone || said != "" || !strings.Contains(out, "admit "+c.Name) || !strings.Contains(out, "--json") || strings.ContainsAny(c.Help, "\n\t") {
			t.Errorf("%s: exit %d\n%s%s", c.Name, code, out, said)
		}
		if c.Name == "events" && (!strings.Contains(out, "list ") || !strings.Contains(out, "replay ")) {
			t.Errorf("its commands are not shown:\n%s", out)
		}
		if strings.Contains(out, "--token") {
			t.Errorf("%s has a flag for the token", c.Name)
		}
	}
}
