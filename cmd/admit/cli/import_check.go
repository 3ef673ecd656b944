package cli

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"admit/admin"
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
	contact := onboarding.Contact{Email: u.email, Locale: u.locale, Name: u.name, TimeZone: u.timeZone}
	for field, rule := range admin.ContactFaults(contact) {
		if field == "timeZone" {
			field = "time_zone" // as the file has it
		}
		bad("%s %s", field, rule) // without the value, which is personal data
	}
	if r.bad.count > before {
		return
	}
	user := importUser{Line: u.line, UserID: u.userID, Checks: u.checks, Since: since.UTC().Format(time.RFC3339Nano)}
	if contact != (onboarding.Contact{}) {
		user.Contact = &contact
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
