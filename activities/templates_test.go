package activities_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"admit/activities"
	"admit/onboarding"
)

// folder writes files into a fresh directory.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		write(t, filepath.Join(dir, name), text)
	}
	return dir
}

func TestTemplatesOverride(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{
		"en/approved.txt":           "\ufeffIn, {{.Name}}\r\n\r\nCome in.\r\n",
		"fr/approved.txt":           "Bienvenue\n\nBonjour{{with .Name}} {{.}}{{end}}.\n",
		"fr-CA/reasons.txt":         "# rien\n\nneutral = Il manque une étape.\nDOC_EXPIRED = Périmé.\n",
		"fr/action_required.txt":    "Encore une étape\n\n{{range .Asks}}{{range .Reasons}}{{.}}\n{{else}}{{.Neutral}}{{end}}{{end}}\n",
		"de/reasons.txt":            "DOC_EXPIRED = Abgelaufen.\n",
		".git/config":               "nothing to see",
		"README.md":                 "how to write mails",
		"en/.approved.txt.swp":      "{{",
		"en/notes.md":               "{{",
		"nl_BE/action_required.txt": "Nog een stap\n\n{{range .Asks}}{{.Step}}\n{{end}}{{.Sender}}\n",
	})
	texts := load(t, dir)
	expired := onboarding.Message{Template: "action_required", Asks: asked(onboarding.Account, "DOC_EXPIRED")}
	tests := []struct {
		name, lang    string
		m             onboarding.Message
		subject, text string // text is a part of it
	}{
		{"replaced", "en", onboarding.Message{Template: "approved"}, "In, Alex", "Come in.\n"},
		{"its fallback follows", "sv", onboarding.Message{Template: "approved"}, "In, Alex", "Come in.\n"},
		{"untouched", "de", onboarding.Message{Template: "approved"}, "Ihre Verifizierung ist abgeschlossen", "Guten Tag Alex,"},
		{"a new language", "fr-FR", onboarding.Message{Template: "approved"}, "Bienvenue", "Bonjour Alex."},
		{"not in the new language", "fr", onboarding.Message{Template: "rejected"}, "About your application", "Hello Alex,"},
		{"one sentence", "de", expired, "Bitte schließen Sie Ihre Verifizierung ab", "- Abgelaufen."},
		{"the other sentences stay", "de", onboarding.Message{Template: "action_required", Asks: asked(onboarding.Account)}, "Bitte schließen Sie Ihre Verifizierung ab", "Mit den Unterlagen"},
		{"sentence of the country", "fr-CA", expired, "Encore une étape", "Périmé."},
		{"neutral of the country", "fr-CA", onboarding.Message{Template: "action_required", Asks: asked(onboarding.Account)}, "Encore une étape", "Il manque une étape."},
		{"no sentence in the language", "fr", expired, "Encore une étape", "Your document is no longer valid."},
		{"country alone", "nl-be", expired, "Nog een stap", "Example\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			subject, text, err := texts.Render(tt.lang, tt.m, onboarding.Contact{Name: "Alex"})
			if err != nil || subject != tt.subject || !strings.Contains(text, tt.text) || strings.Contains(text, "\r") {
				t.Errorf("Render = %q, %q, %v", subject, text, err)
			}
		})
	}
}

func TestTemplateMistakes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, file, text, want string // want is in the message, after the folder's path
	}{
		{"syntax", "de/approved.txt", "Hallo\n\n{{if}}\n", "de/approved.txt:3: missing value for if"},
		{"field", "de/approved.txt", "Hallo\n\nText\n{{.Surname}}\n", "de/approved.txt:4:2: executing"},
		{"field in a branch", "en/reminder.txt", "Hi\n\nText {{if eq .Stage \"suspended\"}}{{.Oops}}{{end}}\n", "en/reminder.txt:3"},
		{"field in a list", "en/rejected.txt", "Hi\n\nText {{range .Asks}}{{.Oops}}{{end}}\n", "en/rejected.txt:3"},
		{"no subject", "en/approved.txt", "\n\nText\n", "en/approved.txt:1: the first line is the subject"},
		{"no subject without a name", "en/approved.txt", "{{.Name}}\n\nText\n", "en/approved.txt:1: the first line is the subject"},
		{"no empty line", "en/approved.txt", "Hi\nText\n", "en/approved.txt:2: the line after the subject"},
		{"no text", "en/approved.txt", "Hi\n\n \n", "en/approved.txt:3: there is no text"},
		{"empty", "en/approved.txt", "", "en/approved.txt:1: the first line is the subject"},
		{"a first reminder with a number", "en/reminder.1.txt", "Hi\n\nText\n", "en/reminder.1.txt: no mail has this name"},
		{"a number in other digits", "en/reminder.02.txt", "Hi\n\nText\n", "en/reminder.02.txt: no mail has this name"},
		{"field in a later reminder", "en/reminder.3.txt", "Hi\n\n{{.Oops}}\n", "en/reminder.3.txt:3"},
		{"a user's field in a review", "en/review.txt", "Hi\n\n{{.Reasons}}\n", "en/review.txt:3"},
		{"field in a group of the digest", "de/digest.txt", "Hi\n\n{{range .Groups}}{{.Oops}}{{end}}\n", "de/digest.txt:3"},
		{"another place", "de/causes.txt", "reversed = {check} und {user}\n", "de/causes.txt:1: holds another {…}"},
		{"a word of no group", "de/words.txt", "kyc = Prüfung\n", "de/words.txt:1: kyc does not begin with any of"},
		{"unknown mail", "en/aproved.txt", "Hi\n\nText\n", "en/aproved.txt: no mail has this name"},
		{"encoding", "de/approved.txt", "Gr\xfc\xdfe\n\nText\n", "de/approved.txt: not valid UTF-8"},
		{"no language", "deutsch!/approved.txt", "Hi\n\nText\n", "deutsch!: the folder's name is no language"},
		{"no sentence", "de/reasons.txt", "\nDOC_EXPIRED\n", "de/reasons.txt:2: not written CODE = sentence"},
		{"empty sentence", "de/reasons.txt", "DOC_EXPIRED =\n", "de/reasons.txt:1: not written CODE = sentence"},
		{"twice", "de/reasons.txt", "DOC_EXPIRED = a\n\nDOC_EXPIRED = b\n", "de/reasons.txt:3: DOC_EXPIRED stands here twice"},
		{"a suspicion", "de/reasons.txt", "DOC_FAKE = Das ist nicht echt.\n", "de/reasons.txt:1: DOC_FAKE is not to be spoken of"},
		{"silence", "de/reasons.txt", "high_risk_review = Wir sehen genauer hin.\n", "de/reasons.txt:1: high_risk_review is not to be spoken of"},
		{"an unknown code", "de/reasons.txt", "NEVER_SEEN = Hm.\n", "de/reasons.txt:1: NEVER_SEEN is not to be spoken of"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := folder(t, map[string]string{tt.file: tt.text})
			_, err := activities.LoadTemplates(dir, "")
			if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, tt.want)) {
				t.Errorf("LoadTemplates = %v, want %q", err, tt.want)
			}
		})
	}
}

// TestTemplateMistakesTogether holds that all mistakes are told at once.
func TestTemplateMistakesTogether(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{
		"de/approved.txt": "{{", "en/hello.txt": "", "en/reasons.txt": "A\nDOC_FAKE = no\n",
	})
	_, err := activities.LoadTemplates(dir, "")
	if err == nil {
		t.Fatal("LoadTemplates = nil")
	}
	for _, want := range []string{"de/approved.txt:1", "en/hello.txt", "en/reasons.txt:1", "en/reasons.txt:2"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in %v", want, err)
		}
	}
	if _, err := activities.LoadTemplates(filepath.Join(dir, "gone"), ""); err == nil || !strings.Contains(err.Error(), "gone: no such file") {
		t.Errorf("LoadTemplates of a folder that is not there = %v", err)
	}
}

// TestSender holds that a mail signed by nobody ends without an empty line.
func TestSender(t *testing.T) {
	t.Parallel()
	for sender, end := range map[string]string{"Example": "Kind regards\nExample\n", "": "Kind regards\n", "A\r\nB": "Kind regards\nA B\n"} {
		texts, err := activities.LoadTemplates("", sender)
		if err != nil {
			t.Fatal(err)
		}
		if _, text, err := texts.Render("en", onboarding.Message{Template: "approved"}, onboarding.Contact{}); err != nil || !strings.HasSuffix(text, end) {
			t.Errorf("Render signed by %q = %v, %q", sender, err, text)
		}
	}
}

// TestMailNames holds that there is a template for every message that Apply knows.
func TestMailNames(t *testing.T) {
	t.Parallel()
	want := []string{"action_required", "approved", "expired", "reinstated", "rejected", "reminder", "suspended"}
	if got := slices.Sorted(slices.Values(activities.MailNames)); !slices.Equal(got, want) {
		t.Errorf("MailNames = %v, want %v", got, want)
	}
}
