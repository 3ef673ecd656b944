package admin

import (
	"context"
	"net/http"
)

// exchange is what a request came to; the log line is made of it.
type exchange struct {
	id      string // the request's
	actor   string // the token's name, "" where none was proven
	userID  string // usable, and of a proven actor
	hook    string // one that there is
	command string // a known one
	outcome string // of the command, or of a hook's test
	users   int    // woken, imported, or of whom a hook is told again
	code    string // of the refusal
	status  int    // as written, 0 for none yet
	err     error  // why it failed; for the log alone
	read    bool   // the body was read to its end
	quiet   bool   // asked by machines every few seconds: logged at debug
}

type exchangeKey struct{}

// exchangeOf returns the exchange of a request that identify has seen.
func exchangeOf(ctx context.Context) *exchange {
	x, ok := ctx.Value(exchangeKey{}).(*exchange)
	if !ok {
		return &exchange{}
	}
	return x
}

// identify gives each request an ID: the caller's own where that is harmless to
// log and to echo, else a new one. The headers it sets are those of every answer:
// what is shown of users is nobody else's to keep.
func (s *Server) identify(next http.Handler) http.Handler {
	const header = "X-Request-Id"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(header)
		if !harmless(id) {
			id = s.newID()
		}
		h := w.Header()
		h.Set(header, id)
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
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
