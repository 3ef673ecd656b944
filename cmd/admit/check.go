package main

import (
	"context"
	"os"
	"slices"

	"admit/cmd/admit/settings"
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
	if len(problems) > 0 {
		return exitFailed
	}
	if _, err := senders(settings.Settings{Policy: config.Policy, Hooks: config.Hooks, Voice: config.Voice, Mail: config.Mail, Reviewers: config.Reviewers}, nil); err != nil {
		say(p.out, "%v\n", err)
		return exitFailed
	}
	say(p.out, "%s is good; its policy has the hash %s\n", p.args[1], config.Policy.Hash())
	return exitOK
}
