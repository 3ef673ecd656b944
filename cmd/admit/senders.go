package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"admit/activities"
	"admit/cmd/admit/settings"
	"admit/onboarding"
	"admit/providers"
)

// senders makes what delivers to each target of the configuration file that is no
// activity of another team. The error holds every mistake, one a line.
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
		Username: s.Mail.Username, Password: s.Mail.Password, TemplatesDir: s.Voice.Templates, Policy: s.Policy,
	}, contacts)
	if err != nil {
		return all, errors.Join(append(problems, fmt.Errorf("notify.email: %w", err))...)
	}
	all[onboarding.MailTarget] = mail
	if v := s.Reviewers; v != nil {
		reviewers, err := activities.NewReviewers(activities.ReviewersConfig{To: v.To, Language: v.Language, TimeZone: v.TimeZone, URL: v.ReviewURL}, mail)
		if err != nil {
			problems = append(problems, fmt.Errorf("notify.reviewers: %w", err))
		}
		all[onboarding.ReviewersTarget] = reviewers
	}
	return all, errors.Join(problems...)
}

// asker asks a provider's API.
type asker struct{ *providers.API }

// Ask implements activities.Asker.
func (a asker) Ask(ctx context.Context, userID string) activities.Asked {
	return activities.Asked(a.API.Ask(ctx, userID))
}

// questions makes what asks each provider's API that the settings name, by its
// target. The error holds every mistake, one a line.
func questions(s settings.Settings) (map[string]*activities.Question, error) {
	all := map[string]*activities.Question{}
	var problems []error
	for _, p := range []struct {
		target, setting string
		api             *settings.API
		client          func(providers.APIConfig) (*providers.API, error)
	}{
		{onboarding.P100Target, "ADMIT_P100_API", s.P100API, providers.NewP100API},
		{onboarding.XGatewayTarget, "ADMIT_XGATEWAY_API", s.XGatewayAPI, providers.NewXGatewayAPI},
	} {
		if p.api == nil {
			continue
		}
		// The client's own limits: 5 s for a question, 4 at once, 5 in a second.
		client, err := p.client(providers.APIConfig{URL: p.api.URL, Key: p.api.Key, Agent: "Admit/" + s.Build})
		if err != nil {
			problems = append(problems, fmt.Errorf("%s_URL, %[1]s_KEY: %w", p.setting, err))
			continue
		}
		all[p.target] = &activities.Question{Provider: client.Provider(), Setting: p.setting + "_KEY", API: asker{client}}
	}
	return all, errors.Join(problems...)
}

// introduce makes every sender of this process and tells it where to log and what
// to count.
func (sys *system) introduce(logger *slog.Logger) error {
	all, err := senders(sys.settings, sys.store)
	if err != nil {
		return err
	}
	asks, err := questions(sys.settings)
	if err != nil {
		return err
	}
	for target, q := range asks {
		q.Logger, q.Observe = logger, sys.metrics.ask
		all[target] = q
	}
	if mail, ok := all[onboarding.MailTarget].(*activities.Mail); ok {
		mail.Logger = logger
	}
	sys.senders = all
	return nil
}

// newDigests returns what sends the reviewers' digest, nil where nobody reviews.
func (sys *system) newDigests() (*activities.Digests, error) {
	v := sys.settings.Reviewers
	reviewers, ok := sys.senders[onboarding.ReviewersTarget].(*activities.Reviewers)
	if v == nil || !ok {
		return nil, nil
	}
	d := &activities.Digests{Store: sys.store, Reviewers: reviewers, Logger: sys.logger, Observe: sys.metrics.digest}
	if v.Digest != "" {
		daily, err := activities.ParseDaily(v.Digest, v.TimeZone)
		if err != nil {
			return nil, fmt.Errorf("notify.reviewers: %w", err)
		}
		d.Daily = &daily
	}
	return d, nil
}
