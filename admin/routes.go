package admin

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"
)

// route fills the router and describes the API. chi matches a path as it is sent,
// so an escaped slash stays inside a user ID.
func (s *Server) route(metrics http.Handler) error {
	s.router.Use(s.identify, s.record, s.rescue, s.allowOrigin)
	s.router.NotFound(func(w http.ResponseWriter, r *http.Request) { refuse(w, r, noRoute) })
	s.router.MethodNotAllowed(s.methodNotAllowed)
	api := humachi.New(s.router, huma.Config{
		OpenAPI: description(), Formats: formats, DefaultFormat: "application/json",
		RejectUnknownQueryParameters: true, Transformers: []huma.Transformer{asProblem},
	})
	api.UseMiddleware(s.authorize, s.take)
	s.registerHealth(api)
	s.registerStart(api)
	s.registerList(api)
	s.registerShow(api)
	s.registerTimeline(api)
	s.registerAudit(api)
	s.registerExplain(api)
	s.registerCommand(api)
	s.registerErase(api)
	s.registerReach(api)
	s.registerImport(api)
	s.registerWake(api)
	s.registerEvents(api)
	s.registerReplay(api)
	s.registerHooks(api)
	s.registerFailed(api)
	s.registerHookReplay(api)
	s.registerHookTry(api)
	s.router.Method(http.MethodGet, "/metrics", quiet(metrics))
	s.routeCodec(api.OpenAPI())
	return s.describe(api.OpenAPI())
}

// quiet marks what machines ask for every few seconds.
func quiet(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		exchangeOf(r.Context()).quiet = true
		next.ServeHTTP(w, r)
	})
}

// methodNotAllowed answers 405 with the methods that the path has. chi also comes
// here for a method that it does not know on a path that is nobody's.
func (s *Server) methodNotAllowed(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	if r.URL.RawPath != "" {
		path = r.URL.RawPath
	}
	var allowed []string
	for _, method := range methods {
		if s.router.Match(chi.NewRouteContext(), method, path) {
			allowed = append(allowed, method)
		}
	}
	if allowed == nil {
		refuse(w, r, noRoute)
		return
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	refuse(w, r, methodNotAllowed)
}

// operation returns what all guarded operations have in common. refusals are the
// statuses it may refuse with besides those that every operation has.
func (s *Server) operation(id, method, path string, needed Role, schemas huma.Registry, refusals ...int) huma.Operation {
	op := huma.Operation{
		OperationID: id, Method: method, Path: path,
		Security:        []map[string][]string{{securityScheme: {}}},
		Metadata:        map[string]any{roleKey: needed},
		Extensions:      map[string]any{"x-admit-role": string(needed)},
		Responses:       map[string]*huma.Response{},
		MaxBodyBytes:    MaxBody + 1, // take has counted already
		BodyReadTimeout: -1,          // take has read already
	}
	refusals = append(refusals, http.StatusUnauthorized, http.StatusForbidden, http.StatusUnprocessableEntity,
		http.StatusInternalServerError, http.StatusServiceUnavailable)
	if method != http.MethodGet {
		refusals = append(refusals, http.StatusBadRequest, http.StatusRequestEntityTooLarge)
	}
	slices.Sort(refusals)
	for _, status := range refusals {
		op.Responses[fmt.Sprint(status)] = problemResponse(status, schemas)
	}
	return op
}
