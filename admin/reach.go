package admin

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"admit/onboarding"
)

// Contacts knows how users are reached. That of a user is set by Acceptor's Start.
type Contacts interface {
	// Contact returns how a user is reached, false where nobody said.
	Contact(ctx context.Context, userID string) (onboarding.Contact, bool, error)
	// DeleteContact forgets it, and keeps who asked for that and why. existed is false,
	// and eventID 0, where there was none.
	DeleteContact(ctx context.Context, userID, actor, reason string) (existed bool, eventID int64, err error)
}

type reachInput struct {
	UserID userID `path:"userId"`
}

type reachOutput struct {
	Body contactAnswer
}

type contactAnswer struct {
	UserID   string `json:"userId" doc:"The merchant's own ID of the user"`
	Email    string `json:"email" doc:"Where mails go; without it there are none"`
	Locale   string `json:"locale" doc:"The language that the user is written to in; empty for the default one"`
	Name     string `json:"name" doc:"As the user is addressed"`
	TimeZone string `json:"timeZone" doc:"An IANA time zone; empty for the default one"`
}

type setReachInput struct {
	UserID userID `path:"userId"`
	Body   contactBody
}

var (
	noContact = &refusal{status: http.StatusNotFound, code: "no_contact", detail: "Nobody said how this user is reached, so the user gets no mail; PUT says it."}
	unstarted = &refusal{status: http.StatusNotFound, code: "not_found", detail: "No user has this ID; POST /v1/onboardings starts one, and takes the contact too."}
)

func (s *Server) registerReach(api huma.API) {
	schemas := api.OpenAPI().Components.Schemas
	const path = "/v1/users/{userId}/contact"
	op := s.operation("show-contact", http.MethodGet, path, RoleOperate, schemas, http.StatusNotFound)
	op.Summary, op.Tags = "Show how a user is reached", []string{tagOnboardings}
	op.Description = "Personal data, which is shown nowhere else. A user without a contact is answered 404 with the code no_contact."
	op.Responses["200"] = &huma.Response{Description: "The contact"}
	huma.Register(api, op, s.showReach)

	op = s.operation("set-contact", http.MethodPut, path, RoleOperate, schemas, http.StatusNotFound)
	op.Summary, op.Tags = "Say how a user is reached", []string{tagOnboardings}
	op.Description = "Replaces what was known, whole; a message that waits goes to the new address. Only for a user who exists."
	op.Responses["200"] = &huma.Response{Description: "As it was given"}
	huma.Register(api, op, s.setReach)
	s.registerForget(api, path)
}

func (s *Server) showReach(ctx context.Context, in *reachInput) (*reachOutput, error) {
	userID, err := in.UserID.usable(ctx)
	if err != nil {
		return nil, err
	}
	asking, cancel := context.WithTimeout(ctx, s.limits.Store)
	defer cancel()
	c, known, err := s.contacts.Contact(asking, userID)
	switch {
	case err != nil:
		return nil, failed(ctx, err)
	case known:
		return reached(userID, c), nil
	}
	if _, err := s.onboarding(ctx, userID); err != nil {
		return nil, failed(ctx, err)
	}
	return nil, noContact
}

func (s *Server) setReach(ctx context.Context, in *setReachInput) (*reachOutput, error) {
	userID, err := in.UserID.usable(ctx)
	if err != nil {
		return nil, err
	}
	faults := in.Body.faults("body")
	if in.Body == (contactBody{}) {
		faults = append(faults, fault{Location: "body", Message: "says nothing; DELETE removes a contact"})
	}
	if len(faults) > 0 {
		return nil, invalid(faults...)
	}
	if _, err := s.onboarding(ctx, userID); err != nil {
		if errors.Is(err, onboarding.ErrNotFound) {
			return nil, unstarted
		}
		return nil, failed(ctx, err)
	}
	storing, cancel := context.WithTimeout(ctx, s.limits.Store)
	defer cancel()
	c := in.Body.contact()
	_, eventID, err := s.store.Start(storing, userID, c, exchangeOf(ctx).actor)
	if err != nil {
		return nil, failed(ctx, err)
	}
	s.ringMerchant(userID, eventID)
	return reached(userID, *c), nil
}

// ringMerchant rings for what the merchant said of a user; the event 0 is none.
func (s *Server) ringMerchant(userID string, eventID int64) {
	if eventID != 0 {
		s.ringer.Ring(userID, onboarding.Ring{EventID: eventID, Provider: onboarding.SourceMerchant, Route: onboarding.RouteStart})
	}
}

func reached(userID string, c onboarding.Contact) *reachOutput {
	return &reachOutput{contactAnswer{UserID: userID, Email: c.Email, Locale: c.Locale, Name: c.Name, TimeZone: c.TimeZone}}
}
