package settings

import (
	"net"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// minResumeExpires is the shortest life of a link by which a user goes on.
const minResumeExpires = time.Minute

// notify reads how users and reviewers are written to, after the hooks: one of them
// may be who writes to users. n is nil where the file does not say.
func (r *reader) notify(n *yaml.Node, c *Config) {
	hook := slices.ContainsFunc(c.Hooks, Hook.Speaks)
	if n == nil {
		if hook {
			c.Voice = &Voice{}
		}
		return
	}
	m := r.object(n, "notify", "email", "templates", "reviewers", "review_url",
		"quiet_hours", "time_zone", "resume_url", "resume_secrets_env", "resume_expires")
	switch {
	case m["email"] != nil:
		c.Mail = r.email(m["email"])
	case m["reviewers"] != nil || !hook:
		r.bad("notify.email", n.Line, "is needed where users or reviewers are to be written to; leave it out only where a hook names notify.*, and no reviewers")
	}
	c.Voice = r.voice(m)
	switch {
	case m["reviewers"] != nil:
		c.Reviewers = r.reviewers(m)
	case m["review_url"] != nil:
		r.bad("notify.review_url", m["review_url"].Line, "is for the mails to reviewers; name some under notify.reviewers")
	}
}

// voice reads how what there is to say to users is put into words.
func (r *reader) voice(m map[string]*yaml.Node) *Voice {
	v := &Voice{
		Templates: r.string(m["templates"], "notify.templates"), QuietHours: r.string(m["quiet_hours"], "notify.quiet_hours"),
		TimeZone: r.string(m["time_zone"], "notify.time_zone"), ResumeURL: r.string(m["resume_url"], "notify.resume_url"),
		ResumeExpires: r.span(m["resume_expires"], "notify.resume_expires", minResumeExpires),
	}
	if m["quiet_hours"] != nil && !quiet(v.QuietHours) {
		r.bad("notify.quiet_hours", m["quiet_hours"].Line, `is %q; it must be two times of day in quotes that leave an hour of it, as "22:00-07:00"`, v.QuietHours)
		v.QuietHours = ""
	}
	if !zone(v.TimeZone) {
		r.bad("notify.time_zone", m["time_zone"].Line, "is %q; it must be a time zone, as Europe/Berlin", v.TimeZone)
		v.TimeZone = ""
	}
	told := len(r.problems)
	if m["resume_secrets_env"] != nil {
		v.ResumeSecrets = r.secrets(m["resume_secrets_env"], "notify.resume_secrets_env")
	}
	if m["resume_url"] != nil {
		r.resume(v, m)
	} else {
		for _, key := range []string{"resume_secrets_env", "resume_expires"} {
			if m[key] != nil {
				r.bad("notify."+key, m[key].Line, "is for the links by which users go on; say under notify.resume_url where they lead")
			}
		}
	}
	if len(r.problems) > told {
		v.ResumeURL, v.ResumeSecrets = "", nil
	}
	return v
}

// minResumeSecret is the length of the shortest secret for resume links, in bytes: a
// signature is as strong as its secret.
const minResumeSecret = 32

// resume holds that the links by which users go on can be made. The token lets its
// bearer go on as the user, so it must travel encrypted.
func (r *reader) resume(v *Voice, m map[string]*yaml.Node) {
	const example = "as https://app.example/{stage}?t={token}"
	places := strings.NewReplacer("{stage}", "x", "{token}", "x")
	filled, line := places.Replace(v.ResumeURL), m["resume_url"].Line
	bad := func(what string) { r.bad("notify.resume_url", line, "%s, %s", what, example) }
	u, err := url.Parse(filled)
	before, _, _ := strings.Cut(v.ResumeURL, "{")
	fixed, errFixed := url.Parse(before) // what no user changes
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http":
		bad("must be an https URL")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		bad("must begin with https://, for who reads its token can go on as the user; http:// is for this machine's own addresses")
	case !strings.Contains(v.ResumeURL, "{token}"):
		bad("lacks {token}, which says who the user is")
	case strings.ContainsAny(filled, "{} \t\r\n\"<>\\"):
		bad("holds a blank, a quote or another place than {stage} and {token}")
	case errFixed != nil || fixed.Host != u.Host:
		bad("has {stage} or {token} in its host")
	}
	if m["resume_secrets_env"] == nil {
		r.bad("notify.resume_secrets_env", line, "is needed beside resume_url: name the environment variable that holds the secrets which sign its tokens")
		return
	}
	for i, secret := range v.ResumeSecrets {
		if len(secret) < minResumeSecret {
			r.bad("notify.resume_secrets_env", m["resume_secrets_env"].Line, "secret %d of the variable has %d bytes; it needs at least %d", i+1, len(secret), minResumeSecret)
		}
	}
}

// quiet says whether text is a span of the day, as 22:00-07:00, that leaves an hour
// of it.
func quiet(text string) bool {
	from, to, ok := strings.Cut(text, "-")
	a, err1 := time.Parse("15:04", from)
	b, err2 := time.Parse("15:04", to)
	loud := (a.Sub(b) + 24*time.Hour) % (24 * time.Hour)
	return ok && err1 == nil && err2 == nil && loud >= time.Hour
}

// zone says whether name is a time zone, or "".
func zone(name string) bool {
	_, err := time.LoadLocation(name)
	return err == nil && name != "Local"
}

func (r *reader) email(n *yaml.Node) *Mail {
	e := r.object(n, "notify.email", "address", "tls", "from", "username_env", "password_env", "retry")
	mailer := &Mail{
		Address: r.string(e["address"], "notify.email.address"), TLS: r.string(e["tls"], "notify.email.tls"),
		From: r.string(e["from"], "notify.email.from"), Retry: r.retry(e["retry"], "notify.email.retry"),
	}
	if mailer.TLS == "" {
		mailer.TLS = "starttls"
	}
	if e["username_env"] != nil {
		mailer.Username = r.secret(e["username_env"], "notify.email.username_env")
	}
	if e["password_env"] != nil {
		mailer.Password = r.secret(e["password_env"], "notify.email.password_env")
	}
	if _, _, err := net.SplitHostPort(mailer.Address); err != nil {
		r.bad("notify.email.address", n.Line, "is %q; it must be host:port", mailer.Address)
		mailer.Address = ""
	}
	if !slices.Contains([]string{"starttls", "tls", "none"}, mailer.TLS) {
		r.bad("notify.email.tls", n.Line, "is %q; it must be starttls, tls or none", mailer.TLS)
		mailer.TLS = ""
	}
	if _, err := mail.ParseAddress(mailer.From); err != nil {
		r.bad("notify.email.from", n.Line, "is %q; it must be an address, as \"Example <hello@example.com>\"", mailer.From)
		mailer.From = ""
	}
	if (e["username_env"] == nil) != (e["password_env"] == nil) {
		r.bad("notify.email", n.Line, "username_env and password_env go together")
	}
	if mailer.Username == "" || mailer.Password == "" {
		mailer.Username, mailer.Password = "", ""
	}
	return mailer
}

// reviewers reads who looks at what needs a person. What a mail cannot be sent
// with, the package that sends it tells as well; here each mistake has its line.
func (r *reader) reviewers(m map[string]*yaml.Node) *Reviewers {
	const path = "notify.reviewers"
	n := r.object(m["reviewers"], path, "to", "digest", "time_zone", "language")
	v := &Reviewers{
		To: r.strings(n["to"], path+".to"), Digest: r.string(n["digest"], path+".digest"), TimeZone: r.string(n["time_zone"], path+".time_zone"),
		Language: r.string(n["language"], path+".language"), ReviewURL: r.string(m["review_url"], "notify.review_url"),
	}
	line := m["reviewers"].Line
	if len(v.To) == 0 {
		r.bad(path+".to", line, "names nobody; it must be a list of mail addresses")
	}
	for i, to := range v.To {
		if a, err := mail.ParseAddress(to); err != nil || a.Name != "" || a.Address != to {
			r.bad(path+".to", r.lineOf(path+".to", line), "holds %q; it must be a bare mail address, as review@example.com", to)
			v.To[i] = ""
		}
	}
	if v.Digest != "" {
		if _, err := time.Parse("15:04", v.Digest); err != nil {
			r.bad(path+".digest", r.lineOf(path+".digest", line), `is %q; it must be a time of day in quotes, as "08:00"`, v.Digest)
		}
	}
	if !zone(v.TimeZone) {
		r.bad(path+".time_zone", r.lineOf(path+".time_zone", line), "is %q; it must be a time zone, as Europe/Berlin", v.TimeZone)
		v.TimeZone = ""
	}
	if u, err := url.Parse(v.ReviewURL); v.ReviewURL != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
		r.bad("notify.review_url", r.lineOf("notify.review_url", line), "must be an http or https URL, as https://admin.example/users/{userId}")
		v.ReviewURL = ""
	}
	return v
}
