package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"strings"

	"admit/cmd/admit/settings"
	"admit/onboarding"
)

// configCommand checks a configuration file as serve would read it.
func configCommand(_ context.Context, p process) int {
	const usage = "admit config check FILE: report every mistake in a configuration file\n"
	if slices.ContainsFunc(p.args, func(arg string) bool { return arg == "-h" || arg == "--help" }) {
		say(p.out, usage)
		return exitOK
	}
	if len(p.args) != 2 || p.args[0] != "check" {
		say(p.err, usage)
		return exitUsage
	}
	text, err := os.ReadFile(p.args[1])
	if err != nil {
		say(p.err, "admit: %v\n", err)
		return exitFailed
	}
	config, problems := settings.ParseConfig(text, environment(p.environ))
	for _, problem := range problems {
		say(p.out, "%s\n", problem)
	}
	s := settings.Settings{Policy: config.Policy, Hooks: config.Hooks, Voice: config.Voice, Mail: config.Mail, Reviewers: config.Reviewers}
	_, err = senders(filled(s), nil, slog.New(slog.DiscardHandler))
	if err != nil {
		say(p.out, "%v\n", err)
	}
	if len(problems) > 0 || err != nil {
		return exitFailed
	}
	say(p.out, "%s is good; its policy has the hash %s\n", p.args[1], config.Policy.Hash())
	outline(p.out, s)
	return exitOK
}

// outline says who is told of what, without what may be secret: of a URL the host
// alone.
func outline(w io.Writer, s settings.Settings) {
	targets := s.Targets()
	if len(targets) == 0 {
		say(w, "nobody is told of anything: it names no hooks, and nobody to write to\n")
	}
	for i, h := range s.Hooks {
		to := "task queue " + h.TaskQueue + ", activity " + h.Activity
		if u, err := url.Parse(h.URL); err == nil && h.TaskQueue == "" {
			to = u.Scheme + "://" + u.Host
		}
		line := fmt.Sprintf("hook %s: %s, events %s", h.Name, to, strings.Join(h.Events, " "))
		if targets[i].Access() {
			line += "; opens or shuts access"
		}
		if h.Full {
			line += "; told the providers' words"
		}
		say(w, "%s\n", line)
	}
	if m := s.Mail; m != nil {
		say(w, "notify: mail by %s (tls: %s)\n", m.Address, m.TLS)
	}
	if v := s.Voice; v != nil && v.QuietHours != "" {
		say(w, "notify: quiet hours %s, in %s where a user's time zone is not known\n", v.QuietHours, orUTC(v.TimeZone))
	}
	if v := s.Voice; v != nil && v.ResumeURL != "" {
		say(w, "notify: users go on at %s\n", v.ResumeURL)
	}
	if r := s.Reviewers; r != nil {
		when := "at once"
		if r.Digest != "" {
			when = "each day at " + r.Digest + " in " + orUTC(r.TimeZone)
		}
		say(w, "notify: %s told %s\n", plural(len(r.To), "reviewer"), when)
	}
	if len(s.Policy.FreeText) > 0 {
		say(w, "policy: users are shown what providers write about %s\n", words(s.Policy.FreeText))
	}
}

func orUTC(zone string) string {
	if zone == "" {
		return "UTC"
	}
	return zone
}

// words names checks for a person to read.
func words(checks []onboarding.Check) string {
	names := make([]string, len(checks))
	for i, c := range checks {
		names[i] = string(c)
	}
	return strings.Join(names, ", ")
}
