package activities

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"time"
	"unicode"
	"unicode/utf8"

	"admit/onboarding"
)

// MailData is what the template of a mail to a user is executed with.
type MailData struct {
	Name    string           // how the user is addressed; "" when unknown or unfit for a mail
	Check   onboarding.Check // of action_required and expired; "" else
	Stage   onboarding.Stage // that the decision left behind
	Reasons []string         // the sentences that may be said; none, then say Neutral
	Neutral string
	Number  int    // of a reminder: counts from 1 in the stay in the stage
	Sender  string // who signs; may be ""
	// Of a reminder: when the user is given up, in the user's time zone, UTC where
	// that is unknown. Until is it in the words of the language, "" for never.
	AbandonAt time.Time
	Until     string
}

// ErrNoTemplate means that no language has a template of the name.
var ErrNoTemplate = errors.New("no such template")

// Limits of what is taken from a contact.
const (
	maxName   = 64 // runes
	maxLocale = 64 // bytes
)

// Render returns the subject and the text of a mail to a user, in the language
// given or, where it is "", the contact's. A text that the language de-AT does not
// have is sought in de and then in English; the sentences about reasons come from
// the language of the template. Of the reminders it is the one with the largest
// number that is not above the message's, and for the template "reminder.last" the
// one of that name where there is one. The subject is a single line without
// control characters, whatever the contact holds.
func (t *Templates) Render(lang string, m onboarding.Message, c onboarding.Contact) (subject, text string, err error) {
	if lang == "" {
		lang = c.Locale
	}
	languages := fallbacks(lang)
	parsed, found := t.find(languages, variants(m.Template, m.Number))
	if parsed == nil {
		return "", "", fmt.Errorf("%w: %q", ErrNoTemplate, m.Template)
	}
	return execute(parsed, t.mailData(speaking(languages, found), m, c))
}

// mailData returns what a mail to a user says, in the first of the languages and,
// where that has no sentence, in the next.
func (t *Templates) mailData(languages []string, m onboarding.Message, c onboarding.Contact) MailData {
	d := MailData{Name: cleanName(c.Name), Stage: m.Stage, Number: m.Number, Sender: t.sender}
	reasons := m.Reasons
	for _, a := range m.Asks {
		reasons = append(reasons, a.Reasons...)
		d.Check = m.Asks[0].Check
	}
	d.Reasons, d.Neutral = t.speak(languages, reasons)
	if !m.AbandonAt.IsZero() {
		zone, known := zoneOf(c.TimeZone)
		d.AbandonAt = m.AbandonAt.In(zone)
		d.Until = inWords(languages[0], d.AbandonAt, known)
	}
	return d
}

// execute returns the subject and the text that a template makes of data.
func execute(parsed *template.Template, data any) (subject, text string, err error) {
	var out strings.Builder
	if err := parsed.Execute(&out, data); err != nil {
		return "", "", err // says "template: file:line:column: what"
	}
	return split(parsed.Name(), out.String())
}

// variants returns the names under which a template is sought, best first.
func variants(name string, n int) []string {
	names := []string{name}
	if name == lastMail {
		names = append(names, numberedMail)
	}
	if !slices.Contains(names, numberedMail) {
		return names
	}
	numbered := names[:len(names)-1]
	for n = min(n, maxNumber); n >= 2; n-- {
		numbered = append(numbered, numberedMail+"."+strconv.Itoa(n))
	}
	return append(numbered, numberedMail)
}

// find returns the best template of the first language that has one, and the
// language.
func (t *Templates) find(languages, names []string) (*template.Template, string) {
	for _, l := range languages {
		for _, name := range names {
			if parsed := t.mails[l][name]; parsed != nil && !slices.Contains(reviewNames, name) {
				return parsed, l
			}
		}
	}
	return nil, ""
}

// speaking returns the languages in which the sentences of a mail may be whose
// template is in the language found: an Austrian may read German sentences in a
// German mail, not in an English one.
func speaking(languages []string, found string) []string {
	return slices.DeleteFunc(slices.Clone(languages), func(l string) bool {
		return base(l) != base(found) && l != lastLanguage
	})
}

// split cuts what a template wrote into subject and text. at names the template.
func split(at, out string) (subject, text string, err error) {
	first, rest, _ := strings.Cut(out, "\n")
	second, rest, _ := strings.Cut(rest, "\n")
	subject, text = cleanLine(first), tidy(rest)
	switch {
	case subject == "":
		return "", "", fmt.Errorf("%s:1: the first line is the subject and must not be empty", at)
	case strings.TrimSpace(second) != "":
		return "", "", fmt.Errorf("%s:2: the line after the subject must be empty", at)
	case text == "":
		return "", "", fmt.Errorf("%s:3: there is no text", at)
	}
	return subject, text, nil
}

// tidy drops spaces at the ends of lines, and empty lines at both ends and beyond
// one in a row; conditions in a template leave them behind.
func tidy(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		line = strings.TrimRightFunc(line, unicode.IsSpace)
		if line == "" && (len(lines) == 0 || lines[len(lines)-1] == "") {
			continue
		}
		lines = append(lines, line)
	}
	text = strings.TrimRight(strings.Join(lines, "\n"), "\n")
	if text == "" {
		return ""
	}
	return text + "\n"
}

// fallbacks returns where a text is sought, best first: de-at, de, en.
func fallbacks(lang string) []string {
	var languages []string
	if len(lang) > maxLocale {
		lang = ""
	}
	for lang = canonical(lang); lang != ""; lang = lang[:max(strings.LastIndexByte(lang, '-'), 0)] {
		languages = append(languages, lang)
	}
	if slices.Contains(languages, lastLanguage) {
		return languages
	}
	return append(languages, lastLanguage)
}

// canonical writes a language tag in the one way by which it is looked up.
func canonical(lang string) string { return strings.ReplaceAll(strings.ToLower(lang), "_", "-") }

func base(lang string) string {
	b, _, _ := strings.Cut(lang, "-")
	return b
}

// cleanLine makes a single line of s: printable characters, words parted by one
// space.
func cleanLine(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == utf8.RuneError:
			return -1
		case unicode.IsPrint(r), r == '\u200c', r == '\u200d': // the joiners are part of some scripts
			return r
		}
		return -1
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// cleanName returns a user's name as a mail may hold it. Whoever signs somebody
// else up can put anything there: what is too long for a name, or could be taken
// for an address or a link, is left out altogether.
func cleanName(name string) string {
	name = cleanLine(name)
	if utf8.RuneCountInString(name) > maxName || strings.ContainsAny(name, `/\@:<>[]{}|=%$#*"`) {
		return ""
	}
	// "J. R. Example" and "J.R. Example" are names, "example.com" is none.
	for i, r := range name {
		next, _ := utf8.DecodeRuneInString(name[i+1:])
		if r == '.' && (unicode.IsDigit(next) || unicode.IsLetter(next) && !unicode.IsUpper(next)) {
			return ""
		}
	}
	return name
}
