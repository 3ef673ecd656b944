package activities

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"admit/onboarding"
)

// Recipients knows how a user is reached and where the user's checks stand, with
// the providers' newest free texts where these are asked for.
type Recipients interface {
	Recipient(ctx context.Context, userID string, texts bool) (onboarding.Recipient, error)
}

// VoiceConfig says in which words users are spoken to, and when.
type VoiceConfig struct {
	TemplatesDir string // see LoadTemplates; "" for the built-in texts alone
	Sender       string // who signs; may be ""
	// QuietHours are those of a user's day in which nothing is sent to the user,
	// "22:00-07:00"; "" for none.
	QuietHours string
	TimeZone   string // IANA name, of the users who did not say theirs; "" for UTC
	// ResumeURL is where a user goes on: https, with {token} and, if wanted, {stage} in
	// it; "" for nowhere. The token is a JWT: the claims are sub (the user ID), stage,
	// iat, exp and aud (ResumeAudience), signed by HS256 with the first of
	// ResumeSecrets, whose kid is the first 16 hex digits of its SHA-256.
	ResumeURL     string
	ResumeSecrets []string      // of 32 bytes or more; the others are those of a rotation
	ResumeExpires time.Duration // 0 for 7 days
}

// Validate returns every mistake in the configuration but those in the templates,
// none of them with a secret in its text.
func (c VoiceConfig) Validate() error {
	var problems []error
	if _, err := parseQuiet(c.QuietHours); err != nil {
		problems = append(problems, err)
	}
	if _, known := zoneOf(c.TimeZone); c.TimeZone != "" && !known {
		problems = append(problems, fmt.Errorf("%q is no time zone", c.TimeZone))
	}
	return errors.Join(append(problems, c.validateResume()...)...)
}

// Voice puts what there is to say to users into words, whichever way these go:
// by mail, or by a hook of those who have a channel of their own.
type Voice struct {
	Logger *slog.Logger // set by NewVoice to one that drops all

	*Templates
	recipients Recipients
	quiet      quietHours
	zone       *time.Location
	resume     resume
}

// Spoken is a message in words, and how the user is reached.
type Spoken struct {
	To       onboarding.Contact
	Rendered onboarding.Rendered
}

// NewVoice returns a voice, or every mistake in its configuration and its
// templates. Who only previews needs no recipients.
func NewVoice(c VoiceConfig, recipients Recipients) (*Voice, error) {
	texts, err := LoadTemplates(c.TemplatesDir, c.Sender)
	if err := errors.Join(c.Validate(), err); err != nil {
		return nil, err
	}
	return newVoice(c, texts, recipients), nil
}

// newVoice returns the voice of a valid configuration.
func newVoice(c VoiceConfig, texts *Templates, recipients Recipients) *Voice {
	quiet, _ := parseQuiet(c.QuietHours) // Validate has read it
	zone, _ := zoneOf(c.TimeZone)
	return &Voice{
		Logger: slog.New(slog.DiscardHandler), Templates: texts, recipients: recipients,
		quiet: quiet, zone: zone, resume: newResume(c),
	}
}

// Speak puts the message of a delivery into the words of the user it is for, as
// things stand now: what the user's checks do not ask for any more is left out. A
// non-nil Attempt says why nothing is to be sent: the user cannot be reached, which
// counts where needContact says so, has nothing to be told any more, or sleeps.
func (v *Voice) Speak(ctx context.Context, d onboarding.Delivery, m onboarding.Message, needContact bool) (Spoken, *onboarding.Attempt) {
	not := func(a onboarding.Attempt) (Spoken, *onboarding.Attempt) { return Spoken{}, &a }
	r, err := v.recipients.Recipient(ctx, d.UserID, slices.ContainsFunc(m.Asks, func(a onboarding.Asked) bool { return a.FreeText }))
	switch {
	case err != nil:
		v.Logger.Warn("contact could not be read", "id", d.ID, "error", err)
		return not(unsent("contact could not be read"))
	case needContact && (!r.Known || r.Contact.Email == ""):
		return not(unsendable("no contact"))
	}
	if watched(m, r.Statuses) {
		r.Texts = nil
	}
	m, left := stillAsked(tellable(m), r.Statuses)
	if !left {
		return not(onboarding.Attempt{Result: onboarding.AttemptMoot, Answer: "nothing left to say"})
	}
	zone := v.zone
	if z, known := zoneOf(r.Contact.TimeZone); known {
		zone = z
	}
	if wait := v.quiet.wait(d.Now, zone, d.UserID); wait > 0 {
		return not(onboarding.Attempt{Result: onboarding.AttemptDeferred, Answer: "quiet hours", RetryAfter: wait})
	}
	link, err := v.resume.link(d.UserID, m, d.Now)
	if err == nil {
		var rendered onboarding.Rendered
		if rendered, err = v.render(saying{message: m, contact: r.Contact, texts: r.Texts, zone: v.zone, url: link}); err == nil {
			return Spoken{To: r.Contact, Rendered: rendered}, nil
		}
	}
	if errors.Is(err, ErrNoTemplate) {
		return not(unsent("no template")) // a newer process decided on it and may send it
	}
	v.Logger.Error("message could not be rendered", "id", d.ID, "template", m.Template, "error", err)
	return not(unsent("template"))
}

// stillAsked returns the message without what the checks do not ask of the user any
// more, and whether it has something to say. What was to be repeated may be to be
// renewed by now. Nothing is asked of who was rejected or closed: it would not help.
func stillAsked(m onboarding.Message, now onboarding.CheckStatuses) (still onboarding.Message, left bool) {
	var asks []onboarding.Asked
	repeat := false
	for _, a := range m.Asks {
		is := statusOf(now, a.Check)
		if is != onboarding.StatusActionRequired && is != onboarding.StatusExpired {
			continue
		}
		if is != a.Status {
			a = onboarding.Asked{Check: a.Check, Status: is} // its reasons were those for the other
		}
		asks, repeat = append(asks, a), repeat || is == onboarding.StatusActionRequired
	}
	m.Asks = asks
	if m.Template == actionMail || m.Template == expiredMail {
		m.Template = expiredMail
		if repeat {
			m.Template = actionMail
		}
		return m, len(asks) > 0 && !over(m.Stage)
	}
	return m, true
}

// over says whether a user can do nothing more in that stage.
func over(s onboarding.Stage) bool {
	return s == onboarding.StageRejected || s == onboarding.StageClosed
}
