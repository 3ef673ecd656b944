package composecheck_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
)

// Each history is as long as this, and is scraped once a minute.
const lasts = 4 * 60

// values says what a series shows at a minute, NaN where it is not there.
type values func(minute int) float64

// at counts some at once, at a minute.
func at(minute int, some float64) values {
	return func(m int) float64 {
		if m < minute {
			return 0
		}
		return some
	}
}

// every counts one each time so many minutes have passed, between two minutes.
func every(minutes, from, to int) values {
	return func(m int) float64 { return math.Floor(float64(min(max(m, from), to)-from) / float64(minutes)) }
}

// until is a process that ends at a minute.
func until(minute int) values {
	return func(m int) float64 {
		if m < minute {
			return 1
		}
		return math.NaN()
	}
}

// history is what Prometheus has scraped, by series.
type history map[string]values

// series are a history's as Prometheus's engine reads them.
func (h history) series(t *testing.T) []storage.Series {
	t.Helper()
	var all []storage.Series
	for name, value := range h {
		lset, err := parser.ParseMetric(name)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		chunk := chunkenc.NewXORChunk()
		samples, err := chunk.Appender()
		if err != nil {
			t.Fatal(err)
		}
		for m := range lasts {
			if v := value(m); !math.IsNaN(v) {
				samples.Append((time.Duration(m) * time.Minute).Milliseconds(), v)
			}
		}
		all = append(all, &storage.SeriesEntry{Lset: lset, SampleIteratorFn: chunk.Iterator})
	}
	return all
}

// each evaluates an expression at each minute, and tells the labels of what it finds.
func (h history) each(t *testing.T, expr string, tell func(minute int, found []string)) {
	t.Helper()
	all := h.series(t)
	scraped := &storage.MockQueryable{MockQuerier: &storage.MockQuerier{
		SelectMockFunction: func(_ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
			return &chosen{SeriesSet: storage.EmptySeriesSet(), left: all, matchers: matchers}
		},
	}}
	engine := promql.NewEngine(promql.EngineOpts{MaxSamples: 1e6, Timeout: time.Minute})
	for minute := range lasts {
		q, err := engine.NewInstantQuery(t.Context(), scraped, nil, expr, time.UnixMilli((time.Duration(minute) * time.Minute).Milliseconds()))
		if err != nil {
			t.Fatalf("%s: %v", expr, err)
		}
		vector, err := q.Exec(t.Context()).Vector()
		if err != nil {
			t.Fatalf("%s: %v", expr, err)
		}
		var found []string
		for _, sample := range vector {
			found = append(found, sample.Metric.String())
		}
		q.Close()
		tell(minute, found)
	}
}

// chosen goes through the series that match; there is no error and no warning.
type chosen struct {
	storage.SeriesSet
	left     []storage.Series
	matchers []*labels.Matcher
	at       storage.Series
}

// Next implements storage.SeriesSet.
func (c *chosen) Next() bool {
	for len(c.left) > 0 {
		c.at, c.left = c.left[0], c.left[1:]
		if !slices.ContainsFunc(c.matchers, func(m *labels.Matcher) bool { return !m.Matches(c.at.Labels().Get(m.Name)) }) {
			return true
		}
	}
	return false
}

// At implements storage.SeriesSet.
func (c *chosen) At() storage.Series { return c.at }

// TestAlertsFire shows rules what Prometheus would have scraped, and holds until
// when they must have begun to fire.
func TestAlertsFire(t *testing.T) {
	t.Parallel()
	const (
		accepted     = `admit_webhooks_total{provider="p100",route="kyc",outcome="accepted"}`
		unauthorized = `admit_webhooks_total{provider="p100",route="kyc",outcome="unauthorized"}`
		serve        = `admit_build_info{build="1",ingress="true",worker="true"}`
		ingress      = `admit_build_info{build="1",ingress="true",worker="false"}`
		worker       = `admit_build_info{build="1",ingress="false",worker="true"}`
		delivered    = `admit_delivery_attempts_total{target="mail",lane="notify",result="delivered"}`
		refused      = `admit_delivery_attempts_total{target="mail",lane="notify",result="refused"}`
	)
	outcome := func(name string) string {
		return `admit_webhooks_total{provider="p100",route="poa",outcome="` + name + `"}`
	}
	const never, all = 0, lasts
	for _, c := range []struct {
		name  string
		shown history
		alert string
		from  int
		until int
	}{
		{"one malformed webhook", history{outcome("malformed"): at(100, 1), outcome("accepted"): every(1, 0, all)}, "AdmitMalformed/ticket", 100, 101},
		{"one user ID that nobody can use", history{outcome("unusable_user_id"): at(100, 1)}, "AdmitMalformed/ticket", 100, 101},
		{"one body that is too large", history{outcome("too_large"): at(100, 1)}, "AdmitMalformed/ticket", 100, 101},
		{"nothing but good webhooks", history{outcome("malformed"): at(0, 0), outcome("accepted"): every(1, 0, all)}, "AdmitMalformed/ticket", never, never},
		{"all refused between two scrapes", history{outcome("unavailable"): at(100, 50)}, "AdmitWebhooksFailing/page", 101, 102},
		{"a panic", history{outcome("panic"): at(100, 1)}, "AdmitWebhooksFailing/page", 101, 102},

		// 288 webhooks a day, until the secret is another.
		{"all have the old secret", history{accepted: every(5, 0, 100), unauthorized: every(5, 100, all)}, "AdmitWebhooksUnauthorized/page", 125, 135},
		{"all have the old secret, and come again", history{accepted: every(5, 0, 100), unauthorized: every(1, 100, all)}, "AdmitWebhooksUnauthorized/page", 125, 135},
		{"some have the old secret", history{accepted: every(10, 0, all), unauthorized: every(6, 100, all)}, "AdmitWebhooksUnauthorized/ticket", 125, 180},
		{"some have the old secret: nobody is woken", history{accepted: every(10, 0, all), unauthorized: every(6, 100, all)}, "AdmitWebhooksUnauthorized/page", never, never},
		{"strangers try by day", history{accepted: every(5, 0, all), unauthorized: at(100, 1000)}, "AdmitWebhooksUnauthorized/page", never, never},
		{"a stranger looks in by day", history{accepted: every(5, 0, all), unauthorized: at(100, 6)}, "AdmitWebhooksUnauthorized/ticket", never, never},
		{"a stranger looks in by night", history{accepted: at(0, 7), unauthorized: at(100, 4)}, "AdmitWebhooksUnauthorized/page", never, never},

		{"everything dies", history{serve: until(100)}, "AdmitNobodyListens/page", 102, 108},
		{"everything dies at once", history{serve: until(100)}, "AdmitNobodyWorks/page", 102, 108},
		{"the listener dies", history{ingress: until(100), worker: until(all)}, "AdmitNobodyListens/page", 102, 108},
		{"the worker is left", history{ingress: until(100), worker: until(all)}, "AdmitNobodyWorks/page", never, never},
		{"the worker dies", history{ingress: until(all), worker: until(100)}, "AdmitNobodyWorks/page", 102, 108},
		{"two of a kind, one dies", history{serve: until(100), ingress: until(all), worker: until(all)}, "AdmitNobodyListens/page", never, never},

		{"a mail is refused for good", history{delivered: at(0, 9), refused: at(100, 5)}, "AdmitMessagesNotSent/ticket", 105, 107},
		{"other mails go through", history{delivered: every(1, 0, all), refused: at(100, 5)}, "AdmitMessagesNotSent/ticket", never, never},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := alert(t, c.alert).fires(t, c.shown); got < c.from || got > c.until {
				t.Errorf("%s fires from minute %d on, want %d to %d (0 for never)", c.alert, got, c.from, c.until)
			}
		})
	}
}
