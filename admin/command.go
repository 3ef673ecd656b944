package admin

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"admit/onboarding"
)

type commandInput struct {
	UserID userID `path:"userId"`
	Body   commandBody
}

type commandBody struct {
	Command   commandName `json:"command" doc:"What to do"`
	Reason    string      `json:"reason" minLength:"1" maxLength:"500" doc:"Why; it stands in the audit. One line, not blank" example:"chargeback under investigation"`
	RequestID string      `json:"requestId,omitempty" pattern:"^[A-Za-z0-9._:-]{1,128}$" doc:"Unique per user, made up when left out. The same command with the same ID is done once and answered alike"`
}

// commandName is one of onboarding.Commands.
type commandName string

// Schema implements huma.SchemaProvider.
func (commandName) Schema(huma.Registry) *huma.Schema { return enum(onboarding.Commands[:]) }

type commandOutput struct {
	Status int
	Body   commandAnswer
}

type commandAnswer struct {
	Outcome   string `json:"outcome" doc:"applied; pending when no engine answered in time: the command is stored and is applied when one is back"`
	RequestID string `json:"requestId" doc:"The command's; sent again, it answers what became of the command"`
	// Left out where it cannot be read although the command is stored.
	Onboarding *onboarding.Onboarding `json:"onboarding,omitempty" doc:"The user after the command"`
}

// outcomePending is the outcome of a command that is stored and not folded.
const outcomePending = "pending"

func (s *Server) registerCommand(api huma.API) {
	schemas := api.OpenAPI().Components.Schemas
	op := s.operation("send-command", http.MethodPost, "/v1/onboardings/{userId}/commands", RoleOperate, schemas, http.StatusNotFound, http.StatusConflict)
	op.Summary, op.Tags = "Send a command", []string{tagOnboardings}
	op.Description = "Holds or lifts, flags for a high-risk review or clears the flag, closes or reopens. The command is stored first, so it is not lost. " +
		"What the rules do not allow, or what would change nothing, is answered 409 with the code refused and the rules' reason; " +
		"a request ID that was used with another body 409 with the code conflict."
	op.Responses["200"] = &huma.Response{Description: "Done"}
	op.Responses["202"] = &huma.Response{Description: "Stored, and pending"}
	huma.Register(api, op, s.command)
	op.Responses["202"].Content = op.Responses["200"].Content
}

func (s *Server) command(ctx context.Context, in *commandInput) (*commandOutput, error) {
	userID, err := in.UserID.usable(ctx)
	if err != nil {
		return nil, err
	}
	if faults := in.Body.faults(); len(faults) > 0 {
		return nil, invalid(faults...)
	}
	x := exchangeOf(ctx)
	c := onboarding.Command{Name: string(in.Body.Command), Reason: in.Body.Reason, Actor: x.actor, RequestID: in.Body.RequestID}
	x.command = c.Name
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
	out := &commandOutput{Status: http.StatusOK, Body: commandAnswer{Outcome: string(outcome.Outcome), RequestID: c.RequestID}}
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

var requestID = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,128}$`)

// maxReason is the length of the longest reason, in characters.
const maxReason = 500

// faults returns every mistake in a command.
func (c commandBody) faults() []fault {
	var faults []fault
	if !slices.Contains(onboarding.Commands[:], string(c.Command)) {
		faults = append(faults, fault{"body.command", "must be one of " + strings.Join(onboarding.Commands[:], ", ")})
	}
	if strings.TrimSpace(c.Reason) == "" || utf8.RuneCountInString(c.Reason) > maxReason || !plain(c.Reason) {
		faults = append(faults, fault{"body.reason", "must be one line of 1 to 500 characters, not all blank"})
	}
	if c.RequestID != "" && !requestID.MatchString(c.RequestID) {
		faults = append(faults, fault{"body.requestId", "must match [A-Za-z0-9._:-]{1,128}"})
	}
	return faults
}

// refusals say in words why the rules refuse a command.
var refusals = map[string]string{
	onboarding.RefusedClosed:        "The onboarding is closed; reopen it first.",
	onboarding.RefusedOnHold:        "The onboarding is on hold already.",
	onboarding.RefusedNotOnHold:     "The onboarding is not on hold.",
	onboarding.RefusedFlagged:       "The user is flagged for a high-risk review already.",
	onboarding.RefusedNotFlagged:    "The user is not flagged for a high-risk review.",
	onboarding.RefusedAlreadyClosed: "The onboarding is closed already.",
	onboarding.RefusedNotClosed:     "The onboarding is neither closed nor abandoned.",
}

// refused answers a command that the rules refused.
func refused(reason string) *refusal {
	detail, known := refusals[reason]
	if !known {
		detail = "The rules do not allow this now."
	}
	return &refusal{status: http.StatusConflict, code: "refused", detail: detail, reason: reason}
}
