package activities_test

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"admit/activities"
	"admit/onboarding"
)

var update = flag.Bool("update", false, "write the golden files anew")

const goldenDir = "testdata/mails"

// givenUp is when the users of the goldens are given up.
var givenUp = time.Date(2026, 3, 1, 12, 30, 0, 0, time.UTC)

// golden is a mail whose whole text is kept, in each built-in language.
type golden struct {
	name string
	m    onboarding.Message
	html bool // is kept, too
}

var goldens = []golden{
	{name: "action_required-kyc", m: asking(onboarding.KYC, "NO_FACE_FOUND", "DOC_TOO_BLURRY"), html: true},
	{name: "action_required-kyc-suspicion", m: asking(onboarding.KYC, "FAKE_FACE", "SOMETHING_NEW")},
	{name: "action_required-kyc-both", m: asking(onboarding.KYC, "DOC_FAKE", "DOC_EXPIRED")},
	{name: "action_required-kyc_files", m: asking(onboarding.KYCFiles)},
	{name: "action_required-poa", m: asking(onboarding.POA)},
	{name: "action_required-sepa_kyc", m: asking(onboarding.SEPAKYC, "BAD_SELFIE", "BAD_PASSPORT")},
	{name: "action_required-sepa_kyc-free-text", m: onboarding.Message{Template: "action_required", Stage: onboarding.StageActionRequired, Asks: freely(asked(onboarding.SEPAKYC, "BAD_SELFIE"))}},
	{name: "action_required-other", m: asking(onboarding.Account)},
	{name: "action_required-several-suspended", html: true, m: onboarding.Message{Template: "action_required", Stage: onboarding.StageSuspended,
		Asks: slices.Concat(freely(asked(onboarding.SEPAKYC, "BAD_SELFIE", "BAD_PASSPORT")), asked(onboarding.POA), outdated(onboarding.KYC))}},
	{name: "expired-kyc", m: onboarding.Message{Template: "expired", Asks: outdated(onboarding.KYC)}},
	{name: "expired-sepa_kyc", m: onboarding.Message{Template: "expired", Asks: outdated(onboarding.SEPAKYC)}},
	{name: "expired-several", m: onboarding.Message{Template: "expired", Stage: onboarding.StageSuspended, Asks: slices.Concat(outdated(onboarding.KYC), outdated(onboarding.POA))}},
	{name: "reminder-collecting", m: onboarding.Message{Template: "reminder", Stage: onboarding.StageCollecting, Number: 1}},
	{name: "reminder-action_required", m: onboarding.Message{Template: "reminder", Stage: onboarding.StageActionRequired, Number: 1, Asks: asked(onboarding.KYC, "DOC_EXPIRED")}},
	{name: "reminder-action_required-several", m: onboarding.Message{Template: "reminder", Stage: onboarding.StageActionRequired, Number: 1, Asks: slices.Concat(asked(onboarding.KYC), asked(onboarding.POA))}},
	{name: "reminder-action_required-later", m: onboarding.Message{Template: "reminder", Stage: onboarding.StageActionRequired, Number: 2, AbandonAt: givenUp, Asks: asked(onboarding.POA)}},
	{name: "reminder-action_required-nothing", m: onboarding.Message{Template: "reminder", Stage: onboarding.StageActionRequired, Number: 2, AbandonAt: givenUp}},
	{name: "reminder-collecting-later", m: onboarding.Message{Template: "reminder", Stage: onboarding.StageCollecting, Number: 3, AbandonAt: givenUp}},
	{name: "reminder-suspended", m: onboarding.Message{Template: "reminder", Stage: onboarding.StageSuspended, Number: 1, Asks: outdated(onboarding.KYC)}},
	{name: "reminder-suspended-later", m: onboarding.Message{Template: "reminder", Stage: onboarding.StageSuspended, Number: 2, Asks: slices.Concat(outdated(onboarding.KYC), outdated(onboarding.POA))}},
	{name: "reminder-collecting-last", m: onboarding.Message{Template: "reminder", Last: true, Stage: onboarding.StageCollecting, Number: 4, AbandonAt: givenUp}},
	{name: "reminder-action_required-last", m: onboarding.Message{Template: "reminder", Last: true, Stage: onboarding.StageActionRequired, Number: 4, AbandonAt: givenUp,
		Asks: slices.Concat(asked(onboarding.KYC, "DOC_EXPIRED"), asked(onboarding.POA))}},
	{name: "approved", m: onboarding.Message{Template: "approved", Stage: onboarding.StageApproved}},
	{name: "suspended", m: onboarding.Message{Template: "suspended", Stage: onboarding.StageSuspended, Reasons: []string{"FACE_BLACKLISTED"}}},
	{name: "suspended-kyc", m: onboarding.Message{Template: "suspended", Stage: onboarding.StageSuspended, Asks: outdated(onboarding.KYC)}},
	{name: "rejected", m: onboarding.Message{Template: "rejected", Stage: onboarding.StageRejected, Reasons: []string{onboarding.ReasonHighRiskRejected}}},
	{name: "reinstated", m: onboarding.Message{Template: "reinstated", Stage: onboarding.StageApproved}},
}

// asking is a message that asks for one check.
func asking(check onboarding.Check, reasons ...string) onboarding.Message {
	return onboarding.Message{Template: "action_required", Stage: onboarding.StageActionRequired, Asks: asked(check, reasons...)}
}

// outdated is one thing that a user is asked to renew.
func outdated(check onboarding.Check) []onboarding.Asked {
	return []onboarding.Asked{{Check: check, Status: onboarding.StatusExpired}}
}

// freely lets the provider's own words be shown.
func freely(asks []onboarding.Asked) []onboarding.Asked {
	asks[0].FreeText = true
	return asks
}

// freeText is what the provider wrote in the goldens.
const freeText = "Please enter your date of birth <as> it is on the\ndocument & see www.example.com/help."

// resumeURL is where the users of the goldens go on.
const resumeURL = "https://app.example/resume?t=TOKEN"

// asked is one thing that a user is asked to do.
func asked(check onboarding.Check, reasons ...string) []onboarding.Asked {
	return []onboarding.Asked{{Check: check, Status: onboarding.StatusActionRequired, Reasons: reasons}}
}

// builtin are the built-in texts, loaded once: trying them takes its time.
var builtin = sync.OnceValues(func() (*activities.Templates, error) { return activities.LoadTemplates("", "Example") })

func load(t testing.TB, dir string) *activities.Templates {
	t.Helper()
	texts, err := builtin()
	if dir != "" {
		texts, err = activities.LoadTemplates(dir, "Example")
	}
	if err != nil {
		t.Fatalf("LoadTemplates: %v", err)
	}
	return texts
}

// TestGolden holds the words of every mail. Rewrite with -update, and read what
// changed: users will.
func TestGolden(t *testing.T) {
	t.Parallel()
	texts := load(t, "")
	fresh := map[string]bool{}
	for _, lang := range []string{"en", "de"} {
		for _, g := range goldens {
			url := ""
			if len(g.m.Asks) > 0 || g.m.Template == "reminder" {
				url = resumeURL
			}
			r, err := texts.Say(lang, g.m, onboarding.Recipient{
				Contact: onboarding.Contact{Name: "Alex Example", Locale: "fr", TimeZone: "Europe/Berlin"}, Texts: map[onboarding.Check]string{onboarding.SEPAKYC: freeText},
			}, url)
			if err != nil {
				t.Fatalf("%s/%s: %v", lang, g.name, err)
			}
			path := filepath.Join(goldenDir, lang, g.name+".txt")
			fresh[path] = true
			isGolden(t, path, "Subject: "+r.Subject+"\n\n"+r.Text)
			if g.html {
				path := filepath.Join(goldenDir, lang, g.name+".html")
				fresh[path] = true
				isGolden(t, path, r.HTML)
			}
		}
	}
	noStrays(t, goldenDir, fresh)
}

// isGolden holds that a golden file has the text, and writes it with -update.
func isGolden(t *testing.T, path, text string) {
	t.Helper()
	if *update {
		write(t, path, text)
	}
	want, err := os.ReadFile(path)
	if err != nil || text != string(want) {
		t.Errorf("%s is not fresh (%v): run this test with -update and read the difference; now\n%s", path, err, text)
	}
}

// noStrays holds that a directory has no golden file but the fresh ones.
func noStrays(t *testing.T, dir string, fresh map[string]bool) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !fresh[path] {
			t.Errorf("%s belongs to no case", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestGoldensCoverEveryTemplate(t *testing.T) {
	t.Parallel()
	for _, name := range activities.MailNames {
		if !slices.ContainsFunc(goldens, func(g golden) bool { return g.m.Template == name }) {
			t.Errorf("%s has no golden file", name)
		}
	}
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestSentences holds that each code that is said has a sentence in each built-in
// language, and that no other has one.
func TestSentences(t *testing.T) {
	t.Parallel()
	want := []string{"neutral"}
	for _, r := range onboarding.ReasonCodes() {
		if r.Speech == onboarding.SpeechSay {
			want = append(want, r.Code)
		}
	}
	slices.Sort(want)
	texts := load(t, "")
	for _, lang := range []string{"en", "de"} {
		if got := texts.Sentences(lang); !slices.Equal(got, want) {
			t.Errorf("%s has sentences for\n%v, want\n%v", lang, got, want)
		}
	}
}

// TestReasonsSpoken holds the rule for a list of reasons.
func TestReasonsSpoken(t *testing.T) {
	t.Parallel()
	const (
		blurred = "The photo of your face was blurred."
		neutral = "We could not complete the check with what we received."
		redo    = "The photo of your face could not be processed."
	)
	tests := []struct {
		name    string
		reasons []string
		say     []string
		keep    []string // must not be in the mail
	}{
		{"none", nil, []string{neutral}, []string{blurred}},
		{"said", []string{"FACE_TOO_BLURRY"}, []string{blurred}, []string{neutral}},
		{"two", []string{"FACE_TOO_BLURRY", "FACE_ERROR"}, []string{blurred, redo}, []string{neutral}},
		{"a suspicion is left out", []string{"FAKE_FACE", "FACE_TOO_BLURRY"}, []string{blurred}, []string{neutral}},
		{"suspicions alone", []string{"FAKE_FACE", "FACE_BLACKLISTED", "OTHER"}, []string{neutral}, nil},
		{"an unknown code", []string{"NEVER_SEEN"}, []string{neutral}, nil},
		{"silence silences all", []string{"FACE_TOO_BLURRY", onboarding.ReasonHighRiskReview}, []string{neutral}, []string{blurred}},
		{"lower case is unknown", []string{"face_too_blurry", "neutral"}, []string{neutral}, []string{blurred}},
	}
	texts := load(t, "")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, text, err := texts.Render("en", onboarding.Message{Template: "action_required", Asks: asked(onboarding.KYC, tt.reasons...)}, onboarding.Contact{})
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range tt.say {
				if strings.Count(text, s) != 1 {
					t.Errorf("want once %q in\n%s", s, text)
				}
			}
			for _, s := range append(tt.keep, tt.reasons...) {
				if strings.Contains(text, s) && s != "neutral" {
					t.Errorf("want nothing of %q in\n%s", s, text)
				}
			}
		})
	}
}

// TestSameSentenceOnce holds that codes with one sentence say it once.
func TestSameSentenceOnce(t *testing.T) {
	t.Parallel()
	_, text, err := load(t, "").Render("en", onboarding.Message{
		Template: "action_required", Asks: asked(onboarding.KYC, "FACE_ERROR", "FACE_NOT_CHECKED", "FACE_ERROR"),
	}, onboarding.Contact{})
	if err != nil || strings.Count(text, "could not be processed") != 1 {
		t.Errorf("Render = %v,\n%s", err, text)
	}
}

// TestVerdictsTipNobodyOff holds that what a user reads of a suspension or a
// rejection does not depend on the reason.
func TestVerdictsTipNobodyOff(t *testing.T) {
	t.Parallel()
	texts := load(t, "")
	for _, lang := range []string{"en", "de"} {
		for _, name := range []string{"suspended", "rejected"} {
			_, plain, err := texts.Render(lang, onboarding.Message{Template: name}, onboarding.Contact{})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range onboarding.ReasonCodes() {
				_, text, err := texts.Render(lang, onboarding.Message{Template: name, Reasons: []string{r.Code}}, onboarding.Contact{})
				if err != nil || text != plain {
					t.Errorf("%s/%s with %s: %v, reads differently:\n%s", lang, name, r.Code, err, text)
				}
			}
		}
	}
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	const en, de = "You are verified", "Ihre Verifizierung ist abgeschlossen"
	tests := []struct{ name, lang, locale, want string }{
		{"none", "", "", en},
		{"english", "", "en", en},
		{"german", "", "de", de},
		{"of a country", "", "de-AT", de},
		{"in capitals", "", "DE-ch", de},
		{"with an underscore", "", "de_DE", de},
		{"of a script and a country", "", "de-Latn-LI", de},
		{"unknown", "", "fr", en},
		{"unknown, of a country", "", "pt-BR", en},
		{"begins alike", "", "den", en},
		{"a path", "", "../de", en},
		{"dashes", "", "---", en},
		{"endless", "", "de-" + strings.Repeat("x", 100), en},
		{"asked for", "de", "en", de},
	}
	texts := load(t, "")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			subject, _, err := texts.Render(tt.lang, onboarding.Message{Template: "approved"}, onboarding.Contact{Locale: tt.locale})
			if err != nil || subject != tt.want {
				t.Errorf("Render = %q, %v, want %q", subject, err, tt.want)
			}
		})
	}
}

func TestUnknownTemplate(t *testing.T) {
	t.Parallel()
	if _, _, err := load(t, "").Render("en", onboarding.Message{Template: "reasons"}, onboarding.Contact{}); !errors.Is(err, activities.ErrNoTemplate) {
		t.Errorf("Render = %v, want ErrNoTemplate", err)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"plain", "Alex Example", "Alex Example"},
		{"accents", "Zoë Müller-Łódź", "Zoë Müller-Łódź"},
		{"another script", "山田太郎", "山田太郎"},
		{"initials", "J.R. Example", "J. R. Example"},
		{"an ordinal", "Alex Example 3rd", "Alex Example 3rd"},
		{"suffix", "Alex Example Jr.", "Alex Example Jr."},
		{"apostrophe", "Alex O'Example", "Alex O'Example"},
		{"spaces", "  Alex \u00a0\t Example ", "Alex Example"},
		{"line end", "Alex\r\nExample", "Alex Example"},
		{"header", "Alex\r\nBcc: other@example.com", ""},
		{"null and bell", "Al\x00ex\a", "Alex"},
		{"direction", "Alex\u202eelpmaxE", "AlexelpmaxE"},
		{"no UTF-8", "Al\xffex", "Alex"},
		{"link", "win at https://example.com", ""},
		{"bare domain", "visit example.com now", ""},
		{"bare domain in capitals", "EXAMPLE.COM", "EXAMPLE. COM"},
		{"bare domain by another dot", "example\u3002com", ""},
		{"telephone number", "Call 0900 55555", ""},
		{"telephone number in other digits", "Call \u0660\u0669\u0660\u0660\u0665", ""},
		{"address", "me@example.com", ""},
		{"markup", "<b>Alex</b>", ""},
		{"too long", strings.Repeat("a", 65), ""},
		{"long enough", strings.Repeat("ä", 64), strings.Repeat("ä", 64)},
		{"none", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := activities.CleanName(tt.in); got != tt.want {
				t.Errorf("CleanName(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

// FuzzRender holds that nothing in a contact or a message makes more than one
// line of the subject, or brings control characters into the text.
func FuzzRender(f *testing.F) {
	f.Add("Alex Example", "de-AT", "action_required", "kyc", "NO_FACE_FOUND")
	f.Add("Alex\r\nBcc: other@example.com", "en", "approved", "", "")
	f.Add("{{.Sender}}", "../../de", "reminder", "poa", "neutral")
	f.Add("\u2028\u202e\x00", "-", "rejected", "\n", "HIGH_RISK_REVIEW")
	texts := load(f, "")
	f.Fuzz(func(t *testing.T, name, locale, template, check, reason string) {
		subject, text, err := texts.Render("", onboarding.Message{
			Template: template, Asks: asked(onboarding.Check(check), reason), Stage: onboarding.StageCollecting,
		}, onboarding.Contact{Name: name, Locale: locale})
		if err != nil {
			if !errors.Is(err, activities.ErrNoTemplate) {
				t.Fatalf("Render = %v", err)
			}
			return
		}
		if subject == "" || strings.ContainsFunc(subject, unicode.IsControl) {
			t.Errorf("subject %q", subject)
		}
		if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }) {
			t.Errorf("text %q", text)
		}
	})
}
