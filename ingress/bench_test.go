package ingress_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"sync/atomic"
	"testing"

	"admit/ingress"
	"admit/onboarding"
)

// counter is an Acceptor and a Ringer that only counts.
type counter struct{ events atomic.Int64 }

func (c *counter) Accept(context.Context, onboarding.Event) (int64, error) {
	return c.events.Add(1), nil
}
func (c *counter) AcceptMalformed(context.Context, onboarding.Event) error { return nil }
func (c *counter) Ring(string, onboarding.Ring)                            {}

// newBenchmark returns a listener that stores nothing and writes its log, as
// JSON, to nowhere.
func newBenchmark() *ingress.Server {
	c := &counter{}
	return ingress.New(ingress.Options{
		Providers: []ingress.Provider{byHeader}, Acceptor: c, Ringer: c,
		Logger: slog.New(slog.NewJSONHandler(io.Discard, nil)),
	})
}

func BenchmarkHandler(b *testing.B) {
	h := newBenchmark().Handler()
	b.ReportAllocs()
	for b.Loop() {
		if w := post(h, kycPath, "token-1", good); w.Code != http.StatusOK {
			b.Fatal(w.Code)
		}
	}
}

// BenchmarkWire is the same over sockets, 32 connections for each processor.
func BenchmarkWire(b *testing.B) {
	addr := serve(b, &setup{Server: newBenchmark()})
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		w := dial(b, addr)
		for pb.Next() {
			w.send("POST %s HTTP/1.1\nHost: example.com\nAuthorization: token-1\nContent-Length: %d\n\n%s", kycPath, len(good), good)
			if resp, _ := w.answer("POST"); resp.StatusCode != http.StatusOK {
				b.Error(resp.Status)
				return
			}
		}
	})
}
