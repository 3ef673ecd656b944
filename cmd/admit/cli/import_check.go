package cli

import (
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"

	"admit/onboarding"
)

// take checks a user, names all that is wrong, and keeps who is right.
func (r *importReader) take(u row) {
	before := r.bad.count
	bad := func(format string, args ...any) { r.bad.add(u.line, format, args...) }
	if err := onboarding.CheckUserID(u.userID); err != nil {
		bad("user_id: %v", err)
	} else if strings.ContainsRune(u.userID, utf8.RuneError) {
		bad("user_id holds U+FFFD, which stands for a text that was broken on its way")
	} else if first, twice := r.seen[u.userID]; twice {
		bad("user_id %s stands on line %d, too", u.userID, first)
	} else {
		r.seen[u.userID] = u.line
	}
	r.checks(u, bad)
	since, why := passedSince(u.since, r.now)
	if why != "" {
		bad("since %q %s", u.since, why)
	}
	for _, f := range []struct {
		name, value string
		good        func(string) bool
		rule        string
	}{
		{"email", u.email, isEmail, "is no bare e-mail address of at most 254 bytes"},
		{"locale", u.locale, isLocale, "is no language tag such as de or de-AT"},
		{"name", u.name, isName, "has more than 100 characters, or control characters"},
		{"time_zone", u.timeZone, isZone, "is no time zone such as Europe/Vienna"},
	} {
		if f.value != "" && !f.good(f.value) {
			bad("%s %s", f.name, f.rule) // without the value, which is personal data
		}
	}
	if r.bad.count > before {
		return
	}
	user := importUser{Line: u.line, UserID: u.userID, Checks: u.checks, Since: since.UTC().Format(time.RFC3339Nano)}
	if c := (importContact{u.email, u.locale, u.name, u.timeZone}); c != (importContact{}) {
		user.Contact = &c
	}
	r.users = append(r.users, user)
}

func (r *importReader) checks(u row, bad func(string, ...any)) {
	if len(u.checks) == 0 {
		bad("checks is empty: name those that have passed")
	}
	for i, c := range u.checks {
		switch {
		case !onboarding.Check(c).Valid():
			bad("checks: %q is no check; they are %s", c, joined(onboarding.Checks[:]))
		case onboarding.Check(c) == onboarding.KYCFiles:
			bad("checks: %s never passes", c)
		case slices.Contains(u.checks[:i], c):
			bad("checks: %s stands there twice", c)
		}
	}
}

// earliest is the earliest time that a check can have passed.
var earliest = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// passedSince reads when the checks passed: a time, or a date, which means its
// beginning in UTC.
func passedSince(text string, now time.Time) (t time.Time, why string) {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t, err = time.Parse(time.DateOnly, text)
	}
	switch {
	case err != nil:
		why = "is no time such as 2024-05-31T12:00:00Z or 2024-05-31"
	case t.Before(earliest):
		why = "is before 2000"
	case t.After(now):
		why = "is in the future"
	}
	return t, why
}

func isEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Name == "" && a.Address == s && len(s) <= 254 && oneLine(s)
}

// isLocale is strict about the separator: the parser also takes an underscore.
func isLocale(s string) bool {
	_, err := language.Parse(s)
	return err == nil && len(s) <= 64 && !strings.Contains(s, "_")
}

func isName(s string) bool { return utf8.RuneCountInString(s) <= 100 && oneLine(s) }

// isZone refuses "Local", which is a name for the zone of whoever reads it.
func isZone(s string) bool {
	_, err := time.LoadLocation(s)
	return err == nil && len(s) <= 64 && s != "Local"
}

// oneLine says whether a text is one line without control characters.
func oneLine(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp) })
}
