package admin

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"admit/onboarding"
)

type commandOutput struct {
	Status int
	Body   commandAnswer
}

type commandAnswer struct {
	Outcome   string `json:"outcome" doc:"applied; noted with the reason proposed when a second person has to approve; pending when no engine answered in time: the command is stored and is folded when one is back"`
	Reason    string `json:"reason,omitempty" doc:"The rules' reason for the outcome, such as proposed"`
	RequestID string `json:"requestId" doc:"The command's; sent again, it answers what became of the command, and another person approves a proposal by it"`
	// Left out where it cannot be read although the command is stored.
	Onboarding *onboarding.Onboarding `json:"onboarding,omitempty" doc:"The user after the command"`
}

// commandsText describes the commands, to people.
const commandsText = `Asks for something to be done with a user. The command is stored first, so it is not lost.

hold, lift: stop the user, and let the onboarding go on.
flag_high_risk, clear_high_risk: a high-risk review begins; the check is what it was before the flag.
override_check: gives the check a status until a time, 30 days from now unless given; it stands over the provider's words. Needs check and status, may have until.
lift_override: the check is again what the provider's words say. Needs check.
extend_deadline: moves all steps of the stage. Needs by.
reconcile: asks the providers' APIs. remind: reminds the user now.
close, reopen: end the onboarding; begin again, also of one that was abandoned.

A command that needs two people is a proposal at first, for 24 hours: answered 200 with the outcome noted and the reason proposed. It is done when the bearer of another token sends the same command with approves, the proposal's request ID; the other fields may then be left out. A field that is not the command's own is a mistake.

What the rules do not allow, or what would change nothing, is answered 409 with the code refused and the rules' reason; a request ID that was used with another body 409 with the code conflict. To erase personal data is a command, too, with a path of its own.`

// outcomePending is the outcome of a command that is stored and not folded.
const outcomePending = "pending"

func (s *Server) registerCommand(api huma.API) {
	schemas := api.OpenAPI().Components.Schemas
	op := s.operation("send-command", http.MethodPost, "/v1/onboardings/{userId}/commands", RoleOperate, schemas, http.StatusNotFound, http.StatusConflict)
	op.Summary, op.Tags = "Send a command", []string{tagOnboardings}
	op.Description = commandsText
	op.Responses["200"] = &huma.Response{Description: "Done, or proposed: then the onboarding's proposals show it"}
	op.Responses["202"] = &huma.Response{Description: "Stored, and pending"}
	huma.Register(api, op, s.command)
	op.Responses["202"].Content = op.Responses["200"].Content
}

func (s *Server) command(ctx context.Context, in *commandInput) (*commandOutput, error) {
	userID, err := in.UserID.usable(ctx)
	if err != nil {
		return nil, err
	}
	c, faults := in.Body.command()
	if len(faults) > 0 {
		return nil, invalid(faults...)
	}
	return s.send(ctx, userID, c)
}

// send stores a command of the token's, has it folded, and answers with what
// became of it.
func (s *Server) send(ctx context.Context, userID string, c onboarding.Command) (*commandOutput, error) {
	x := exchangeOf(ctx)
	c.Actor, x.command = x.actor, c.Name
	if c.RequestID == "" {
		c.RequestID = s.newID()
	}
	storing, cancel := context.WithTimeout(ctx, s.limits.Store)
	defer cancel()
	eventID, err := s.store.AcceptCommand(storing, userID, c)
	if err != nil {
		return nil, failed(ctx, err)
	}
	outcome := s.outcome(ctx, userID, c.RequestID, eventID)
	x.outcome = string(outcome.Outcome)
	if outcome.Outcome == onboarding.Refused {
		return nil, refused(outcome.Reason)
	}
	out := &commandOutput{Status: http.StatusOK, Body: commandAnswer{
		Outcome: string(outcome.Outcome), Reason: outcome.Reason, RequestID: c.RequestID}}
	if outcome.Outcome == outcomePending {
		out.Status = http.StatusAccepted
	}
	o, err := s.onboarding(ctx, userID)
	if err != nil {
		x.err = err // the command is stored, and that is what the caller must know
		return out, nil
	}
	out.Body.Onboarding = &o
	return out, nil
}

// outcome returns what became of a command that is stored; pending where that
// cannot be found out in time.
func (s *Server) outcome(ctx context.Context, userID, requestID string, eventID int64) onboarding.CommandOutcome {
	waiting, cancel := context.WithTimeout(ctx, s.limits.Command)
	defer cancel()
	outcome, err := s.commander.Command(waiting, userID, requestID)
	if err == nil && outcome.Outcome != "" {
		return outcome
	}
	// Once more by the way that does not wait: whoever sends it has more patience.
	s.ringer.Ring(userID, onboarding.Ring{EventID: eventID, Provider: onboarding.SourceOperator, Route: onboarding.RouteCommand})
	asking, cancel := context.WithTimeout(ctx, s.limits.Store)
	defer cancel()
	stored, folded, lookupErr := s.store.CommandOutcome(asking, userID, requestID)
	if lookupErr == nil && folded {
		return stored
	}
	exchangeOf(ctx).err = err
	return onboarding.CommandOutcome{RequestID: requestID, Outcome: outcomePending}
}
