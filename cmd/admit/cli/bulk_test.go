package cli_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"admit/cmd/admit/cli"
	"admit/onboarding"
)

// many gives a store n users in review, and returns their IDs.
func many(st *store, n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("many-%04d", i+1)
		st.users[ids[i]] = onboarding.Onboarding{UserID: ids[i], Stage: onboarding.StageInReview, BlockedOn: onboarding.Provider, Access: onboarding.AccessNone}
	}
	return ids
}

// ordered returns the commands that a store took, sorted, and how many were sent
// to each user.
func (s *store) ordered() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(slices.Values(s.orders))
}

// wanted returns what ordered is to return for a run over all users.
func wanted(ids []string, run string) []string {
	var want []string
	for i, id := range ids {
		want = append(want, fmt.Sprintf("%s bulk-%s:%d", id, run, i+1))
	}
	slices.Sort(want)
	return want
}

func TestBulkRun(t *testing.T) {
	t.Parallel()
	st := newStore()
	ids := many(st, 100)
	clock := newClock()
	o := operator{url: serve(t, st), token: operateToken, clock: clock}
	users := file(t, "users.txt", "\ufeff"+strings.Join(ids, "\n")+"\r\n\n"+ids[3]+"\n")
	journal := filepath.Join(t.TempDir(), "j.jsonl")
	code, out, said := o.run(t, "bulk", "run", "hold", "--reason", "a reason", "--users", users, "--journal", journal, "--id", "t1", "--rate", "20/s")
	if code != cli.ExitDone || out != "hold for 100 users: 100 applied\n" {
		t.Fatalf("exit %d: %s%s", code, out, said)
	}
	if got, want := st.ordered(), wanted(ids, "t1"); !slices.Equal(got, want) {
		t.Errorf("sent %v", got)
	}
	if c := st.commands["many-0001 bulk-t1:1"]; c.Name != "hold" || c.Reason != "a reason" || c.Actor != "clerk" {
		t.Errorf("%+v", c)
	}
	if took := clock.slept(); took < 4900*time.Millisecond || took > 5100*time.Millisecond {
		t.Errorf("100 commands at 20/s took %v", took)
	}
	for _, want := range []string{"1 user more than once", "the journal is " + journal, "100/100 users"} {
		if !strings.Contains(said, want) {
			t.Errorf("it does not say %q: %s", want, said)
		}
	}
	lines := strings.Split(strings.TrimSpace(read(t, journal)), "\n")
	var header struct {
		Journal, ID, By string
		Users           int
		At              time.Time
		Order           struct{ Command, Reason string }
	}
	if err := json.Unmarshal([]byte(lines[0]), &header); err != nil || header.ID != "t1" || header.By != "operator-1" || header.Users != 100 ||
		header.Order.Command != "hold" || header.Order.Reason != "a reason" || !header.At.Equal(newClock().now) {
		t.Errorf("header %s: %v", lines[0], err)
	}
	if len(lines) != 202 || lines[1] != `{"n":1,"user":"many-0001"}` {
		t.Errorf("%d lines, the first user is %s", len(lines), lines[1])
	}
	// The same journal begins no other run, and resuming a run that is done does nothing.
	code, _, said = o.run(t, "bulk", "run", "hold", "--reason", "a reason", "--users", users, "--journal", journal)
	if code != cli.ExitFailed || !strings.Contains(said, "admit bulk resume "+journal) {
		t.Errorf("exit %d: %s", code, said)
	}
	if code, out, _ := o.run(t, "bulk", "resume", journal); code != cli.ExitDone || out != "hold for 100 users: 100 applied\n" || len(st.orders) != 100 {
		t.Errorf("exit %d, %d commands: %s", code, len(st.orders), out)
	}
}

// What was refused and what failed is named, and neither stops the others.
func TestBulkReport(t *testing.T) {
	t.Parallel()
	st := newStore()
	ids := many(st, 6)
	st.refuses[ids[1]], st.refuses[ids[4]] = onboarding.RefusedOnHold, onboarding.RefusedClosed
	o := operator{url: serve(t, st), token: operateToken, clock: newClock(), types: strings.Join(ids, "\n") + "\n" + "nobody-1\n"}
	journal := filepath.Join(t.TempDir(), "j.jsonl")
	code, out, said := o.run(t, "bulk", "run", "hold", "--reason", "a reason", "--users", "-", "--journal", journal, "--id", "t1")
	if code != cli.ExitFailed || !strings.Contains(said, "not every command was done") || !strings.Contains(said, "3 refused or failed") {
		t.Errorf("exit %d: %s", code, said)
	}
	golden(t, "bulk-report.txt", out)
	code, again, said := o.run(t, "bulk", "report", journal)
	if code != cli.ExitDone || again != out {
		t.Errorf("exit %d: %s%s", code, again, said)
	}
	_, out, _ = o.run(t, "bulk", "report", journal, "--json")
	golden(t, "bulk-report.json", strings.ReplaceAll(out, journal, "j.jsonl"))
}

func TestBulkChoosesUsers(t *testing.T) {
	t.Parallel()
	st := newStore()
	ids := many(st, 1200)
	reversed := st.users["a/b ü"].UserID
	url := serve(t, st)
	list := file(t, "users.jsonl", fmt.Sprintf("{\"userId\":%q,\"stage\":\"x\"}\n\n{\"userId\":%q}\n", ids[0], ids[1]))
	braces := file(t, "users.txt", "{1}\n\"2\"\n")
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"a filter over pages", []string{"--stage", "in_review"}, "hold would go to 1200 users:\n  many-0001\n"},
		{"the first twenty", []string{"--stage", "in_review"}, "  many-0020\n  and 1180 more; -v names them all\n"},
		{"all of them", []string{"--stage", "in_review", "-v"}, "  many-1200\n"},
		{"as JSON", []string{"--stage", "in_review", "--json"}, "    \"many-1200\"\n  ]\n}\n"},
		{"several filters", []string{"--stage", "suspended", "--blocked-on", "compliance", "--stalled"}, "to 1 user:\n  " + reversed + "\n"},
		{"JSON lines", []string{"--users", list}, "to 2 users:\n  many-0001\n  many-0002\n"},
		{"IDs that look like JSON", []string{"--users", braces}, "to 2 users:\n  {1}\n  \"2\"\n"},
	} {
		code, out, said := run(t, url, operateToken, append([]string{"bulk", "run", "hold", "--reason", "a", "--dry-run"}, c.args...)...)
		if code != cli.ExitDone || !strings.Contains(out, c.want) {
			t.Errorf("%s: exit %d: %s%s", c.name, code, out, said)
		}
	}
	if len(st.orders) > 0 {
		t.Errorf("a dry run sent %v", st.orders)
	}
	found, err := filepath.Glob("admit-bulk-*")
	if err != nil || len(found) > 0 {
		t.Errorf("a dry run left %v, %v", found, err)
	}
}

func TestBulkRefusesLists(t *testing.T) {
	t.Parallel()
	url := serve(t, newStore())
	wrong := make([]string, 150)
	for i := range wrong {
		wrong[i] = "a\x01b"
	}
	for _, c := range []struct{ name, text, says string }{
		{"nothing in it", "\n\n", "names no user"},
		{"a control character", "user-1\na\x01b\n", "line 2: unusable user ID: holds a control character"},
		{"too long an ID", strings.Repeat("a", 256), "line 1: unusable user ID: longer than 255 bytes"},
		{"many mistakes", strings.Join(wrong, "\n"), "150 mistakes; no command was sent"},
		{"the others are counted", strings.Join(wrong, "\n"), "line 100: unusable user ID: holds a control character\n  and 50 more"},
		{"a file to import", "user_id,checks,since\nuser-1,kyc,2024-05-31\n", "line 1: this is a file for admit import"},
		{"JSON that breaks off", "{\"userId\":\"user-1\"}\n{\"userId\":", "line 2: no JSON object, as the lines before it are"},
		{"JSON without a user", "{\"userId\":\"user-1\"}\n{}\n", "line 2: has no userId"},
	} {
		code, out, said := run(t, url, operateToken, "bulk", "run", "hold", "--reason", "a", "--users", file(t, "users", c.text), "--journal", filepath.Join(t.TempDir(), "j"))
		if code != cli.ExitFailed || !strings.Contains(said, c.says) || out != "" {
			t.Errorf("%s: exit %d: %s", c.name, code, said)
		}
	}
	code, _, said := run(t, url, operateToken, "bulk", "run", "hold", "--reason", "a", "--users", filepath.Join(t.TempDir(), "missing"))
	if code != cli.ExitFailed || !strings.Contains(said, "no such file") {
		t.Errorf("exit %d: %s", code, said)
	}
	code, _, said = run(t, url, operateToken, "bulk", "run", "hold", "--reason", "a", "--stage", "closed")
	if code != cli.ExitFailed || !strings.Contains(said, "nobody is found") {
		t.Errorf("exit %d: %s", code, said)
	}
}

// One person's run proposes, and another's agrees to all of it.
func TestBulkFourEyes(t *testing.T) {
	t.Parallel()
	st := newStore()
	ids := many(st, 3)
	st.fourEyes = true
	o := operator{url: serve(t, st), token: operateToken, clock: newClock()}
	dir := t.TempDir()
	first, second := filepath.Join(dir, "first"), filepath.Join(dir, "second")
	code, out, said := o.run(t, "bulk", "run", "override_check", "--check", "poa", "--status", "passed", "--until", "30d", "--reason", "a", "--stage", "in_review",
		"--journal", first, "--id", "t1")
	if code != cli.ExitDone || !strings.HasPrefix(out, "override_check for 3 users: 3 proposed\n") || !strings.Contains(out, "admit bulk run override_check --approves "+first) {
		t.Fatalf("exit %d: %s%s", code, out, said)
	}
	o.token = adminToken
	code, out, said = o.run(t, "bulk", "run", "override_check", "--approves", first, "--reason", "I agree", "--journal", second, "--id", "t2")
	if code != cli.ExitDone || out != "override_check for 3 users: 3 applied\n" {
		t.Fatalf("exit %d: %s%s", code, out, said)
	}
	if c := st.commands[ids[2]+" bulk-t2:3"]; c.Approves != "bulk-t1:3" || c.Actor != "chief" || c.Check != "" {
		t.Errorf("%+v", c)
	}
	if code, _, said := o.run(t, "bulk", "run", "lift", "--approves", first, "--reason", "a"); code != cli.ExitUsage || !strings.Contains(said, "proposes override_check, not lift") {
		t.Errorf("exit %d: %s", code, said)
	}
	if code, _, said := o.run(t, "bulk", "run", "override_check", "--approves", second, "--reason", "a"); code != cli.ExitFailed || !strings.Contains(said, "proposed nothing") {
		t.Errorf("exit %d: %s", code, said)
	}
}
