package activities

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"

	"admit/onboarding"
)

// Limits of what a hook's configuration may ask for.
const (
	maxHookInFlight  = 250
	minHookPerSecond = 0.001
	maxHookPerSecond = 100_000
)

// ownTargets are the names of the targets that are no hooks.
var ownTargets = []string{onboarding.MailTarget, onboarding.ReviewersTarget, onboarding.P100Target, onboarding.XGatewayTarget}

var targetName = regexp.MustCompile(`^[a-z0-9-]+$`)

// HookConfig says where a hook's effects go.
type HookConfig struct {
	Name    string   // [a-z0-9-]+, but for the targets that are no hooks
	URL     string   // absolute, http or https
	Secrets []string // "whsec_" and base64 of 24 to 64 bytes; every one of them signs
	// AllowPrivate lets the URL lead into private networks and to this machine.
	AllowPrivate bool
	// Full says that the hook is told the providers' words, too.
	Full bool
	// MaxInFlight and MaxPerSecond are how many deliveries the hook bears of this
	// process at the same time and in a second, in each of its lanes; 0 means
	// DefaultInFlight, and any number in a second.
	MaxInFlight  int
	MaxPerSecond float64
	// ClientCert and ClientKey name the PEM files by which the hook knows this side,
	// CA the one with the authorities that vouch for the hook, in place of the
	// system's; "" for none. They are read again at each connection.
	ClientCert string
	ClientKey  string
	CA         string
}

// Validate returns every mistake in the configuration but those in the files that
// it names, none of them with a secret in its text.
func (c HookConfig) Validate() error {
	var problems []error
	if !targetName.MatchString(c.Name) || slices.Contains(ownTargets, c.Name) {
		problems = append(problems, fmt.Errorf("the name %q is not made of a-z, 0-9 and - or is one of %q", c.Name, ownTargets))
	}
	// An error of the parser would hold the URL, which may hold a password.
	u, err := url.Parse(c.URL)
	switch {
	case err != nil:
		problems = append(problems, errors.New("the url cannot be read"))
	case u.Scheme != "https" && u.Scheme != "http", u.Hostname() == "":
		problems = append(problems, errors.New("the url is not an absolute http or https one"))
	case u.User != nil:
		problems = append(problems, errors.New("the url holds a user name or password: the signature proves who sends"))
	case u.Fragment != "":
		problems = append(problems, errors.New("the url holds a fragment"))
	case u.Scheme == "http" && c.ClientCert+c.ClientKey+c.CA != "":
		problems = append(problems, errors.New("certificates go with an https url"))
	}
	if _, err := decodeSecrets(c.Secrets); err != nil {
		problems = append(problems, err)
	}
	if (c.ClientCert == "") != (c.ClientKey == "") {
		problems = append(problems, errors.New("a client certificate and its key go together"))
	}
	if c.MaxInFlight < 0 || c.MaxInFlight > maxHookInFlight {
		problems = append(problems, fmt.Errorf("%d deliveries in flight are not 1 to %d, or 0 for the default", c.MaxInFlight, maxHookInFlight))
	}
	if r := c.MaxPerSecond; r != 0 && !(r >= minHookPerSecond && r <= maxHookPerSecond) {
		problems = append(problems, fmt.Errorf("%g deliveries in a second are not %g to %d, or 0 for any number", r, minHookPerSecond, maxHookPerSecond))
	}
	return errors.Join(problems...)
}
