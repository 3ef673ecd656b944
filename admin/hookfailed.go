package admin

import (
	"context"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"admit/onboarding"
)

type failedInput struct {
	Name  hookName `path:"name"`
	Limit int      `query:"limit" minimum:"1" maximum:"500" default:"100" doc:"Effects on a page"`
	After string   `query:"after" pattern:"^[0-9]{1,18}$" doc:"Where the page begins: next of the page before"`
}

type failedOutput struct {
	Body failedPage
}

type failedPage struct {
	Items []onboarding.FailedEffect `json:"items" nullable:"false" doc:"Oldest first, by their IDs"`
	Next  string                    `json:"next" doc:"What to give as after for the next page; empty after the last"`
}

func (s *Server) registerFailed(api huma.API) {
	op := s.operation("list-failed", http.MethodGet, "/v1/hooks/{name}/failed", RoleRead, api.OpenAPI().Components.Schemas,
		http.StatusBadRequest, http.StatusNotFound)
	op.Summary, op.Tags = "List what a hook was given up on", []string{tagHooks}
	op.Description = "Effects that were refused, or tried for as long as the hook's settings allow, and are not tried any more, oldest first; " +
		"also those of a hook that the configuration does not name any more. Replayed, they wait again and are listed no longer."
	op.Responses["200"] = &huma.Response{Description: "A page"}
	huma.Register(api, op, s.listFailed)
}

func (s *Server) listFailed(ctx context.Context, in *failedInput) (*failedOutput, error) {
	after := int64(0)
	if in.After != "" {
		var err error
		if after, err = strconv.ParseInt(in.After, 10, 64); err != nil {
			return nil, invalid(fault{Location: "query.after", Message: "is not what a page gave as next"})
		}
	}
	listing, cancel := context.WithTimeout(ctx, s.limits.Store)
	defer cancel()
	page, next, err := s.hooks.FailedEffects(listing, string(in.Name), after, in.Limit)
	if err != nil {
		return nil, failed(ctx, err)
	}
	if len(page) == 0 {
		// Nothing of a hook that never was is a mistake of the caller's.
		if _, err := s.hook(ctx, in.Name); err != nil {
			return nil, err
		}
	}
	exchangeOf(ctx).hook = string(in.Name)
	out := &failedOutput{failedPage{Items: listed(page)}}
	if next != 0 {
		out.Body.Next = strconv.FormatInt(next, 10)
	}
	return out, nil
}
