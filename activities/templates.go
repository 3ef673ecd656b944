package activities

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"unicode/utf8"

	"admit/onboarding"
)

//go:embed templates
var builtin embed.FS

// Names of the files of a language.
const (
	reasonsFile  = "reasons" // what a user is told of a reason
	causesFile   = "causes"  // what a reviewer is told of a cause
	wordsFile    = "words"   // how a reviewer reads stages, checks and the like
	mailSuffix   = ".txt"
	lastLanguage = "en" // where every search for a text ends
)

// Templates of which a language may have several, one for each number from which
// on it is used ("reminder.2"), and one for the last before the user is given up.
const (
	numberedMail = "reminder"
	lastMail     = numberedMail + ".last"
	maxNumber    = 99
)

// mailNames are the templates that a language may have for the mails to a user.
var mailNames = func() []string {
	names := []string{
		onboarding.NotifyActionRequired, onboarding.NotifyExpired, onboarding.NotifyReminder, onboarding.NotifyApproved,
		onboarding.NotifySuspended, onboarding.NotifyRejected, onboarding.NotifyReinstated,
	}
	for i, n := range names {
		names[i] = strings.TrimPrefix(n, "notify.")
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
	mails  map[string]map[string]*template.Template // by language and name
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
// first line is the subject, the second is empty, and the rest is the text. Every
// template is tried with samples; all mistakes are reported at once, each with
// file and line.
func LoadTemplates(dir, sender string) (*Templates, error) {
	t := &Templates{
		sender:    cleanLine(sender),
		mails:     map[string]map[string]*template.Template{},
		sentences: map[string]map[string]map[string]string{reasonsFile: {}, causesFile: {}, wordsFile: {}},
	}
	inside, err := fs.Sub(builtin, "templates")
	if err != nil {
		return nil, fmt.Errorf("built-in templates: %w", err)
	}
	problems := t.load(inside, "templates")
	if dir != "" {
		problems = append(problems, t.load(os.DirFS(dir), dir)...)
	}
	if len(problems) == 0 {
		problems = t.try()
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return t, nil
}

// load adds what lies in files; at is where they lie, for the messages. Names
// that begin with a dot are passed over.
func (t *Templates) load(files fs.FS, at string) (problems []error) {
	languages, err := fs.ReadDir(files, ".")
	if err != nil {
		var failed *fs.PathError // its own path is the dot
		if errors.As(err, &failed) {
			err = failed.Err
		}
		return []error{fmt.Errorf("templates in %s: %w", at, err)}
	}
	for _, l := range languages {
		path := filepath.Join(at, l.Name())
		info, err := fs.Stat(files, l.Name()) // follows links, as a mounted volume has them
		switch {
		case strings.HasPrefix(l.Name(), "."):
		case err != nil:
			problems = append(problems, fmt.Errorf("templates: %w", err))
		case !info.IsDir():
		case !languageTag.MatchString(l.Name()):
			problems = append(problems, fmt.Errorf("%s: the folder's name is no language", path))
		default:
			problems = append(problems, t.loadLanguage(files, l.Name(), path)...)
		}
	}
	return problems
}

func (t *Templates) loadLanguage(files fs.FS, folder, at string) (problems []error) {
	entries, err := fs.ReadDir(files, folder)
	if err != nil {
		return []error{fmt.Errorf("templates: %w", err)}
	}
	if slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == numberedMail+mailSuffix }) {
		// Who wrote a reminder does not want a later one in other words.
		maps.DeleteFunc(t.mails[canonical(folder)], func(name string, _ *template.Template) bool {
			return strings.HasPrefix(name, numberedMail+".")
		})
	}
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), mailSuffix)
		if !ok || strings.HasPrefix(name, ".") {
			continue
		}
		if err := t.loadFile(files, folder, name, filepath.Join(at, e.Name())); err != nil {
			problems = append(problems, err)
		}
	}
	return problems
}

func (t *Templates) loadFile(files fs.FS, folder, name, at string) error {
	raw, err := fs.ReadFile(files, folder+"/"+name+mailSuffix)
	if err != nil {
		return fmt.Errorf("templates: %w", err)
	}
	if !utf8.Valid(raw) {
		return fmt.Errorf("%s: not valid UTF-8", at)
	}
	text := strings.ReplaceAll(strings.TrimPrefix(string(raw), "\ufeff"), "\r\n", "\n")
	language := canonical(folder)
	if sentences, ok := t.sentences[name]; ok {
		if sentences[language] == nil {
			sentences[language] = map[string]string{}
		}
		return parseSentences(at, text, fits[name], sentences[language])
	}
	if !known(name) {
		return fmt.Errorf("%s: no mail has this name; known are %s, %s.N (N from 2 to %d), %s, %s", at, strings.Join(mailNames, ", "),
			numberedMail, maxNumber, lastMail, strings.Join(append(reviewNames, reasonsFile, causesFile, wordsFile), ", "))
	}
	parsed, err := template.New(at).Parse(text)
	if err != nil {
		return err // says "template: file:line: what"
	}
	if t.mails[language] == nil {
		t.mails[language] = map[string]*template.Template{}
	}
	t.mails[language][name] = parsed
	return nil
}
