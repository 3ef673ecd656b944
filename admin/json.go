package admin

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
)

// The names in a body are looked at by their exact spelling: the decoder takes any,
// and what is looked at must be what is decoded. The setting is the API library's
// for the whole process, where only this package speaks it.
func init() { huma.ValidateStrictCasing = true }

// formats are how bodies are written and read: JSON alone. The second name is
// what application/problem+json is looked up by.
var formats = map[string]huma.Format{"application/json": strictJSON, "json": strictJSON}

var strictJSON = huma.Format{Marshal: writeJSON, Unmarshal: readJSON}

func writeJSON(w io.Writer, v any) error { return json.NewEncoder(w).Encode(v) }

var errNoText = errors.New("the text is not valid Unicode")

// readJSON refuses what the standard library would replace by U+FFFD: bytes that
// are no UTF-8, and halves of surrogate pairs. Two user IDs that differ there
// would be one.
func readJSON(data []byte, v any) error {
	if !utf8.Valid(data) || loneSurrogate(data) {
		return errNoText
	}
	return json.Unmarshal(data, v)
}

// loneSurrogate says whether a JSON text escapes half of a surrogate pair. In a
// text that is no JSON it may be wrong.
func loneSurrogate(data []byte) bool {
	var high rune
	for i := 0; i < len(data); i++ {
		var unit rune
		if data[i] == '\\' {
			i++ // what is escaped; of \u four digits follow
			if i+4 < len(data) && data[i] == 'u' {
				n, err := strconv.ParseUint(string(data[i+1:i+5]), 16, 16)
				if err == nil {
					unit, i = rune(n), i+4
				}
			}
		}
		switch {
		case high != 0:
			if utf16.DecodeRune(high, unit) == utf8.RuneError {
				return true
			}
			high = 0
		case unit >= 0xdc00 && unit <= 0xdfff:
			return true
		case utf16.IsSurrogate(unit):
			high = unit
		}
	}
	return high != 0
}

// repeatedName returns a name that an object in a JSON text has twice, if there is
// one. What is looked at is the last of two such members, while the decoder puts what
// they hold together: one user's contact with another's. A text that is no JSON, or
// too deep for the decoder, has none.
func repeatedName(data []byte) (name string, found bool) {
	if !json.Valid(data) {
		return "", false
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()              // one that is too large is no end of the text
	var open []map[string]bool // the names so far in what is open, nil in a list
	named := false             // whether a name is next, where it is a string
	for {
		t, err := d.Token()
		if err != nil {
			return "", false
		}
		switch text, is := t.(string); {
		case is && named:
			if open[len(open)-1][text] {
				return text, true
			}
			open[len(open)-1][text] = true
			named = false
			continue
		case t == json.Delim('{'):
			open = append(open, map[string]bool{})
		case t == json.Delim('['):
			open = append(open, nil)
		case t == json.Delim('}'), t == json.Delim(']'):
			open = open[:len(open)-1]
		}
		named = len(open) > 0 && open[len(open)-1] != nil
	}
}
