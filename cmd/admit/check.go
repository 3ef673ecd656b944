package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"admit/activities"
	"admit/cmd/admit/settings"
)

// configCommand checks a configuration file as serve would read it.
func configCommand(_ context.Context, p process) int {
	flags := flag.NewFlagSet("admit config check", flag.ContinueOnError)
	flags.SetOutput(p.err)
	flags.Usage = func() {
		say(p.out, "admit config check FILE: report every mistake in a configuration file\n")
	}
	args := p.args
	if len(args) > 0 && args[0] == "check" {
		args = args[1:]
	}
	switch err := flags.Parse(args); {
	case err == flag.ErrHelp:
		return exitOK
	case err != nil:
		return exitUsage
	case flags.NArg() != 1:
		flags.SetOutput(p.err)
		say(p.err, "admit config check FILE\n")
		return exitUsage
	}
	text, err := os.ReadFile(flags.Arg(0))
	if err != nil {
		say(p.err, "admit: %v\n", err)
		return exitFailed
	}
	config, problems := settings.ParseConfig(text, environment(p.environ))
	for _, problem := range problems {
		say(p.out, "%s\n", problem)
	}
	if len(problems) == 0 {
		if _, err := senders(settings.Settings{Hooks: config.Hooks, Mail: config.Mail}, nil); err != nil {
			say(p.out, "%v\n", err)
			return exitFailed
		}
		say(p.out, "%s is good; its policy has the hash %s\n", flags.Arg(0), config.Policy.Hash())
		return exitOK
	}
	return exitFailed
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

// healthTimeout bounds a health check; container runtimes expect seconds.
const healthTimeout = 4 * time.Second

// healthCommand asks the process beside it whether it is ready: for containers
// without a shell.
func healthCommand(ctx context.Context, p process) int {
	if code, done := p.noArguments("health", "exit 0 when the process on ADMIT_ADMIN_LISTEN is ready, else 1"); done {
		return code
	}
	address := environment(p.environ)("ADMIT_ADMIN_LISTEN")
	if address == "" {
		address = settings.DefaultAdminListen
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		say(p.err, "admit health: ADMIT_ADMIN_LISTEN is %q; it must be host:port\n", address)
		return exitUsage
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/readyz", nil)
	if err != nil {
		say(p.err, "admit health: %v\n", err)
		return exitUsage
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		say(p.err, "admit health: nobody answers on %s: %v\n", address, err)
		return exitFailed
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 4<<10))
	if err != nil {
		say(p.err, "admit health: the answer broke off: %v\n", err)
		return exitFailed
	}
	say(p.out, "%s\n", strings.TrimSpace(string(body)))
	if res.StatusCode != http.StatusOK {
		return exitFailed
	}
	return exitOK
}
