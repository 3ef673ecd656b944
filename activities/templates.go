package activities

import (
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"admit/onboarding"
)

//go:embed templates
var builtin embed.FS

// Names of the files of a language.
const (
	reasonsFile  = "reasons" // what a user is told of a reason
	causesFile   = "causes"  // what a reviewer is told of a cause
	wordsFile    = "words"   // how codes are read
	asksFile     = "asks"    // the list of what a user is asked to do, a part of other templates
	textSuffix   = ".txt"
	lastLanguage = "en" // where every search for a text ends
	// everyLanguage is where the layout lies that is for all languages: beside their
	// folders.
	everyLanguage = ""
)

// Templates of which a language may have several, one for each number from which
// on it is used ("reminder.2"), and one for the last before the user is given up.
const (
	numberedMail = "reminder"
	lastMail     = numberedMail + ".last"
	maxNumber    = 99
)

// Templates of the messages that ask for something, and for nothing else.
const (
	actionMail  = "action_required"
	expiredMail = "expired"
)

// notifyPrefix begins the names of the effects that are messages to the user.
const notifyPrefix = "notify."

// mailNames are the templates that a language may have for the mails to a user.
var mailNames = func() []string {
	names := []string{
		onboarding.NotifyActionRequired, onboarding.NotifyExpired, onboarding.NotifyReminder, onboarding.NotifyApproved,
		onboarding.NotifySuspended, onboarding.NotifyRejected, onboarding.NotifyReinstated,
	}
	for i, n := range names {
		names[i] = strings.TrimPrefix(n, notifyPrefix)
	}
	return names
}()

// Templates of the mails to reviewers.
const (
	reviewMail = "review"
	surgeMail  = "surge"
	digestMail = "digest"
)

var reviewNames = []string{reviewMail, surgeMail, digestMail}

// known says whether a template may have the name.
func known(name string) bool {
	n, numbered := number(name)
	return slices.Contains(mailNames, name) || slices.Contains(reviewNames, name) || name == lastMail || numbered && n >= 2 && n <= maxNumber
}

// number returns the N of "reminder.N".
func number(name string) (int, bool) {
	text, ok := strings.CutPrefix(name, numberedMail+".")
	n, err := strconv.Atoi(text)
	return n, ok && err == nil && strconv.Itoa(n) == text
}

var languageTag = regexp.MustCompile(`^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*$`)

// Templates holds the texts of the mails: for each language the templates and
// the sentences. It is never changed after LoadTemplates.
type Templates struct {
	sender string
	mails  map[string]map[string]*template.Template     // by language and name
	parts  map[string]*template.Template                // what asksFile makes, by language
	pages  map[string]map[string]*htmltemplate.Template // by language and name, or layoutFile
	look   *htmltemplate.Template                       // what blocksFile makes
	// By file, language and key: reasons by their code or neutralKey, causes and words
	// by what is behind them.
	sentences map[string]map[string]map[string]string
}

// LoadTemplates returns the built-in texts, English and German, with what lies in
// the directory over them: <dir>/<language>/<name>.txt replaces one template, and
// reasons.txt, causes.txt and words.txt beside it single sentences, also of
// languages that are not built in. A reminder.txt replaces the built-in reminders
// of its language together. An empty dir is none. sender signs the mails.
//
// A template is Go's text/template over MailData, ReviewData or DigestData. Its
// first line is the subject, the second is empty, and the rest is the text.
// {{template "asks" .Asks}} in it writes the list of what the user is asked to do,
// as asks.txt beside it says.
//
// The HTML of a mail to a user is made of its text, in the frame of layout.html:
// that of the language, else <dir>/layout.html, else the built-in one. A <name>.html
// beside a <name>.txt of the same language is the HTML of that mail instead. Both
// are Go's html/template over HTMLData.
//
// Every template is tried with samples; all mistakes are reported at once, each
// with file and line.
func LoadTemplates(dir, sender string) (*Templates, error) {
	t := &Templates{
		sender:    cleanLine(sender),
		mails:     map[string]map[string]*template.Template{},
		parts:     map[string]*template.Template{},
		pages:     map[string]map[string]*htmltemplate.Template{},
		sentences: map[string]map[string]map[string]string{reasonsFile: {}, causesFile: {}, wordsFile: {}},
	}
	inside, err := fs.Sub(builtin, "templates")
	if err != nil {
		return nil, fmt.Errorf("built-in templates: %w", err)
	}
	if t.look, err = htmltemplate.ParseFS(inside, blocksFile+htmlSuffix); err != nil {
		return nil, fmt.Errorf("built-in templates: %w", err)
	}
	problems := t.load(inside, "templates")
	if dir != "" {
		problems = append(problems, t.load(os.DirFS(dir), dir)...)
	}
	if len(problems) == 0 {
		problems = t.link()
	}
	if len(problems) == 0 {
		problems = t.try()
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return t, nil
}

// link gives every template the parts of its language.
func (t *Templates) link() (problems []error) {
	for _, language := range sortedKeys(t.mails) {
		part := t.parts[language]
		if part == nil {
			part = t.parts[base(language)]
		}
		if part == nil {
			continue
		}
		for _, name := range sortedKeys(t.mails[language]) {
			mail := t.mails[language][name]
			if mail.Lookup(asksFile) != nil {
				continue // it has a list of its own
			}
			if _, err := mail.AddParseTree(asksFile, part.Tree); err != nil {
				problems = append(problems, err)
			}
		}
	}
	return problems
}
