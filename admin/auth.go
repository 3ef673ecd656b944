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

// bearer returns the token in a header.
func (s *Server) bearer(h http.Header) (Token, bool) {
	values := h.Values("Authorization")
	if len(values) != 1 {
		return Token{}, false
	}
	scheme, secret, _ := strings.Cut(values[0], " ")
	token, found := s.token(strings.TrimSpace(secret))
	if !found || !strings.EqualFold(scheme, "Bearer") {
		return Token{}, false
	}
	return token, true
}

// basic returns the token that is the password of Basic authentication, which only
// the codec takes: it is all that a browser keeps.
func (s *Server) basic(r *http.Request) (Token, bool) {
	_, secret, found := r.BasicAuth()
	if !found || len(r.Header.Values("Authorization")) != 1 {
		return Token{}, false
	}
	return s.token(secret)
}

// token returns the token with the given secret. How long it takes does not tell
// how much of a token was right, nor whose it was.
func (s *Server) token(secret string) (Token, bool) {
	digest := sha256.Sum256([]byte(secret))
	found := -1
	for i, t := range s.tokens {
		found = subtle.ConstantTimeSelect(subtle.ConstantTimeCompare(t.digest[:], digest[:]), i, found)
	}
	if found < 0 {
		return Token{}, false
	}
	return s.tokens[found], true
}
