package admin

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// forgetInput takes the reason from the body or, for clients that send none with
// DELETE, from the query.
type forgetInput struct {
	UserID userID `path:"userId"`
	Reason string `query:"reason" maxLength:"500" doc:"As in the body, where that cannot be sent. URLs are logged in many places: no personal data here"`
	Body   *forgetBody
}

type forgetBody struct {
	Reason string `json:"reason,omitempty" maxLength:"500" doc:"Why; it stands in the audit and is not erased. One line, not blank. Needed here or in the query" example:"asked for by the user"`
}

type forgetOutput struct {
	Body forgetAnswer
}

type forgetAnswer struct {
	Erased bool `json:"erased" doc:"Whether there was a contact"`
}

func (s *Server) registerForget(api huma.API, path string) {
	op := s.operation("erase-contact", http.MethodDelete, path, RoleOperate, api.OpenAPI().Components.Schemas, http.StatusNotFound)
	op.Summary, op.Tags = "Forget how a user is reached", []string{tagOnboardings}
	op.Description = "Deletes the contact alone; messages that wait for it are given up on. " +
		"The webhooks' bodies stay: to erase them too is DELETE /v1/users/{userId}/personal-data."
	op.Responses["200"] = &huma.Response{Description: "There is none any more"}
	huma.Register(api, op, s.forget)
}

func (s *Server) forget(ctx context.Context, in *forgetInput) (*forgetOutput, error) {
	userID, err := in.UserID.usable(ctx)
	if err != nil {
		return nil, err
	}
	var body forgetBody
	if in.Body != nil {
		body = *in.Body
	}
	faults := merge("reason", in.Reason, &body.Reason)
	faults = append(faults, signatureFaults("body.", body.Reason, "", "")...)
	if len(faults) > 0 {
		return nil, invalid(faults...)
	}
	storing, cancel := context.WithTimeout(ctx, s.limits.Store)
	defer cancel()
	existed, eventID, err := s.contacts.DeleteContact(storing, userID, exchangeOf(ctx).actor, body.Reason)
	if err != nil {
		return nil, failed(ctx, err)
	}
	if !existed {
		if _, err := s.onboarding(ctx, userID); err != nil {
			return nil, failed(ctx, err)
		}
	}
	s.ringMerchant(userID, eventID)
	return &forgetOutput{forgetAnswer{existed}}, nil
}
