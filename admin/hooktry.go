package admin

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"admit/onboarding"
)

// Kinds of targets, as the store names them.
const (
	kindHTTP      = "http"
	kindTaskQueue = "task_queue"
	kindMail      = "mail"
	kindReviewers = "reviewers"
	kindAPI       = "api"
)

// untestable says of the kinds that cannot be tried why, and what to do instead.
var untestable = map[string]string{
	kindTaskQueue: "Its work is another team's activity, which would take a test for the real thing; admit hooks list says whether anybody polls it.",
	kindMail:      "It writes to users; admit notify preview shows the mails.",
	kindReviewers: "It writes to reviewers, and a test would be mail to them.",
	kindAPI:       "It asks a provider about a user; the command reconcile does that.",
}

// notTestable refuses to try a target.
func notTestable(why string) *refusal {
	return &refusal{status: http.StatusConflict, code: "not_testable", detail: why}
}

type hookTryInput struct {
	Name hookName `path:"name"`
}

type hookTryOutput struct {
	Body hookTryAnswer
}

type hookTryAnswer struct {
	Result onboarding.AttemptResult `json:"result"`
	Answer string                   `json:"answer" doc:"What the hook answered: a status, or a class of error"`
	TookMs int64                    `json:"tookMs" doc:"How long it took, in milliseconds"`
}

func (s *Server) registerHookTry(api huma.API) {
	op := s.operation("test-hook", http.MethodPost, "/v1/hooks/{name}/test", RoleOperate, api.OpenAPI().Components.Schemas,
		http.StatusNotFound, http.StatusConflict)
	op.Summary, op.Tags = "Try a hook", []string{tagHooks}
	op.Description = "Sends the event " + onboarding.EffectHookTest + " once and at once, signed as every other and outside the ledger, and answers with what came of it; needs no body. " +
		"A failing hook that takes it works again. Of what is no HTTP hook it is answered 409 with the code not_testable and what to do instead."
	delete(op.Responses, "413")
	op.Responses["200"] = &huma.Response{Description: "Tried; result says whether it was taken"}
	huma.Register(api, op, s.tryHook)
}

func (s *Server) tryHook(ctx context.Context, in *hookTryInput) (*hookTryOutput, error) {
	target, err := s.hook(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	if why, known := untestable[target.Kind]; known {
		return nil, notTestable(target.Name + " cannot be tried. " + why)
	}
	if s.tester == nil {
		return nil, notTestable("This process sends nothing; ask one that does.")
	}
	x := exchangeOf(ctx)
	trying, cancel := context.WithTimeout(ctx, s.limits.Test)
	defer cancel()
	attempt, took, err := s.tester.Test(trying, target.Name)
	if err != nil {
		x.err = err
		return nil, notTestable("This process does not send to " + target.Name + ", so nothing was tried; its log says why.")
	}
	x.outcome = string(attempt.Result)
	storing, cancel := context.WithTimeout(ctx, s.limits.Store)
	defer cancel()
	// What the hook answered is what the caller must know, kept or not.
	x.err = s.hooks.HookTried(storing, target.Name, attempt)
	return &hookTryOutput{hookTryAnswer{attempt.Result, attempt.Answer, took.Milliseconds()}}, nil
}
