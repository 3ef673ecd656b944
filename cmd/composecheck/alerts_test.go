package composecheck_test

import (
	"cmp"
	"regexp"
	"slices"
	"testing"
	"text/template"
	"time"

	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"
)

// rule is one rule of deploy/alerts.yaml.
type rule struct {
	Alert, Expr string
	For         time.Duration
	Labels      map[string]string
	Annotations map[string]string
}

// name tells a rule from another of the same alert.
func (r rule) name() string { return r.Alert + "/" + r.Labels["severity"] }

// rules reads deploy/alerts.yaml.
func rules(t *testing.T) []rule {
	t.Helper()
	var file struct{ Groups []struct{ Rules []rule } }
	if err := yaml.Unmarshal([]byte(read(t, "deploy/alerts.yaml")), &file); err != nil {
		t.Fatal(err)
	}
	var all []rule
	for _, g := range file.Groups {
		all = append(all, g.Rules...)
	}
	return all
}

// shown matches a label in an annotation.
var shown = regexp.MustCompile(`\$labels\.([a-z_]+)`)

// TestAlertsAreRules reads each alert with Prometheus's own parser, and holds that
// whoever is woken is told what it is and what to do.
func TestAlertsAreRules(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, r := range rules(t) {
		if seen[r.name()] {
			t.Errorf("%s is there twice", r.name())
		}
		seen[r.name()] = true
		if severity := r.Labels["severity"]; severity != "page" && severity != "ticket" {
			t.Errorf("%s: severity %q", r.Alert, severity)
		}
		expr, err := parser.ParseExpr(r.Expr)
		if err != nil {
			t.Errorf("%s: %v", r.name(), err)
			continue
		}
		if expr.Type() != parser.ValueTypeVector {
			t.Errorf("%s: the expression is a %s", r.name(), expr.Type())
		}
		for _, name := range []string{"summary", "action"} {
			text := r.Annotations[name]
			if text == "" {
				t.Errorf("%s has no %s", r.name(), name)
			}
			// As Prometheus puts it before each; of its functions the ones in use.
			_, err := template.New(name).Funcs(template.FuncMap{"humanizeDuration": func(any) string { return "" }}).
				Parse("{{$labels := .Labels}}{{$value := .Value}}" + text)
			if err != nil {
				t.Errorf("%s: %v", r.name(), err)
			}
			for _, match := range shown.FindAllStringSubmatch(text, -1) {
				if left := leftOf(expr); !slices.Contains(left, match[1]) {
					t.Errorf("%s: the %s shows the label %s, left are %q", r.name(), name, match[1], left)
				}
			}
		}
	}
	if len(seen) < 20 {
		t.Errorf("there are %d rules", len(seen))
	}
}

// leftOf returns the labels that an expression's result has by what it adds up.
func leftOf(e parser.Expr) []string {
	switch e := e.(type) {
	case *parser.ParenExpr:
		return leftOf(e.Expr)
	case *parser.BinaryExpr:
		return leftOf(e.LHS)
	case *parser.AggregateExpr:
		return e.Grouping
	}
	return nil
}

// alert returns a rule by its name.
func alert(t *testing.T, name string) rule {
	t.Helper()
	all := rules(t)
	i := slices.IndexFunc(all, func(r rule) bool { return r.name() == name })
	if i < 0 {
		t.Fatalf("there is no rule %s", name)
	}
	return all[i]
}

// fires returns at which minute a rule begins to fire, 0 for never within the hours
// that it is shown.
func (r rule) fires(t *testing.T, shown history) int {
	t.Helper()
	since := map[string]int{} // the first minute of an unbroken run, by labels
	first := 0
	shown.each(t, r.Expr, func(minute int, labels []string) {
		held := map[string]int{}
		for _, l := range labels {
			held[l] = cmp.Or(since[l], minute)
			if first == 0 && time.Duration(minute-held[l])*time.Minute >= r.For {
				first = minute
			}
		}
		since = held
	})
	return first
}
