package admin

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"admit/onboarding"
)

type startInput struct {
	Body startBody
}

type startBody struct {
	UserID  string       `json:"userId" minLength:"1" maxLength:"255" doc:"The merchant's own ID of the user" example:"user-1"`
	Contact *contactBody `json:"contact,omitempty" doc:"How the user is reached; replaces what was known, whole. Left out, what was known stays"`
}

type startOutput struct {
	Status int
	Body   onboarding.Onboarding
}

func (s *Server) registerStart(api huma.API) {
	op := s.operation("start-onboarding", http.MethodPost, "/v1/onboardings", RoleOperate, api.OpenAPI().Components.Schemas)
	op.Summary, op.Tags = "Start an onboarding", []string{tagOnboardings}
	op.Description = "Makes a user known before the first webhook, and says how the user is reached. Starting a user who exists changes nothing but the contact."
	op.Responses["200"] = &huma.Response{Description: "The user existed"}
	op.Responses["201"] = &huma.Response{Description: "The user is new"}
	huma.Register(api, op, s.start)
	op.Responses["201"].Content = op.Responses["200"].Content
}

func (s *Server) start(ctx context.Context, in *startInput) (*startOutput, error) {
	var faults []fault
	if onboarding.CheckUserID(in.Body.UserID) != nil {
		faults = append(faults, fault{Location: "body.userId", Message: userIDRule})
	}
	faults = append(faults, in.Body.Contact.faults("body.contact")...)
	if len(faults) > 0 {
		return nil, invalid(faults...)
	}
	x, userID := exchangeOf(ctx), in.Body.UserID
	x.userID = userID
	storing, cancel := context.WithTimeout(ctx, s.limits.Store)
	defer cancel()
	created, eventID, err := s.store.Start(storing, userID, in.Body.Contact.contact(), x.actor)
	if err != nil {
		return nil, failed(ctx, err)
	}
	s.ringMerchant(userID, eventID)
	o, err := s.onboarding(ctx, userID)
	if err != nil {
		return nil, failed(ctx, err) // the same start again is answered 200
	}
	out := &startOutput{Status: http.StatusOK, Body: o}
	if created {
		out.Status = http.StatusCreated
	}
	return out, nil
}
