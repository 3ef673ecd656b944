package ingress

import (
	"context"
	"log/slog"
	"net/http"
	"time"
)

// record writes one log line for each request and tells the metric. Neither ever
// holds a body, a header, a path or a name the sender made up; a user ID only of
// a proven sender, an address only at debug.
func (s *Server) record(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start, x := s.now(), exchangeOf(r)
		next.ServeHTTP(watchedWriter{w, x}, r)
		took := s.now().Sub(start)
		s.line(r, x, took)
		if !x.health {
			s.observe(x.provider, x.route, x.outcome, took)
		}
	})
}

func (s *Server) line(r *http.Request, x *exchange, took time.Duration) {
	ctx := context.WithoutCancel(r.Context())
	if x.health {
		s.logger.LogAttrs(ctx, slog.LevelDebug, "health asked", slog.String("requestId", x.id), slog.String("remote", r.RemoteAddr))
		return
	}
	if !s.logger.Enabled(ctx, level(x.status)) {
		return
	}
	attrs := []slog.Attr{
		slog.String("requestId", x.id),
		slog.Int("status", x.status),
		slog.String("outcome", x.outcome),
		slog.Float64("seconds", took.Seconds()),
	}
	for _, a := range []slog.Attr{
		slog.String("provider", x.provider), slog.String("route", x.route), slog.String("userId", x.userID),
	} {
		if a.Value.String() != "" {
			attrs = append(attrs, a)
		}
	}
	if x.eventID != 0 {
		attrs = append(attrs, slog.Int64("eventId", x.eventID))
	}
	if x.err != nil {
		attrs = append(attrs, slog.Any("error", x.err))
	}
	if s.logger.Enabled(ctx, slog.LevelDebug) {
		attrs = append(attrs, slog.String("remote", r.RemoteAddr))
	}
	s.logger.LogAttrs(ctx, level(x.status), "webhook", attrs...)
}

func level(status int) slog.Level {
	switch {
	case status >= http.StatusInternalServerError:
		return slog.LevelError
	case status >= http.StatusBadRequest:
		return slog.LevelWarn
	}
	return slog.LevelInfo
}

// watchedWriter notes the status that was written.
type watchedWriter struct {
	http.ResponseWriter
	x *exchange
}

// WriteHeader implements http.ResponseWriter.
func (w watchedWriter) WriteHeader(status int) {
	w.x.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the connection.
func (w watchedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
