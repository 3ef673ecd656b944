package cli

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"
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
