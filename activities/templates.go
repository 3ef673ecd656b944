package activities

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"unicode/utf8"

	"admit/onboarding"
)

//go:embed templates
var builtin embed.FS

// Names of the files of a language.
const (
	reasonsFile  = "reasons"
	mailSuffix   = ".txt"
	lastLanguage = "en" // where every search for a text ends
)

// mailNames are the templates that a language may have.
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

var languageTag = regexp.MustCompile(`^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*$`)

// Templates holds the texts of the mails: for each language the templates and
// the sentences about reasons. It is never changed after LoadTemplates.
type Templates struct {
	sender  string
	mails   map[string]map[string]*template.Template // by language and name
	reasons map[string]map[string]string             // by language and code, or neutralKey
}

// LoadTemplates returns the built-in texts, English and German, with what lies in
// the directory over them: <dir>/<language>/<name>.txt replaces one template and
// <dir>/<language>/reasons.txt single sentences, also of languages that are not
// built in. An empty dir is none. sender signs the mails.
//
// A template is Go's text/template over MailData. Its first line is the subject,
// the second is empty, and the rest is the text. Every template is tried with
// samples; all mistakes are reported at once, each with file and line.
func LoadTemplates(dir, sender string) (*Templates, error) {
	t := &Templates{
		sender:  cleanLine(sender),
		mails:   map[string]map[string]*template.Template{},
		reasons: map[string]map[string]string{},
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
	switch {
	case name == reasonsFile:
		if t.reasons[language] == nil {
			t.reasons[language] = map[string]string{}
		}
		return parseReasons(at, text, t.reasons[language])
	case !slices.Contains(mailNames, name):
		return fmt.Errorf("%s: no mail has this name; known are %s and %s", at, strings.Join(mailNames, ", "), reasonsFile)
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

// try executes every template with samples and returns the first mistake of each.
func (t *Templates) try() (problems []error) {
	for _, name := range mailNames {
		if t.mails[lastLanguage][name] == nil {
			problems = append(problems, fmt.Errorf("templates: %q has no text in %q", name, lastLanguage))
		}
	}
	for _, language := range sortedKeys(t.mails) {
		for _, name := range sortedKeys(t.mails[language]) {
			if err := t.tryOne(language, name); err != nil {
				problems = append(problems, err)
			}
		}
	}
	return problems
}

func (t *Templates) tryOne(language, name string) error {
	for _, check := range append([]onboarding.Check{""}, onboarding.Checks[:]...) {
		for _, stage := range onboarding.Stages {
			for _, contact := range []onboarding.Contact{{}, {Name: "Alex Example"}} {
				for _, reasons := range [][]string{nil, {"DOC_EXPIRED"}} {
					m := onboarding.Message{Template: name, Check: check, Stage: stage, Reasons: reasons, Number: 1}
					if _, _, err := t.Render(language, m, contact); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}
