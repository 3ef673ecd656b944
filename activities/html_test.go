package activities_test

import (
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"admit/activities"
	"admit/onboarding"
)

// parse reads a page, which must be a whole one.
func parse(t *testing.T, page string) *html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatalf("%v in\n%s", err, page)
	}
	return root
}

// links returns where the links of a page lead.
func links(t *testing.T, page string) (to []string) {
	t.Helper()
	for n := range parse(t, page).Descendants() {
		for _, a := range n.Attr {
			if a.Key == "href" {
				to = append(to, a.Val)
			}
		}
	}
	return to
}

// TestBlocks holds how a text is read.
func TestBlocks(t *testing.T) {
	t.Parallel()
	button := activities.Button{URL: "https://example.com/", Label: "Go"}
	paragraph := func(lines ...string) activities.Block { return activities.Block{Paragraph: lines} }
	list := func(entries ...[]activities.Block) activities.Block { return activities.Block{List: entries} }
	long := strings.Repeat("long ", 14)
	for _, tt := range []struct {
		name, text string
		want       []activities.Block
	}{
		{"nothing", "", nil},
		{"a full line goes on", long + "line\nis broken where it was full.\n", []activities.Block{paragraph(long + "line is broken where it was full.")}},
		{"a short line ends", "Kind regards\nExample\n", []activities.Block{paragraph("Kind regards", "Example")}},
		{"a word that had no room", strings.Repeat("x", 60) + "\n" + strings.Repeat("y", 20), []activities.Block{paragraph(strings.Repeat("x", 60) + " " + strings.Repeat("y", 20))}},
		{"letters count, not bytes", strings.Repeat("ä", 40) + "\nkurz", []activities.Block{paragraph(strings.Repeat("ä", 40), "kurz")}},
		{"paragraphs", "One.\n\nTwo.\n", []activities.Block{paragraph("One."), paragraph("Two.")}},
		{"a list", "- one\n- two\nAfter.", []activities.Block{list([]activities.Block{paragraph("one")}, []activities.Block{paragraph("two")}), paragraph("After.")}},
		{"a list with air", "- one\n\n- two\n\nAfter.", []activities.Block{list([]activities.Block{paragraph("one")}, []activities.Block{paragraph("two")}), paragraph("After.")}},
		{"a list in a list", "- one\n  - deep\n  - down\n\n- two", []activities.Block{list(
			[]activities.Block{paragraph("one"), list([]activities.Block{paragraph("deep")}, []activities.Block{paragraph("down")})}, []activities.Block{paragraph("two")})}},
		{"an entry of several parts", "- one\n  goes on\n\n  > said", []activities.Block{list([]activities.Block{paragraph("one", "goes on"), {Quote: []string{"said"}}})}},
		{"a quote", "> said\n> more\nAfter.", []activities.Block{{Quote: []string{"said", "more"}}, paragraph("After.")}},
		{"the button", "Before:\nhttps://example.com/\nAfter.", []activities.Block{paragraph("Before:"), {Button: &button}, paragraph("After.")}},
		{"a link in a line is text", "See https://example.com/", []activities.Block{paragraph("See https://example.com/")}},
		{"another link is text", "https://example.com/x", []activities.Block{paragraph("https://example.com/x")}},
		{"a link in a quote is text", "> https://example.com/", []activities.Block{{Quote: []string{"https://example.com/"}}}},
		{"a dash is no list", "-one", []activities.Block{paragraph("-one")}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := activities.BlocksOf(tt.text, button); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("BlocksOf =\n%+v, want\n%+v", got, tt.want)
			}
		})
	}
	if got := activities.BlocksOf("\n\nText\n\n", activities.Button{}); !reflect.DeepEqual(got, []activities.Block{paragraph("Text")}) {
		t.Errorf("where there is nowhere to go, an empty line is %+v", got)
	}
}

// TestPages holds what is true of the HTML of every mail: it is whole, in the
// language of its text, says the same, loads nothing and leads nowhere but on.
func TestPages(t *testing.T) {
	t.Parallel()
	texts := load(t, "")
	for _, lang := range []string{"en", "de"} {
		for _, g := range goldens {
			t.Run(lang+"/"+g.name, func(t *testing.T) {
				t.Parallel()
				r, err := texts.Say(lang, g.m, onboarding.Recipient{
					Contact: onboarding.Contact{Name: "Alex Example"}, Texts: map[onboarding.Check]string{onboarding.SEPAKYC: freeText},
				}, resumeURL)
				if err != nil {
					t.Fatal(err)
				}
				if !strings.HasPrefix(r.HTML, "<!DOCTYPE html>") || strings.Contains(r.HTML, "ZgotmplZ") {
					t.Errorf("html\n%s", r.HTML)
				}
				checkPage(t, parse(t, r.HTML), r)
				if got := links(t, r.HTML); strings.Contains(r.Text, resumeURL) != slices.Equal(got, []string{resumeURL}) || len(got) > 1 {
					t.Errorf("links %q", got)
				}
			})
		}
	}
}

// checkPage holds a page against its text.
func checkPage(t *testing.T, root *html.Node, r onboarding.Rendered) {
	t.Helper()
	var said strings.Builder
	for n := range root.Descendants() {
		switch {
		case n.Type == html.TextNode && n.Parent.DataAtom != atom.Style && n.Parent.DataAtom != atom.Title:
			said.WriteString(n.Data + " ")
		case n.Type != html.ElementNode:
		case slices.Contains([]atom.Atom{atom.Img, atom.Script, atom.Link, atom.Iframe, atom.Form, atom.Table, atom.Object}, n.DataAtom):
			t.Errorf("the page has a %s", n.Data)
		case n.DataAtom == atom.Html:
			for _, a := range n.Attr {
				if a.Key == "lang" && a.Val != r.Language {
					t.Errorf("lang is %q, the text's %q", a.Val, r.Language)
				}
			}
		case n.DataAtom == atom.Title && n.FirstChild.Data != r.Subject:
			t.Errorf("title %q, want %q", n.FirstChild.Data, r.Subject)
		}
		for _, a := range n.Attr {
			if a.Key == "src" || strings.HasPrefix(a.Key, "on") || a.Key == "style" && strings.Contains(a.Val, "url(") {
				t.Errorf("%s has %s=%q", n.Data, a.Key, a.Val)
			}
		}
	}
	words := strings.Join(strings.Fields(said.String()), " ")
	for line := range strings.Lines(r.Text) {
		line = strings.TrimLeft(strings.TrimSpace(line), "-> ")
		if line != resumeURL && !strings.Contains(words, line) {
			t.Errorf("%q is not in the page, which says %q", line, words)
		}
	}
}

// TestNothingIsHTMLButTheTemplates holds that what comes from outside is text.
func TestNothingIsHTMLButTheTemplates(t *testing.T) {
	t.Parallel()
	const bad = `</p><img src=x onerror=alert(1)> <a href="https://evil.example">here</a>`
	r, err := load(t, "").Say("en", onboarding.Message{Template: "action_required", Asks: freely(asked(onboarding.SEPAKYC, "BAD_SELFIE"))},
		onboarding.Recipient{Contact: onboarding.Contact{Name: "<b>Alex</b>"}, Texts: map[onboarding.Check]string{onboarding.SEPAKYC: bad}}, "")
	if err != nil {
		t.Fatal(err)
	}
	checkPage(t, parse(t, r.HTML), r)
	if got := links(t, r.HTML); got != nil || strings.Contains(r.HTML, "<b>") || strings.Contains(r.Text, "https://evil.example") {
		t.Errorf("links %q in\n%s", got, r.HTML)
	}
}

// TestLayouts holds whose layout frames a text.
func TestLayouts(t *testing.T) {
	t.Parallel()
	page := func(name string) string {
		return "<html lang={{.Language}}>" + name + ": {{template \"blocks\" .Blocks}}</html>\n"
	}
	texts := load(t, folder(t, map[string]string{
		"layout.html":        page("all"),
		"de/layout.html":     page("german"),
		"de-AT/layout.html":  page("austrian"),
		"en/layout.html":     page("english"),
		"fr/approved.txt":    "Bienvenue\n\nBonjour.\n",
		"fr/approved.html":   "<p>{{.Subject}}, {{.Preheader}}, {{.Name}}</p>\n",
		"de/rejected.html":   "<p>{{.Subject}}</p>\n",
		"de-AT/rejected.txt": "Leider\n\nLeider nein.\n",
	}))
	for _, tt := range []struct{ name, lang, template, want string }{
		{"of the language", "de", "approved", "<html lang=de>german:"},
		{"of the country, around the language's text", "de-AT", "approved", "<html lang=de>austrian:"},
		{"of the language, for another country", "de-CH", "approved", "<html lang=de>german:"},
		{"english around an english text", "en", "approved", "<html lang=en>english:"},
		{"english around a text that the language lacks", "sv", "approved", "<html lang=en>english:"},
		{"not german around an english text", "de-x", "approved", "<html lang=de>german:"},
		{"a mail of its own", "fr", "approved", "<p>Bienvenue, Bonjour., Alex</p>"},
		{"a mail of its own, where only the text is built in", "de", "rejected", "<p>Zu Ihrem Antrag</p>"},
		{"not of another language than the text", "de-AT", "rejected", "<html lang=de-at>austrian:"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, err := texts.Say(tt.lang, onboarding.Message{Template: tt.template}, onboarding.Recipient{Contact: onboarding.Contact{Name: "Alex"}}, "")
			if err != nil || !strings.HasPrefix(r.HTML, tt.want) {
				t.Errorf("Say = %v,\n%s, want %q", err, r.HTML, tt.want)
			}
		})
	}
	fr, err := load(t, folder(t, map[string]string{"layout.html": page("all"), "en/layout.html": page("english"), "fr/approved.txt": "Bienvenue\n\nBonjour.\n"})).
		Say("fr", onboarding.Message{Template: "approved"}, onboarding.Recipient{}, "")
	if err != nil || !strings.HasPrefix(fr.HTML, "<html lang=fr>all:") {
		t.Errorf("a text without a layout of its language is in %v,\n%s", err, fr.HTML)
	}
}

// TestOwnParts holds that a language says in its own way what a user is asked to do.
func TestOwnParts(t *testing.T) {
	t.Parallel()
	texts := load(t, folder(t, map[string]string{
		"de/asks.txt":            "{{range .}}- {{.Step}}!\n{{end}}",
		"de-AT/suspended.txt":    "Pause\n\n{{template \"asks\" .Asks}}\nEnde.\n",
		"nl/suspended.txt":       "Pauze\n\n{{define \"asks\"}}{{range .}}- {{.Check}}\n{{end}}{{end}}{{template \"asks\" .Asks}}\nEinde.\n",
		"de/words.txt":           "step.kyc = Ausweisprüfung\nhtml.button = Los\n",
		"en/action_required.txt": "Do\n\n{{range .Asks}}{{.Step}}, {{end}}{{.Only}}\n",
	}))
	suspended := onboarding.Message{Template: "suspended", Asks: outdated(onboarding.KYC)}
	for _, tt := range []struct {
		name, lang string
		m          onboarding.Message
		want       string
	}{
		{"in a built-in text", "de", suspended, "\n- Ausweisprüfung!\n"},
		{"in the text of a country", "de-AT", suspended, "- Ausweisprüfung!\n\nEnde.\n"},
		{"of the mail itself", "nl", suspended, "- kyc\n\nEinde.\n"},
		{"untouched", "en", suspended, "- Identity check: out of date, please renew it."},
		{"a check that this build does not know", "en", onboarding.Message{Template: "action_required", Asks: asked("iris")}, "Verification, iris"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, err := texts.Say(tt.lang, tt.m, onboarding.Recipient{}, resumeURL)
			if err != nil || !strings.Contains(r.Text, tt.want) {
				t.Errorf("Say = %v, want %q in\n%s", err, tt.want, r.Text)
			}
			if tt.lang == "de" && !strings.Contains(r.HTML, ">Los</a>") {
				t.Errorf("the button is not in\n%s", r.HTML)
			}
		})
	}
}

func TestPageMistakes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, file, text, want string
	}{
		{"field in one stage", "layout.html", "<p>\n{{if eq .Stage \"on_hold\"}}{{.Oops}}{{end}}</p>\n", "layout.html:2"},
		{"syntax", "layout.html", "<p>\n{{if}}\n", "layout.html:2: missing value for if"},
		{"field", "de/layout.html", "<p>\n\n{{.Surname}}\n", "de/layout.html:3:2"},
		{"field in a mail", "de/approved.html", "<p>\n{{.Surname}}</p>\n", "de/approved.html:2:2"},
		{"field in a branch", "en/reminder.html", "<p>{{if eq .Stage \"suspended\"}}{{.Oops}}{{end}}</p>\n", "en/reminder.html:1"},
		{"field of what is asked", "en/action_required.html", "<p>{{range .Asks}}{{if .FreeText}}{{.Oops}}{{end}}{{end}}</p>\n", "en/action_required.html:1"},
		{"a place where nothing can stand", "en/layout.html", "<p>\n<a href=\"{{if .URL}}x{{else}}\"{{end}}>\n", "en/layout.html:2"},
		{"no text beside it", "fr/approved.html", "<p>Salut</p>\n", "fr/approved.html: there is no approved.txt of the same language beside it"},
		{"unknown mail", "en/aproved.html", "<p></p>\n", "en/aproved.html: no mail with HTML has this name"},
		{"a review", "en/review.html", "<p></p>\n", "en/review.html: no mail with HTML has this name"},
		{"encoding", "de/layout.html", "Gr\xfc\xdfe\n", "de/layout.html: not valid UTF-8"},
		{"field in a part", "de/asks.txt", "{{range .}}\n- {{.Oops}}\n{{end}}", "de/asks.txt:2"},
		{"a part that the language lacks", "fr/suspended.txt", "Pause\n\n{{template \"asks\" .Asks}}\n", "fr/suspended.txt:3"},
	} {
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

// FuzzPage holds that no name and no free text makes anything but text of a page.
func FuzzPage(f *testing.F) {
	f.Add("Alex Example", "Please enter the date of birth.")
	f.Add("<script>", "<script>alert(1)</script>")
	f.Add("- x", "> x\n- y\n\n"+resumeURL)
	f.Add("\u202e", strings.Repeat("https://example.com/ ", 100))
	texts := load(f, "")
	f.Fuzz(func(t *testing.T, name, free string) {
		r, err := texts.Say("en", onboarding.Message{Template: "action_required", Asks: freely(asked(onboarding.SEPAKYC, "BAD_SELFIE"))},
			onboarding.Recipient{Contact: onboarding.Contact{Name: name}, Texts: map[onboarding.Check]string{onboarding.SEPAKYC: free}}, resumeURL)
		if err != nil {
			t.Fatal(err)
		}
		checkPage(t, parse(t, r.HTML), r)
		if got := links(t, r.HTML); !slices.Equal(got, []string{resumeURL}) {
			t.Errorf("links %q in\n%s", got, r.HTML)
		}
	})
}
