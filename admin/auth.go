package admin

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
)

// roleKey is where an operation keeps the role it needs; one without it needs no
// token.
const roleKey = "role"

// authorize lets a request go on when its token has the operation's role. It
// comes before the body is read.
func (s *Server) authorize(ctx huma.Context, next func(huma.Context)) {
	needed, guarded := ctx.Operation().Metadata[roleKey].(Role)
	if !guarded {
		next(ctx)
		return
	}
	r, w := humachi.Unwrap(ctx)
	token, proven := s.bearer(r.Header)
	switch {
	case !proven:
		w.Header().Set("WWW-Authenticate", `Bearer realm="admit"`)
		refuse(w, r, unauthorized)
		return
	case !token.Role.may(needed):
		exchangeOf(r.Context()).actor = token.Name
		refuse(w, r, forbidden)
		return
	}
	exchangeOf(r.Context()).actor = token.Name
	next(ctx)
}

// bearer returns the token in a header. How long it takes does not tell how much
// of a token was right, nor whose it was.
func (s *Server) bearer(h http.Header) (Token, bool) {
	values := h.Values("Authorization")
	if len(values) != 1 {
		return Token{}, false
	}
	scheme, secret, _ := strings.Cut(values[0], " ")
	digest := sha256.Sum256([]byte(strings.TrimSpace(secret)))
	found := -1
	for i, t := range s.tokens {
		found = subtle.ConstantTimeSelect(subtle.ConstantTimeCompare(t.digest[:], digest[:]), i, found)
	}
	if found < 0 || !strings.EqualFold(scheme, "Bearer") {
		return Token{}, false
	}
	return s.tokens[found], true
}
