package settings

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"

	"admit/onboarding"
)

// Config is what the configuration file says.
type Config struct {
	Policy    onboarding.Policy
	Hooks     []Hook
	Voice     *Voice
	Mail      *Mail
	Reviewers *Reviewers

	used []string // the environment variables that the file names
}

// ParseConfig reads a configuration file; getenv gives the secrets that it
// names, and which providers' APIs are asked. Unknown keys are mistakes. What the
// file does not say stays as the built-in default has it; a stage named under
// policy.stall replaces that stage's default whole. A value with a mistake counts as
// missing, so that who judges the rest does not tell the mistake again.
func ParseConfig(text []byte, getenv func(string) string) (Config, []Problem) {
	c := Config{Policy: defaultPolicy(getenv)}
	r := &reader{getenv: getenv, lines: map[string]int{}}
	document := r.document(text)
	if len(document.Content) == 0 {
		return c, r.problems
	}
	root := r.object(document.Content[0], "", "policy", "hooks", "notify")
	if n := root["policy"]; n != nil {
		r.policy(n, &c.Policy)
	}
	if n := root["hooks"]; n != nil {
		c.Hooks = r.hooks(n)
	}
	r.notify(root["notify"], &c)
	c.used = r.used
	return c, r.problems
}

// document returns the one document of a file, an empty node where there is none.
func (r *reader) document(text []byte) (first yaml.Node) {
	var next yaml.Node
	file := yaml.NewDecoder(bytes.NewReader(text))
	err := file.Decode(&first)
	if err == nil {
		err = file.Decode(&next)
	}
	switch {
	case err == nil:
		r.bad(orFile(""), next.Line, "a second document begins here; what it says belongs into the first one")
	case !errors.Is(err, io.EOF):
		r.bad(orFile(""), 0, "%s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	return first
}

func (r *reader) policy(n *yaml.Node, p *onboarding.Policy) {
	m := r.object(n, "policy", "require_any", "require_all", "require_if_started", "stall", "jitter", "late_window", "held_window", "max_reminders",
		"confirm", "agree_after", "four_eyes", "reversals_per_hour", "settle", "free_text")
	checks := func(key string, to *[]onboarding.Check) {
		if m[key] == nil {
			return
		}
		*to = []onboarding.Check{}
		for _, c := range r.strings(m[key], "policy."+key) {
			*to = append(*to, onboarding.Check(c))
		}
	}
	checks("require_any", &p.RequireAny)
	checks("require_all", &p.RequireAll)
	checks("require_if_started", &p.RequireIfStarted)
	r.stall(m["stall"], &p.Stall)
	r.duration(m["jitter"], "policy.jitter", &p.Jitter)
	r.windows(m["late_window"], "policy.late_window", &p.LateWindow)
	r.windows(m["held_window"], "policy.held_window", &p.HeldWindow)
	r.int(m["max_reminders"], "policy.max_reminders", &p.MaxReminders)
	checks("confirm", &p.Confirm)
	r.duration(m["agree_after"], "policy.agree_after", &p.AgreeAfter)
	if m["four_eyes"] != nil {
		p.FourEyes = append([]string{}, r.strings(m["four_eyes"], "policy.four_eyes")...)
	}
	r.int(m["reversals_per_hour"], "policy.reversals_per_hour", &p.ReversalsPerHour)
	r.duration(m["settle"], "policy.settle", &p.Settle)
	checks("free_text", &p.FreeText)
	for _, problem := range p.Problems() {
		name := "policy." + problem.Path
		r.problems = append(r.problems, Problem{Name: name, Line: r.lineOf(name, n.Line), Message: problem.Message})
	}
}

func (r *reader) windows(n *yaml.Node, path string, w *onboarding.Windows) {
	if n == nil {
		return
	}
	m := r.object(n, path, "p100", "xgateway")
	r.duration(m["p100"], path+".p100", &w.P100)
	r.duration(m["xgateway"], path+".xgateway", &w.XGateway)
}

func (r *reader) stall(n *yaml.Node, p *onboarding.StallPolicy) {
	if n == nil {
		return
	}
	const path = "policy.stall"
	m := r.object(n, path, "collecting", "action_required", "in_review", "high_risk_review", "suspended", "on_hold", "approved")
	for _, s := range []struct {
		stage string
		to    *onboarding.StageStall
	}{
		{"collecting", &p.Collecting}, {"action_required", &p.ActionRequired}, {"in_review", &p.InReview},
		{"high_risk_review", &p.HighRiskReview}, {"suspended", &p.Suspended}, {"on_hold", &p.OnHold}, {"approved", &p.Approved},
	} {
		if m[s.stage] == nil {
			continue
		}
		at := path + "." + s.stage
		lists := r.object(m[s.stage], at, "remind", "escalate", "reconcile", "abandon")
		*s.to = onboarding.StageStall{}
		r.durations(lists["remind"], at+".remind", &s.to.Remind)
		r.durations(lists["escalate"], at+".escalate", &s.to.Escalate)
		r.durations(lists["reconcile"], at+".reconcile", &s.to.Reconcile)
		r.duration(lists["abandon"], at+".abandon", &s.to.Abandon)
	}
}
