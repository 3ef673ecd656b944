package admin

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"admit/onboarding"
)

type replayInput struct {
	ID int64 `path:"id" minimum:"1" doc:"The event's ID"`
}

type replayOutput struct {
	Body replayAnswer
}

type replayAnswer struct {
	EventID int64  `json:"eventId" doc:"The new event's ID, as in the user's timeline"`
	UserID  string `json:"userId" doc:"The user whom the event is about"`
}

func (s *Server) registerReplay(api huma.API) {
	op := s.operation("replay-event", http.MethodPost, "/v1/events/{id}/replay", RoleOperate, api.OpenAPI().Components.Schemas,
		http.StatusNotFound, http.StatusConflict)
	op.Summary, op.Tags = "Replay a webhook", []string{tagEvents}
	op.Description = "Stores a malformed or unrecognised webhook as a new event, with its old body and received time, and has it folded by this build; " +
		"needs no body. What a later report has overtaken is noted and changes nothing. " +
		"What cannot be replayed is answered 409 with the code not_replayable and the reason."
	delete(op.Responses, "413")
	op.DefaultStatus = http.StatusAccepted
	op.Responses["202"] = &huma.Response{Description: "Stored, to be folded"}
	huma.Register(api, op, s.replay)
}

func (s *Server) replay(ctx context.Context, in *replayInput) (*replayOutput, error) {
	x := exchangeOf(ctx)
	storing, cancel := context.WithTimeout(ctx, s.limits.Store)
	defer cancel()
	eventID, userID, err := s.store.Replay(storing, in.ID, x.actor)
	var why onboarding.ReplayRefusal
	switch {
	case errors.As(err, &why):
		return nil, notReplayable(why)
	case err != nil:
		return nil, failed(ctx, err)
	}
	x.userID = userID
	s.ringer.Ring(userID, onboarding.Ring{EventID: eventID, Cause: "replay"})
	return &replayOutput{replayAnswer{eventID, userID}}, nil
}

// replayRefusals say in words why an event cannot be replayed.
var replayRefusals = map[onboarding.ReplayRefusal]string{
	onboarding.ReplayNoWebhook:   "The event is no webhook; what the merchant or an operator sent is sent again instead, and a provider's API is asked again by reconcile.",
	onboarding.ReplayErased:      "The event's body was erased.",
	onboarding.ReplayPending:     "The event is not folded yet.",
	onboarding.ReplayRecognised:  "The event was understood when it was folded.",
	onboarding.ReplayNoUser:      "The event names no usable user ID.",
	onboarding.ReplayDone:        "The event was replayed already, and the replay waits or was understood.",
	onboarding.ReplayUndecodable: "This build cannot read the event's body either.",
}

// notReplayable answers a replay that cannot be.
func notReplayable(why onboarding.ReplayRefusal) *refusal {
	detail, known := replayRefusals[why]
	if !known {
		detail = "The event cannot be replayed."
	}
	return &refusal{status: http.StatusConflict, code: "not_replayable", detail: detail, reason: string(why)}
}
