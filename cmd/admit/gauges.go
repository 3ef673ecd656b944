package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"admit/onboarding"
	"admit/postgres"
)

// gauges reads what stands in the database, and whether PostgreSQL and Temporal
// answer, at each scrape.
type gauges struct {
	ping     func(context.Context) error // fails where webhooks are refused
	stats    func(context.Context) (postgres.Stats, error)
	waiting  func(context.Context) (map[string]int64, error) // effects, by target
	parked   func(context.Context) (map[string]int64, error)
	temporal func(context.Context) error
	// pollers says who polls another team's task queue, as pollers.Pollers does.
	pollers func(ctx context.Context, taskQueue string) (n int, last time.Time, err error)
	targets []onboarding.Target
	// reversals is the policy's limit.
	reversals int
	logger    *slog.Logger
}

// scrapeTimeout bounds what one scrape asks of PostgreSQL and of Temporal each.
const scrapeTimeout = 2 * time.Second

var (
	descPostgres   = prometheus.NewDesc("admit_postgres_up", "1 while PostgreSQL answers.", nil, nil)
	descTemporal   = prometheus.NewDesc("admit_temporal_up", "1 while Temporal answers.", nil, nil)
	descInbox      = prometheus.NewDesc("admit_inbox_events", "Events stored and not folded yet, counted up to 100001.", nil, nil)
	descInboxAge   = prometheus.NewDesc("admit_inbox_oldest_seconds", "Age of the oldest event not folded yet, 0 for none.", nil, nil)
	descEffectAge  = prometheus.NewDesc("admit_effects_oldest_seconds", "Age of the oldest waiting effect, since it was decided or last sent again, 0 for none.", []string{"lane"}, nil)
	descRevokeAge  = prometheus.NewDesc("admit_revoke_oldest_seconds", "Age of the oldest waiting access.revoked, 0 for none.", nil, nil)
	descRevokeLate = prometheus.NewDesc("admit_revoke_overdue_users", "Users with an access.revoked that waits for over 60 seconds, among the 10001 oldest of these.", nil, nil)
	descParked     = prometheus.NewDesc("admit_effects_parked", "Effects given up on, to be replayed by an operator, counted up to 100001.", []string{"target"}, nil)
	descAskAge     = prometheus.NewDesc("admit_asks_oldest_seconds", "Age of the oldest waiting question to a provider's API, 0 for none.", nil, nil)
	descAskParked  = prometheus.NewDesc("admit_asks_parked", "Questions to the providers' APIs given up on, counted up to 100001 of each.", nil, nil)
	descReversed   = prometheus.NewDesc("admit_reversed_users", "Users who were newly reversed in the last hour.", nil, nil)
	descReversals  = prometheus.NewDesc("admit_reversals_per_hour", "How many the policy allows before reviewers are told, 0 for any number.", nil, nil)
	descDigestAge  = prometheus.NewDesc("admit_digest_oldest_seconds", "Age of the oldest escalation that no digest has told the reviewers of, 0 for none.", nil, nil)
	descNoAccess   = prometheus.NewDesc("admit_access_parked", "Effects of the access lanes given up on: their target is not configured any more. Counted up to 10001.", nil, nil)
)

// Describe implements prometheus.Collector.
func (g gauges) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descPostgres, descTemporal, descInbox, descInboxAge, descEffectAge, descRevokeAge, descRevokeLate, descParked, descNoAccess,
		descAskAge, descAskParked, descReversed, descReversals, descDigestAge, descHookFailing, descHookWaiting, descHookAge, descHookPollers} {
		ch <- d
	}
}

// Collect implements prometheus.Collector. Everything is asked side by side: what
// hangs, or has too much to count, must not hide what else is known. What is not
// known in time is missing.
func (g gauges) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	send := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	var asked sync.WaitGroup
	defer asked.Wait()
	asked.Go(func() { send(descTemporal, up(g.temporal(ctx))) })
	asked.Go(func() { send(descPostgres, up(g.ping(ctx))) })
	asked.Go(func() { g.queues(ctx, send) })
	asked.Go(func() { show(ctx, g, "what waits longest", g.stats, func(s postgres.Stats) { g.standing(s, send) }) })
	asked.Go(func() {
		show(ctx, g, "how much waits", g.waiting, func(waiting map[string]int64) {
			for _, t := range g.targets {
				send(descHookWaiting, float64(waiting[t.Name]), t.Name)
			}
		})
	})
	asked.Go(func() {
		show(ctx, g, "what was given up on", g.parked, func(parked map[string]int64) {
			asks := int64(0)
			for target, n := range parked {
				send(descParked, float64(n), target)
				if (onboarding.Target{Name: target}).Asks() {
					asks += n
				}
			}
			send(descAskParked, float64(asks))
		})
	})
}

// show asks the database for something and shows what it says.
func show[T any](ctx context.Context, g gauges, what string, ask func(context.Context) (T, error), tell func(T)) {
	said, err := ask(ctx)
	if err != nil {
		g.logger.Warn("metrics: PostgreSQL does not say in time", "what", what, "error", err)
		return
	}
	tell(said)
}

// standing shows what somebody is woken for.
func (g gauges) standing(s postgres.Stats, send func(*prometheus.Desc, float64, ...string)) {
	send(descInbox, float64(s.InboxCount))
	send(descInboxAge, s.InboxOldest.Seconds())
	send(descEffectAge, s.AccessOldest.Seconds(), string(onboarding.LaneAccess))
	send(descEffectAge, s.RestOldest.Seconds(), string(onboarding.LaneRest))
	send(descEffectAge, s.NotifyOldest.Seconds(), string(onboarding.LaneNotify))
	send(descRevokeAge, s.RevokeOldest.Seconds())
	send(descRevokeLate, float64(s.RevokesOverdue))
	send(descNoAccess, float64(s.ParkedAccess))
	send(descAskAge, s.AskOldest.Seconds())
	send(descReversed, float64(s.ReversedLastHour))
	send(descDigestAge, s.CollectedOldest.Seconds())
	send(descReversals, float64(g.reversals))
	g.hooks(s, send)
}

func up(err error) float64 {
	if err != nil {
		return 0
	}
	return 1
}
