package ingress

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
)

// rescue answers 500 where a handler panicked, so that one bad request takes
// nobody else's down. The provider sends again what got no 200.
func (s *Server) rescue(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			x := exchangeOf(w)
			s.logger.LogAttrs(r.Context(), slog.LevelError, "webhook handler panicked",
				slog.String("requestId", x.id), slog.String("provider", x.provider), slog.String("route", x.route),
				slog.String("cause", harmlessCause(cause)), slog.String("stack", string(debug.Stack())))
			if x.status == 0 {
				refuse(w, r, broken)
				return
			}
			x.outcome = OutcomePanic // after the answer, which stands
		}()
		next.ServeHTTP(w, r)
	})
}

// harmlessCause says what a panic was about without its value, which may quote a
// request; the runtime's own errors do not.
func harmlessCause(cause any) string {
	if err, ok := cause.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("%T", cause)
}
