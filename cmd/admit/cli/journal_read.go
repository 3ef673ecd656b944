package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
)

// openJournal reads a journal, and with write opens it to go on. A last line
// without an end is what a killed process left: it is ignored, and cut off before
// anything is written behind it.
func openJournal(path string, write bool) (*journal, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, failed("%v", err)
	}
	whole := bytes.LastIndexByte(text, '\n') + 1
	j := &journal{path: path}
	if err := j.parse(text[:whole]); err != nil {
		return nil, failed("%s: %v", path, err)
	}
	if !write {
		return j, nil
	}
	if j.file, err = os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0); err != nil {
		return nil, failed("%v", err)
	}
	if err := j.file.Truncate(int64(whole)); err != nil {
		_ = j.file.Close() // nothing was written
		return nil, failed("%s cannot be written: %v", path, err)
	}
	return j, nil
}

var errNoJournal = errors.New("this is no journal of admit bulk")

// errHalf is what is left of a run that was stopped before it began.
var errHalf = errors.New("the journal was not written to its end, so no command was sent; remove it and run the same again")

func (j *journal) parse(text []byte) error {
	n, whole := 0, false
	for line := range bytes.Lines(text) {
		n++
		var err error
		switch {
		case n == 1:
			err = j.parseHeader(line)
		case !whole:
			whole, err = j.parseUser(line)
		default:
			err = j.parseOutcome(line)
		}
		if errors.Is(err, errNoJournal) {
			return err
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	switch {
	case n == 0:
		return errNoJournal
	case !whole || len(j.users) != j.header.Users:
		return errHalf
	}
	return nil
}

func (j *journal) parseHeader(line []byte) error {
	if json.Unmarshal(line, &j.header) != nil || !j.header.valid() {
		return errNoJournal
	}
	return nil
}

// parseUser reads a user, or the line that ends the users.
func (j *journal) parseUser(line []byte) (whole bool, err error) {
	var l journalLine
	if err := json.Unmarshal(line, &l); err != nil {
		return false, errors.New("is no user")
	}
	if l.Whole {
		j.last = make([]journalLine, len(j.users))
		return true, nil
	}
	j.users = append(j.users, l)
	return false, checkLine(l, len(j.users))
}

func (j *journal) parseOutcome(line []byte) error {
	var l journalLine
	if err := json.Unmarshal(line, &l); err != nil || l.N < 1 || l.N > len(j.users) || l.Outcome == "" {
		return errors.New("is no outcome")
	}
	j.last[l.N-1] = l
	return nil
}
