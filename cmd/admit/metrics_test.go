package main

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"admit/postgres"
)

// TestAHangingTemporalHidesNothing holds that what PostgreSQL knows is shown
// while Temporal takes connections and says nothing.
func TestAHangingTemporalHidesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := gauges{
			temporal: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
			stats: func(ctx context.Context) (postgres.Stats, error) {
				return postgres.Stats{RevokeOldest: 90 * time.Second, ParkedAccess: 2, AskOldest: time.Hour, ParkedAsks: 3, ReversedLastHour: 21, CollectedOldest: time.Minute}, ctx.Err()
			},
			reversals: 20,
			logger:    slog.New(slog.DiscardHandler),
		}
		registry := prometheus.NewRegistry()
		registry.MustRegister(g)
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]float64{}
		for _, f := range families {
			got[f.GetName()] = f.GetMetric()[0].GetGauge().GetValue()
		}
		for name, want := range map[string]float64{
			"admit_postgres_up": 1, "admit_revoke_oldest_seconds": 90, "admit_access_parked": 2, "admit_temporal_up": 0,
			"admit_asks_oldest_seconds": 3600, "admit_asks_parked": 3, "admit_reversed_users": 21, "admit_reversals_per_hour": 20,
			"admit_digest_oldest_seconds": 60,
		} {
			if v, ok := got[name]; !ok || v != want {
				t.Errorf("%s is %v (shown: %v), want %v", name, v, ok, want)
			}
		}
	})
}
