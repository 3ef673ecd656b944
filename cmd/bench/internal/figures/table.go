package figures

import (
	"strings"
	"unicode/utf8"
)

// Table sets rows in columns, each as wide as its widest cell, with two spaces
// between them. The first row is the head and is underlined; the first column
// stands left, the others right. Short rows are allowed.
func Table(rows [][]string) string {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var text strings.Builder
	for n, row := range rows {
		text.WriteString(line(row, widths, " "))
		if n == 0 {
			text.WriteString(line(make([]string, len(widths)), widths, "-"))
		}
	}
	return text.String()
}

// line sets one row, padded with fill.
func line(row []string, widths []int, fill string) string {
	var text strings.Builder
	for i, cell := range row {
		pad := strings.Repeat(fill, widths[i]-utf8.RuneCountInString(cell))
		if i == 0 {
			text.WriteString(cell + pad)
			continue
		}
		text.WriteString("  " + pad + cell)
	}
	return strings.TrimRight(text.String(), " ") + "\n"
}
