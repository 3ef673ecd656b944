package main

import (
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"admit/activities"
	"admit/cmd/admit/settings"
	"admit/ingress"
	"admit/onboarding"
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
	asks          *prometheus.CounterVec
	askTime       *prometheus.HistogramVec
	digests       *prometheus.CounterVec
}

// short are the bounds, in seconds, for what should take milliseconds.
var short = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

// long are the bounds, in seconds, for what may wait for somebody else.
var long = []float64{.01, .05, .1, .5, 1, 5, 15, 60, 300, 1800, 7200, 43200, 259200}

// answers are the outcomes of a webhook on a provider's path.
var answers = []string{
	ingress.OutcomeAccepted, ingress.OutcomeIgnored, ingress.OutcomeUnauthorized, ingress.OutcomeTooLarge, ingress.OutcomeIncomplete,
	ingress.OutcomeMalformed, ingress.OutcomeUnusableUserID, ingress.OutcomeUnavailable, ingress.OutcomeOverloaded, ingress.OutcomePanic,
}

func newMetrics(s settings.Settings, role settings.Role) *metrics {
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
			Help: "Attempts to deliver an effect, by target, lane and result; deferred and moot ones sent nothing."}, []string{"target", "lane", "result"}),
		attemptTime: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "admit_delivery_attempt_seconds",
			Help: "How long an attempt took.", Buckets: short}, []string{"target"}),
		deliveryAge: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "admit_delivery_age_seconds",
			Help: "From the decision, or from when it was last sent again, to the delivery of an effect.", Buckets: long}, []string{"target", "lane"}),
		rings: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "admit_rings_total",
			Help: "Signals sent to workflows, by result."}, []string{"result"}),
		dispatchPause: prometheus.NewGauge(prometheus.GaugeOpts{Name: "admit_dispatch_paused",
			Help: "1 while the dispatcher waits for Temporal to come back."}),
		asks: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "admit_asks_total",
			Help: "Questions to the providers' APIs, by provider and outcome."}, []string{"provider", "outcome"}),
		askTime: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "admit_ask_seconds",
			Help: "How long a question to a provider's API took, with the wait for its turn.", Buckets: short}, []string{"provider"}),
		digests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "admit_digests_total",
			Help: "Attempts to mail the reviewers' digest, by result."}, []string{"result"}),
	}
	info := prometheus.NewGauge(prometheus.GaugeOpts{Name: "admit_build_info", Help: "Always 1; the labels say which build, and whether it takes webhooks and runs workflows.",
		ConstLabels: prometheus.Labels{"build": s.Build, "ingress": strconv.FormatBool(role.Ingress), "worker": strconv.FormatBool(role.Worker)}})
	info.Set(1)
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), info,
		m.webhooks, m.webhookTime, m.batchSize, m.batchTime, m.inputs, m.foldLag, m.attempts, m.attemptTime, m.deliveryAge, m.rings, m.dispatchPause,
		m.asks, m.askTime, m.digests)
	m.begin(s)
	return m
}

// begin counts 0 of what alerts look for: they would not see the first of its kind
// come to a series that was not there.
func (m *metrics) begin(s settings.Settings) {
	m.inputs.WithLabelValues(string(onboarding.InputReport), string(onboarding.Unrecognised))
	m.inputs.WithLabelValues(string(onboarding.InputUndecodable), string(onboarding.Unrecognised))
	for _, outcome := range activities.AskOutcomes {
		m.asks.WithLabelValues("p100", string(outcome))
		m.asks.WithLabelValues("xgateway", string(outcome))
	}
	var speakers []string
	if s.Mail != nil {
		speakers = append(speakers, onboarding.MailTarget)
	}
	for _, h := range s.Hooks {
		if h.Speaks() {
			speakers = append(speakers, h.Name)
		}
	}
	for _, result := range []onboarding.AttemptResult{onboarding.AttemptDelivered, onboarding.AttemptRefused, onboarding.AttemptFailed} {
		m.digests.WithLabelValues(string(result))
		for _, target := range speakers {
			m.attempts.WithLabelValues(target, string(onboarding.LaneNotify), string(result))
		}
	}
}

// takes counts 0 of what may come of a webhook of a provider that is on.
func (m *metrics) takes(p ingress.Sender) {
	p.Routes(func(route, _, _ string) {
		for _, outcome := range answers {
			m.webhooks.WithLabelValues(p.Name(), route, outcome)
		}
	})
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
	if o.Result == onboarding.AttemptDeferred || o.Result == onboarding.AttemptMoot {
		return // nothing was sent that could have taken time
	}
	m.attemptTime.WithLabelValues(o.Target).Observe(o.Took.Seconds())
	if o.Result == onboarding.AttemptDelivered {
		m.deliveryAge.WithLabelValues(o.Target, string(o.Lane)).Observe(o.Age.Seconds())
	}
}

func (m *metrics) ask(o activities.AskObservation) {
	m.asks.WithLabelValues(o.Provider, string(o.Outcome)).Inc()
	m.askTime.WithLabelValues(o.Provider).Observe(o.Took.Seconds())
}

func (m *metrics) digest(result onboarding.AttemptResult) {
	m.digests.WithLabelValues(string(result)).Inc()
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
