package settings

import (
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// known lists the environment variables of Admit's own.
var known = []string{
	"ADMIT_LISTEN", "ADMIT_ADMIN_LISTEN", "ADMIT_ADMIN_TOKENS", "ADMIT_PROVIDERS", "ADMIT_P100_TOKENS", "ADMIT_XGATEWAY_SECRETS",
	"ADMIT_XGATEWAY_TRUST_CALLBACKS", "ADMIT_P100_API_URL", "ADMIT_P100_API_KEY", "ADMIT_XGATEWAY_API_URL", "ADMIT_XGATEWAY_API_KEY", "ADMIT_SHADOW", "ADMIT_MIGRATE", "ADMIT_LOG_LEVEL", "ADMIT_LOG_FORMAT", "ADMIT_BUILD", "ADMIT_CONFIG",
	"ADMIT_ENCRYPTION_KEYS", "ADMIT_CODEC_ORIGIN",
	"ADMIT_ADMIN_URL", "ADMIT_TOKEN", // of the operator's commands
}

// Known returns the names of the environment variables that Admit reads beside
// those that the configuration file names and Temporal's own.
func Known() []string { return append([]string{"DATABASE_URL"}, known...) }

// env is the environment, with the problems found in it so far.
type env struct {
	values   map[string]string
	names    []string // of ADMIT_ variables, sorted
	used     []string // names that the configuration file uses
	problems []Problem
}

func newEnv(environ []string) *env {
	e := &env{values: map[string]string{}}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		e.values[name] = value
		if strings.HasPrefix(name, "ADMIT_") {
			e.names = append(e.names, name)
		}
	}
	slices.Sort(e.names)
	return e
}

func (e *env) bad(name, format string, args ...any) {
	e.problems = append(e.problems, Problem{Name: name, Message: fmt.Sprintf(format, args...)})
}

func (e *env) get(name string) string { return e.values[name] }

func (e *env) or(name, fallback string) string {
	if v := e.values[name]; v != "" {
		return v
	}
	return fallback
}

func (e *env) required(name, what string) string {
	v := e.values[name]
	if v == "" {
		e.bad(name, "is needed: %s", what)
	}
	return v
}

func (e *env) bool(name string, fallback bool) bool {
	v := e.values[name]
	if v == "" {
		return fallback
	}
	b, err := strconv.ParseBool(v)
	if err != nil {
		e.bad(name, "is %q; it must be true or false", v)
	}
	return b
}

func (e *env) oneOf(name string, choices ...string) string {
	v := e.or(name, choices[0])
	if !slices.Contains(choices, v) {
		e.bad(name, "is %q; it must be one of %s", v, strings.Join(choices, ", "))
	}
	return v
}

func (e *env) level(name string) slog.Level {
	var l slog.Level
	if err := l.UnmarshalText([]byte(e.or(name, "info"))); err != nil {
		e.bad(name, "is %q; it must be debug, info, warn or error", e.get(name))
	}
	return l
}

// address checks a listener's address: host:port, the host may be empty.
func (e *env) address(name, v string) {
	_, port, err := net.SplitHostPort(v)
	if err != nil {
		e.bad(name, "is %q; it must be host:port, as 127.0.0.1:8080 or :8080", v)
		return
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		e.bad(name, "is %q; the port must be a number from 0 to 65535", v)
	}
}

// origin reads the origin of a page as a browser sends it, "" for none.
func (e *env) origin(name string) string {
	v := e.values[name]
	if v == "" {
		return ""
	}
	u, err := url.Parse(v)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || v != u.Scheme+"://"+strings.ToLower(u.Host) {
		e.bad(name, "is %q; it must be scheme://host:port and nothing more, as https://temporal.example or http://localhost:8233", v)
	}
	return v
}

// unknown warns of every ADMIT_ variable that nothing reads, with the nearest
// known name. What Kubernetes injects for a service called admit is passed over.
func (e *env) unknown() []string {
	var warnings []string
	for _, name := range e.names {
		if slices.Contains(known, name) || slices.Contains(e.used, name) ||
			strings.Contains(name, "SERVICE") || strings.HasPrefix(name, "ADMIT_PORT") {
			continue
		}
		w := name + " is not a setting of Admit"
		if near := nearest(name); near != "" {
			w += "; did you mean " + near + "?"
		}
		warnings = append(warnings, w)
	}
	return warnings
}

// nearest returns the known name that is fewest edits away, "" when none is
// near.
func nearest(name string) string {
	best, least := "", max(3, len(name)/4)
	for _, k := range known {
		if d := edits(name, k); d < least {
			best, least = k, d
		}
	}
	return best
}

// edits counts the single-character insertions, deletions and replacements that
// turn a into b.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
