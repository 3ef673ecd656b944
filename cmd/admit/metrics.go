package main

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"admit/activities"
	"admit/onboarding"
	"admit/postgres"
)

// metrics counts what the packages observe. What stands in the database is read
// when the metrics are asked for (see gauges).
type metrics struct {
	registry *prometheus.Registry

	webhooks      *prometheus.CounterVec
	webhookTime   *prometheus.HistogramVec
	batchSize     prometheus.Histogram
	batchTime     prometheus.Histogram
	inputs        *prometheus.CounterVec
	foldLag       prometheus.Histogram
	attempts      *prometheus.CounterVec
	attemptTime   *prometheus.HistogramVec
	deliveryAge   *prometheus.HistogramVec
	rings         *prometheus.CounterVec
	dispatchPause prometheus.Gauge
}

// short are the bounds, in seconds, for what should take milliseconds.
var short = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

// long are the bounds, in seconds, for what may wait for somebody else.
var long = []float64{.01, .05, .1, .5, 1, 5, 15, 60, 300, 1800, 7200, 43200, 259200}

func newMetrics(build string) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		webhooks: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "admit_webhooks_total",
			Help: "Webhooks answered, by provider, route and outcome."}, []string{"provider", "route", "outcome"}),
		webhookTime: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "admit_webhook_seconds",
			Help: "From a webhook's arrival to its answer.", Buckets: short}, []string{"provider", "route"}),
		batchSize: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "admit_accept_batch_events",
			Help: "Events that shared a commit.", Buckets: []float64{1, 2, 4, 8, 16, 32, 64, 128, 256, 512}}),
		batchTime: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "admit_accept_batch_seconds",
			Help: "How long a commit of accepted events took.", Buckets: short}),
		inputs: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "admit_inputs_total",
			Help: "Inputs folded, by kind and outcome."}, []string{"kind", "outcome"}),
		foldLag: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "admit_fold_lag_seconds",
			Help: "From an event's arrival to the commit that folded it.", Buckets: short}),
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "admit_delivery_attempts_total",
			Help: "Attempts to deliver an effect, by target, lane and result."}, []string{"target", "lane", "result"}),
		attemptTime: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "admit_delivery_attempt_seconds",
			Help: "How long an attempt took.", Buckets: short}, []string{"target"}),
		deliveryAge: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "admit_delivery_age_seconds",
			Help: "From the decision to the delivery of an effect.", Buckets: long}, []string{"target", "lane"}),
		rings: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "admit_rings_total",
			Help: "Signals sent to workflows, by result."}, []string{"result"}),
		dispatchPause: prometheus.NewGauge(prometheus.GaugeOpts{Name: "admit_dispatch_paused",
			Help: "1 while the dispatcher waits for Temporal to come back."}),
	}
	info := prometheus.NewGauge(prometheus.GaugeOpts{Name: "admit_build_info", Help: "Always 1; the build is in the label.",
		ConstLabels: prometheus.Labels{"build": build}})
	info.Set(1)
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), info,
		m.webhooks, m.webhookTime, m.batchSize, m.batchTime, m.inputs, m.foldLag, m.attempts, m.attemptTime, m.deliveryAge, m.rings, m.dispatchPause)
	// So that an alert sees 0 and not nothing before the first of its kind.
	m.inputs.WithLabelValues(string(onboarding.InputReport), string(onboarding.Unrecognised))
	m.inputs.WithLabelValues(string(onboarding.InputUndecodable), string(onboarding.Unrecognised))
	return m
}

func (m *metrics) webhook(provider, route, outcome string, took time.Duration) {
	m.webhooks.WithLabelValues(provider, route, outcome).Inc()
	m.webhookTime.WithLabelValues(provider, route).Observe(took.Seconds())
}

func (m *metrics) batch(events int, took time.Duration, _ error) {
	m.batchSize.Observe(float64(events))
	m.batchTime.Observe(took.Seconds())
}

func (m *metrics) fold(kind onboarding.InputKind, outcome onboarding.Outcome, lag time.Duration) {
	m.inputs.WithLabelValues(string(kind), string(outcome)).Inc()
	m.foldLag.Observe(lag.Seconds())
}

func (m *metrics) attempt(o activities.Observation) {
	m.attempts.WithLabelValues(o.Target, string(o.Lane), string(o.Result)).Inc()
	m.attemptTime.WithLabelValues(o.Target).Observe(o.Took.Seconds())
	if o.Result == onboarding.AttemptDelivered {
		m.deliveryAge.WithLabelValues(o.Target, string(o.Lane)).Observe(o.Age.Seconds())
	}
}

func (m *metrics) ring(result string) { m.rings.WithLabelValues(result).Inc() }

func (m *metrics) paused(paused bool) {
	m.dispatchPause.Set(0)
	if paused {
		m.dispatchPause.Set(1)
	}
}

// handler serves the metrics in Prometheus's text format.
func (m *metrics) handler(logger *slog.Logger) http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorLog: scrapeLog{logger}, Timeout: 10 * time.Second})
}

type scrapeLog struct{ logger *slog.Logger }

func (l scrapeLog) Println(v ...any) { l.logger.Warn("metrics could not be collected", "error", v) }

// gauges reads what stands in the database, and whether PostgreSQL and Temporal
// answer, at each scrape.
type gauges struct {
	stats    func(context.Context) (postgres.Stats, error)
	temporal func(context.Context) error
	logger   *slog.Logger
}

// scrapeTimeout bounds what one scrape asks of PostgreSQL and of Temporal each.
const scrapeTimeout = 2 * time.Second

var (
	descPostgres   = prometheus.NewDesc("admit_postgres_up", "1 while PostgreSQL answers.", nil, nil)
	descTemporal   = prometheus.NewDesc("admit_temporal_up", "1 while Temporal answers.", nil, nil)
	descInbox      = prometheus.NewDesc("admit_inbox_events", "Events stored and not folded yet.", nil, nil)
	descInboxAge   = prometheus.NewDesc("admit_inbox_oldest_seconds", "Age of the oldest event not folded yet, 0 for none.", nil, nil)
	descEffectAge  = prometheus.NewDesc("admit_effects_oldest_seconds", "Age of the oldest waiting effect, 0 for none.", []string{"lane"}, nil)
	descRevokeAge  = prometheus.NewDesc("admit_revoke_oldest_seconds", "Age of the oldest waiting access.revoked, 0 for none.", nil, nil)
	descRevokeLate = prometheus.NewDesc("admit_revoke_overdue_users", "Users with an access.revoked that waits for over 60 seconds.", nil, nil)
	descParked     = prometheus.NewDesc("admit_effects_parked", "Effects given up on, to be replayed by an operator.", []string{"target"}, nil)
	descNoAccess   = prometheus.NewDesc("admit_access_parked", "Effects of the access lanes given up on: their target is not configured any more.", nil, nil)
)

// Describe implements prometheus.Collector.
func (g gauges) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descPostgres, descTemporal, descInbox, descInboxAge, descEffectAge, descRevokeAge, descRevokeLate, descParked, descNoAccess} {
		ch <- d
	}
}

// Collect implements prometheus.Collector. While PostgreSQL is away the values
// that it holds are missing, and admit_postgres_up is 0.
func (g gauges) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	// Side by side: a Temporal that hangs must not hide what PostgreSQL knows.
	temporal := make(chan error, 1)
	go func() { temporal <- g.temporal(ctx) }()
	send := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	s, err := g.stats(ctx)
	send(descTemporal, up(<-temporal))
	send(descPostgres, up(err))
	if err != nil {
		g.logger.Warn("metrics: PostgreSQL does not answer", "error", err)
		return
	}
	send(descInbox, float64(s.InboxCount))
	send(descInboxAge, s.InboxOldest.Seconds())
	send(descEffectAge, s.AccessOldest.Seconds(), string(onboarding.LaneAccess))
	send(descEffectAge, s.RestOldest.Seconds(), string(onboarding.LaneRest))
	send(descRevokeAge, s.RevokeOldest.Seconds())
	send(descRevokeLate, float64(s.RevokesOverdue))
	send(descNoAccess, float64(s.ParkedAccess))
	for target, n := range s.Parked {
		send(descParked, float64(n), target)
	}
}

func up(err error) float64 {
	if err != nil {
		return 0
	}
	return 1
}
