package ingress

import (
	"log/slog"
	"net/http"
	"time"
)

// record writes one log line for each request and tells the metric. Neither ever
// holds a body, a header, a path or a name the sender made up; a user ID only of
// a proven sender, an address only at debug.
func (s *Server) record(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start, x := s.now(), exchangeOf(w)
		next.ServeHTTP(w, r)
		took := s.now().Sub(start)
		s.line(r, x, took)
		if !x.health {
			s.observe(x.provider, x.route, x.outcome, took)
		}
	})
}

func (s *Server) line(r *http.Request, x *exchange, took time.Duration) {
	ctx := r.Context()
	if x.health {
		s.logger.LogAttrs(ctx, slog.LevelDebug, "health asked", slog.String("requestId", x.id), slog.String("remote", r.RemoteAddr))
		return
	}
	if !s.logger.Enabled(ctx, level(x.status)) {
		return
	}
	attrs := append(make([]slog.Attr, 0, 10), // all that there may be
		slog.String("requestId", x.id),
		slog.Int("status", x.status),
		slog.String("outcome", x.outcome),
		slog.Float64("seconds", took.Seconds()),
	)
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
