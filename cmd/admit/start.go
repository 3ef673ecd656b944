package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"strings"

	"admit/cmd/admit/settings"
)

// version is set by the image's build; else the binary's own revision is told.
var version string

// buildVersion names this build in the audit, in logs and in metrics.
func buildVersion() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return s.Value[:12]
		}
	}
	return info.Main.Version
}

// environment returns a lookup in an environment as os.Environ gives it.
func environment(environ []string) func(string) string {
	return func(name string) string {
		for i := len(environ) - 1; i >= 0; i-- {
			if value, ok := strings.CutPrefix(environ[i], name+"="); ok {
				return value
			}
		}
		return ""
	}
}

// noArguments reads the flags of a command that has none. done says that the
// command ends here, with code.
func (p process) noArguments(name, about string) (code int, done bool) {
	flags := flag.NewFlagSet("admit "+name, flag.ContinueOnError)
	if code, done := p.parse(flags, fmt.Sprintf("admit %s: %s\n", name, about)); done {
		return code, true
	}
	if flags.NArg() > 0 {
		say(p.err, "admit %s: unexpected argument %q\n", name, flags.Arg(0))
		return exitUsage, true
	}
	return exitOK, false
}

// parse reads a command's flags. What the command is about is told where it is asked
// for, and else beside the mistake. done says that the command ends here, with code.
func (p process) parse(flags *flag.FlagSet, about string) (code int, done bool) {
	flags.SetOutput(p.err)
	flags.Usage = func() {} // told below
	tell := func(w io.Writer) {
		say(w, "%s", about)
		flags.SetOutput(w)
		flags.PrintDefaults()
	}
	switch err := flags.Parse(p.args); {
	case errors.Is(err, flag.ErrHelp):
		tell(p.out)
		return exitOK, true
	case err != nil:
		tell(p.err)
		return exitUsage, true
	}
	return exitOK, false
}

// load reads the settings for a role and tells every mistake; ok says whether
// the process may go on.
func (p process) load(ctx context.Context, role settings.Role) (s settings.Settings, logger *slog.Logger, ok bool) {
	s, warnings, problems := settings.Load(role, p.environ, os.ReadFile)
	found := mistakes(ctx, s, problems)
	for _, mistake := range found {
		say(p.err, "admit: %s\n", mistake)
	}
	if len(found) > 0 {
		// What is missing may stand there under another name.
		for _, w := range warnings {
			say(p.err, "admit: %s\n", w)
		}
		say(p.err, "admit: %s in the settings; nothing was started\n", plural(len(found), "mistake"))
		return s, nil, false
	}
	if s.Build == "" {
		s.Build = buildVersion()
	}
	options := &slog.HandlerOptions{Level: s.LogLevel}
	var handler slog.Handler = slog.NewTextHandler(p.err, options)
	if s.LogFormat == "json" {
		handler = slog.NewJSONHandler(p.err, options)
	}
	logger = slog.New(handler)
	for _, w := range warnings {
		logger.Warn("settings", "warning", w)
	}
	return s, logger, true
}

// plural puts a number before a noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func versionCommand(_ context.Context, p process) int {
	if code, done := p.noArguments("version", "print the version of this build"); done {
		return code
	}
	say(p.out, "admit %s\n", buildVersion())
	return exitOK
}
