package admin

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"admit/onboarding"
)

type eventsInput struct {
	State eventState `query:"state" doc:"Only those in this state"`
	Limit int        `query:"limit" minimum:"1" maximum:"500" default:"100" doc:"Events on a page"`
	After string     `query:"after" maxLength:"200" doc:"Where the page begins: next of the page before"`
}

// eventState is a word of onboarding as a query parameter.
type eventState string

// Schema implements huma.SchemaProvider.
func (eventState) Schema(huma.Registry) *huma.Schema { return enum(onboarding.EventStates[:]) }

type eventsOutput struct {
	Body eventPage
}

type eventPage struct {
	Items []onboarding.EventView `json:"items" nullable:"false" doc:"Oldest first, by their IDs"`
	Next  string                 `json:"next" doc:"What to give as after for the next page; empty after the last"`
}

func (s *Server) registerEvents(api huma.API) {
	op := s.operation("list-events", http.MethodGet, "/v1/events", RoleRead, api.OpenAPI().Components.Schemas, http.StatusBadRequest)
	op.Summary, op.Tags = "List webhooks to look at", []string{tagEvents}
	op.Description = "Webhooks that could not be read (malformed) or whose words this build does not know (unrecognised), oldest first. " +
		"What was replayed stays listed, with its newest replay. Bodies are not shown: what was folded has its body in the user's timeline."
	op.Responses["200"] = &huma.Response{Description: "A page"}
	huma.Register(api, op, s.events)
}

func (s *Server) events(ctx context.Context, in *eventsInput) (*eventsOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, s.limits.Store)
	defer cancel()
	page, next, err := s.store.EventsList(ctx, onboarding.EventState(in.State), in.After, in.Limit)
	switch {
	case errors.Is(err, onboarding.ErrData) && in.After != "":
		return nil, invalid(fault{Location: "query.after", Message: "is not what a page gave as next"})
	case err != nil:
		return nil, failed(ctx, err)
	case page == nil:
		page = []onboarding.EventView{}
	}
	return &eventsOutput{eventPage{page, next}}, nil
}
