package ingress_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"admit/ingress"
	"admit/onboarding"
)

// patient is a store that stores nothing before its release, nor, as a real one,
// anything for whom its context has ended.
type patient struct {
	*store
	asked, release chan struct{}
}

func (p patient) Accept(ctx context.Context, e onboarding.Event) (int64, error) {
	if err := p.wait(ctx); err != nil {
		return 0, err
	}
	return p.store.Accept(ctx, e)
}

func (p patient) AcceptMalformed(ctx context.Context, e onboarding.Event) error {
	if err := p.wait(ctx); err != nil {
		return err
	}
	return p.store.AcceptMalformed(ctx, e)
}

func (p patient) wait(ctx context.Context) error {
	close(p.asked)
	<-p.release
	return ctx.Err()
}

// A sender that hangs up behind its body does not take the event with it, not even
// when the listener has noticed before the event is stored.
func TestHangUp(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, body        string
		events, malformed int
	}{
		{"an event", good, 1, 0},
		{"a malformed event", noStatus, 0, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := patient{&store{}, make(chan struct{}), make(chan struct{})}
			h := ingress.New(ingress.Options{Providers: []ingress.Provider{byHeader}, Acceptor: p, Ringer: p, Logger: slog.New(slog.DiscardHandler)}).Handler()
			requests := make(chan context.Context, 1)
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				requests <- r.Context()
				h.ServeHTTP(w, r)
			}))
			defer srv.Close()
			release := sync.OnceFunc(func() { close(p.release) })
			defer release()

			w := dial(t, srv.Listener.Addr().String())
			w.send("POST %s HTTP/1.1\nHost: example.com\nAuthorization: token-1\nContent-Length: %d\n\n%s", kycPath, len(c.body), c.body)
			<-p.asked
			w.Close()
			select {
			case <-(<-requests).Done():
			case <-time.After(patience):
				t.Fatal("the listener has not noticed")
			}
			release()
			srv.Close() // when all is done
			events, malformed := p.kept()
			if len(events) != c.events || len(malformed) != c.malformed || len(p.rings) != c.events {
				t.Errorf("stored %+v, malformed %+v, rang %+v", events, malformed, p.rings)
			}
		})
	}
}
