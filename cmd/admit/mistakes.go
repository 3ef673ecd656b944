package main

import (
	"context"
	"log/slog"
	"slices"
	"strings"

	"admit/admin"
	"admit/cmd/admit/settings"
	"admit/postgres"
	"admit/worker"
)

// mistakes returns a line for each mistake in the settings: the problems that
// reading them showed, and what only the packages that use them can tell, so that
// nobody mends one to be told of the next.
func mistakes(ctx context.Context, s settings.Settings, problems []settings.Problem) []string {
	var lines []string
	for _, problem := range problems {
		lines = append(lines, problem.String())
	}
	add := func(name string, err error) {
		if err == nil {
			return
		}
		for line := range strings.SplitSeq(err.Error(), "\n") {
			lines = append(lines, name+line)
		}
	}
	_, err := admin.ParseTokens(s.AdminTokens)
	add("ADMIT_ADMIN_TOKENS: ", err)
	codec, err := worker.NewCodec(s.EncryptionKeys)
	add("ADMIT_ENCRYPTION_KEYS: ", err)
	_, err = temporalOptions(codec)
	add("", err)
	if s.DatabaseURL != "" {
		store, err := postgres.Open(ctx, postgres.Options{URL: s.DatabaseURL})
		if err == nil {
			store.Close()
		}
		add("DATABASE_URL: ", err)
	}
	// A hook or a mail that lacks what it needs was told of already.
	if !slices.ContainsFunc(problems, func(p settings.Problem) bool { return p.Line > 0 }) {
		_, err = senders(s, nil, slog.New(slog.DiscardHandler))
		add("ADMIT_CONFIG: ", err)
	}
	if !slices.ContainsFunc(problems, func(p settings.Problem) bool { return strings.Contains(p.Name, "_API_") }) {
		_, err = questions(s)
		add("", err)
	}
	return lines
}
