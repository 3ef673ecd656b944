// Package providers knows the verification providers: where each sends its
// webhooks, how it proves itself, what its bodies mean, and how its API is asked.
//
// A provider is one file, and one for its API. It turns a body into an
// onboarding.Report in the provider's own words; what those words mean for a check
// is onboarding.Apply's business. So an unknown word is no error here, only a body
// that lacks what its route needs or has it with another type. Unknown members are
// ignored, names of members are case-sensitive, and of a member that occurs twice
// the last counts.
//
// An API's response is an answer that is stored like a webhook and decoded when it
// is folded, or none, and then it is asked again. In an answer, unlike in a
// webhook, an unknown status makes nothing of the whole: no event is lost by that.
package providers

import (
	"errors"
	"fmt"

	"admit/onboarding"
)

// Errors that Decode and Open wrap, beside onboarding.ErrUserID for a body whose
// only fault is its user ID.
var (
	// ErrMalformed means that a body is not what its route describes: not UTF-8,
	// no JSON object, a member missing or of another type.
	ErrMalformed = errors.New("malformed body")
	// ErrUnknown means that this build has no provider or no route of that name.
	ErrUnknown = errors.New("unknown provider or route")
)

// webhook is one route of a provider.
type webhook struct {
	route  string           // its name in stored events, never to be changed
	check  onboarding.Check // what it reports on
	answer string           // the exact body of a 200
	paths  []string
}

// find returns the webhook of the named route.
func find(webhooks []webhook, provider, route string) (webhook, error) {
	for _, w := range webhooks {
		if w.route == route {
			return w, nil
		}
	}
	return webhook{}, fmt.Errorf("%w: %s/%s", ErrUnknown, provider, route)
}

// each calls add for every path of every webhook.
func each(webhooks []webhook, add func(route, path, answer string)) {
	for _, w := range webhooks {
		for _, path := range w.paths {
			add(w.route, path, w.answer)
		}
	}
}
