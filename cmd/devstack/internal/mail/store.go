package mail

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"
)

// fileName matches the names that the store gives. They sort by arrival.
var fileName = regexp.MustCompile(`^\d{8}T\d{6}\.\d{9}Z-[0-9A-Za-z]+\.eml$`)

// store keeps mails as files of a directory, one each.
type store struct {
	dir string
}

// add keeps a mail. It appears under its final name whole or not at all.
func (s store) add(received time.Time, envelope string, body io.Reader) (err error) {
	draft, err := os.CreateTemp(s.dir, "incoming-*")
	if err != nil {
		return fmt.Errorf("create a file for the mail: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, draft.Close(), os.Remove(draft.Name()))
		}
	}()
	if _, err := io.WriteString(draft, envelope); err != nil {
		return fmt.Errorf("write the mail: %w", err)
	}
	if _, err := io.Copy(draft, body); err != nil {
		return fmt.Errorf("write the mail: %w", err)
	}
	unique := filepath.Base(draft.Name())[len("incoming-"):]
	name := received.UTC().Format("20060102T150405.000000000Z") + "-" + unique + ".eml"
	if err := draft.Chmod(0o644); err != nil {
		return fmt.Errorf("make the mail readable: %w", err)
	}
	if err := os.Rename(draft.Name(), filepath.Join(s.dir, name)); err != nil {
		return fmt.Errorf("keep the mail: %w", err)
	}
	// The mail is kept and a retry would double it, so this is no failure.
	_ = draft.Close()
	return nil
}

// names lists the mails, newest first.
func (s store) names() ([]string, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, fmt.Errorf("list the mails: %w", err)
	}
	var names []string
	for _, entry := range entries {
		if fileName.MatchString(entry.Name()) {
			names = append(names, entry.Name())
		}
	}
	slices.Reverse(names)
	return names, nil
}

// read parses the mail of that name. A name that the store did not give, or
// whose mail is gone, is fs.ErrNotExist.
func (s store) read(name string) (Message, error) {
	if !fileName.MatchString(name) {
		return Message{}, fs.ErrNotExist
	}
	file, err := os.Open(filepath.Join(s.dir, name))
	if err != nil {
		return Message{}, fmt.Errorf("open the mail: %w", err)
	}
	message := Parse(file)
	message.Name = name
	if err := file.Close(); err != nil {
		return Message{}, fmt.Errorf("close the mail: %w", err)
	}
	return message, nil
}
