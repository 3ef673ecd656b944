package admin

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
)

// take reads the body, and sees to it that what the API library finds is whole:
// every body counts as JSON, whatever its content type says, as on the public
// listener, an object in it holds each name once, and so does the query.
func (s *Server) take(ctx huma.Context, next func(huma.Context)) {
	r, w := humachi.Unwrap(ctx)
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		refuse(w, r, malformedQuery)
		return
	}
	for name, values := range query {
		if len(values) > 1 {
			refuse(w, r, invalid(fault{Location: "query." + name, Message: "stands there more than once"}))
			return
		}
	}
	r.URL.RawQuery = query.Encode()
	r.Header.Del("Accept")
	if ctx.Operation().RequestBody != nil {
		body, why := s.read(w, r, ctx.Operation().MaxBodyBytes-1)
		if why != nil {
			refuse(w, r, why)
			return
		}
		if name, found := repeatedName(body); found {
			refuse(w, r, s.repeated(name))
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
	}
	next(ctx)
}

// read returns the body of at most limit bytes, or why it is refused. It gives the
// sender limits.Body for it, however slowly the bytes come.
func (s *Server) read(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, *refusal) {
	if r.ContentLength > limit {
		return nil, tooLarge(limit)
	}
	// The socket's clock, not the injected one. A writer without deadlines (a
	// recorder in a test) has none to miss, so the errors say nothing.
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(s.limits.Body))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var large *http.MaxBytesError
	switch {
	case err == nil:
		exchangeOf(r.Context()).read = true
		// A deadline that passed while a command is waited for would end the request.
		_ = control.SetReadDeadline(time.Time{})
		return body, nil
	case errors.As(err, &large):
		return nil, tooLarge(limit)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, slow
	}
	return nil, incomplete
}

// linger is how long the rest of a body that nobody reads may still come. A
// connection that is closed on a sender who is writing can cost him the answer.
const linger = 500 * time.Millisecond

// leaveBody ends the connection after the answer when the body was not read to
// its end. Else net/http would wait for the rest of it before it answers.
func leaveBody(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength == 0 || exchangeOf(r.Context()).read {
		return
	}
	w.Header().Set("Connection", "close")
	// As in read, only a recorder in a test has no deadline to set.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(linger))
}
