package cli

import (
	"path/filepath"
	"slices"
	"strings"
)

// Names of the variables by which devstack tells where everything is.
const (
	databaseURL       = "DATABASE_URL"
	temporalAddress   = "TEMPORAL_ADDRESS"
	temporalNamespace = "TEMPORAL_NAMESPACE"
	temporalUIURL     = "TEMPORAL_UI_URL"
	smtpAddress       = "DEVSTACK_SMTP_ADDRESS"
	mailURL           = "DEVSTACK_MAIL_URL"
	mailDir           = "DEVSTACK_MAIL_DIR" // in devstack's own directory
)

// needed are those without which nothing works.
var needed = []string{databaseURL, temporalAddress, temporalNamespace, temporalUIURL, smtpAddress, mailURL}

// passed are settings of Admit's that a developer's shell may give. All others
// are the simulator's, so that no shell changes what is played.
var passed = []string{"ADMIT_LOG_LEVEL", "ADMIT_LOG_FORMAT"}

// environment is the process's, name by name.
type environment map[string]string

// newEnvironment reads an environment as os.Environ gives it.
func newEnvironment(environ []string) environment {
	e := environment{}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		e[name] = value
	}
	return e
}

// missing returns which variables are needed and not set.
func (e environment) missing() []string {
	var names []string
	for _, name := range needed {
		if e[name] == "" {
			names = append(names, name)
		}
	}
	return names
}

// home returns the directory of the devstack that runs, so that two of them do
// not share logs.
func (e environment) home() string {
	if dir := e[mailDir]; dir != "" {
		return filepath.Dir(dir)
	}
	return ".devstack"
}

// with returns the environment of a program: this one without Admit's settings,
// and with those given.
func (e environment) with(settings map[string]string) []string {
	var environ []string
	for name, value := range e {
		if strings.HasPrefix(name, "ADMIT_") && !slices.Contains(passed, name) {
			continue
		}
		if _, replaced := settings[name]; !replaced {
			environ = append(environ, name+"="+value)
		}
	}
	for name, value := range settings {
		environ = append(environ, name+"="+value)
	}
	slices.Sort(environ)
	return environ
}
