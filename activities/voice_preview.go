package activities

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"admit/onboarding"
)

// PreviewRequest says what to show of a message that nobody sends. What is not
// given is made up.
type PreviewRequest struct {
	Template string // as its file is named, "reminder.2" or "review", too
	Language string // "" for English
	// Checks are those that the user is asked to repeat, or to renew where the template
	// is "expired"; Reasons are about the first of them.
	Checks   []onboarding.Check
	Reasons  []string
	FreeText string // what the provider of the first check wrote
	Stage    onboarding.Stage
	Number   int    // of a reminder
	Name     string // of the user
	TimeZone string // of the user
	URL      string // where the button leads; "" for where the configuration says, without a token
	Now      time.Time
}

// previewed is when the messages of previews are decided unless the request says.
var previewed = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// Preview renders a message as a user, or a reviewer, would get it.
func (v *Voice) Preview(r PreviewRequest) (onboarding.Rendered, error) {
	if err := r.validate(); err != nil {
		return onboarding.Rendered{}, err
	}
	r.Now = cmp.Or(r.Now, previewed)
	if slices.Contains(reviewNames, r.Template) {
		return v.previewReview(r)
	}
	m := r.message()
	s := saying{
		language: cmp.Or(r.Language, lastLanguage), message: m, zone: v.zone, texts: map[onboarding.Check]string{},
		contact: onboarding.Contact{Name: cmp.Or(r.Name, sampleName), TimeZone: r.TimeZone},
	}
	if len(m.Asks) > 0 {
		s.texts[m.Asks[0].Check] = r.FreeText
	}
	if leadsOn(m) {
		s.url = r.URL
		if s.url == "" && v.resume.url != "" {
			s.url = v.resume.fill(m.Stage, "TOKEN")
		}
	}
	return v.render(s)
}

// validate says what is wrong with a request.
func (r PreviewRequest) validate() error {
	if !known(r.Template) {
		return fmt.Errorf("%w: %q; there are %s, %s.N and %s, and to reviewers %s", ErrNoTemplate, r.Template,
			strings.Join(mailNames, ", "), numberedMail, lastMail, strings.Join(reviewNames, ", "))
	}
	for _, c := range r.Checks {
		if !slices.Contains(onboarding.Checks[:], c) {
			return fmt.Errorf("%q is no check", c)
		}
	}
	for _, code := range r.Reasons {
		if onboarding.SpeechOf(code) == onboarding.SpeechSilent {
			return fmt.Errorf("no message goes out because of %s: it is %s", code, onboarding.SpeechSilent)
		}
	}
	switch {
	case r.Stage != "" && !r.Stage.Valid():
		return fmt.Errorf("%q is no stage", r.Stage)
	case r.Language != "" && !languageTag.MatchString(r.Language):
		return fmt.Errorf("%q is no language", r.Language)
	case r.Number < 0:
		return fmt.Errorf("reminder %d: they count from 1", r.Number)
	}
	return nil
}

// previewStages are the stages of the messages where the request names none.
var previewStages = map[string]onboarding.Stage{
	onboarding.NotifyActionRequired: onboarding.StageActionRequired,
	onboarding.NotifyExpired:        onboarding.StageSuspended,
	onboarding.NotifyReminder:       onboarding.StageCollecting,
	onboarding.NotifyApproved:       onboarding.StageApproved,
	onboarding.NotifySuspended:      onboarding.StageSuspended,
	onboarding.NotifyRejected:       onboarding.StageRejected,
	onboarding.NotifyReinstated:     onboarding.StageApproved,
}

// message returns what the rules could decide to say.
func (r PreviewRequest) message() onboarding.Message {
	m := onboarding.Message{Template: r.Template, Number: r.Number, Last: r.Template == lastMail}
	if n, numbered := number(r.Template); numbered || m.Last {
		m.Template, m.Number = numberedMail, max(r.Number, n, 1)
	}
	m.Stage = cmp.Or(r.Stage, previewStages[notifyPrefix+m.Template])
	switch notifyPrefix + m.Template {
	case onboarding.NotifyActionRequired, onboarding.NotifyExpired:
		m.Asks = r.asks(onboarding.KYC)
	case onboarding.NotifySuspended:
		m.Asks = r.asks()
	case onboarding.NotifyRejected:
		m.Reasons = r.Reasons
	case onboarding.NotifyReminder:
		switch m.Stage {
		case onboarding.StageSuspended:
			m.Asks = r.asks(onboarding.KYC)
		case onboarding.StageActionRequired:
			m.Asks = r.asks(onboarding.KYC)
			fallthrough
		case onboarding.StageCollecting:
			m.AbandonAt = r.Now.Add(72 * time.Hour)
		}
	}
	return m
}

// asks returns what the user is asked to do: about the checks of the request, else
// about the given ones.
func (r PreviewRequest) asks(otherwise ...onboarding.Check) (asks []onboarding.Asked) {
	checks := r.Checks
	if len(checks) == 0 {
		checks = otherwise
	}
	for i, c := range checks {
		a := onboarding.Asked{Check: c, Status: onboarding.StatusActionRequired}
		if r.Template == expiredMail {
			a.Status = onboarding.StatusExpired
		}
		if i == 0 {
			a.Reasons, a.FreeText = r.Reasons, r.FreeText != ""
		}
		asks = append(asks, a)
	}
	return asks
}

// previewReview renders what reviewers are told.
func (v *Voice) previewReview(r PreviewRequest) (onboarding.Rendered, error) {
	parsed, view := v.view(r.Language, r.URL, v.zone).template(r.Template)
	check := onboarding.KYC
	if len(r.Checks) > 0 {
		check = r.Checks[0]
	}
	p := onboarding.Payload{Type: onboarding.EffectEscalated, Timestamp: r.Now, Data: onboarding.PayloadData{
		UserID: "user-1", Stage: cmp.Or(r.Stage, onboarding.StageSuspended), BlockedOn: onboarding.User, Access: onboarding.AccessRevoked,
		Causes: []string{"reversed:" + string(check)}, Checks: onboarding.CheckStatuses{KYC: onboarding.StatusExpired}, Number: 12, Limit: 10,
	}}
	var data any = view.review(p)
	if r.Template == digestMail {
		data = view.digest([]digestItem{
			{user: "user-1", stage: p.Data.Stage, blockedOn: onboarding.User, causes: p.Data.Causes},
			{user: "user-2", stage: onboarding.StageOnHold, blockedOn: onboarding.Compliance, causes: []string{"stalled:on_hold"}},
		}, r.Now, maxDigestLines)
	}
	subject, text, err := execute(parsed, data)
	return onboarding.Rendered{Language: view.languages[0], Subject: subject, Text: text}, err
}
