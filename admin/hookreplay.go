package admin

import (
	"context"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"admit/onboarding"
)

// maxReplay is how many effects, or users, a call may bring back: as many as are
// rung in a second.
const maxReplay = 200

type hookReplayInput struct {
	Name hookName `path:"name"`
	Body hookReplayBody
}

type hookReplayBody struct {
	Reason  string  `json:"reason" minLength:"1" maxLength:"500" doc:"Why; it stands in each user's timeline and is not erased. One line, not blank" example:"the receiver was repaired"`
	IDs     []int64 `json:"ids,omitempty" minItems:"1" maxItems:"200" nullable:"false" doc:"These effects, of those that were given up on; without all and present"`
	All     bool    `json:"all,omitempty" doc:"The oldest that were given up on, at most 200; without ids and present"`
	Present bool    `json:"present,omitempty" doc:"For a hook that is new: what is true now of at most 200 users; without ids and all"`
	After   string  `json:"after,omitempty" doc:"Of present: where the page begins, next of the page before"`
}

type hookReplayOutput struct {
	Body hookReplayAnswer
}

type hookReplayAnswer struct {
	Replayed int    `json:"replayed" doc:"How many effects wait to be sent again, or with present for the first time"`
	Left     bool   `json:"left" doc:"Whether to ask again for the rest: with present behind next, with all of what was given up on, with ids of these"`
	Next     string `json:"next" doc:"Of present: what to give as after for the next page; empty after the last"`
}

func (s *Server) registerHookReplay(api huma.API) {
	op := s.operation("replay-hook", http.MethodPost, "/v1/hooks/{name}/replay", RoleOperate, api.OpenAPI().Components.Schemas,
		http.StatusNotFound, http.StatusTooManyRequests)
	op.Summary, op.Tags = "Send a hook again what it was given up on", []string{tagHooks}
	op.Description = "Has effects that were given up on sent again, under the IDs that they had: those that ids names, or with all the oldest ones. " +
		"What fails at once again is the oldest again, so to go through all of them once, name the ids of the pages of what failed. " +
		"Access never goes backwards: a grant or a revoke that a newer one has overtaken is not sent.\n\n" +
		"With present, a hook that is new is told what is true now of each user: access, and the stage, as far as its events name them. What it was told before it is not told again.\n\n" +
		"A call brings back at most 200, by one call at a time; another is answered 429."
	op.Responses["200"] = &huma.Response{Description: "They wait, and are sent within a minute"}
	huma.Register(api, op, s.replayHook)
}

func (s *Server) replayHook(ctx context.Context, in *hookReplayInput) (*hookReplayOutput, error) {
	target, err := s.hook(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	if faults := in.Body.faults(target); len(faults) > 0 {
		return nil, invalid(faults...)
	}
	select {
	case s.waking <- struct{}{}:
		defer func() { <-s.waking }()
	default:
		return nil, busy
	}
	x := exchangeOf(ctx)
	storing, cancel := context.WithTimeout(ctx, s.limits.Replay)
	defer cancel()
	var answer hookReplayAnswer
	var users []string
	if in.Body.Present {
		answer.Replayed, users, answer.Next, err = s.hooks.TellPresent(storing, target.Name, in.Body.After, maxReplay, x.actor, in.Body.Reason)
		answer.Left = answer.Next != ""
	} else {
		users, answer.Replayed, answer.Left, err = s.hooks.ReplayEffects(storing, target.Name, in.Body.IDs, maxReplay, x.actor, in.Body.Reason)
	}
	if err != nil {
		return nil, failed(ctx, err)
	}
	x.users = len(users)
	s.ringAll(ctx, users)
	return &hookReplayOutput{answer}, nil
}

// ringAll rings users of whom something waits. Who is not rung because the caller
// has gone is found by the sweep for what waits too long.
func (s *Server) ringAll(ctx context.Context, users []string) {
	ctx, cancel := context.WithTimeout(ctx, s.limits.Wake)
	defer cancel()
	for _, userID := range users {
		if s.ring(ctx, userID, "replay") != nil {
			return
		}
	}
}

// faults returns every mistake in what is asked for.
func (b hookReplayBody) faults(target onboarding.HookView) []fault {
	faults := signatureFaults("body.", b.Reason, "", "")
	bad := func(field, message string) {
		faults = append(faults, fault{Location: "body." + field, Message: message})
	}
	chosen := 0
	for _, given := range []bool{b.IDs != nil, b.All, b.Present} {
		if given {
			chosen++
		}
	}
	if chosen != 1 {
		bad("ids", "must be given, or all, or present: one of the three")
	}
	for i, id := range b.IDs {
		if id < 1 {
			bad(fmt.Sprintf("ids[%d]", i), "must be 1 or more")
		}
	}
	if b.Present && target.Kind != kindHTTP && target.Kind != kindTaskQueue {
		bad("present", "is for hooks and task queues; "+target.Name+" is none")
	}
	switch {
	case b.After != "" && !b.Present:
		bad("after", "is no field but of present; leave it out")
	case b.After != "" && onboarding.CheckUserID(b.After) != nil:
		bad("after", "is not what a page gave as next")
	}
	return faults
}
