package ingress

import (
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"
)

const healthPath = "/webhook/health"

// route fills the router. chi matches a path as it is: a trailing or a double
// slash makes it another path, which is not found.
func (s *Server) route(providers []Provider) {
	s.router.Use(s.identify, s.record, s.rescue)
	s.router.NotFound(s.notFound)
	s.router.MethodNotAllowed(s.methodNotAllowed)
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
		s.router.Method(method, healthPath, http.HandlerFunc(s.health))
	}
	crowd := make(chan struct{}, s.limits.Strangers)
	for _, p := range providers {
		slots := make(chan struct{}, s.limits.InFlight)
		var strangers chan struct{}
		if p.Authorize(http.Header{}) {
			strangers = crowd
		}
		p.Routes(func(route, path, answer string) {
			w := webhook{Server: s, provider: p, name: p.Name(), route: route, answer: []byte(answer), slots: slots, strangers: strangers}
			s.router.Method(http.MethodPost, path, w)
		})
	}
}

func (s *Server) notFound(w http.ResponseWriter, r *http.Request) { refuse(w, r, notFound) }

// methodNotAllowed answers 405 with the methods that the path has. chi also
// comes here for a method that it does not know on a path that is nobody's.
func (s *Server) methodNotAllowed(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	if r.URL.RawPath != "" {
		path = r.URL.RawPath
	}
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
		if s.router.Match(chi.NewRouteContext(), method, path) {
			allowed = append(allowed, method)
		}
	}
	if allowed == nil {
		refuse(w, r, notFound)
		return
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	refuse(w, r, methodNotAllowed)
}
