package activities_test

import (
	"errors"
	"strings"
	"testing"

	"admit/activities"
	"admit/onboarding"
)

func TestMailConfig(t *testing.T) {
	t.Parallel()
	ok := activities.MailConfig{Address: "smtp.example.com:587", TLS: activities.TLSStart, From: "Example <hello@example.com>", Username: "u", Password: "hidden"}
	tests := []struct {
		name   string
		change func(*activities.MailConfig)
		want   []string
	}{
		{"good", func(*activities.MailConfig) {}, nil},
		{"no port", func(c *activities.MailConfig) { c.Address = "smtp.example.com" }, nil},
		{"IPv6", func(c *activities.MailConfig) { c.Address = "[2001:db8::1]:25" }, nil},
		{"bare sender", func(c *activities.MailConfig) { c.From = "hello@example.com" }, nil},
		{"nobody signs in", func(c *activities.MailConfig) { c.Username, c.Password, c.TLS = "", "", activities.TLSNone }, nil},
		{"no tls setting", func(c *activities.MailConfig) { c.TLS, c.Address = "", "smtp.example.com" }, []string{`tls is ""`}},
		{"no address", func(c *activities.MailConfig) { c.Address = "" }, []string{"address is no host"}},
		{"a url", func(c *activities.MailConfig) { c.Address = "smtp://smtp.example.com" }, []string{"address is no host"}},
		{"port beyond", func(c *activities.MailConfig) { c.Address = "smtp.example.com:70000" }, []string{"address is no host"}},
		{"no sender", func(c *activities.MailConfig) { c.From = "" }, []string{"from is no mail address"}},
		{"sender not ASCII", func(c *activities.MailConfig) { c.From = "hällo@example.com" }, []string{"from is no mail address that"}},
		{"password without name", func(c *activities.MailConfig) { c.Username = "" }, []string{"go together"}},
		{"password in the clear", func(c *activities.MailConfig) { c.TLS = activities.TLSNone }, []string{"not sent without tls"}},
		{"all at once", func(c *activities.MailConfig) { *c = activities.MailConfig{Username: "u"} }, []string{"tls is", "address is", "from is", "go together"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := ok
			tt.change(&c)
			_, err := activities.NewMail(c, nil)
			if (err == nil) != (len(tt.want) == 0) {
				t.Fatalf("NewMail = %v", err)
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("NewMail = %v, want %q", err, want)
				}
			}
			if err != nil && strings.Contains(err.Error(), "hidden") {
				t.Errorf("NewMail tells the password: %v", err)
			}
		})
	}
}

// FuzzMailHeaders holds that nothing in a contact adds a header, or a recipient.
func FuzzMailHeaders(f *testing.F) {
	f.Add("Alex Example", "alex@example.com", "de")
	f.Add("Alex\r\nBcc: other@example.com", "alex@example.com\r\nBcc: other@example.com", "en\r\nX: y")
	f.Add("=?utf-8?q?a=0D=0ABcc:_b@example.com?=", "a@b.example", "en")
	f.Add("\u0085\u2028", "\u00e4@\u00e4.example", "")
	m, err := activities.NewMail(activities.MailConfig{Address: "localhost", TLS: activities.TLSNone, From: "Example <hello@example.com>"}, nil)
	if err != nil {
		f.Fatal(err)
	}
	texts := load(f, "")
	f.Fuzz(func(t *testing.T, name, email, locale string) {
		to, _, err := activities.Mailbox(email)
		if err != nil {
			return
		}
		r, err := texts.Say("", onboarding.Message{Template: "approved"}, onboarding.Recipient{Contact: onboarding.Contact{Name: name, Locale: locale}}, "")
		if err != nil {
			t.Fatal(err)
		}
		raw, err := m.Raw("key", to, r)
		if err != nil {
			if !errors.Is(err, activities.ErrTo) {
				t.Fatal(err)
			}
			return
		}
		l := open(t, raw)
		if len(l.header) != 8 || l.header.Get("Bcc") != "" {
			t.Errorf("headers %v", l.header)
		}
		if l.text != r.Text || l.html != r.HTML {
			t.Errorf("text %q and %q, want %q and %q", l.text, l.html, r.Text, r.HTML)
		}
		list, err := l.header.AddressList("To")
		if err != nil || len(list) != 1 || list[0].Address != to {
			t.Errorf("To %q is %v, %v, want %q", l.header.Get("To"), list, err, to)
		}
	})
}
