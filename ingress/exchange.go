package ingress

import (
	"net/http"
	"strings"
)

// exchange is what a request came to: the handlers fill it in, the log line and
// the metric are made of it. It is also the writer that they are given.
type exchange struct {
	http.ResponseWriter
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

// exchangeOf returns the exchange that a handler behind identify writes to.
func exchangeOf(w http.ResponseWriter) *exchange { return w.(*exchange) }

// WriteHeader implements http.ResponseWriter, and notes the status.
func (x *exchange) WriteHeader(status int) {
	x.status = status
	x.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the connection.
func (x *exchange) Unwrap() http.ResponseWriter { return x.ResponseWriter }

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
		next.ServeHTTP(&exchange{ResponseWriter: w, id: id}, r)
	})
}

// harmless says whether a request ID matches [A-Za-z0-9._-]{1,64}.
func harmless(id string) bool {
	return id != "" && len(id) <= 64 && !strings.ContainsFunc(id, func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		return !letter && (r < '0' || r > '9') && r != '.' && r != '_' && r != '-'
	})
}
