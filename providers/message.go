package providers

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxMessage is the length of the longest message that is shown, in bytes.
const MaxMessage = 1 << 10

// clean returns a provider's free text as it may be shown: in one line, without
// control characters, at most MaxMessage bytes, cut between two characters.
func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, text)
	if len(text) > MaxMessage {
		end := MaxMessage
		for !utf8.RuneStart(text[end]) {
			end--
		}
		text = text[:end]
	}
	return strings.TrimSpace(text)
}

// code says whether a reason is a code, [A-Z0-9_]{1,64}, and no text.
func code(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for _, r := range s {
		if (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' {
			return false
		}
	}
	return true
}
