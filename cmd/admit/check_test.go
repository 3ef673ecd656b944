package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	hookSecretOfTests   = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
	resumeSecretOfTests = "0123456789abcdef0123456789abcdef"
)

// check runs admit config check on a file of that text.
func check(t *testing.T, text string, environ ...string) (code int, said string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "admit.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	code = dispatchCommand(t.Context(), []string{"config", "check", file}, process{environ: environ, out: &out, err: &out})
	return code, strings.ReplaceAll(out.String(), file, "FILE")
}

// TestConfigCheck holds that a good file is told in brief, without what may be
// secret in it.
func TestConfigCheck(t *testing.T) {
	t.Parallel()
	code, said := check(t, `
policy: {free_text: [kyc, poa]}
hooks:
  - {name: core, url: "https://core.example/hooks/a-secret-path", secrets_env: S, events: ["*"], fields: full}
  - {name: crm, task_queue: crm, activity: OnOnboardingEvent, events: ["onboarding.*", "check.reversed"]}
  - {name: push, url: "https://push.example", secrets_env: S, events: ["notify.*"]}
notify:
  email: {address: "smtp.example:587", from: "Example <hello@example.com>"}
  quiet_hours: "22:00-07:00"
  resume_url: "https://app.example/{stage}?t={token}"
  resume_secrets_env: R
  reviewers: {to: [review@example.com], digest: "08:00", time_zone: Europe/Berlin}
`, "S="+hookSecretOfTests, "R="+resumeSecretOfTests)
	_, list, _ := strings.Cut(said, "\n")
	const want = `hook core: https://core.example, events *; opens or shuts access; told the providers' words
hook crm: task queue crm, activity OnOnboardingEvent, events onboarding.* check.reversed
hook push: https://push.example, events notify.*
notify: mail by smtp.example:587 (tls: starttls)
notify: quiet hours 22:00-07:00, in UTC where a user's time zone is not known
notify: users go on at https://app.example/{stage}?t={token}
notify: 1 reviewer told each day at 08:00 in Europe/Berlin
policy: users are shown what providers write about kyc, poa
`
	if code != exitOK || !strings.HasPrefix(said, "FILE is good; its policy has the hash ") || list != want {
		t.Errorf("exit code %d, said\n%s\nwant\n%s", code, said, want)
	}
	if code, said := check(t, ""); code != exitOK || !strings.Contains(said, "nobody is told of anything") {
		t.Errorf("an empty file: exit code %d, said %s", code, said)
	}
}

// TestConfigCheckTellsWhatSendersTell holds that the mistakes which only the
// senders can see are all told at once.
func TestConfigCheckTellsWhatSendersTell(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{"cert.pem": "no certificate", "de/approved.txt": "{{"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cert := filepath.Join(dir, "cert.pem")
	code, said := check(t, `
hooks:
  - {name: core, url: "https://core.example", secrets_env: S, events: ["*"], tls: {cert: `+cert+`, key: `+cert+`}}
  - {name: push, url: "https://push.example", secrets_env: SHORT, events: ["notify.*"]}
notify:
  email: {address: "smtp.example:587", tls: none, from: "Example <hello@example.com>", username_env: S, password_env: S}
  templates: `+dir+`
  reviewers: {to: [review@example.com], language: "deutsch!"}
`, "S="+hookSecretOfTests, "SHORT=whsec_c2hvcnQ=,whsec_")
	for _, want := range []string{
		`hook "core": `, "de/approved.txt:1", `hook "push": signing secret 1 has 5 bytes`, `hook "push": signing secret 2 has 0 bytes`, "notify.email: a password is not sent without tls", `notify.reviewers: "deutsch!" is no language`,
	} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is missing in\n%s", want, said)
		}
	}
	if code != exitFailed || strings.Contains(said, hookSecretOfTests) {
		t.Errorf("exit code %d, said\n%s", code, said)
	}
}

// TestNoMistakeHidesAnother holds that what the file's reader tells hides nothing of
// what only the senders can tell, and that neither repeats the other: for admit
// config check, and for a process that starts.
func TestNoMistakeHidesAnother(t *testing.T) {
	t.Parallel()
	gone := filepath.Join(t.TempDir(), "gone")
	for _, c := range []struct {
		name, text string
		want       []string // the beginning of each line
	}{
		{"one of each", `
polcy: {}
hooks:
  - {name: core, url: "https://core.example", secrets_env: SHORT, events: ["*"], fialing_after: 1h}
notify:
  email: {address: "smtp.example:587", tls: none, from: "Example <hello@example.com>", username_env: S, password_env: S}
  templates: ` + gone + `
  reviewers: {to: [review@example.com], language: "deutsch!"}
`, []string{"polcy (line 2)", "hooks.fialing_after (line 4)", "notify: ", `hook "core": signing secret 1 has 5 bytes`,
			"notify.email: a password is not sent without tls", `notify.reviewers: "deutsch!" is no language`}},
		{"everything is wrong", `
hooks:
  - {name: Core, url: "core.example", secrets_env: GONE, events: ["*"], tls: {cert: ` + gone + `}}
  - {name: mail, url: "https://a.example#x", secrets_env: "", events: ["*"]}
notify:
  email: {address: smtp.example, tls: perhaps, from: nobody, username_env: S, password_env: GONE}
  templates: ` + gone + `
  quiet_hours: never
  time_zone: Local
  resume_url: "https://app.example"
  resume_secrets_env: S
  review_url: here
  reviewers: {to: [reviewer-1, "review er@example.com"], time_zone: Local, language: "deutsch!"}
`, []string{"hooks.tls.cert (line 3)", "hooks.tls (line 3)", `hooks.name (line 3): is "Core"`, "hooks.url (line 3)", "hooks.secrets_env (line 3)",
			`hooks.name (line 4): "mail" is a name`, "hooks.secrets_env (line 4): names no environment variable",
			"notify.email.password_env (line 6)", "notify.email.address (line 6)", "notify.email.tls (line 6)", "notify.email.from (line 6)",
			"notify.quiet_hours (line 8)", "notify.time_zone (line 9)", "notify.resume_url (line 10)", "notify.review_url (line 12)",
			"notify.reviewers.to (line 13)", "notify.reviewers.to (line 13)", "notify.reviewers.time_zone (line 13)",
			"notify: ", `hook "hook-2": the url holds a fragment`, `notify.reviewers: "deutsch!"`}},
		{"reviewers without mail", `
notify:
  reviewers: {to: [], language: "deutsch!", often: true}
`, []string{"notify.email (line 3): is needed", "notify.reviewers.often (line 3)", "notify.reviewers.to (line 3)", `notify.reviewers: "deutsch!"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			environ := []string{"S=" + hookSecretOfTests, "SHORT=whsec_c2hvcnQ=", "DATABASE_URL=postgres://127.0.0.1:1/admit", "ADMIT_PROVIDERS=p100", "ADMIT_P100_TOKENS=one"}
			code, checked := check(t, c.text, environ...)
			holdLines(t, checked, c.want)
			file := filepath.Join(t.TempDir(), "admit.yaml")
			if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			var started bytes.Buffer
			if got := dispatchCommand(t.Context(), []string{"serve"}, process{environ: append(environ, "ADMIT_CONFIG="+file), err: &started}); code != exitFailed || got != exitUsage {
				t.Errorf("exit codes %d and %d", code, got)
			}
			told, _, _ := strings.Cut(started.String(), fmt.Sprintf("admit: %d mistakes in the settings", len(c.want)))
			told = strings.ReplaceAll(told, "admit: ", "")
			holdLines(t, strings.ReplaceAll(told, "ADMIT_CONFIG: ", ""), c.want)
		})
	}
}

// holdLines holds that each line begins as wanted, in any order.
func holdLines(t *testing.T, text string, want []string) {
	t.Helper()
	lines := slices.Sorted(strings.Lines(text))
	want = slices.Sorted(slices.Values(want))
	ok := len(lines) == len(want)
	for i := range min(len(lines), len(want)) {
		ok = ok && strings.HasPrefix(lines[i], want[i])
	}
	if !ok {
		t.Errorf("it says\n%s\nwant\n%s", strings.Join(lines, ""), strings.Join(want, "\n"))
	}
}

// TestPreviews holds that what users are told can be looked at without a process
// of Admit's, a database, or settings.
func TestPreviews(t *testing.T) {
	t.Parallel()
	own := t.TempDir()
	if err := os.MkdirAll(filepath.Join(own, "de"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(own, "de", "approved.txt"), []byte("Geschafft\n\nDas war es.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		args []string
		code int
		want []string
	}{
		{"a message", []string{"preview", "action_required", "--check", "kyc", "--reason", "BAD_SELFIE"}, exitOK, []string{"Subject: ", samplePlace}},
		{"in German", []string{"preview", "approved", "--lang", "de"}, exitOK, []string{"Subject: Ihre Verifizierung ist abgeschlossen"}},
		{"in HTML", []string{"preview", "expired", "--html"}, exitOK, []string{"<html", "</html>", samplePlace}},
		{"the last reminder", []string{"preview", "reminder.last"}, exitOK, []string{"Subject: "}},
		{"a later reminder", []string{"preview", "reminder.2", "--stage", "suspended"}, exitOK, []string{"Subject: "}},
		{"to reviewers", []string{"preview", "review", "--lang", "de"}, exitOK, []string{"Subject: ", "https://admin.example/users/user-1"}},
		{"too many reversals", []string{"preview", "surge"}, exitOK, []string{"Subject: "}},
		{"a day's reviews", []string{"preview", "digest"}, exitOK, []string{"Subject: ", "user-2"}},
		{"in one's own words", []string{"preview", "approved", "--lang", "de", "--templates", own}, exitOK, []string{"Subject: Geschafft", "Das war es."}},
		{"no such folder", []string{"preview", "approved", "--templates", own + "/gone"}, exitFailed, []string{"gone: no such file"}},
		{"a silent reason", []string{"preview", "action_required", "--reason", "high_risk_review"}, exitFailed, []string{"silent"}},
		{"the reasons", []string{"reasons", "--lang", "de,en"}, exitOK, []string{"BAD_SELFIE", "say", "neutral", "silent"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			code := dispatchCommand(t.Context(), append([]string{"notify"}, c.args...), process{in: strings.NewReader(""), out: &out, err: &out})
			if code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			for _, want := range c.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("%q is missing in\n%s", want, out.String())
				}
			}
		})
	}
}
