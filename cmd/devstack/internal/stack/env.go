package stack

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Names of the variables that tell a program where the stack is.
const (
	DatabaseURL       = "DATABASE_URL"
	TemporalAddress   = "TEMPORAL_ADDRESS"
	TemporalNamespace = "TEMPORAL_NAMESPACE"
	TemporalUIURL     = "TEMPORAL_UI_URL"
	SMTPAddress       = "DEVSTACK_SMTP_ADDRESS"
	MailURL           = "DEVSTACK_MAIL_URL"
	MailDir           = "DEVSTACK_MAIL_DIR"
)

// Variable is one name with its value.
type Variable struct {
	Name, Value string
}

// plain needs no quotes in a shell's assignment.
var plain = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./?-]*$`)

// WriteFile writes variables to path as lines of NAME=value that a shell can
// read; only a value that needs quotes has them. The file appears whole.
func WriteFile(path string, variables []Variable) (err error) {
	var text strings.Builder
	for _, v := range variables {
		value := v.Value
		if !plain.MatchString(value) {
			value = "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
		}
		fmt.Fprintf(&text, "%s=%s\n", v.Name, value)
	}
	draft, err := os.CreateTemp(filepath.Dir(path), ".devstack-env-*")
	if err != nil {
		return fmt.Errorf("write the variables: %w", err)
	}
	_, writeErr := draft.WriteString(text.String())
	err = errors.Join(writeErr, draft.Chmod(0o644), draft.Close())
	if err == nil {
		err = os.Rename(draft.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write the variables: %w", err), os.Remove(draft.Name()))
	}
	return nil
}
