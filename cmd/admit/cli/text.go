package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
	"unicode/utf8"
)

// hostile says whether a character can do more to a terminal than stand there:
// control characters, and those that have no width or turn the direction of what
// follows. What is shown comes from providers and operators.
func hostile(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}

// clean makes one harmless line of a text: blanks for line breaks and tabs,
// nothing for what is hostile.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case hostile(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}

// lines is clean that keeps line breaks.
func lines(text string) string {
	all := strings.Split(text, "\n")
	for i, line := range all {
		all[i] = clean(line)
	}
	return strings.Join(all, "\n")
}

// printJSON writes a JSON text, indented. Hostile characters, which can only
// stand in its strings, are escaped, so it still says the same.
func (a *app) printJSON(text []byte) {
	var indented bytes.Buffer
	if err := json.Indent(&indented, bytes.ToValidUTF8(text, []byte("\uFFFD")), "", "  "); err != nil {
		indented.Reset()
		indented.WriteString(lines(string(text))) // no JSON: shown all the same
	}
	for _, r := range strings.TrimRight(indented.String(), "\n") {
		switch {
		case r == '\n' || !hostile(r):
			a.out.WriteRune(r)
		case utf8.RuneLen(r) < 4:
			fmt.Fprintf(&a.out, `\u%04x`, r)
		default: // beyond the basic plane: a pair of surrogates
			fmt.Fprintf(&a.out, `\u%04x\u%04x`, 0xd800+(r-0x10000)>>10, 0xdc00+(r-0x10000)&0x3ff)
		}
	}
	a.out.WriteByte('\n')
}

// table writes rows under a heading, in columns. An empty cell shows as "-".
type table struct {
	w *tabwriter.Writer
}

func (a *app) table(heading ...string) *table { return newTable(&a.out, heading...) }

func newTable(w io.Writer, heading ...string) *table {
	t := &table{tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)}
	if len(heading) > 0 {
		t.row(heading...)
	}
	return t
}

func (t *table) row(cells ...string) {
	for i, cell := range cells {
		if cells[i] = clean(cell); strings.TrimSpace(cells[i]) == "" {
			cells[i] = "-"
		}
	}
	// Both write to memory, and cannot fail.
	_, _ = fmt.Fprintln(t.w, strings.Join(cells, "\t"))
}

func (t *table) flush() { _ = t.w.Flush() }

// time shows a time to the second, where the operator is.
func (a *app) time(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(a.zone).Format(time.RFC3339)
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}
