package admin

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

type healthOutput struct {
	Body struct {
		Alive bool `json:"alive" doc:"Always true: a process that is not does not answer"`
	} `nameHint:"Health"`
}

type readyOutput struct {
	Status int
	Body   ReadyReport
}

func (s *Server) registerHealth(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "health", Method: http.MethodGet, Path: "/healthz", Summary: "Is the process alive?",
		Description: "Answers whatever the state of anything behind it. Needs no token.", Tags: []string{tagProcess},
		Responses: map[string]*huma.Response{"200": {Description: "Alive"}, "500": problemResponse(http.StatusInternalServerError, api.OpenAPI().Components.Schemas)},
	}, s.health)
	ready := huma.Operation{
		OperationID: "ready", Method: http.MethodGet, Path: "/readyz", Summary: "Can the process do its work?",
		Description: "Says of PostgreSQL, Temporal and what else is needed whether it is there. Needs no token.", Tags: []string{tagProcess},
		Responses: map[string]*huma.Response{"200": {Description: "Ready"}, "503": {Description: "Not ready; checks says why"}},
	}
	huma.Register(api, ready, s.ready)
	ready.Responses["503"].Content = ready.Responses["200"].Content
}

func (s *Server) health(ctx context.Context, _ *struct{}) (*healthOutput, error) {
	exchangeOf(ctx).quiet = true
	out := &healthOutput{}
	out.Body.Alive = true
	return out, nil
}

func (s *Server) ready(ctx context.Context, _ *struct{}) (*readyOutput, error) {
	exchangeOf(ctx).quiet = true
	ctx, cancel := context.WithTimeout(ctx, s.limits.Ready)
	defer cancel()
	out := &readyOutput{Status: http.StatusOK, Body: s.isReady(ctx)}
	if out.Body.Checks == nil {
		out.Body.Checks = map[string]string{}
	}
	if !out.Body.Ready {
		out.Status = http.StatusServiceUnavailable
	}
	return out, nil
}
