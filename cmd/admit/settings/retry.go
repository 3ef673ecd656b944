package settings

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"admit/onboarding"
)

// Limits of what the file may ask for.
const (
	minRetryFirst   = 10 * time.Millisecond
	minGiveUp       = time.Second
	minFailingAfter = time.Second
	maxSpan         = 365 * 24 * time.Hour
	maxInFlight     = 250
	minPerSecond    = 0.001
	maxPerSecond    = 100_000
	maxRefusals     = 1000
)

// retry reads how deliveries are tried. What it does not say is 0: the default.
func (r *reader) retry(n *yaml.Node, path string) onboarding.Retry {
	if n == nil {
		return onboarding.Retry{}
	}
	told := len(r.problems)
	m := r.object(n, path, "first", "max", "give_up", "refusals")
	try := onboarding.Retry{
		First: r.span(m["first"], path+".first", minRetryFirst), Max: r.span(m["max"], path+".max", minRetryFirst),
		GiveUp: r.span(m["give_up"], path+".give_up", minGiveUp), Refusals: r.count(m["refusals"], path+".refusals", maxRefusals),
	}
	built := onboarding.DefaultRetry()
	if first, longest := cmp.Or(try.First, built.First), cmp.Or(try.Max, built.Max); longest < first && len(r.problems) == told {
		r.bad(path+".max", lineAt(m["max"], n.Line), "is %s, less than first, which is %s", longest, first)
	}
	return try
}

// lineAt returns the line of a node, fallback where there is none.
func lineAt(n *yaml.Node, fallback int) int {
	if n == nil {
		return fallback
	}
	return n.Line
}

// span reads a duration that is at least least, 0 where there is none.
func (r *reader) span(n *yaml.Node, path string, least time.Duration) time.Duration {
	if n == nil {
		return 0
	}
	told := len(r.problems)
	var d onboarding.Duration
	r.duration(n, path, &d)
	if len(r.problems) == told && (d.D() < least || d.D() > maxSpan) {
		r.bad(path, n.Line, "is %s; it must be from %s to %s", d.D(), least, maxSpan)
		return 0
	}
	return d.D()
}

// rate reads how much there may be in a second, 0 where there is none.
func (r *reader) rate(n *yaml.Node, path string) float64 {
	if n == nil {
		return 0
	}
	v, err := strconv.ParseFloat(r.string(n, path), 64)
	if err != nil || !(v >= minPerSecond && v <= maxPerSecond) { // not a number is neither
		r.bad(path, n.Line, "must be a number from %g to %d, as 20 or 0.5; leave it out for no limit", minPerSecond, maxPerSecond)
		return 0
	}
	return v
}

// count reads a whole number from 1 to most, 0 where there is none.
func (r *reader) count(n *yaml.Node, path string, most int) int {
	if n == nil {
		return 0
	}
	v, err := strconv.Atoi(r.string(n, path))
	if err != nil || v < 1 || v > most {
		r.bad(path, n.Line, "must be a whole number from 1 to %d", most)
		return 0
	}
	return v
}

// secrets returns the secrets in the environment variable that the node names,
// which are separated by commas or blanks.
func (r *reader) secrets(n *yaml.Node, path string) []string {
	text := r.secret(n, path)
	all := strings.FieldsFunc(text, func(c rune) bool { return c == ',' || c == ' ' })
	if text != "" && len(all) == 0 {
		r.bad(path, n.Line, "the environment variable %s holds no secret", n.Value)
	}
	return all
}
