package admin

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"admit/onboarding"
)

// eraseInput takes what the command needs from the body or, for clients that send
// none with DELETE, from the query.
type eraseInput struct {
	UserID    userID `path:"userId"`
	Reason    string `query:"reason" maxLength:"500" doc:"As in the body, where that cannot be sent. URLs are logged in many places: no personal data here"`
	RequestID string `query:"requestId" doc:"As in the body"`
	Approves  string `query:"approves" doc:"As in the body"`
	Body      *eraseBody
}

type eraseBody struct {
	Reason    string `json:"reason,omitempty" maxLength:"500" doc:"Why; it stands in the audit and is not erased. One line, not blank. Needed here or in the query" example:"asked for by the user"`
	RequestID string `json:"requestId,omitempty" pattern:"^[A-Za-z0-9._:-]{1,128}$" doc:"Unique per user, made up when left out. The same with the same ID is done once and answered alike"`
	Approves  string `json:"approves,omitempty" pattern:"^[A-Za-z0-9._:-]{1,128}$" doc:"The request ID of another person's proposal, which this approves"`
}

func (s *Server) registerErase(api huma.API) {
	op := s.operation("erase-personal-data", http.MethodDelete, "/v1/users/{userId}/personal-data", RoleAdmin, api.OpenAPI().Components.Schemas,
		http.StatusNotFound, http.StatusConflict)
	op.Summary, op.Tags = "Erase a user's personal data", []string{tagOnboardings}
	op.Description = "Deletes how the user is reached, and the bodies of the user's folded webhooks, answers, starts and imports. " +
		"Where the user stands, the log and the commands stay. It is a command like any other: stored first, folded in its turn, a proposal where it needs two people, " +
		"and answered as a command is. What comes in later brings personal data again."
	op.Responses["200"] = &huma.Response{Description: "Erased, or proposed"}
	op.Responses["202"] = &huma.Response{Description: "Stored, and pending"}
	huma.Register(api, op, s.erase)
	op.Responses["202"].Content = op.Responses["200"].Content
}

func (s *Server) erase(ctx context.Context, in *eraseInput) (*commandOutput, error) {
	userID, err := in.UserID.usable(ctx)
	if err != nil {
		return nil, err
	}
	body, faults := in.merged()
	faults = append(faults, signatureFaults("body.", body.Reason, body.RequestID, body.Approves)...)
	if len(faults) > 0 {
		return nil, invalid(faults...)
	}
	return s.send(ctx, userID, onboarding.Command{
		Name: onboarding.CommandErase, Reason: body.Reason, RequestID: body.RequestID, Approves: body.Approves})
}

// merged returns what the body and the query say together, and where they differ.
func (in *eraseInput) merged() (eraseBody, []fault) {
	var body eraseBody
	if in.Body != nil {
		body = *in.Body
	}
	var faults []fault
	for _, f := range []struct {
		name, query string
		body        *string
	}{{"reason", in.Reason, &body.Reason}, {"requestId", in.RequestID, &body.RequestID}, {"approves", in.Approves, &body.Approves}} {
		faults = append(faults, merge(f.name, f.query, f.body)...)
	}
	return body, faults
}

// merge fills a field that the body lacks from the query, or says that the two
// differ.
func merge(name, query string, body *string) []fault {
	switch {
	case *body == "":
		*body = query
	case query != "" && query != *body:
		return []fault{{Location: "query." + name, Message: "differs from the body's; say it once"}}
	}
	return nil
}
