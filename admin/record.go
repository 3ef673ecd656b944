package admin

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/go-chi/chi/v5"
)

// record writes one log line for each request. It never holds a body, a header,
// a path, or a name that an unproven sender made up.
func (s *Server) record(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start, x := s.now(), exchangeOf(r.Context())
		next.ServeHTTP(&watchedWriter{ResponseWriter: w, x: x}, r)
		s.line(r, x, s.now().Sub(start))
	})
}

// methods are those that a log line names.
var methods = []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions}

func (s *Server) line(r *http.Request, x *exchange, took time.Duration) {
	attrs := []slog.Attr{slog.String("requestId", x.id), slog.Int("status", x.status), slog.Float64("seconds", took.Seconds())}
	method := ""
	if slices.Contains(methods, r.Method) {
		method = r.Method
	}
	for _, a := range []slog.Attr{
		slog.String("method", method), slog.String("route", chi.RouteContext(r.Context()).RoutePattern()),
		slog.String("actor", x.actor), slog.String("userId", x.userID), slog.String("hook", x.hook), slog.String("command", x.command),
		slog.String("outcome", x.outcome), slog.String("code", x.code),
	} {
		if a.Value.String() != "" {
			attrs = append(attrs, a)
		}
	}
	if x.users > 0 {
		attrs = append(attrs, slog.Int("users", x.users))
	}
	if x.err != nil {
		attrs = append(attrs, slog.Any("error", x.err))
	}
	s.logger.LogAttrs(context.WithoutCancel(r.Context()), x.level(), "admin request", attrs...)
}

func (x *exchange) level() slog.Level {
	switch {
	case x.quiet:
		return slog.LevelDebug
	case x.status >= http.StatusInternalServerError:
		return slog.LevelError
	case x.status >= http.StatusBadRequest:
		return slog.LevelWarn
	}
	return slog.LevelInfo
}

// watchedWriter notes the status that was written, and writes only one.
type watchedWriter struct {
	http.ResponseWriter
	x *exchange
}

// WriteHeader implements http.ResponseWriter.
func (w *watchedWriter) WriteHeader(status int) {
	if w.x.status != 0 {
		return
	}
	w.x.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *watchedWriter) Write(p []byte) (int, error) {
	if w.x.status == 0 {
		w.x.status = http.StatusOK
	}
	return w.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *watchedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
