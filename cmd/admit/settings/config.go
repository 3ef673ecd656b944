package settings

import (
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"admit/onboarding"
)

// Config is what the configuration file says.
type Config struct {
	Policy    onboarding.Policy
	Hooks     []Hook
	Mail      *Mail
	Reviewers *Reviewers

	used []string // the environment variables that the file names
}

// ParseConfig reads a configuration file; getenv gives the secrets that it
// names, and which providers' APIs are asked. Unknown keys are mistakes. What the
// file does not say stays as the built-in default has it; a stage named under
// policy.stall replaces that stage's default whole.
func ParseConfig(text []byte, getenv func(string) string) (Config, []Problem) {
	c := Config{Policy: defaultPolicy(getenv)}
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return c, []Problem{{Name: "the configuration file", Message: strings.TrimPrefix(err.Error(), "yaml: ")}}
	}
	if len(document.Content) == 0 {
		return c, nil
	}
	r := &reader{getenv: getenv, lines: map[string]int{}}
	root := r.object(document.Content[0], "", "policy", "hooks", "notify")
	if n := root["policy"]; n != nil {
		r.policy(n, &c.Policy)
	}
	if n := root["hooks"]; n != nil {
		c.Hooks = r.hooks(n)
	}
	if n := root["notify"]; n != nil {
		c.Mail, c.Reviewers = r.notify(n)
	}
	c.used = r.used
	return c, r.problems
}

func (r *reader) policy(n *yaml.Node, p *onboarding.Policy) {
	m := r.object(n, "policy", "require_any", "require_all", "require_if_started", "stall", "jitter", "late_window", "held_window", "max_reminders",
		"confirm", "agree_after", "four_eyes", "reversals_per_hour")
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

// reserved are the names of the targets that are no hooks.
var reserved = []string{onboarding.MailTarget, onboarding.ReviewersTarget, onboarding.P100Target, onboarding.XGatewayTarget}

var targetName = regexp.MustCompile(`^[a-z0-9-]+$`)

func (r *reader) hooks(n *yaml.Node) []Hook {
	var hooks []Hook
	var names []string
	for _, item := range r.items(n, "hooks") {
		m := r.object(item, "hooks", "name", "url", "secrets_env", "events", "allow_private", "task_queue", "activity")
		h := Hook{
			Name: r.string(m["name"], "hooks.name"), URL: r.string(m["url"], "hooks.url"),
			TaskQueue: r.string(m["task_queue"], "hooks.task_queue"), Activity: r.string(m["activity"], "hooks.activity"),
			Events: r.strings(m["events"], "hooks.events"), AllowPrivate: r.bool(m["allow_private"], "hooks.allow_private"),
		}
		switch {
		case !targetName.MatchString(h.Name):
			r.bad("hooks.name", item.Line, "is %q; a hook needs a name of [a-z0-9-]", h.Name)
		case slices.Contains(reserved, h.Name):
			r.bad("hooks.name", item.Line, "%q is a name of Admit's own; choose another than %s", h.Name, strings.Join(reserved, ", "))
		case slices.Contains(names, h.Name):
			r.bad("hooks.name", item.Line, "two hooks are called %q", h.Name)
		}
		names = append(names, h.Name)
		r.events(h.Events, item.Line)
		if h.TaskQueue != "" || h.Activity != "" {
			r.queueHook(h, m, item.Line)
		} else {
			h.Secrets = r.httpHook(h, m, item.Line)
		}
		hooks = append(hooks, h)
	}
	return hooks
}

func (r *reader) queueHook(h Hook, m map[string]*yaml.Node, line int) {
	if h.TaskQueue == "" || h.Activity == "" {
		r.bad("hooks", line, "%s: an activity on another team's task queue needs both task_queue and activity", h.Name)
	}
	for _, key := range []string{"url", "secrets_env", "allow_private"} {
		if m[key] != nil {
			r.bad("hooks."+key, m[key].Line, "goes with an HTTP hook, not with a task_queue")
		}
	}
}

func (r *reader) httpHook(h Hook, m map[string]*yaml.Node, line int) []string {
	u, err := url.Parse(h.URL)
	switch {
	case h.URL == "":
		r.bad("hooks.url", line, "%s: a hook needs a url, or a task_queue and an activity", h.Name)
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		r.bad("hooks.url", line, "%s: it must be an http or https URL", h.Name)
	case u.User != nil:
		r.bad("hooks.url", line, "%s: no credentials in the URL, the signature proves who sends", h.Name)
	case !h.AllowPrivate && inside(u.Hostname()):
		r.bad("hooks.url", line, "%s: it leads to this machine or into a private network, where nothing is sent unless allow_private: true stands beside it", h.Name)
	}
	if m["secrets_env"] == nil {
		r.bad("hooks.secrets_env", line, "%s: name the environment variable that holds the signing secrets (whsec_…)", h.Name)
		return nil
	}
	return strings.FieldsFunc(r.secret(m["secrets_env"], "hooks.secrets_env"), func(c rune) bool { return c == ',' || c == ' ' })
}

// inside says whether a host can be seen to be this machine or in a private
// network. What a name resolves to is judged when it is dialled.
func inside(host string) bool {
	a, err := netip.ParseAddr(host)
	a = a.Unmap()
	return host == "localhost" || err == nil && (a.IsLoopback() || a.IsPrivate() || a.IsLinkLocalUnicast() || a.IsUnspecified())
}

// events holds that each pattern can match something.
func (r *reader) events(patterns []string, line int) {
	if len(patterns) == 0 {
		r.bad("hooks.events", line, `a hook without events is never called; name some, as ["access.*"], or ["*"]`)
	}
	for _, p := range patterns {
		if !slices.ContainsFunc(onboarding.EventNames(), func(name string) bool {
			return (onboarding.Target{Name: "x", Events: []string{p}}).Wants(onboarding.Effect{Name: name})
		}) {
			r.bad("hooks.events", line, "%q matches no event; the events are %s", p, strings.Join(onboarding.EventNames(), ", "))
		}
	}
}
