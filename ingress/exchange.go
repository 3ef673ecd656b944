package ingress

import (
	"context"
	"net/http"
)

// exchange is what a request came to: the handlers fill it in, the log line and
// the metric are made of it.
type exchange struct {
	id              string // the request's
	provider, route string
	userID          string // usable, and of a proven sender
	eventID         int64
	outcome         string
	status          int   // as written, 0 for none yet
	err             error // why nothing was stored; for the log alone
	read            bool  // the body was read to its end
	health          bool
}

type exchangeKey struct{}

// exchangeOf returns the exchange of a request that identify has seen.
func exchangeOf(r *http.Request) *exchange {
	x, ok := r.Context().Value(exchangeKey{}).(*exchange)
	if !ok {
		return &exchange{}
	}
	return x
}

// identify gives each request an ID: the caller's own where that is harmless to
// log and to echo, else a new one.
func (s *Server) identify(next http.Handler) http.Handler {
	const header = "X-Request-Id"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(header)
		if !harmless(id) {
			id = s.newID()
		}
		w.Header().Set(header, id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), exchangeKey{}, &exchange{id: id})))
	})
}

// harmless says whether a request ID matches [A-Za-z0-9._-]{1,64}.
func harmless(id string) bool {
	if id == "" || len(id) > 64 {
		return false
	}
	for _, r := range id {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (r < '0' || r > '9') && r != '.' && r != '_' && r != '-' {
			return false
		}
	}
	return true
}
