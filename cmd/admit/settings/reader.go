package settings

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"admit/onboarding"
)

// reader walks a YAML document and collects every mistake in it.
type reader struct {
	getenv   func(string) string
	used     []string
	lines    map[string]int // where each path stands
	problems []Problem
}

func (r *reader) bad(name string, line int, format string, args ...any) {
	r.problems = append(r.problems, Problem{Name: name, Line: line, Message: fmt.Sprintf(format, args...)})
}

// lineOf returns the line of a path, or of the nearest path above it.
func (r *reader) lineOf(path string, fallback int) int {
	for path != "" {
		if line, ok := r.lines[path]; ok {
			return line
		}
		cut := strings.LastIndexByte(path, '.')
		if cut < 0 {
			break
		}
		path = path[:cut]
	}
	return fallback
}

// object returns the members of a mapping; unknown and repeated keys are
// mistakes, and a null member counts as absent.
func (r *reader) object(n *yaml.Node, path string, keys ...string) map[string]*yaml.Node {
	m := map[string]*yaml.Node{}
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Kind != yaml.MappingNode {
		if n.Tag != "!!null" {
			r.bad(orFile(path), n.Line, "must be a mapping with the keys %s", strings.Join(keys, ", "))
		}
		return m
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		name := strings.TrimPrefix(path+"."+key.Value, ".")
		switch {
		case !slices.Contains(keys, key.Value):
			r.bad(name, key.Line, "is unknown here; the keys are %s", strings.Join(keys, ", "))
		case m[key.Value] != nil:
			r.bad(name, key.Line, "stands there twice")
		case value.Tag != "!!null":
			m[key.Value], r.lines[name] = value, key.Line
		}
	}
	return m
}

func orFile(path string) string {
	if path == "" {
		return "the configuration file"
	}
	return path
}

func (r *reader) items(n *yaml.Node, path string) []*yaml.Node {
	if n == nil {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		r.bad(path, n.Line, "must be a list")
		return nil
	}
	return n.Content
}

func (r *reader) string(n *yaml.Node, path string) string {
	if n == nil {
		return ""
	}
	if n.Kind != yaml.ScalarNode {
		r.bad(path, n.Line, "must be text")
		return ""
	}
	return n.Value
}

func (r *reader) strings(n *yaml.Node, path string) []string {
	var values []string
	for _, item := range r.items(n, path) {
		values = append(values, r.string(item, path))
	}
	return values
}

func (r *reader) bool(n *yaml.Node, path string) bool {
	if n == nil {
		return false
	}
	b, err := strconv.ParseBool(r.string(n, path))
	if err != nil {
		r.bad(path, n.Line, "must be true or false")
	}
	return b
}

func (r *reader) int(n *yaml.Node, path string, to *int) {
	if n == nil {
		return
	}
	v, err := strconv.Atoi(r.string(n, path))
	if err != nil {
		r.bad(path, n.Line, "must be a whole number")
		return
	}
	*to = v
}

func (r *reader) duration(n *yaml.Node, path string, to *onboarding.Duration) {
	if n == nil {
		return
	}
	d, err := time.ParseDuration(r.string(n, path))
	if err != nil {
		r.bad(path, n.Line, "must be a duration, as 90s, 30m or 24h")
		return
	}
	*to = onboarding.Duration(d)
}

func (r *reader) durations(n *yaml.Node, path string, to *[]onboarding.Duration) {
	for _, item := range r.items(n, path) {
		var d onboarding.Duration
		r.duration(item, path, &d)
		*to = append(*to, d)
	}
}

// secret returns the value of the environment variable that the node names.
func (r *reader) secret(n *yaml.Node, path string) string {
	told := len(r.problems)
	name := r.string(n, path)
	if name == "" {
		if len(r.problems) == told {
			r.bad(path, n.Line, "names no environment variable")
		}
		return ""
	}
	r.used = append(r.used, name)
	v := r.getenv(name)
	if v == "" {
		r.bad(path, n.Line, "the environment variable %s is not set", name)
	}
	return v
}
