package admin

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"admit/onboarding"
)

// place is where a user stands in the body of an import.
func place(i int) string { return fmt.Sprintf("body.users[%d]", i) }

// readImport returns an import without mistakes, or what is wrong with it: first
// what the API's description asks of it, then what it cannot say.
func (s *Server) readImport(raw []byte) (body importBody, why *refusal) {
	var parsed any
	if err := readJSON(raw, &parsed); err != nil {
		return body, malformed
	}
	fields, _ := parsed.(map[string]any)
	users, _ := fields["users"].([]any)
	if len(users) > MaxImport {
		return body, invalid(fault{Location: "body.users", Message: fmt.Sprintf("has %d users; send at most %d at a time", len(users), MaxImport)})
	}
	var found huma.ValidateResult
	path := huma.NewPathBuffer(nil, 0)
	path.Push("body")
	huma.Validate(s.schemas, s.importSchema, path, huma.ModeWriteToServer, parsed, &found)
	faults := schemaFaults(found.Errors)
	known := map[string]bool{}
	for _, f := range faults {
		known[f.Location] = true
	}
	// What is of another type than its field is among the faults already, and leaves
	// the field empty.
	err := readJSON(raw, &body)
	for _, f := range importFaults(body, s.now()) {
		if !covered(f.Location, known) {
			faults = append(faults, f)
		}
	}
	if err != nil && len(faults) == 0 {
		return body, malformed
	}
	if len(faults) == 0 {
		return body, nil
	}
	for i, f := range faults {
		faults[i].Line = lineOf(f.Location, users)
	}
	slices.SortStableFunc(faults, func(a, b fault) int { return cmp.Compare(a.Line, b.Line) })
	return body, invalid(faults...)
}

// schemaFaults returns the API library's findings in our words; a member that is
// missing is named in its place.
func schemaFaults(errs []error) []fault {
	var faults []fault
	for _, err := range errs {
		var d *huma.ErrorDetail
		if !errors.As(err, &d) {
			continue // the library adds nothing else
		}
		f := fault{Location: d.Location, Message: d.Message}
		if rest, missing := strings.CutPrefix(d.Message, missingMember); missing {
			name, _, _ := strings.Cut(rest, " ")
			f = fault{Location: d.Location + "." + name, Message: "is missing"}
		}
		faults = append(faults, f)
	}
	return faults
}

// covered says whether a place, or what holds it, is among those that have a
// fault already.
func covered(location string, known map[string]bool) bool {
	for location != "" {
		if known[location] {
			return true
		}
		location = location[:max(strings.LastIndexAny(location, ".["), 0)]
	}
	return false
}

// lineOf returns the line of the user whom a fault is about, 0 where it is about
// none or the user has none.
func lineOf(location string, users []any) int {
	rest, inside := strings.CutPrefix(location, "body.users[")
	number, _, _ := strings.Cut(rest, "]")
	i, err := strconv.Atoi(number)
	if !inside || err != nil || i < 0 || i >= len(users) {
		return 0
	}
	user, _ := users[i].(map[string]any)
	line, _ := user["line"].(float64)
	if line < 1 || line > maxLine || line != float64(int(line)) {
		return 0
	}
	return int(line)
}

// maxLine is the last line that a file may have.
const maxLine = 1<<31 - 1

// oldest is the earliest time that a check can have passed.
var oldest = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// importFaults returns what the API's description cannot say about an import.
func importFaults(b importBody, now time.Time) []fault {
	var faults []fault
	lines, ids := map[int]int{}, map[string]int{}
	for i, u := range b.Users {
		bad := func(field, message string) {
			faults = append(faults, fault{Location: place(i) + "." + field, Message: message})
		}
		if first, twice := lines[u.Line]; twice {
			bad("line", "is that of "+place(first)+", too")
		}
		lines[u.Line] = i
		if onboarding.CheckUserID(u.UserID) != nil {
			bad("userId", userIDRule)
		} else if first, twice := ids[u.UserID]; twice {
			bad("userId", fmt.Sprintf("stands on line %d, too", b.Users[first].Line))
		}
		ids[u.UserID] = i
		since, err := time.Parse(time.RFC3339, u.Since)
		switch {
		case err != nil:
			bad("since", "must be a time as in 2024-05-31T12:00:00Z")
		case since.Before(oldest):
			bad("since", "must not be before 2000")
		case since.After(now):
			bad("since", "must not be in the future")
		}
		faults = append(faults, u.Contact.faults(place(i)+".contact")...)
	}
	return faults
}
