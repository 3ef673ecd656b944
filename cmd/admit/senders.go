package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	netmail "net/mail"
	"strings"

	"admit/activities"
	"admit/cmd/admit/settings"
	"admit/onboarding"
	"admit/providers"
)

// senders makes what delivers to each target of the configuration file that is no
// activity of another team. The error holds every mistake, one a line.
func senders(s settings.Settings, recipients activities.Recipients, logger *slog.Logger) (map[string]activities.Sender, error) {
	all := map[string]activities.Sender{}
	voice, err := newVoice(s, recipients, logger)
	problems := []error{err}
	for _, h := range s.Hooks {
		if h.TaskQueue != "" {
			continue
		}
		hook, err := newHook(h, s.Build)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		hook.Logger = logger
		if h.Speaks() {
			hook.Voice = voice
		}
		if h.Full {
			hook.Texts = recipients
		}
		all[h.Name] = hook
	}
	if s.Mail != nil {
		problems = append(problems, addMail(all, s, voice, logger)...)
	}
	return all, errors.Join(problems...)
}

// addMail adds what writes to users and to reviewers, where nothing is wrong with
// either. voice is nil where it has mistakes of its own.
func addMail(all map[string]activities.Sender, s settings.Settings, voice *activities.Voice, logger *slog.Logger) (problems []error) {
	mail, err := activities.NewMail(activities.MailConfig{
		Address: s.Mail.Address, TLS: s.Mail.TLS, From: s.Mail.From, Username: s.Mail.Username, Password: s.Mail.Password,
	}, voice)
	if err != nil {
		problems = append(problems, named("notify.email: ", err))
	}
	var to activities.ReviewersConfig
	if v := s.Reviewers; v != nil {
		to = activities.ReviewersConfig{To: v.To, Language: v.Language, TimeZone: v.TimeZone, URL: v.ReviewURL}
		if err := to.Validate(); err != nil {
			problems = append(problems, named("notify.reviewers: ", err))
		}
	}
	if len(problems) > 0 || voice == nil {
		return problems
	}
	mail.Logger = logger
	all[onboarding.MailTarget] = mail
	if s.Reviewers != nil {
		reviewers, err := activities.NewReviewers(to, mail)
		if err != nil {
			return append(problems, fmt.Errorf("notify.reviewers: %w", err))
		}
		all[onboarding.ReviewersTarget] = reviewers
	}
	return nil
}

// newHook makes what delivers to an HTTP hook. The error holds every mistake, one a
// line, each with the name of the hook.
func newHook(h settings.Hook, build string) (*activities.Hook, error) {
	hook, err := activities.NewHook(activities.HookConfig{
		Name: h.Name, URL: h.URL, Secrets: h.Secrets, AllowPrivate: h.AllowPrivate, Full: h.Full,
		MaxInFlight: h.MaxInFlight, MaxPerSecond: h.MaxPerSecond,
		ClientCert: h.TLS.Cert, ClientKey: h.TLS.Key, CA: h.TLS.CA,
	}, build)
	if err != nil {
		prefix := fmt.Sprintf("hook %q: ", h.Name)
		return nil, named(prefix, errors.New(strings.TrimPrefix(err.Error(), prefix)))
	}
	return hook, nil
}

// named puts what it is about before each line of an error. Nobody branches on it: it
// is read by who wrote the settings.
func named(prefix string, err error) error {
	return errors.New(prefix + strings.ReplaceAll(err.Error(), "\n", "\n"+prefix))
}

// newVoice makes what puts into words what there is to say to users, nil where
// there is nobody to say it.
func newVoice(s settings.Settings, recipients activities.Recipients, logger *slog.Logger) (*activities.Voice, error) {
	v := s.Voice
	if v == nil {
		return nil, nil
	}
	c := activities.VoiceConfig{
		TemplatesDir: v.Templates, QuietHours: v.QuietHours, TimeZone: v.TimeZone,
		ResumeURL: v.ResumeURL, ResumeSecrets: v.ResumeSecrets, ResumeExpires: v.ResumeExpires,
	}
	if s.Mail != nil {
		// What is wrong with the address is told beside the rest of the mail's mistakes.
		if from, err := netmail.ParseAddress(s.Mail.From); err == nil {
			c.Sender = from.Name
		}
	}
	voice, err := activities.NewVoice(c, recipients)
	if err != nil {
		return nil, named("notify: ", err)
	}
	voice.Logger = logger
	return voice, nil
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
			problems = append(problems, named(fmt.Sprintf("%s_URL, %[1]s_KEY: ", p.setting), err))
			continue
		}
		all[p.target] = &activities.Question{Provider: client.Provider(), Setting: p.setting + "_KEY", API: asker{client}}
	}
	return all, errors.Join(problems...)
}

// introduce makes every sender of this process and tells it where to log and what
// to count.
func (sys *system) introduce(logger *slog.Logger) error {
	all, err := senders(sys.settings, sys.store, logger)
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
