package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"admit/onboarding"
)

// Limits of files that are read.
const (
	maxUsers = 2_000_000
	maxFile  = 1 << 30 // bytes
	maxShown = 100     // mistakes that are named; the others are counted
)

// readFile reads a file, or what is typed or piped where its name is "-".
func (a *app) readFile(name string) ([]byte, error) {
	in := a.Stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, failed("%v", err)
		}
		defer f.Close() // only read: closing it cannot lose anything
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, maxFile+1))
	switch {
	case err != nil:
		return nil, failed("%s cannot be read: %v", name, err)
	case len(text) > maxFile:
		return nil, failed("%s is longer than %d MiB; split it", name, maxFile>>20)
	}
	return bytes.TrimPrefix(text, []byte("\ufeff")), nil
}

// mistakes collects what is wrong in a file, line by line.
type mistakes struct {
	shown []string
	count int
}

func (m *mistakes) add(line int, format string, args ...any) {
	if m.count++; m.count <= maxShown {
		m.shown = append(m.shown, fmt.Sprintf("line %d: ", line)+fmt.Sprintf(format, args...))
	}
}

// err returns a failure that names the mistakes and says what came of them, or nil.
func (m *mistakes) err(name, outcome string) error {
	if m.count == 0 {
		return nil
	}
	text := fmt.Sprintf("%s has %s; %s", name, plural(m.count, "mistake"), outcome)
	for _, s := range m.shown {
		text += "\n  " + clean(s)
	}
	if more := m.count - len(m.shown); more > 0 {
		text += fmt.Sprintf("\n  and %d more", more)
	}
	return &failure{exit: ExitFailed, message: text}
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// parseUsers reads a list of users: an ID on each line, or on each line a JSON
// object with userId. IDs are taken as they are, and each once.
func parseUsers(name string, text []byte) (users []string, repeated int, err error) {
	objects := isJSONLines(text)
	var bad mistakes
	seen := map[string]bool{}
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		id := strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		if id == "" || objects && strings.TrimSpace(id) == "" {
			continue
		}
		if objects {
			if id, err = userOf(id); err != nil {
				bad.add(n, "%v", err)
				continue
			}
		}
		switch err := onboarding.CheckUserID(id); {
		case err != nil:
			bad.add(n, "%v", err)
		case n == 1 && strings.HasPrefix(id, "user_id,"):
			bad.add(n, "this is a file for admit import; here a line is one user ID")
		case seen[id]:
			repeated++
		default:
			seen[id] = true
			users = append(users, id)
		}
	}
	switch err := bad.err(name, "no command was sent"); {
	case err != nil:
		return nil, 0, err
	case len(users) == 0:
		return nil, 0, failed("%s names no user", name)
	case len(users) > maxUsers:
		return nil, 0, failed("%s names %d users; at most %d are taken at once", name, len(users), maxUsers)
	}
	return users, repeated, nil
}

// isJSONLines says whether the first line that is not blank is a JSON object with
// a userId: an ID may begin with a brace, too.
func isJSONLines(text []byte) bool {
	line, _, _ := bytes.Cut(bytes.TrimLeft(text, " \t\r\n"), []byte("\n"))
	_, err := userOf(string(line))
	return err == nil
}

func userOf(line string) (string, error) {
	var object struct {
		UserID *string `json:"userId"`
	}
	switch err := json.Unmarshal([]byte(line), &object); {
	case err != nil:
		return "", fmt.Errorf("no JSON object, as the lines before it are")
	case object.UserID == nil:
		return "", fmt.Errorf("has no userId")
	}
	return *object.UserID, nil
}
