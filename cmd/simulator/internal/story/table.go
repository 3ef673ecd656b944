package story

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Widths that keep the table within 140 columns.
const (
	maxUser  = 16
	maxWords = 25
	columns  = 8
	gap      = "  "
)

// Table returns the lines as text, aligned, with a line for each step and an
// empty one between users.
func Table(lines []Line) string {
	rows := [][columns]string{{"user", "webhook", "HTTP", "outcome", "stage", "blocked on", "access", "who was told"}}
	for i := range lines {
		rows = append(rows, lines[i].cells())
	}
	var widths [columns]int
	for _, row := range rows {
		for c, cell := range row {
			widths[c] = max(widths[c], utf8.RuneCountInString(cell))
		}
	}
	var out strings.Builder
	write := func(row [columns]string) {
		var line strings.Builder
		for c, cell := range row {
			line.WriteString(cell + strings.Repeat(" ", widths[c]-utf8.RuneCountInString(cell)) + gap)
		}
		out.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	var rule [columns]string
	for c := range rule {
		rule[c] = strings.Repeat("─", widths[c])
	}
	for i, row := range rows {
		if i > 1 && lines[i-1].User != lines[i-2].User {
			out.WriteString("\n")
		}
		write(row)
		if i == 0 {
			write(rule)
		}
	}
	return out.String()
}

func (l *Line) cells() [columns]string {
	answer := "-"
	if l.Status != 0 {
		answer = fmt.Sprint(l.Status)
	}
	return [columns]string{
		short(l.User, maxUser), short(l.Words, maxWords), answer, dash(l.Outcome),
		dash(l.Stage), dash(l.Blocked), dash(l.Access), l.told(),
	}
}

func dash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// short cuts the middle out of a text that is longer than limit runes.
func short(text string, limit int) string {
	runes := []rune(text)
	if len(runes) <= limit {
		return text
	}
	tail := (limit - 1) / 2
	return string(runes[:limit-1-tail]) + "…" + string(runes[len(runes)-tail:])
}
