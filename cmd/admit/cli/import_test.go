package cli_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"admit/cmd/admit/cli"
	"admit/onboarding"
)

const header = "user_id,checks,since,email,locale,name,time_zone\n"

func TestImport(t *testing.T) {
	t.Parallel()
	want := map[string]onboarding.ImportUser{
		"new-1": {UserID: "new-1", Import: onboarding.Import{Line: 2, Checks: []onboarding.Check{onboarding.KYC, onboarding.POA}, Since: at, SendAccess: true},
			Contact: &onboarding.Contact{Email: "user-1@example.com", Locale: "de-AT", Name: "Example, One", TimeZone: "Europe/Vienna"}},
		" new 2": {UserID: " new 2", Import: onboarding.Import{Line: 3, Checks: []onboarding.Check{onboarding.SEPAKYC}, Since: time.Date(2024, 5, 31, 0, 0, 0, 0, time.UTC), SendAccess: true}},
	}
	for _, c := range []struct{ name, text string }{
		{"users.csv", "\ufeff" + header + `new-1,kyc poa,2026-03-01T10:00:00+01:00,user-1@example.com,de-AT,"Example, One",Europe/Vienna` + "\r\n" + ` new 2, sepa_kyc ;,2024-05-31,,,,` + "\r\n"},
		{"other.CSV", "name,email,since,checks,user_id,time_zone,locale\n" + `"Example, One",user-1@example.com,2026-03-01T09:00:00Z,kyc;poa,new-1,Europe/Vienna,de-AT` + "\n,,2024-05-31,sepa_kyc, new 2,,\n"},
		{"users.jsonl", "\n" + `{"user_id":"new-1","checks":["kyc","poa"],"since":"2026-03-01T09:00:00Z","email":"user-1@example.com","locale":"de-AT","name":"Example, One","time_zone":"Europe/Vienna"}` +
			"\n" + `{"user_id":" new 2","checks":"sepa_kyc","since":"2024-05-31"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			st := newStore()
			o := operator{url: serve(t, st), token: adminToken, clock: newClock()}
			path := file(t, c.name, c.text)
			code, out, said := o.run(t, "import", path, "--send-access")
			id, _ := strings.CutPrefix(strings.TrimSpace(out), "2 users imported in 0s; the import's ID is ")
			if code != cli.ExitDone || !strings.HasPrefix(id, "file-") || len(id) != 25 {
				t.Fatalf("exit %d: %s%s", code, out, said)
			}
			for user, w := range want {
				w.Import.ID = id
				if got := st.imported[user]; fmt.Sprintf("%+v %+v", got.Import, got.Contact) != fmt.Sprintf("%+v %+v", w.Import, w.Contact) {
					t.Errorf("%+v %+v\nwant %+v %+v", got.Import, got.Contact, w.Import, w.Contact)
				}
			}
			// The same again imports nobody twice.
			code, out, _ = o.run(t, "import", path, "--send-access")
			if code != cli.ExitDone || out != "0 users imported in 0s, 2 users had been already by this import; the import's ID is "+id+"\n" {
				t.Errorf("exit %d: %s", code, out)
			}
		})
	}
}

// Every mistake in a file is named with its line, and nobody is imported.
func TestImportMistakes(t *testing.T) {
	t.Parallel()
	csv := func(lines ...string) string { return header + strings.Join(lines, "\n") }
	many := make([]string, 130)
	for i := range many {
		many[i] = fmt.Sprintf("u%d,kyc,never,,,,", i)
	}
	for _, c := range []struct {
		name, file, text string
		says             []string
	}{
		{"nothing", "u.csv", "", []string{"line 1: the header is missing: user_id,checks,since,"}},
		{"a header alone", "u.csv", header, []string{"names no user"}},
		{"no user in JSON", "u.jsonl", "\n \n", []string{"names no user"}},
		{"another header", "u.csv", "user_id,status,since,since\n", []string{`line 1: "status" is no column`, "the column since stands there twice", "the column checks is missing"}},
		{"no header", "u.csv", "user-9,kyc,2024-05-31\n", []string{`"user-9" is no column`}},
		{"a field too few", "u.csv", csv("u1,kyc,2024-05-31", "u2,kyc,2024-05-31,,,,"), []string{"1 mistake;", "line 2: has 3 fields, and the header has 7"}},
		{"quotes", "u.csv", csv(`u1"x,kyc,2024-05-31,,,,`, "u2,,2024-05-31,,,,"), []string{`line 2: bare "`, "line 3: checks is empty"}},
		{"quotes that never end", "u.csv", csv(`u1,"kyc,2024-05-31,,,,`, "u2,,2024-05-31,,,,"), []string{`extraneous or missing "`}},
		{"the line behind a field of two", "u.csv", csv("u1,kyc,2024-05-31,,,\"a\nb\",", "u2,,2024-05-31,,,,"), []string{"line 2: name must have 1 to 100 characters, not all blank, and no control characters", "line 4: checks is empty"}},
		{"IDs", "u.csv", csv(",kyc,2024-05-31,,,,", "a\x01,kyc,2024-05-31,,,,", strings.Repeat("a", 256)+",kyc,2024-05-31,,,,", "a\xff,kyc,2024-05-31,,,,"),
			[]string{"line 2: user_id: unusable user ID: empty", "line 3: user_id: unusable user ID: holds a control", "line 4: user_id: unusable user ID: longer", "line 5: user_id: unusable user ID: not valid UTF-8"}},
		{"an ID twice", "u.csv", csv("u1,kyc,2024-05-31,,,,", "u2,kyc,2024-05-31,,,,", "u1,poa,2024-05-31,,,,"), []string{"line 4: user_id u1 stands on line 2, too"}},
		{"checks", "u.csv", csv("u1,passport,2024-05-31,,,,", "u2,kyc_files,2024-05-31,,,,", "u3,kyc kyc,2024-05-31,,,,"),
			[]string{`line 2: checks: "passport" is no check`, "line 3: checks: kyc_files never passes", "line 4: checks: kyc stands there twice"}},
		{"times", "u.csv", csv("u1,kyc,,,,,", "u2,kyc,1999-12-31,,,,", "u3,kyc,2026-03-02T09:00:01Z,,,,", "u4,kyc,31.5.2024,,,,"),
			[]string{`line 2: since "" is no time`, "line 3: since \"1999-12-31\" is before 2000", "line 4: since \"2026-03-02T09:00:01Z\" is in the future", "line 5: since \"31.5.2024\" is no time"}},
		{"contacts", "u.csv", csv("u1,kyc,2024-05-31,One <u1@example.com>,,,", "u2,kyc,2024-05-31,,de_AT,,", "u3,kyc,2024-05-31,,,"+strings.Repeat("a", 101)+",", "u4,kyc,2024-05-31,,,,Local"),
			[]string{"line 2: email must be a bare", "line 3: locale must be a BCP 47 language tag", "line 4: name must have 1 to 100", "line 5: time_zone must be"}},
		{"several on a line", "u.csv", csv("u1,,never,x,,,"), []string{"3 mistakes", "line 2: checks", "line 2: since", "line 2: email"}},
		{"more than are shown", "u.csv", csv(many...), []string{"130 mistakes; nobody was imported", "line 101: since", "and 30 more"}},
		{"JSON", "u.jsonl", "{\"user_id\":\"u1\",\"checks\":[\"kyc\"],\"since\":\"2024-05-31\"}\nu2,kyc\n{}\n{\"user_id\":\"u3\",\"checks\":7}\n{\"user_id\":\"u4\",\"status\":1}\n{\"user_id\":\"u5\"} {}\n{\"user_id\":\"\\ud800\",\"checks\":[]}",
			[]string{"line 2: is no JSON object of user_id, checks", "line 3: user_id is missing", "line 4: checks is neither", "line 5: is no JSON object", "line 6: has more than one", "line 7: user_id holds U+FFFD", "line 7: checks is empty"}},
		{"a blank name in JSON", "u.jsonl", "{\"user_id\":\"u1\",\"checks\":[\"kyc\"],\"since\":\"2024-05-31\",\"name\":\"  \"}", []string{"1 mistake;", "line 1: name must have 1 to 100 characters, not all blank"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			st := newStore()
			var asked atomic.Int64
			url := between(t, st, func(http.ResponseWriter, *http.Request) bool { asked.Add(1); return false })
			code, out, said := operator{url: url, token: adminToken, clock: newClock()}.run(t, "import", file(t, c.file, c.text))
			if code != cli.ExitFailed || out != "" || asked.Load() > 0 {
				t.Errorf("exit %d, %d requests: %s%s", code, asked.Load(), out, said)
			}
			for _, want := range c.says {
				if !strings.Contains(said, want) {
					t.Errorf("it does not say %q:\n%s", want, said)
				}
			}
			if strings.Contains(said, "@example.com") {
				t.Errorf("personal data is shown: %s", said)
			}
		})
	}
}

// lines returns a file of n users.
func lines(n int) string {
	var text strings.Builder
	text.WriteString("user_id,checks,since\n")
	for i := range n {
		fmt.Fprintf(&text, "new-%05d,kyc,2024-05-31\n", i+1)
	}
	return text.String()
}

// Users who exist are all named before anybody is imported.
func TestImportOfExistingUsers(t *testing.T) {
	t.Parallel()
	st := newStore()
	st.users["new-00002"], st.users["new-02500"] = onboarding.Onboarding{}, onboarding.Onboarding{}
	o := operator{url: serve(t, st), token: adminToken, clock: newClock()}
	path := file(t, "u.csv", lines(2600))
	for _, args := range [][]string{{"import", path}, {"import", path, "--dry-run"}} {
		code, out, said := o.run(t, args...)
		if code != cli.ExitFailed || out != "" || len(st.imported) > 0 {
			t.Errorf("%v: exit %d, %d imported: %s", args, code, len(st.imported), out)
		}
		for _, want := range []string{path + " has 2 mistakes; nobody was imported", "line 3: new-00002 exists already", "line 2501: new-02500 exists already"} {
			if !strings.Contains(said, want) {
				t.Errorf("%v does not say %q: %s", args, want, said)
			}
		}
	}
}

func TestImportDryRun(t *testing.T) {
	t.Parallel()
	st := newStore()
	o := operator{url: serve(t, st), token: adminToken, clock: newClock()}
	path := file(t, "users", lines(3))
	code, out, said := o.run(t, "import", path, "--format", "csv", "--id", "i-1", "--dry-run")
	if code != cli.ExitDone || out != "3 users can be imported; the import's ID is i-1\n" || len(st.imported) > 0 {
		t.Errorf("exit %d: %s%s", code, out, said)
	}
	_, out, _ = o.run(t, "import", path, "--format", "csv", "--id", "i-1", "--json")
	golden(t, "import.json", out)
}

// An import that is interrupted goes on when it is run again; the rate is kept,
// and what may pass by itself is tried again.
func TestImportGoesOn(t *testing.T) {
	t.Parallel()
	st := newStore()
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	next := handler(t, st)
	var n atomic.Int64
	url := between(t, st, func(w http.ResponseWriter, r *http.Request) bool {
		switch n.Add(1) {
		case 1, 13: // of the first dry run, and of the import
			w.WriteHeader(http.StatusServiceUnavailable)
			return true
		case 15: // done, and the answer is lost
			next.ServeHTTP(discard{}, r)
			hangUp()
		case 17:
			interrupt()
		}
		return false
	})
	clock := newClock()
	o := operator{url: url, token: adminToken, clock: clock, ctx: ctx}
	path := file(t, "u.csv", lines(10_000))
	code, out, said := o.run(t, "import", path, "--rate", "1000/s")
	done := len(st.imported)
	if code != cli.ExitFailed || out != "" || done < 1000 || done > 9000 || !strings.Contains(said, fmt.Sprintf("%d users imported, of 10000; the same command again goes on", done)) {
		t.Fatalf("exit %d, %d imported: %s%s", code, done, out, said)
	}
	o.ctx, o.clock = t.Context(), newClock()
	code, out, said = o.run(t, "import", path, "--rate", "1000/s")
	if code != cli.ExitDone || !strings.HasPrefix(out, fmt.Sprintf("%d users imported in 9s, %d users had been already by this import", 10_000-done, done)) || len(st.imported) != 10_000 {
		t.Errorf("exit %d: %s%s", code, out, said)
	}
	if !slices.Contains(strings.Split(said, "\n"), "10000/10000 users imported, 1111.1/s") {
		t.Errorf("no progress: %s", said)
	}
}

// discard is the writer of an answer that is lost.
type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}

// Long users make short batches, within what the API takes.
func TestImportOfLongUsers(t *testing.T) {
	t.Parallel()
	st := newStore()
	var text strings.Builder
	text.WriteString(header)
	for i := range 3000 {
		fmt.Fprintf(&text, "%s%05d,kyc,2024-05-31,%s@example.com,de,%s,Europe/Vienna\n", strings.Repeat("ü", 120), i, strings.Repeat("a", 60), strings.Repeat("\U0001F600", 100))
	}
	code, out, said := operator{url: serve(t, st), token: adminToken, clock: newClock()}.run(t, "import", file(t, "u.csv", text.String()), "--rate", "1000")
	if code != cli.ExitDone || len(st.imported) != 3000 {
		t.Errorf("exit %d, %d imported: %s%s", code, len(st.imported), out, said)
	}
}

func TestImportNeedsTheRole(t *testing.T) {
	t.Parallel()
	st := newStore()
	code, _, said := run(t, serve(t, st), operateToken, "import", file(t, "u.csv", lines(1)))
	if code != cli.ExitUnauthorized || !strings.Contains(said, "imports need admin") || !strings.Contains(said, "nobody was imported") {
		t.Errorf("exit %d: %s", code, said)
	}
}
