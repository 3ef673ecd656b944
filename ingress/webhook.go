package ingress

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"admit/onboarding"
)

// webhook serves one path of a provider.
type webhook struct {
	*Server
	provider    Provider
	name, route string
	answer      []byte
	slots       chan struct{} // one for each request in flight, shared by the provider's paths
	strangers   chan struct{} // one for each body of a sender not proven yet; nil where the header proves them
}

// ServeHTTP authenticates, reads, decodes, accepts, answers and rings.
func (h webhook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := exchangeOf(w)
	x.provider, x.route = h.name, h.route
	if !h.provider.Authorize(r.Header) {
		h.refuse(w, r, unauthorized)
		return
	}
	body, refused := h.body(w, r)
	if refused != nil {
		h.refuse(w, r, refused)
		return
	}
	if !h.provider.Ours(body) {
		x.outcome = OutcomeIgnored
		answer(w, h.answer)
		return
	}
	stored, proven, err := h.provider.Open(body)
	switch {
	case err != nil:
		h.refuse(w, r, malformed)
		return
	case !proven:
		h.refuse(w, r, unauthorized)
		return
	}
	// A place to store is taken only now: senders who are not proven yet, or slow,
	// must not keep those out who are.
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
		h.accept(w, r, stored)
	default:
		h.refuse(w, r, overloaded)
	}
}

// body reads the body, unless too many are being read of senders not proven yet. A
// place lasts as long as the reading, so whoever is slow loses it by the body's
// deadline.
func (h webhook) body(w http.ResponseWriter, r *http.Request) ([]byte, *refusal) {
	if h.strangers == nil {
		return h.read(w, r)
	}
	select {
	case h.strangers <- struct{}{}:
		defer func() { <-h.strangers }()
		return h.read(w, r)
	default:
		return nil, crowded
	}
}

// accept decodes a proven sender's body, has it stored, answers and rings.
func (h webhook) accept(w http.ResponseWriter, r *http.Request, body []byte) {
	// Once the body is here it is stored even if the sender hangs up: what he
	// sends again is a duplicate then, what he does not send again is not lost.
	ctx := context.WithoutCancel(r.Context())
	x := exchangeOf(w)
	userID, report, err := h.provider.Decode(h.route, body)
	x.userID = userID
	e := onboarding.Event{UserID: userID, Provider: h.name, Route: h.route, Body: body}
	if err != nil {
		h.refuse(w, r, h.keep(ctx, x, e, err))
		return
	}
	id, err := h.acceptor.Accept(ctx, e)
	switch {
	case errors.Is(err, onboarding.ErrData):
		h.refuse(w, r, malformed)
		return
	case err != nil:
		x.err = err
		h.refuse(w, r, unavailable)
		return
	}
	x.eventID, x.outcome = id, OutcomeAccepted
	answer(w, h.answer)
	h.ringer.Ring(userID, onboarding.Ring{EventID: id, Provider: h.name, Route: h.route, Words: words(report)})
}

// keep stores a body that cannot be read, for a proven sender's fault is worth a
// look, and returns how to refuse it.
func (h webhook) keep(ctx context.Context, x *exchange, e onboarding.Event, fault error) *refusal {
	if err := h.acceptor.AcceptMalformed(ctx, e); err != nil && !errors.Is(err, onboarding.ErrData) {
		x.err = err
		return unavailable
	}
	if errors.Is(fault, onboarding.ErrUserID) {
		return unusableUserID
	}
	return malformed
}

func (h webhook) refuse(w http.ResponseWriter, r *http.Request, why *refusal) {
	if why == unauthorized {
		w.Header().Set("WWW-Authenticate", h.provider.Challenge())
	}
	refuse(w, r, why)
}

// words returns the status words of a report that are codes: what the ring may
// show in Temporal. Free text in their place stays in the store.
func words(r onboarding.Report) []string {
	var out []string
	for _, word := range []string{r.Status, r.Attempt, r.Processing} {
		if isCode(word) {
			out = append(out, word)
		}
	}
	return out
}

// isCode says whether a word matches [A-Z0-9_]{1,64}.
func isCode(word string) bool {
	return word != "" && len(word) <= 64 && !strings.ContainsFunc(word, func(r rune) bool {
		return (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_'
	})
}
