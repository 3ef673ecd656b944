package providers

import (
	"bytes"
	"encoding/json"
)

// split returns the members of the object that opens at text[at]. The text is
// valid JSON, so that all there is to find is where its parts end; the decoder of
// encoding/json, which also tells where they are, takes several times as long.
func split(text []byte, at int) []member {
	members := make([]member, 0, 8)
	for at = blanks(text, at+1); text[at] != '}'; {
		m := member{start: at}
		at = stringEnd(text, at)
		m.name = unquoted(text[m.start:at])
		value := blanks(text, blanks(text, at)+1) // what stands between is the colon
		m.end = valueEnd(text, value)
		m.value = text[value:m.end:m.end]
		members = append(members, m)
		if at = blanks(text, m.end); text[at] == ',' {
			at = blanks(text, at+1)
		}
	}
	return members
}

// blanks returns where the blanks at text[at] end.
func blanks(text []byte, at int) int {
	for text[at] == ' ' || text[at] == '\t' || text[at] == '\n' || text[at] == '\r' {
		at++
	}
	return at
}

// stringEnd returns where the string at text[at] ends.
func stringEnd(text []byte, at int) int {
	for at++; text[at] != '"'; at++ {
		if text[at] == '\\' {
			at++
		}
	}
	return at + 1
}

// valueEnd returns where the value at text[at] ends, which is a member's: there is
// more behind it.
func valueEnd(text []byte, at int) int {
	for depth := 0; ; {
		switch text[at] {
		case '"':
			at = stringEnd(text, at)
		case '{', '[':
			at++
			depth++
			continue
		case '}', ']':
			at++
			depth--
		default: // a number, a literal, or what parts the values inside this one
			at += max(1, bytes.IndexAny(text[at:], ",:]} \t\n\r"))
		}
		if depth == 0 {
			return at
		}
	}
}

// unquoted returns the string that a JSON string in UTF-8 stands for. What cannot
// be part of a text, half of a surrogate pair, becomes U+FFFD.
func unquoted(raw []byte) string {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	var s string
	// It is valid, so it has no error to return.
	_ = json.Unmarshal(raw, &s)
	return s
}
