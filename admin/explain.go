package admin

import (
	"context"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"admit/onboarding"
)

type explainOutput struct {
	Body onboarding.Explained
}

func (s *Server) registerExplain(api huma.API) {
	op := s.operation("explain-onboarding", http.MethodGet, "/v1/onboardings/{userId}/explain", RoleRead, api.OpenAPI().Components.Schemas, http.StatusNotFound)
	op.Summary, op.Tags = "Explain where a user stands", []string{tagOnboardings}
	op.Description = "Why the user is in this stage and what it waits for; and of each check what the provider said last, what was made of it by which rule, " +
		"and what came of asking the provider's API."
	op.Responses["200"] = &huma.Response{Description: "The explanation"}
	huma.Register(api, op, s.explain)
}

func (s *Server) explain(ctx context.Context, in *showInput) (*explainOutput, error) {
	userID, err := in.UserID.usable(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.limits.Store)
	defer cancel()
	e, err := s.store.Explain(ctx, userID)
	if err != nil {
		return nil, failed(ctx, err)
	}
	e.Checks = slices.Clone(listed(e.Checks))
	for i := range e.Checks {
		e.Checks[i].Lists = listed(e.Checks[i].Lists)
	}
	return &explainOutput{e}, nil
}
