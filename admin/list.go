package admin

import (
	"context"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"admit/onboarding"
)

type listInput struct {
	Stage     stage        `query:"stage" doc:"Only those in this stage"`
	BlockedOn party        `query:"blockedOn" doc:"Only those that wait for this party"`
	Stalled   optionalBool `query:"stalled" doc:"Only those that are stalled, or with false only those that are not"`
	Reversed  optionalBool `query:"reversed" doc:"Only those of whom a check that had passed is passed no longer, or with false only the others"`
	Limit     int          `query:"limit" minimum:"1" maximum:"500" default:"100" doc:"Users on a page"`
	After     string       `query:"after" doc:"Where the page begins: next of the page before"`
}

type listOutput struct {
	Body onboardingPage
}

type onboardingPage struct {
	Items []onboarding.Onboarding `json:"items" nullable:"false" doc:"In the order of their user IDs, byte by byte"`
	Next  string                  `json:"next" doc:"What to give as after for the next page; empty after the last"`
}

func (s *Server) registerList(api huma.API) {
	op := s.operation("list-onboardings", http.MethodGet, "/v1/onboardings", RoleRead, api.OpenAPI().Components.Schemas, http.StatusBadRequest)
	op.Summary, op.Tags = "List users", []string{tagOnboardings}
	op.Description = "Users in the order of their IDs, a page at a time, as they stand when the page is read."
	op.Responses["200"] = &huma.Response{Description: "A page"}
	huma.Register(api, op, s.list)
}

func (s *Server) list(ctx context.Context, in *listInput) (*listOutput, error) {
	if in.After != "" && onboarding.CheckUserID(in.After) != nil {
		return nil, invalid(fault{Location: "query.after", Message: "is not what a page gave as next"})
	}
	ctx, cancel := context.WithTimeout(ctx, s.limits.Store)
	defer cancel()
	page, next, err := s.store.List(ctx, onboarding.ListFilter{
		Stage: onboarding.Stage(in.Stage), BlockedOn: onboarding.Party(in.BlockedOn), Stalled: in.Stalled.get(), Reversed: in.Reversed.get(),
		After: in.After, Limit: in.Limit,
	})
	if err != nil {
		return nil, failed(ctx, err)
	}
	if page == nil {
		page = []onboarding.Onboarding{}
	}
	return &listOutput{onboardingPage{page, next}}, nil
}

// stage and party are words of onboarding as query parameters.
type (
	stage string
	party string
)

// Schema implements huma.SchemaProvider.
func (stage) Schema(huma.Registry) *huma.Schema { return enum(onboarding.Stages[:]) }

// Schema implements huma.SchemaProvider.
func (party) Schema(huma.Registry) *huma.Schema { return enum(onboarding.Parties[:]) }

func enum[T ~string](words []T) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString}
	for _, w := range words {
		s.Enum = append(s.Enum, string(w))
	}
	return s
}

// optionalBool is a query parameter that is true, false, or absent.
type optionalBool struct {
	value, set bool
}

// Schema implements huma.SchemaProvider.
func (optionalBool) Schema(huma.Registry) *huma.Schema { return &huma.Schema{Type: huma.TypeBoolean} }

// Receiver implements huma.ParamWrapper.
func (o *optionalBool) Receiver() reflect.Value { return reflect.ValueOf(&o.value).Elem() }

// OnParamSet implements huma.ParamReactor.
func (o *optionalBool) OnParamSet(set bool, _ any) { o.set = set }

func (o *optionalBool) get() *bool {
	if !o.set {
		return nil
	}
	return &o.value
}
