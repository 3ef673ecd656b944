package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"admit/onboarding"
)

// maxReviewers is how many addresses reviewers may have.
const maxReviewers = 20

// ReviewersConfig says who is told of what needs a person.
type ReviewersConfig struct {
	To       []string // bare mail addresses, 1 to 20
	Language string   // of the mails; "" for English
	TimeZone string   // IANA name, of the times in the mails; "" for UTC
	// URL is where to look for a user, with {userId} in it; "" for nowhere.
	URL string
}

// Validate returns every mistake in the configuration.
func (c ReviewersConfig) Validate() error {
	var problems []error
	if len(c.To) == 0 || len(c.To) > maxReviewers {
		problems = append(problems, fmt.Errorf("%d addresses, not 1 to %d", len(c.To), maxReviewers))
	}
	for i, address := range c.To {
		if _, _, err := mailbox(address); err != nil {
			problems = append(problems, fmt.Errorf("address %d is no bare mail address", i+1))
		}
	}
	if c.Language != "" && !languageTag.MatchString(c.Language) {
		problems = append(problems, fmt.Errorf("%q is no language", c.Language))
	}
	if _, known := zoneOf(c.TimeZone); c.TimeZone != "" && !known {
		problems = append(problems, fmt.Errorf("%q is no time zone", c.TimeZone))
	}
	u, err := url.Parse(strings.ReplaceAll(c.URL, placeUserID, "x"))
	switch {
	case c.URL == "":
	case err != nil, u.Host == "", u.Scheme != "https" && u.Scheme != "http":
		problems = append(problems, errors.New("the review url is not an absolute http or https one"))
	case strings.ContainsAny(c.URL, " \r\n"):
		problems = append(problems, errors.New("the review url holds a blank"))
	}
	return errors.Join(problems...)
}

// Reviewers writes to reviewers. It is the Sender of onboarding.ReviewersTarget,
// by way of the mail server and the templates of the mail to users.
type Reviewers struct {
	mail  *Mail
	to    []string // as the mail server takes them
	plain bool     // no address needs SMTPUTF8
	view  reviewView
}

// NewReviewers returns the sender of mail to reviewers, or every mistake in its
// configuration.
func NewReviewers(c ReviewersConfig, m *Mail) (*Reviewers, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("mail to reviewers: %w", err)
	}
	zone, _ := zoneOf(c.TimeZone)
	r := &Reviewers{mail: m, plain: true, view: m.voice.view(c.Language, c.URL, zone)}
	for _, address := range c.To {
		to, plain, err := mailbox(address)
		if err != nil {
			return nil, fmt.Errorf("mail to reviewers: %w", err) // Validate has seen it
		}
		if !slices.Contains(r.to, to) {
			r.to, r.plain = append(r.to, to), r.plain && plain
		}
	}
	return r, nil
}

// Send writes to the reviewers of one escalation or surge, under the deadline of
// ctx.
func (r *Reviewers) Send(ctx context.Context, d onboarding.Delivery) onboarding.Attempt {
	var p onboarding.Payload
	if err := json.Unmarshal(d.Payload, &p); err != nil {
		return unsendable("unreadable effect")
	}
	name := map[string]string{onboarding.EffectEscalated: reviewMail, onboarding.EffectSurge: surgeMail}[d.Name]
	if name == "" {
		return failed("no template") // a newer process decided on it and may send it
	}
	return r.post(ctx, d.Key, name, func(v reviewView) any { return v.review(p) })
}

// SendDigest writes to the reviewers of all that was collected until the given
// time, under the deadline of ctx. However often it is tried with the same first
// entry, it is the same mail.
func (r *Reviewers) SendDigest(ctx context.Context, until time.Time, entries []onboarding.DigestEntry) onboarding.Attempt {
	if len(entries) == 0 {
		return unsendable("nothing to tell")
	}
	key := digestMail + "/" + until.UTC().Format(time.RFC3339) + "/" + strconv.FormatInt(entries[0].EffectID, 10)
	items := collect(entries)
	return r.post(ctx, key, digestMail, func(v reviewView) any { return v.digest(items, until, maxDigestLines) })
}

// post renders a mail and hands it to the mail server: one mail to all. Where the
// server does not take one of the addresses, each of them gets its own, so that
// nobody's mailbox keeps the others from being told; one that was told is enough.
func (r *Reviewers) post(ctx context.Context, key, name string, data func(reviewView) any) onboarding.Attempt {
	parsed, view := r.view.template(name)
	if parsed == nil {
		return failed("no template") // LoadTemplates has seen to it
	}
	subject, text, err := execute(parsed, data(view))
	if err != nil {
		r.mail.Logger.Error("mail to reviewers could not be rendered", "template", name, "error", err)
		return failed("template")
	}
	mail := onboarding.Rendered{Subject: subject, Text: text}
	all := r.send(ctx, key, mail, r.to...)
	if len(r.to) == 1 || !strings.HasSuffix(all.Answer, " at RCPT") {
		return all
	}
	worst, told := all, 0
	for i, to := range r.to {
		one := r.send(ctx, key, mail, to)
		if one.Result == onboarding.AttemptDelivered {
			told++
			continue
		}
		r.mail.Logger.Warn("a reviewer's address was not told", "template", name, "address", i+1, "of", len(r.to), "answer", one.Answer)
		if one.Result == onboarding.AttemptFailed {
			worst = one
		}
	}
	if told == 0 {
		return worst
	}
	return onboarding.Attempt{Result: onboarding.AttemptDelivered, Answer: fmt.Sprintf("250 for %d of %d", told, len(r.to))}
}

func (r *Reviewers) send(ctx context.Context, key string, mail onboarding.Rendered, to ...string) onboarding.Attempt {
	msg, err := r.mail.message(key, mail, to...)
	if err != nil {
		return unsendable("unusable address")
	}
	return r.mail.deliver(ctx, msg, r.plain)
}
