package activities

import (
	"strings"
	"unicode/utf8"
)

// Block is a part of a mail's text: a paragraph, a list, somebody else's words, or
// the button by which the user goes on. The lines of a paragraph and of a quote are
// those that were broken on purpose.
type Block struct {
	Paragraph []string
	List      [][]Block // each entry is made of blocks
	Quote     []string
	Button    *Button
}

// Button leads to a URL.
type Button struct{ URL, Label string }

// blocksOf reads a mail's text: paragraphs parted by empty lines, lists of "- "
// whose entries go on in lines that begin with two spaces, quotes of "> ", and in a
// line of its own the URL of the button.
func blocksOf(text string, button Button) []Block {
	return blocks(strings.Split(strings.TrimRight(text, "\n"), "\n"), button)
}

func blocks(lines []string, button Button) (all []Block) {
	for len(lines) > 0 {
		var b Block
		n := 1
		switch kind := kindOf(lines[0], button); kind {
		case emptyLine:
			lines = lines[1:]
			continue
		case buttonLine:
			b.Button = &button
		case listLine:
			b.List, n = list(lines, button)
		default:
			for n < len(lines) && kindOf(lines[n], button) == kind {
				n++
			}
			if kind == quoteLine {
				b.Quote = unbroken(lines[:n], "> ")
			} else {
				b.Paragraph = unbroken(lines[:n], "")
			}
		}
		all, lines = append(all, b), lines[n:]
	}
	return all
}

// The kinds of a line.
const (
	plainLine = iota
	emptyLine
	buttonLine
	listLine
	quoteLine
)

func kindOf(line string, button Button) int {
	switch {
	case line == "":
		return emptyLine
	case line == button.URL:
		return buttonLine
	case strings.HasPrefix(line, "- "):
		return listLine
	case strings.HasPrefix(line, "> "):
		return quoteLine
	}
	return plainLine
}

// list reads the list that the lines begin with, and says how many of them it has.
// Empty lines between its entries, and in them, belong to it.
func list(lines []string, button Button) (entries [][]Block, n int) {
	const indent = "  "
	var entry []string
	end := func() {
		if entry != nil {
			entries = append(entries, blocks(entry, button))
		}
	}
	for i, line := range lines {
		inside, indented := strings.CutPrefix(line, indent)
		first, begins := strings.CutPrefix(line, "- ")
		switch {
		case begins:
			end()
			entry = []string{first}
		case indented, line == "":
			entry = append(entry, inside)
		default:
			end()
			return entries, n
		}
		if line != "" {
			n = i + 1
		}
	}
	end()
	return entries, n
}

// softWidth is where a text is broken at the latest, in runes. A line that had room
// for the next word up to there was ended on purpose.
const softWidth = 66

// unbroken takes the prefix off the lines and joins those that were only broken
// because they were full.
func unbroken(lines []string, prefix string) []string {
	var whole []string
	room := 0
	for _, line := range lines {
		line = strings.TrimPrefix(line, prefix)
		word, _, _ := strings.Cut(line, " ")
		if len(whole) > 0 && utf8.RuneCountInString(word) >= room {
			whole[len(whole)-1] += " " + line
		} else {
			whole = append(whole, line)
		}
		room = softWidth - utf8.RuneCountInString(line)
	}
	return whole
}
