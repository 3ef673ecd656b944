package providers

import "encoding/json"

// Member is a name and value of an object, and the bytes that hold both.
type Member struct {
	Name  string
	Value json.RawMessage
	Text  string
}

// Parse shows parse to the tests.
func Parse(text []byte) ([]Member, error) {
	o, err := parse(text)
	var out []Member
	for _, m := range o.members {
		out = append(out, Member{m.name, m.value, string(text[m.start:m.end])})
	}
	return out, err
}
