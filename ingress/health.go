package ingress

import "net/http"

// health answers 200 whatever the state of anything behind the listener: a
// provider that finds it otherwise may stop sending, and what cannot be stored
// is refused one by one.
func (s *Server) health(w http.ResponseWriter, r *http.Request) {
	exchangeOf(w).health = true
	leaveBody(w, r)
	answer(w, []byte("{}"))
}
