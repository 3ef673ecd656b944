package main

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"admit/activities"
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
	rest := filled(s)
	_, err = senders(rest, nil, slog.New(slog.DiscardHandler))
	add("ADMIT_CONFIG: ", err)
	_, err = questions(rest)
	add("", err)
	return lines
}

// filled returns settings to judge: with something good in each place that must not
// be empty. Whoever read the settings told of what is missing there; what else is
// wrong is still to be told. They are for nothing else.
func filled(s settings.Settings) settings.Settings {
	const place, address = "https://missing.invalid", "missing@missing.invalid"
	s.Hooks = slices.Clone(s.Hooks)
	for i := range s.Hooks {
		h := &s.Hooks[i]
		h.Name, h.URL = cmp.Or(h.Name, fmt.Sprintf("hook-%d", i+1)), cmp.Or(h.URL, place)
		if len(h.Secrets) == 0 {
			h.Secrets = []string{"whsec_" + base64.StdEncoding.EncodeToString(make([]byte, 32))}
		}
	}
	if s.Mail != nil || s.Reviewers != nil {
		m := *cmp.Or(s.Mail, &settings.Mail{})
		m.Address, m.TLS, m.From = cmp.Or(m.Address, "missing.invalid:587"), cmp.Or(m.TLS, activities.TLSStart), cmp.Or(m.From, address)
		s.Mail = &m
	}
	if s.Reviewers != nil {
		v := *s.Reviewers
		if v.To = slices.Clone(v.To); len(v.To) == 0 {
			v.To = []string{""}
		}
		for i := range v.To {
			v.To[i] = cmp.Or(v.To[i], address)
		}
		s.Reviewers = &v
	}
	for _, api := range []**settings.API{&s.P100API, &s.XGatewayAPI} {
		if *api != nil {
			*api = &settings.API{URL: cmp.Or((*api).URL, place), Key: cmp.Or((*api).Key, "missing")}
		}
	}
	return s
}
