package e2e_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestAlertsHaveMetrics holds that every metric which the alerts name, with every
// label and value that they ask for, exists in a process that has seen one
// webhook, and the mail about the approval given up.
func TestAlertsHaveMetrics(t *testing.T) {
	t.Parallel()
	k := newSink(t)
	s := newSystem(t, options{config: k.config() + "  - {name: crm, task_queue: crm, activity: OnOnboardingEvent, events: [hook.failing]}\n" +
		fmt.Sprintf("notify:\n  email: {address: %q, tls: none, from: \"Example <hello@example.com>\"}\n", os.Getenv("DEVSTACK_SMTP_ADDRESS"))})
	s.serve()
	s.accepted(pathKYC, kyc(s.user(1), "VERIFIED", ""))
	s.settled()
	if _, err := s.pool.Exec(t.Context(), "update effects set state = 'parked', last_answer = '550' where name = 'notify.approved'"); err != nil {
		t.Fatal(err)
	}
	status, text, err := s.get("http://"+s.admin+"/metrics", "")
	if err != nil || status != 200 {
		t.Fatalf("metrics: %d, %v", status, err)
	}
	exist := seriesOf(text)
	named := metricName.FindAllString(alertsFile(t), -1)
	slices.Sort(named)
	named = slices.Compact(named)
	for _, name := range named {
		if len(exist[name]) == 0 && len(exist[name+"_count"]) == 0 {
			t.Errorf("%s exists in no process", name)
		}
	}
	selectors := 0
	for _, rule := range alertRules(t) {
		for _, s := range selectorsOf(rule.Expr) {
			selectors++
			for _, complaint := range s.missing(exist[s.metric]) {
				t.Errorf("%s: %s", rule.Alert, complaint)
			}
		}
	}
	t.Logf("%d metrics exist, the alerts name %d in %d selectors", len(exist), len(named), selectors)
	for _, secret := range []string{s.user(1), p100Token, operatorToken} {
		if strings.Contains(text, secret) {
			t.Errorf("the metrics show %q", secret)
		}
	}
}

// TestAlertsAreHeldToTheLabels holds that a misspelt label or value, which
// Prometheus takes for a series that is not there yet, is noticed.
func TestAlertsAreHeldToTheLabels(t *testing.T) {
	t.Parallel()
	exist := seriesOf(`admit_webhooks_total{outcome="malformed",provider="p100"} 0
admit_webhooks_total{outcome="accepted",provider="p100"} 4
admit_temporal_up 1
`)
	for expr, want := range map[string]int{
		`admit_temporal_up == 0`: 0,
		`sum by (provider) (increase(admit_webhooks_total{outcome=~"malformed|accepted"}[1h])) > 0`: 0,
		`admit_webhooks_total{provider="p100",outcome!="accepted"}`:                                 0,
		`admit_webhooks_total{outcome="malformd"}`:                                                  1,
		`admit_webhooks_total{outcome=~"malformed|acepted"}`:                                        1,
		`admit_webhooks_total{outcome!="acepted"}`:                                                  1,
		`admit_webhooks_total{result="malformed"}`:                                                  1,
		`sum by (route) (admit_webhooks_total) > 0`:                                                 1,
		`admit_temporal_up unless on (target) admit_temporal_up`:                                    2,
		`admit_temporal_down`:                                                                       1,
	} {
		var complaints []string
		for _, s := range selectorsOf(expr) {
			complaints = append(complaints, s.missing(exist[s.metric])...)
		}
		if len(complaints) != want {
			t.Errorf("%s: %q, want %d complaints", expr, complaints, want)
		}
	}
}

func alertsFile(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../deploy/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

type alertRule struct{ Alert, Expr string }

func alertRules(t *testing.T) []alertRule {
	t.Helper()
	var file struct{ Groups []struct{ Rules []alertRule } }
	if err := yaml.Unmarshal([]byte(alertsFile(t)), &file); err != nil {
		t.Fatal(err)
	}
	var rules []alertRule
	for _, g := range file.Groups {
		rules = append(rules, g.Rules...)
	}
	if len(rules) < 10 {
		t.Fatalf("there are %d alerts", len(rules))
	}
	return rules
}

// series is one series of a metric: its labels with their values.
type series map[string]string

// seriesOf reads Prometheus's text format, by the metric's name.
func seriesOf(text string) map[string][]series {
	found := map[string][]series{}
	for line := range strings.Lines(text) {
		name := metricName.FindString(line)
		if name == "" || !strings.HasPrefix(line, name) {
			continue
		}
		one := series{}
		for _, label := range matching.FindAllStringSubmatch(line, -1) {
			one[label[1]] = label[3]
		}
		found[name] = append(found[name], one)
	}
	return found
}

var (
	metricName = regexp.MustCompile(`\badmit_[a-z_]+`)
	selecting  = regexp.MustCompile(`\b(admit_[a-z_]+)(?:\{([^}]*)\})?`)
	matching   = regexp.MustCompile(`([a-z_]+)(=~|!=|=)"((?:[^"\\]|\\.)*)"`)
	grouping   = regexp.MustCompile(`\b(?:by|on) \(([a-z_, ]+)\)`)
)

// selector is what an alert asks for of a metric.
type selector struct {
	metric   string
	matchers []matcher
	groups   []string // the labels by which its expression adds up or compares
}

type matcher struct {
	label  string
	not    bool
	values []string
}

// selectorsOf reads an expression. That it is one is for Prometheus's own parser
// to say, with which cmd/composecheck reads it.
func selectorsOf(expr string) []selector {
	var groups []string
	for _, g := range grouping.FindAllStringSubmatch(expr, -1) {
		groups = append(groups, strings.Split(g[1], ", ")...)
	}
	var found []selector
	for _, one := range selecting.FindAllStringSubmatch(expr, -1) {
		s := selector{metric: one[1], groups: groups}
		for _, m := range matching.FindAllStringSubmatch(one[2], -1) {
			s.matchers = append(s.matchers, matcher{label: m[1], not: m[2] == "!=", values: strings.Split(m[3], "|")})
		}
		found = append(found, s)
	}
	return found
}

// missing says which of the labels and values that a selector names are in none of
// its metric's series.
func (s selector) missing(exist []series) []string {
	if len(exist) == 0 {
		return []string{s.metric + " has no series"}
	}
	var complaints []string
	for i, m := range s.matchers {
		others := slices.Delete(slices.Clone(s.matchers), i, i+1)
		for _, value := range m.values {
			wanted := append([]matcher{{label: m.label, values: []string{value}}}, others...)
			if !slices.ContainsFunc(exist, func(one series) bool { return one.match(wanted) }) {
				complaints = append(complaints, fmt.Sprintf("%s has no %s=%q", s.metric, m.label, value))
			}
		}
	}
	for _, label := range s.groups {
		if _, ok := exist[0][label]; !ok {
			complaints = append(complaints, fmt.Sprintf("%s has no label %s", s.metric, label))
		}
	}
	return complaints
}

func (one series) match(matchers []matcher) bool {
	return !slices.ContainsFunc(matchers, func(m matcher) bool { return slices.Contains(m.values, one[m.label]) == m.not })
}
