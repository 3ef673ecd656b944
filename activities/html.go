package activities

import (
	"fmt"
	"html/template"
	"strings"
)

// Names of the files that make the HTML of the mails.
const (
	htmlSuffix = ".html"
	layoutFile = "layout" // around the text of every mail that has no HTML of its own
	blocksFile = "blocks" // how the parts of a text look; built in
)

// HTMLData is what layout.html and the HTML of a single mail are executed with.
// The template "blocks" is known to them: {{template "blocks" .Blocks}} writes the
// text.
type HTMLData struct {
	MailData
	Language  string // of the text
	Subject   string
	Preheader string // how the text begins, for the list of mails
	Blocks    []Block
	Button    string // what stands on the button that leads to URL
}

// maxPreheader is how much of a text the list of mails is given, in runes.
const maxPreheader = 140

// pageData returns what the HTML of a mail says.
func (t *Templates) pageData(languages []string, found string, d MailData, subject, text string) HTMLData {
	p := HTMLData{MailData: d, Language: found, Subject: subject, Button: t.sentence(languages, wordsFile, htmlGroup+"button")}
	p.Blocks = blocksOf(text, Button{URL: d.URL, Label: p.Button})
	p.Preheader = preheader(p.Blocks)
	return p
}

// page returns the HTML of the mail whose text is the one of the name and the
// language found: by the template of its own that lies beside the text, else by the
// first layout of the reader's languages, else by the one for all.
func (t *Templates) page(languages []string, found, name string, d HTMLData) (string, error) {
	page := t.pages[found][name]
	for _, l := range append(languages, everyLanguage) {
		// English is where texts are sought that a language lacks. Words in a layout of
		// English do not go with them.
		if page == nil && (l == everyLanguage || base(l) == base(found)) {
			page = t.pages[l][layoutFile]
		}
	}
	return executePage(page, d)
}

func executePage(page *template.Template, d HTMLData) (string, error) {
	var out strings.Builder
	if err := page.Execute(&out, d); err != nil {
		return "", fmt.Errorf("html: %w", err)
	}
	return out.String(), nil
}

// preheader returns the first words after the greeting.
func preheader(all []Block) string {
	text := ""
	for _, b := range all {
		if b.Paragraph == nil {
			continue
		}
		text = strings.Join(b.Paragraph, " ")
		if !strings.HasSuffix(text, ",") {
			break
		}
	}
	runes := []rune(text)
	if len(runes) <= maxPreheader {
		return text
	}
	text = string(runes[:maxPreheader-1])
	return text[:max(strings.LastIndexByte(text, ' '), 0)] + "…"
}
