package settings

import (
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"admit/onboarding"
)

// reserved are the names of the targets that are no hooks.
var reserved = []string{onboarding.MailTarget, onboarding.ReviewersTarget, onboarding.P100Target, onboarding.XGatewayTarget}

var targetName = regexp.MustCompile(`^[a-z0-9-]+$`)

// fullFields is what a hook's fields may be.
const fullFields = "full"

// ofHTTP are the keys that only an HTTP hook can have, with the reason where it
// does not go without saying.
var ofHTTP = []struct{ key, why string }{
	{"url", ""}, {"secrets_env", ""}, {"allow_private", ""}, {"tls", ""},
	{"fields", ": the providers' words would reach Temporal, which must hold none"},
	{"max_in_flight", ": the workers on that queue say how much they take"},
	{"max_per_second", ": the workers on that queue say how much they take"},
}

func (r *reader) hooks(n *yaml.Node) []Hook {
	var hooks []Hook
	var names []string
	for _, item := range r.items(n, "hooks") {
		m := r.object(item, "hooks", "name", "url", "secrets_env", "events", "allow_private", "task_queue", "activity",
			"fields", "max_in_flight", "max_per_second", "failing_after", "retry", "tls")
		h := Hook{
			Name: r.string(m["name"], "hooks.name"), URL: r.string(m["url"], "hooks.url"),
			TaskQueue: r.string(m["task_queue"], "hooks.task_queue"), Activity: r.string(m["activity"], "hooks.activity"),
			Events: r.strings(m["events"], "hooks.events"), AllowPrivate: r.bool(m["allow_private"], "hooks.allow_private"),
			Retry: r.retry(m["retry"], "hooks.retry"), FailingAfter: r.span(m["failing_after"], "hooks.failing_after", minFailingAfter),
		}
		told := len(r.problems)
		switch {
		case !targetName.MatchString(h.Name):
			r.bad("hooks.name", item.Line, "is %q; a hook needs a name of [a-z0-9-]", h.Name)
		case slices.Contains(reserved, h.Name):
			r.bad("hooks.name", item.Line, "%q is a name of Admit's own; choose another than %s", h.Name, strings.Join(reserved, ", "))
		case slices.Contains(names, h.Name):
			r.bad("hooks.name", item.Line, "two hooks are called %q", h.Name)
		}
		names = append(names, h.Name)
		nameless := len(r.problems) > told
		queue := h.TaskQueue != "" || h.Activity != ""
		r.events(h.Events, queue, lineAt(m["events"], item.Line))
		if queue {
			r.queueHook(h, m, item.Line)
		} else {
			r.httpHook(&h, m, item.Line)
		}
		if nameless {
			h.Name = ""
		}
		hooks = append(hooks, h)
	}
	return hooks
}

func (r *reader) queueHook(h Hook, m map[string]*yaml.Node, line int) {
	if h.TaskQueue == "" || h.Activity == "" {
		r.bad("hooks", line, "%s: an activity on another team's task queue needs both task_queue and activity", h.Name)
	}
	for _, k := range ofHTTP {
		if m[k.key] != nil {
			r.bad("hooks."+k.key, m[k.key].Line, "goes with an HTTP hook, not with a task_queue%s", k.why)
		}
	}
}

// httpHook reads what only an HTTP hook has.
func (r *reader) httpHook(h *Hook, m map[string]*yaml.Node, line int) {
	u, err := url.Parse(h.URL)
	told := len(r.problems)
	switch {
	case h.URL == "":
		r.bad("hooks.url", line, "%s: a hook needs a url, or a task_queue and an activity", h.Name)
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		r.bad("hooks.url", line, "%s: it must be an http or https URL", h.Name)
	case u.User != nil:
		r.bad("hooks.url", line, "%s: no credentials in the URL, the signature proves who sends", h.Name)
	case !h.AllowPrivate && inside(u.Hostname()):
		r.bad("hooks.url", line, "%s: it leads to this machine or into a private network, where nothing is sent unless allow_private: true stands beside it", h.Name)
	case !h.AllowPrivate && u.Scheme == "http":
		r.bad("hooks.url", line, "%s: what is told of users would travel in the clear; make it https (http is for private networks, with allow_private: true)", h.Name)
	}
	if len(r.problems) > told {
		h.URL = ""
	}
	if m["secrets_env"] == nil {
		r.bad("hooks.secrets_env", line, "%s: name the environment variable that holds the signing secrets (whsec_…)", h.Name)
	} else {
		h.Secrets = r.secrets(m["secrets_env"], "hooks.secrets_env")
	}
	if fields := r.string(m["fields"], "hooks.fields"); m["fields"] != nil && fields != fullFields {
		r.bad("hooks.fields", m["fields"].Line, "is %q; it must be full, or left out for codes and states alone", fields)
	} else {
		h.Full = m["fields"] != nil
	}
	h.MaxInFlight = r.count(m["max_in_flight"], "hooks.max_in_flight", maxInFlight)
	h.MaxPerSecond = r.rate(m["max_per_second"], "hooks.max_per_second")
	h.TLS = r.tls(m["tls"])
	if m["tls"] != nil && err == nil && u.Scheme == "http" {
		r.bad("hooks.tls", m["tls"].Line, "%s: the url begins with http://, so that nothing is encrypted; make it https://", h.Name)
		h.TLS = TLSFiles{}
	}
}

// tls reads by which certificates a hook and Admit know each other.
func (r *reader) tls(n *yaml.Node) TLSFiles {
	if n == nil {
		return TLSFiles{}
	}
	const path = "hooks.tls"
	m := r.object(n, path, "cert", "key", "ca")
	file := func(key string) string {
		if m[key] == nil {
			return ""
		}
		name := r.string(m[key], path+"."+key)
		if info, err := os.Stat(name); err != nil {
			r.bad(path+"."+key, m[key].Line, "the file cannot be read: %v", err)
			return ""
		} else if info.IsDir() {
			r.bad(path+"."+key, m[key].Line, "%s is a folder, not a file", name)
			return ""
		}
		return name
	}
	f := TLSFiles{Cert: file("cert"), Key: file("key"), CA: file("ca")}
	if (m["cert"] == nil) != (m["key"] == nil) {
		r.bad(path, n.Line, "cert and key go together: the certificate by which Admit proves itself, and its private key")
	}
	if f.Cert == "" || f.Key == "" {
		f.Cert, f.Key = "", ""
	}
	return f
}

// inside says whether a host can be seen to be this machine or in a private
// network. What a name resolves to is judged when it is dialled.
func inside(host string) bool {
	a, err := netip.ParseAddr(host)
	a = a.Unmap()
	return host == "localhost" || err == nil && (a.IsLoopback() || a.IsPrivate() || a.IsLinkLocalUnicast() || a.IsUnspecified())
}

// events holds that each pattern can match something, and that no message to a
// user goes by a task queue.
func (r *reader) events(patterns []string, queue bool, line int) {
	if len(patterns) == 0 {
		r.bad("hooks.events", line, `a hook without events is never called; name some, as ["access.*"], or ["*"]`)
	}
	for _, p := range patterns {
		switch {
		case queue && speaks(p):
			r.bad("hooks.events", line, "%q: what is written to a user holds personal data, which must not reach Temporal; an HTTP hook can be told of it", p)
		case !slices.ContainsFunc(onboarding.EventNames(), func(name string) bool {
			return (onboarding.Target{Name: "x", Events: []string{p}}).Wants(onboarding.Effect{Name: name})
		}):
			r.bad("hooks.events", line, "%q matches no event; the events are %s", p, strings.Join(onboarding.EventNames(), ", "))
		}
	}
}

// speaks says whether a pattern names messages to users.
func speaks(pattern string) bool { return strings.HasPrefix(pattern, "notify.") }
