package cli

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"

	"admit/onboarding"
)

// columns are what a file has of a user; those behind since may be missing.
var columns = [...]string{"user_id", "checks", "since", "email", "locale", "name", "time_zone"}

const neededColumns = 3

// row is one user as it stands in a file.
type row struct {
	line                          int
	userID, since                 string
	checks                        []string
	email, locale, name, timeZone string
}

// set fills in a column.
func (r *row) set(column, value string) {
	switch column {
	case "user_id":
		r.userID = value // opaque: never trimmed
	case "checks":
		r.checks = strings.FieldsFunc(value, func(c rune) bool { return c == ';' || unicode.IsSpace(c) })
	case "since":
		r.since = strings.TrimSpace(value)
	case "email":
		r.email = strings.TrimSpace(value)
	case "locale":
		r.locale = strings.TrimSpace(value)
	case "name":
		r.name = strings.TrimSpace(value)
	case "time_zone":
		r.timeZone = strings.TrimSpace(value)
	}
}

// importReader collects the users of a file, and all that is wrong with it.
type importReader struct {
	now   time.Time
	users []importUser
	seen  map[string]int // lines, by user ID
	bad   mistakes
}

// readUsers reads a file whole. The users are of use only where there is no
// mistake.
func readUsers(format string, text []byte, now time.Time) ([]importUser, *mistakes) {
	r := &importReader{now: now, seen: map[string]int{}}
	if format == formatCSV {
		r.csv(text)
	} else {
		r.jsonl(text)
	}
	return r.users, &r.bad
}

func (r *importReader) csv(text []byte) {
	in := csv.NewReader(bytes.NewReader(text))
	in.FieldsPerRecord, in.ReuseRecord = -1, true // the number is checked here, to name the line
	var header []string
	for {
		fields, err := in.Read()
		var wrong *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			if header == nil && r.bad.count == 0 {
				r.bad.add(1, "the header is missing: %s", strings.Join(columns[:], ","))
			}
			return
		case errors.As(err, &wrong):
			r.bad.add(wrong.Line, "%v", wrong.Err)
			continue
		case err != nil:
			r.bad.add(0, "%v", err) // it is read from memory, which cannot fail
			return
		}
		line, _ := in.FieldPos(0)
		switch {
		case header == nil:
			if header = slices.Clone(fields); !r.header(header) {
				return
			}
		case len(fields) != len(header):
			r.bad.add(line, "has %s, and the header has %d", plural(len(fields), "field"), len(header))
		default:
			u := row{line: line}
			for i, column := range header {
				u.set(column, fields[i])
			}
			r.take(u)
		}
	}
}

// header checks the names of the columns.
func (r *importReader) header(names []string) bool {
	for i := range names {
		names[i] = strings.TrimSpace(names[i])
		switch {
		case !slices.Contains(columns[:], names[i]):
			r.bad.add(1, "%q is no column; they are %s", names[i], strings.Join(columns[:], ","))
		case slices.Contains(names[:i], names[i]):
			r.bad.add(1, "the column %s stands there twice", names[i])
		}
	}
	for _, needed := range columns[:neededColumns] {
		if !slices.Contains(names, needed) {
			r.bad.add(1, "the column %s is missing", needed)
		}
	}
	return r.bad.count == 0
}

// jsonUser is a user on a line of JSON.
type jsonUser struct {
	UserID   *string         `json:"user_id"`
	Checks   json.RawMessage `json:"checks"`
	Since    string          `json:"since"`
	Email    string          `json:"email"`
	Locale   string          `json:"locale"`
	Name     string          `json:"name"`
	TimeZone string          `json:"time_zone"`
}

func (r *importReader) jsonl(text []byte) {
	n := 0
	for line := range bytes.Lines(text) {
		n++
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		u, err := parseJSONUser(line)
		if err != nil {
			r.bad.add(n, "%v", err)
			continue
		}
		u.line = n
		r.take(u)
	}
}

func parseJSONUser(line []byte) (row, error) {
	var u jsonUser
	in := json.NewDecoder(bytes.NewReader(line))
	in.DisallowUnknownFields()
	if err := in.Decode(&u); err != nil {
		return row{}, fmt.Errorf("is no JSON object of %s: %w", strings.Join(columns[:], ", "), err)
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return row{}, errors.New("has more than one JSON object")
	}
	if u.UserID == nil {
		return row{}, errors.New("user_id is missing")
	}
	var list []string
	var words string
	got := row{userID: *u.UserID, email: u.Email, locale: u.Locale, name: u.Name, timeZone: u.TimeZone, since: u.Since}
	switch {
	case len(u.Checks) == 0:
	case json.Unmarshal(u.Checks, &list) == nil:
		got.checks = list
	case json.Unmarshal(u.Checks, &words) == nil:
		got.set("checks", words)
	default:
		return row{}, errors.New("checks is neither a list nor a text")
	}
	return got, nil
}

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
