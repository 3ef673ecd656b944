package admin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"

	"github.com/danielgtaylor/huma/v2"
)

const (
	securityScheme = "token"
	tagOnboardings = "Onboardings"
	tagEvents      = "Events"
	tagHooks       = "Hooks"
	tagProcess     = "The process"
)

// description is the API's description before any operation is in it.
func description() *huma.OpenAPI {
	return &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info: &huma.Info{
			Title:   "Admit: admin API",
			Version: "1",
			Description: "Shows where users stand, what happened to them and why, starts and imports onboardings, takes operators' commands, keeps and erases personal data, wakes users, replays webhooks that nobody understood, and tells hooks again what they did not take.\n\n" +
				"Every error is application/problem+json with a stable code. Bodies are JSON of at most 64 KiB, imports of 1 MiB, payloads to decrypt of 4 MiB. No object in a body has a name twice.",
		},
		Tags: []*huma.Tag{{Name: tagOnboardings}, {Name: tagEvents}, {Name: tagHooks}, {Name: tagProcess}},
		Components: &huma.Components{
			Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
			SecuritySchemes: map[string]*huma.SecurityScheme{securityScheme: {
				Type: "http", Scheme: "bearer",
				Description: "One of the tokens in ADMIT_ADMIN_TOKENS. Its role is read (all GETs but contacts, and decrypting), operate (also contacts, starts, commands, waking, replays and trying hooks) or admin (also imports and erasing); its name is the actor in the audit.",
			}},
		},
	}
}

// describe adds what is served beside the operations, and serves the description
// and the page to read it.
func (s *Server) describe(api *huma.OpenAPI) error {
	for _, extra := range []struct{ id, path, summary, media string }{
		{"metrics", "/metrics", "Metrics for Prometheus", "text/plain"},
		{"openapi", "/openapi.json", "This description", "application/json"},
		{"docs", "/docs", "This description, to read", "text/html"},
	} {
		api.AddOperation(&huma.Operation{
			OperationID: extra.id, Method: http.MethodGet, Path: extra.path, Summary: extra.summary, Tags: []string{tagProcess},
			Description: "Needs no token.",
			Responses: map[string]*huma.Response{"200": {Description: "OK", Content: map[string]*huma.MediaType{
				extra.media: {Schema: &huma.Schema{}}}}},
		})
	}
	if err := annotate(api.Components.Schemas.Map()); err != nil {
		return err
	}
	document, err := json.MarshalIndent(api, "", "  ")
	if err != nil {
		return fmt.Errorf("write the OpenAPI document: %w", err)
	}
	s.router.Method(http.MethodGet, "/openapi.json", constant("application/json", "", append(document, '\n')))
	return s.registerDocs(api)
}

// constant serves what never changes while the process runs. policy is the
// Content-Security-Policy, if any.
func constant(contentType, policy string, body []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		if policy != "" {
			w.Header().Set("Content-Security-Policy", policy)
		}
		// A reader that has gone away is told nothing.
		_, _ = w.Write(body)
	})
}

// problemResponse describes a refusal.
func problemResponse(status int, schemas huma.Registry) *huma.Response {
	return &huma.Response{
		Description: http.StatusText(status),
		Content:     map[string]*huma.MediaType{problemType: {Schema: schemas.Schema(reflect.TypeFor[problem](), true, "")}},
	}
}

// requests are the types that are sent, not answered.
var requests = []string{"StartBody", "ContactBody", "CommandBody", "EraseBody", "ImportBody", "ImportUser", "WakeBody", "ForgetBody", "HookReplayBody"}

// nullable are the fields that hold one of the types, or null.
var nullable = map[string][]string{
	"Explained": {"next"}, "CheckExplanation": {"api"}, "APIExplanation": {"last", "said"},
}

// annotate says of the shared types, which know nothing of OpenAPI, what their
// fields mean and hold. Lists are never null, and an answer may have more fields in
// a later version, while a request may not have any that is unknown.
func annotate(schemas map[string]*huma.Schema) error {
	for name, schema := range schemas {
		if !slices.Contains(requests, name) && schema.AdditionalProperties == false {
			schema.AdditionalProperties = nil
		}
		for _, p := range schema.Properties {
			if p.Type == huma.TypeArray {
				p.Nullable = false
			}
		}
	}
	for name, fields := range nullable {
		for _, field := range fields {
			if schemas[name] == nil || schemas[name].Properties[field] == nil {
				return fmt.Errorf("%s has no %s that could be null", name, field)
			}
			schemas[name].Properties[field] = &huma.Schema{AnyOf: []*huma.Schema{schemas[name].Properties[field], {Type: "null"}}}
		}
	}
	for _, all := range []map[string]map[string]annotation{annotations, auditAnnotations, hookAnnotations, {"Problem": {"reason": note(reasonsText())}}} {
		for name, fields := range all {
			for field, a := range fields {
				if schemas[name] == nil || schemas[name].Properties[field] == nil {
					return fmt.Errorf("%s has no %s to annotate", name, field)
				}
				p := schemas[name].Properties[field]
				p.Description, p.Enum = a.text, a.enum
			}
		}
	}
	return nil
}
