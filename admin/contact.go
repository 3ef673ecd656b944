package admin

import (
	"iter"
	"net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"

	"admit/onboarding"
)

// The longest e-mail address, in bytes (RFC 5321 leaves room for no more), and
// the longest name, in characters. Tags and zones that exist are far shorter than
// their limits.
const (
	maxEmail  = 254
	maxName   = 100
	maxLocale = 64
	maxZone   = 64
)

type contactBody struct {
	Email    string `json:"email,omitempty" maxLength:"254" doc:"A bare address" example:"user-1@example.com"`
	Locale   string `json:"locale,omitempty" maxLength:"64" doc:"The language that the user is written to in, a BCP 47 tag; the default language unless given" example:"de-AT"`
	Name     string `json:"name,omitempty" maxLength:"100" doc:"As the user is addressed"`
	TimeZone string `json:"timeZone,omitempty" maxLength:"64" doc:"An IANA time zone" example:"Europe/Vienna"`
}

func (c *contactBody) contact() *onboarding.Contact {
	if c == nil {
		return nil
	}
	return &onboarding.Contact{Email: c.Email, Locale: c.Locale, Name: c.Name, TimeZone: c.TimeZone}
}

// faults returns every mistake in the contact that stands at a place.
func (c *contactBody) faults(place string) []fault {
	if c == nil {
		return nil
	}
	var faults []fault
	for name, rule := range ContactFaults(*c.contact()) {
		faults = append(faults, fault{Location: place + "." + name, Message: rule})
	}
	return faults
}

// ContactFaults goes through every mistake in a contact: the field, as the API names it,
// and what it must be. An empty field is no mistake.
func ContactFaults(c onboarding.Contact) iter.Seq2[string, string] {
	return func(yield func(field, rule string) bool) {
		for _, f := range []struct {
			name, value string
			good        func(string) bool
			rule        string
		}{
			{"email", c.Email, isEmail, "must be a bare e-mail address of at most 254 bytes"},
			{"locale", c.Locale, isLocale, "must be a BCP 47 language tag, such as de or de-AT"},
			{"name", c.Name, isName, "must have 1 to 100 characters, not all blank, and no control characters"},
			{"timeZone", c.TimeZone, isZone, "must be an IANA time zone, such as Europe/Vienna"},
		} {
			if f.value != "" && !f.good(f.value) && !yield(f.name, f.rule) {
				return
			}
		}
	}
}

func isEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Name == "" && a.Address == s && len(s) <= maxEmail && plain(s)
}

// isLocale is strict about the separator: the parser also takes an underscore.
func isLocale(s string) bool {
	if len(s) > maxLocale || strings.Contains(s, "_") {
		return false
	}
	_, err := language.Parse(s)
	return err == nil
}

func isName(s string) bool {
	return utf8.RuneCountInString(s) <= maxName && strings.TrimSpace(s) != "" && plain(s)
}

// isZone refuses "Local", which is a name for the zone of whoever reads it.
func isZone(s string) bool {
	if len(s) > maxZone || s == "Local" {
		return false
	}
	_, err := time.LoadLocation(s)
	return err == nil
}

// plain says whether a text is one line without control characters.
func plain(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp) })
}
