package providers

import (
	"errors"
	"fmt"

	"admit/onboarding"
)

// decoder is what reads the stored events of one provider.
type decoder interface {
	Name() string
	Decode(route string, body []byte) (userID string, report onboarding.Report, err error)
	Message(route string, body []byte) string
	// Answer reads a response of the provider's API.
	Answer(status int, body []byte) onboarding.Answer
}

// decoders holds every provider of this build. Reading takes no secret.
var decoders = [...]decoder{P100{}, XGateway{}}

// Set reads stored events by the names of their provider and route. The zero Set
// is ready and knows every provider, also one that is switched off: its stored
// events are still to be read.
type Set struct{}

// Decode returns what a stored body reports. Its errors wrap ErrMalformed or
// ErrUnknown. The user ID in the body is not looked at: the event has its own.
func (Set) Decode(provider, route string, body []byte) (onboarding.Report, error) {
	for _, d := range decoders {
		if d.Name() == provider {
			_, report, err := d.Decode(route, body)
			if errors.Is(err, onboarding.ErrUserID) {
				err = nil
			}
			return report, err
		}
	}
	return onboarding.Report{}, fmt.Errorf("%w: %s", ErrUnknown, provider)
}

// Message returns the free text for humans in a stored webhook, cleaned of control
// characters and cut to MaxMessage; "" where there is none. It may hold personal data:
// show it, never log it.
func (Set) Message(provider, route string, body []byte) string {
	for _, d := range decoders {
		if d.Name() == provider {
			return d.Message(route, body)
		}
	}
	return ""
}
