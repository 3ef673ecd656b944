package postgres

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// clean returns s as a text column can hold it: valid UTF-8 without control
// characters, at most limit bytes.
func clean(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if r < 0x20 || r >= 0x7f && r <= 0x9f || r == utf8.RuneError {
			return -1
		}
		return r
	}, s)
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

// storable returns JSON as a jsonb column can hold it: jsonb has no U+0000, so
// its escape becomes that of U+FFFD. Everything else stays as it is.
func storable(text []byte) []byte {
	if !bytes.Contains(text, []byte(`\u0000`)) {
		return text
	}
	out := bytes.Clone(text)
	for i := 0; i < len(out); i++ {
		if out[i] != '\\' {
			continue
		}
		if bytes.HasPrefix(out[i:], []byte(`\u0000`)) {
			copy(out[i:], `\ufffd`)
		}
		i++ // whatever is escaped is no backslash of its own
	}
	return out
}
