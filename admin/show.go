package admin

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"admit/onboarding"
)

// userID is the user that an operation's path names. The router has undone the
// percent-encoding, once.
type userID string

// Schema implements huma.SchemaProvider. Its length counts characters; the rule
// counts bytes.
func (userID) Schema(huma.Registry) *huma.Schema {
	least, most := 1, onboarding.MaxUserID
	return &huma.Schema{Type: huma.TypeString, MinLength: &least, MaxLength: &most,
		Description: "The user's ID, percent-encoded, for it may hold any character but control characters"}
}

// usable returns the ID, and keeps it for the log, when it can be one.
func (u userID) usable(ctx context.Context) (string, error) {
	if onboarding.CheckUserID(string(u)) != nil {
		return "", invalid(fault{Location: "path.userId", Message: userIDRule})
	}
	exchangeOf(ctx).userID = string(u)
	return string(u), nil
}

const userIDRule = "must be 1 to 255 bytes of UTF-8 without control characters"

type showInput struct {
	UserID userID `path:"userId"`
}

type showOutput struct {
	Body onboarding.Onboarding
}

func (s *Server) registerShow(api huma.API) {
	op := s.operation("show-onboarding", http.MethodGet, "/v1/onboardings/{userId}", RoleRead, api.OpenAPI().Components.Schemas, http.StatusNotFound)
	op.Summary, op.Tags = "Show a user", []string{tagOnboardings}
	op.Description = "Where a user stands, with the providers' own words. pending above 0 says that the engine is behind."
	op.Responses["200"] = &huma.Response{Description: "The user"}
	huma.Register(api, op, s.show)
}

func (s *Server) show(ctx context.Context, in *showInput) (*showOutput, error) {
	userID, err := in.UserID.usable(ctx)
	if err != nil {
		return nil, err
	}
	o, err := s.onboarding(ctx, userID)
	if err != nil {
		return nil, failed(ctx, err)
	}
	return &showOutput{o}, nil
}

// onboarding asks the store for one user.
func (s *Server) onboarding(ctx context.Context, userID string) (onboarding.Onboarding, error) {
	ctx, cancel := context.WithTimeout(ctx, s.limits.Store)
	defer cancel()
	return s.store.Onboarding(ctx, userID)
}
