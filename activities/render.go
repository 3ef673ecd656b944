package activities

import (
	"cmp"
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
	Name  string           // how the user is addressed; "" when unknown or unfit for a mail
	Stage onboarding.Stage // that the decision left behind
	// Asks are what the user is asked to do, what is new first; Only is the check of a
	// single one, "" when there are several or none.
	Asks []AskData
	Only onboarding.Check
	// Reasons are, of a suspension or a rejection, the sentences that may be said about
	// why. No built-in text says them.
	Reasons []string
	Number  int    // of a reminder: counts from 1 in the stay in the stage
	URL     string // where the user goes on; "" where there is nothing to do, or no such place
	Sender  string // who signs; may be ""
	// Of a reminder: when the user is given up, in the user's time zone, else in that
	// of the configuration. Until is it in the words of the language, "" for never.
	AbandonAt time.Time
	Until     string
}

// AskData is one thing that a user is asked to do.
type AskData struct {
	Check   onboarding.Check
	Step    string   // the check in words, "Identity check"
	Renew   bool     // it passed and is out of date; else it is to be repeated
	Reasons []string // the sentences that may be said; none, then say Neutral
	Neutral string
	// FreeText is what the provider wrote to the user, in one paragraph; "" unless the
	// policy lets it be shown. Nobody vouches for it: quote it.
	FreeText string
}

// ErrNoTemplate means that no language has a template of the name.
var ErrNoTemplate = errors.New("no such template")

// Limits of what is taken from a contact and from a provider.
const (
	maxName     = 64      // runes
	maxDigits   = 4       // in a name
	maxLocale   = 64      // bytes
	maxFreeText = 1 << 10 // bytes
)

// saying is what a message to a user is rendered from.
type saying struct {
	language string // "" for the contact's
	message  onboarding.Message
	contact  onboarding.Contact
	texts    map[onboarding.Check]string // the providers' free texts
	zone     *time.Location              // of a contact without one; nil for UTC
	url      string                      // where the user goes on, or ""
}

// render returns a message to a user in words, in the language given or, where it
// is "", the contact's. A text that the language de-AT does not have is sought in de
// and then in English; the sentences in it come from the language of the template.
// Of the reminders it is the one with the largest number that is not above the
// message's, and for the last before the user is given up "reminder.last" where
// there is one. The subject is a single line without control characters, whatever
// the contact holds.
func (t *Templates) render(s saying) (onboarding.Rendered, error) {
	lang := s.language
	if lang == "" {
		lang = s.contact.Locale
	}
	languages := fallbacks(lang)
	name, found := t.find(languages, variants(s.message))
	if name == "" {
		return onboarding.Rendered{}, fmt.Errorf("%w: %q", ErrNoTemplate, s.message.Template)
	}
	languages = speaking(languages, found)
	data := t.mailData(languages, s)
	subject, text, err := execute(t.mails[found][name], data)
	if err != nil {
		return onboarding.Rendered{}, err
	}
	page, err := t.page(languages, found, name, t.pageData(languages, found, data, subject, text))
	if err != nil {
		return onboarding.Rendered{}, err
	}
	return onboarding.Rendered{Language: found, Subject: subject, Text: text, HTML: page, URL: s.url}, nil
}

// mailData returns what a mail to a user says, in the first of the languages and,
// where that has no sentence, in the next.
func (t *Templates) mailData(languages []string, s saying) MailData {
	m := s.message
	d := MailData{Name: cleanName(s.contact.Name), Stage: m.Stage, Number: m.Number, URL: s.url, Sender: t.sender}
	d.Reasons, _ = t.speak(languages, m.Reasons)
	for _, a := range m.Asks {
		one := AskData{Check: a.Check, Step: t.step(languages, a.Check), Renew: a.Status == onboarding.StatusExpired}
		one.Reasons, one.Neutral = t.speak(languages, a.Reasons)
		if a.FreeText && frank(m) {
			one.FreeText = quotable(s.texts[a.Check])
		}
		d.Asks = append(d.Asks, one)
	}
	if len(d.Asks) == 1 {
		d.Only = d.Asks[0].Check
	}
	if !m.AbandonAt.IsZero() {
		zone, known := zoneOf(s.contact.TimeZone)
		if !known && s.zone != nil {
			zone = s.zone
		}
		d.AbandonAt = m.AbandonAt.In(zone)
		d.Until = inWords(languages[0], d.AbandonAt, known)
	}
	return d
}

// step returns how a user reads a check; one that a newer process knows is a
// verification.
func (t *Templates) step(languages []string, c onboarding.Check) string {
	return cmp.Or(t.sentence(languages, wordsFile, stepGroup+string(c)), t.sentence(languages, wordsFile, stepGroup+"other"))
}

// execute returns the subject and the text that a template makes of data.
func execute(parsed *template.Template, data any) (subject, text string, err error) {
	var out strings.Builder
	if err := parsed.Execute(&out, data); err != nil {
		return "", "", err // says "template: file:line:column: what"
	}
	return split(parsed.Name(), out.String())
}

// variants returns the names under which the template of a message is sought, best
// first.
func variants(m onboarding.Message) []string {
	if m.Template != numberedMail {
		return []string{m.Template}
	}
	var names []string
	if m.Last {
		names = append(names, lastMail)
	}
	for n := min(m.Number, maxNumber); n >= 2; n-- {
		names = append(names, numberedMail+"."+strconv.Itoa(n))
	}
	return append(names, numberedMail)
}

// find returns the best name that the first language with any of them has, and the
// language.
func (t *Templates) find(languages, names []string) (name, language string) {
	for _, l := range languages {
		for _, name := range names {
			if t.mails[l][name] != nil && !slices.Contains(reviewNames, name) {
				return name, l
			}
		}
	}
	return "", ""
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
// for an address, a link or a telephone number, is left out altogether.
func cleanName(name string) string {
	name = cleanLine(name)
	if utf8.RuneCountInString(name) > maxName || strings.ContainsAny(name, `/\@:<>[]{}|=%$#*"`+lookalikes) {
		return ""
	}
	// "J. R. Example" is a name, as "J.R. Example" is, "example.com" is none. Since
	// "EXAMPLE.COM" looks like a name, no word goes on behind a dot.
	digits := 0
	for i, r := range name {
		if unicode.IsDigit(r) {
			digits++
		}
		next, _ := utf8.DecodeRuneInString(name[i+1:])
		if digits > maxDigits || r == '.' && (unicode.IsDigit(next) || unicode.IsLetter(next) && !unicode.IsUpper(next)) {
			return ""
		}
	}
	return strings.Join(strings.Fields(strings.ReplaceAll(name, ".", ". ")), " ")
}
