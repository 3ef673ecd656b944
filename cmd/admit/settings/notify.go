package settings

import (
	"net"
	"net/mail"
	"net/url"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"
)

// notify reads how users and reviewers are written to.
func (r *reader) notify(n *yaml.Node) (*Mail, *Reviewers) {
	m := r.object(n, "notify", "email", "templates", "reviewers", "review_url")
	if m["email"] == nil {
		r.bad("notify.email", n.Line, "is needed where users or reviewers are to be written to; leave notify out for none")
		return nil, nil
	}
	if m["reviewers"] == nil {
		if m["review_url"] != nil {
			r.bad("notify.review_url", m["review_url"].Line, "is for the mails to reviewers; name some under notify.reviewers")
		}
		return r.email(m), nil
	}
	return r.email(m), r.reviewers(m)
}

func (r *reader) email(m map[string]*yaml.Node) *Mail {
	e := r.object(m["email"], "notify.email", "address", "tls", "from", "username_env", "password_env")
	mailer := &Mail{
		Address: r.string(e["address"], "notify.email.address"), TLS: r.string(e["tls"], "notify.email.tls"),
		From: r.string(e["from"], "notify.email.from"), Templates: r.string(m["templates"], "notify.templates"),
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
	line := m["email"].Line
	if _, _, err := net.SplitHostPort(mailer.Address); err != nil {
		r.bad("notify.email.address", line, "is %q; it must be host:port", mailer.Address)
	}
	if !slices.Contains([]string{"starttls", "tls", "none"}, mailer.TLS) {
		r.bad("notify.email.tls", line, "is %q; it must be starttls, tls or none", mailer.TLS)
	}
	if _, err := mail.ParseAddress(mailer.From); err != nil {
		r.bad("notify.email.from", line, "is %q; it must be an address, as \"Example <hello@example.com>\"", mailer.From)
	}
	if (mailer.Username == "") != (mailer.Password == "") {
		r.bad("notify.email", line, "username_env and password_env go together")
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
	for _, to := range v.To {
		if a, err := mail.ParseAddress(to); err != nil || a.Name != "" || a.Address != to {
			r.bad(path+".to", r.lineOf(path+".to", line), "holds %q; it must be a bare mail address, as review@example.com", to)
		}
	}
	if v.Digest != "" {
		if _, err := time.Parse("15:04", v.Digest); err != nil {
			r.bad(path+".digest", r.lineOf(path+".digest", line), `is %q; it must be a time of day in quotes, as "08:00"`, v.Digest)
		}
	}
	if _, err := time.LoadLocation(v.TimeZone); err != nil || v.TimeZone == "Local" {
		r.bad(path+".time_zone", r.lineOf(path+".time_zone", line), "is %q; it must be a time zone, as Europe/Berlin", v.TimeZone)
	}
	if u, err := url.Parse(v.ReviewURL); v.ReviewURL != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
		r.bad("notify.review_url", r.lineOf("notify.review_url", line), "must be an http or https URL, as https://admin.example/users/{userId}")
	}
	return v
}
