package providers

import (
	"encoding/json"
	"strconv"
	"unicode/utf16"
)

// loneSurrogate says whether a JSON string escapes half of a surrogate pair, as
// "\ud800" does. Such a string is no text, and encoding/json turns the half into
// U+FFFD in silence: two different user IDs would become one.
func loneSurrogate(raw json.RawMessage) bool {
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			continue
		}
		r := escaped(raw[i:])
		if !utf16.IsSurrogate(r) {
			i++ // the escaped byte, which may be another backslash
			continue
		}
		const escape = len(`\ud800`)
		if utf16.DecodeRune(r, escaped(raw[i+escape:])) == '\uFFFD' {
			return true
		}
		i += 2*escape - 1
	}
	return false
}

// escaped returns the UTF-16 unit that a \u escape at the start of raw stands
// for, 0 where there is none.
func escaped(raw json.RawMessage) rune {
	if len(raw) < 6 || raw[0] != '\\' || raw[1] != 'u' {
		return 0
	}
	unit, err := strconv.ParseUint(string(raw[2:6]), 16, 16)
	if err != nil {
		return 0 // not valid JSON, which the caller has ruled out
	}
	return rune(unit)
}
