package activities

import (
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"text/template"
	"unicode/utf8"
)

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
		where := filepath.Join(at, l.Name())
		info, err := fs.Stat(files, l.Name()) // follows links, as a mounted volume has them
		switch {
		case strings.HasPrefix(l.Name(), "."):
		case err != nil:
			problems = append(problems, fmt.Errorf("templates: %w", err))
		case l.Name() == layoutFile+htmlSuffix:
			problems = append(problems, t.loadPage(files, l.Name(), everyLanguage, where)...)
		case !info.IsDir():
		case !languageTag.MatchString(l.Name()):
			problems = append(problems, fmt.Errorf("%s: the folder's name is no language", where))
		default:
			problems = append(problems, t.loadLanguage(files, l.Name(), where)...)
		}
	}
	return problems
}

func (t *Templates) loadLanguage(files fs.FS, folder, at string) (problems []error) {
	entries, err := fs.ReadDir(files, folder)
	if err != nil {
		return []error{fmt.Errorf("templates: %w", err)}
	}
	language := canonical(folder)
	if slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == numberedMail+textSuffix }) {
		// Who wrote a reminder does not want a later one in other words.
		maps.DeleteFunc(t.mails[language], func(name string, _ *template.Template) bool {
			return strings.HasPrefix(name, numberedMail+".")
		})
	}
	for _, e := range entries {
		where := filepath.Join(at, e.Name())
		switch {
		case strings.HasPrefix(e.Name(), "."):
		case strings.HasSuffix(e.Name(), textSuffix):
			problems = append(problems, t.loadText(files, folder+"/"+e.Name(), language, where)...)
		case strings.HasSuffix(e.Name(), htmlSuffix):
			problems = append(problems, t.loadPage(files, folder+"/"+e.Name(), language, where)...)
		}
	}
	return problems
}

// loadText adds the text or the sentences of one file.
func (t *Templates) loadText(files fs.FS, file, language, at string) []error {
	text, problems := read(files, file, at)
	if problems != nil {
		return problems
	}
	name := strings.TrimSuffix(path.Base(file), textSuffix)
	if sentences, ok := t.sentences[name]; ok {
		if sentences[language] == nil {
			sentences[language] = map[string]string{}
		}
		return parseSentences(at, text, fits[name], sentences[language])
	}
	if name != asksFile && !known(name) {
		return []error{fmt.Errorf("%s: no mail has this name; known are %s, %s.N (N from 2 to %d), %s, %s", at, strings.Join(mailNames, ", "),
			numberedMail, maxNumber, lastMail, strings.Join(append(reviewNames, asksFile, reasonsFile, causesFile, wordsFile), ", "))}
	}
	parsed, err := template.New(at).Parse(text)
	if err != nil {
		return []error{err} // says "template: file:line: what"
	}
	if name == asksFile {
		t.parts[language] = parsed
		return nil
	}
	if t.mails[language] == nil {
		t.mails[language] = map[string]*template.Template{}
	}
	t.mails[language][name] = parsed
	return nil
}

// loadPage adds the layout of a language, or the HTML of one of its mails.
func (t *Templates) loadPage(files fs.FS, file, language, at string) []error {
	text, problems := read(files, file, at)
	if problems != nil {
		return problems
	}
	name := strings.TrimSuffix(path.Base(file), htmlSuffix)
	if name != layoutFile && (!known(name) || slices.Contains(reviewNames, name)) {
		return []error{fmt.Errorf("%s: no mail with HTML has this name; known are %s, %s.N (N from 2 to %d), %s, and %s for all", at,
			strings.Join(mailNames, ", "), numberedMail, maxNumber, lastMail, layoutFile)}
	}
	page, err := t.look.Clone()
	if err == nil {
		page, err = page.New(at).Parse(text)
	}
	if err != nil {
		return []error{err}
	}
	if t.pages[language] == nil {
		t.pages[language] = map[string]*htmltemplate.Template{}
	}
	t.pages[language][name] = page
	return nil
}

// read returns the text of a file, with line ends of one kind.
func read(files fs.FS, file, at string) (string, []error) {
	raw, err := fs.ReadFile(files, file)
	switch {
	case err != nil:
		return "", []error{fmt.Errorf("templates: %w", err)}
	case !utf8.Valid(raw):
		return "", []error{fmt.Errorf("%s: not valid UTF-8", at)}
	}
	return strings.ReplaceAll(strings.TrimPrefix(string(raw), "\ufeff"), "\r\n", "\n"), nil
}
