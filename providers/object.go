package providers

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"admit/onboarding"
)

// object is a JSON object whose members keep their place in the text. Unlike a
// struct for encoding/json it tells names apart by case.
type object struct {
	text    []byte
	members []member
}

// member is one name and value of an object: text[start:end] holds both.
type member struct {
	name       string
	value      json.RawMessage
	start, end int
}

// parse reads a text that is one JSON object in UTF-8, with nothing behind it.
func parse(text []byte) (object, error) {
	switch {
	case !utf8.Valid(text):
		return object{}, fmt.Errorf("%w: not UTF-8", ErrMalformed)
	case !json.Valid(text):
		return object{}, fmt.Errorf("%w: not JSON", ErrMalformed)
	}
	at := blanks(text, 0)
	if text[at] != '{' {
		return object{}, fmt.Errorf("%w: not an object", ErrMalformed)
	}
	return object{text: text, members: split(text, at)}, nil
}

// get returns the value of the last member of that name; nil where there is none.
func (o object) get(name string) json.RawMessage {
	for i := len(o.members) - 1; i >= 0; i-- {
		if o.members[i].name == name {
			return o.members[i].value
		}
	}
	return nil
}

// without returns the text without the members of that name, however often they
// occur and however they are escaped. Every other member keeps its bytes.
func (o object) without(name string) []byte {
	if o.get(name) == nil {
		return o.text
	}
	first, last := o.members[0], o.members[len(o.members)-1]
	out := append(make([]byte, 0, len(o.text)), o.text[:first.start]...)
	kept := -1
	for i, m := range o.members {
		if m.name == name {
			continue
		}
		if kept >= 0 {
			// What stood behind the member kept before, comma included, parts the two.
			out = append(out, o.text[o.members[kept].end:o.members[kept+1].start]...)
		}
		out = append(out, o.text[m.start:m.end]...)
		kept = i
	}
	return append(out, o.text[last.end:]...)
}

// optional returns the string that a member holds; "" where it is absent or null.
func (o object) optional(name string) (string, error) {
	raw := o.get(name)
	if raw == nil || null(raw) {
		return "", nil
	}
	return str(name, raw)
}

// given returns the string that a member holds and whether it holds one.
func (o object) given(name string) (string, bool) {
	raw := o.get(name)
	if raw == nil {
		return "", false
	}
	s, err := str(name, raw)
	return s, err == nil
}

// holds says whether a member is there and not null.
func (o object) holds(name string) bool {
	raw := o.get(name)
	return raw != nil && !null(raw)
}

// inner returns the object that a member holds, one without members where it holds
// none.
func (o object) inner(name string) object {
	raw := o.get(name)
	if raw == nil || raw[0] != '{' {
		return object{}
	}
	in, err := parse(raw)
	if err != nil {
		return object{} // part of a text that was parsed, so this is never seen
	}
	return in
}

// needed returns the string that a member must hold.
func (o object) needed(name string) (string, error) {
	s, err := o.optional(name)
	if err == nil && s == "" {
		err = fmt.Errorf("%w: %s is missing or empty", ErrMalformed, name)
	}
	return s, err
}

// userID returns the user ID that a member holds, or an error that wraps
// ErrMalformed for another type than a string, else onboarding.ErrUserID.
func (o object) userID(name string) (string, error) {
	id, err := o.optional(name)
	switch {
	case err != nil:
		return "", err
	case loneSurrogate(o.get(name)):
		return "", fmt.Errorf("%w: holds a lone surrogate", onboarding.ErrUserID)
	}
	if err := onboarding.CheckUserID(id); err != nil {
		return "", err
	}
	return id, nil
}

// str returns the string that raw is.
func str(name string, raw json.RawMessage) (string, error) {
	if raw[0] != '"' {
		return "", fmt.Errorf("%w: %s is no string", ErrMalformed, name)
	}
	return unquoted(raw), nil
}

func null(raw json.RawMessage) bool { return string(raw) == "null" }
