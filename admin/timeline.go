package admin

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"admit/onboarding"
)

type timelineInput struct {
	UserID userID `path:"userId"`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"100" doc:"Entries on a page"`
	After  string `query:"after" maxLength:"200" doc:"Where the page begins: next of the page before"`
}

type timelineOutput struct {
	Body timelinePage
}

type timelinePage struct {
	Entries []onboarding.TimelineEntry `json:"entries" nullable:"false" doc:"Oldest first"`
	Next    string                     `json:"next" doc:"What to give as after for the next page; empty after the last"`
}

func (s *Server) registerTimeline(api huma.API) {
	op := s.operation("show-timeline", http.MethodGet, "/v1/onboardings/{userId}/timeline", RoleRead, api.OpenAPI().Components.Schemas,
		http.StatusBadRequest, http.StatusNotFound)
	op.Summary, op.Tags = "Show what happened to a user", []string{tagOnboardings}
	op.Description = "The log, what was sent to whom, and the events that are not folded yet, oldest first. " +
		"An event shows as pending until it is folded, and then again, later in time, as a log entry."
	op.Responses["200"] = &huma.Response{Description: "A page"}
	huma.Register(api, op, s.timeline)
}

func (s *Server) timeline(ctx context.Context, in *timelineInput) (*timelineOutput, error) {
	userID, err := in.UserID.usable(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.limits.Store)
	defer cancel()
	page, next, err := s.store.Timeline(ctx, userID, in.After, in.Limit)
	switch {
	case errors.Is(err, onboarding.ErrData) && in.After != "":
		return nil, invalid(fault{Location: "query.after", Message: "is not what a page gave as next"})
	case err != nil:
		return nil, failed(ctx, err)
	case page == nil:
		page = []onboarding.TimelineEntry{}
	}
	return &timelineOutput{timelinePage{page, next}}, nil
}
