package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"admit/activities"
	"admit/cmd/admit/settings"
)

// configCommand checks a configuration file as serve would read it.
func configCommand(_ context.Context, p process) int {
	const usage = "admit config check FILE: report every mistake in a configuration file\n"
	if len(p.args) == 0 || p.args[0] != "check" && p.args[0] != "-h" && p.args[0] != "--help" {
		say(p.err, usage)
		return exitUsage
	}
	if p.args[0] != "check" {
		say(p.out, usage)
		return exitOK
	}
	if len(p.args) != 2 {
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
	if len(problems) > 0 {
		return exitFailed
	}
	if _, err := senders(settings.Settings{Hooks: config.Hooks, Mail: config.Mail}, nil); err != nil {
		say(p.out, "%v\n", err)
		return exitFailed
	}
	say(p.out, "%s is good; its policy has the hash %s\n", p.args[1], config.Policy.Hash())
	return exitOK
}

// senders makes what delivers to each target that is no activity of another
// team. The error holds every mistake, one a line.
func senders(s settings.Settings, contacts activities.Contacts) (map[string]activities.Sender, error) {
	all := map[string]activities.Sender{}
	var problems []error
	for _, h := range s.Hooks {
		if h.TaskQueue != "" {
			continue
		}
		hook, err := activities.NewHook(activities.HookConfig{Name: h.Name, URL: h.URL, Secrets: h.Secrets, AllowPrivate: h.AllowPrivate}, s.Build)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		all[h.Name] = hook
	}
	if s.Mail == nil {
		return all, errors.Join(problems...)
	}
	mail, err := activities.NewMail(activities.MailConfig{
		Address: s.Mail.Address, TLS: s.Mail.TLS, From: s.Mail.From,
		Username: s.Mail.Username, Password: s.Mail.Password, TemplatesDir: s.Mail.Templates,
	}, contacts)
	if err != nil {
		problems = append(problems, fmt.Errorf("notify.email: %w", err))
	}
	all["mail"] = mail
	return all, errors.Join(problems...)
}
