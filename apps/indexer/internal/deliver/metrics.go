package deliver

import (
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are the indexer's own. docs/engines.md lists them.
type metrics struct {
	recordsRead  *prometheus.CounterVec
	indexed      prometheus.Counter
	duplicates   prometheus.Counter
	deadLetters  *prometheus.CounterVec
	bulkRequests *prometheus.CounterVec
	bulkBytes    prometheus.Counter
	retries      *prometheus.CounterVec
	rebalances   prometheus.Counter
	resets       *prometheus.CounterVec
	delivery     prometheus.Histogram
}

// deadReasons are all there are, so that each has a series from the start and an alert sees the first one.
var deadReasons = []string{"empty", "not_utf8", "not_json", "too_deep", "bad_name", "not_one_value", "not_an_object", Refused, TooLarge}

func newMetrics(reg prometheus.Registerer, inFlight func() int) *metrics {
	counter := func(name, help string) prometheus.Counter {
		c := prometheus.NewCounter(prometheus.CounterOpts{Name: "indexer_" + name, Help: help})
		reg.MustRegister(c)
		return c
	}
	vector := func(name, label, help string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "indexer_" + name, Help: help}, []string{label})
		reg.MustRegister(c)
		return c
	}
	m := &metrics{
		recordsRead:  vector("records_read_total", "topic", "Records that were read from Kafka."),
		indexed:      counter("documents_indexed_total", "Documents that Elasticsearch has created."),
		duplicates:   counter("documents_duplicate_total", "Documents and dead letters that Elasticsearch had already."),
		deadLetters:  vector("dead_letters_total", "reason", "Dead letters that Elasticsearch has created."),
		bulkRequests: vector("bulk_requests_total", "status", "Bulk requests by HTTP status; error = no answer."),
		bulkBytes:    counter("bulk_bytes_total", "Bytes of the bodies of bulk requests, before compression."),
		retries:      vector("documents_retried_total", "status", "Documents that are sent again, by the status that was the cause; error = no answer."),
		rebalances:   counter("rebalances_total", "Times that partitions were assigned, given back or lost."),
		resets:       vector("offset_resets_total", "topic", "Partitions that were read from another offset than the group's: records are missing or the topic was recreated."),
		delivery: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "indexer_delivery_seconds", Help: "Time from an event's @timestamp until Elasticsearch has acknowledged its document.",
			NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 160, NativeHistogramMinResetDuration: time.Hour,
		}),
	}
	reg.MustRegister(m.delivery, prometheus.NewGaugeFunc(
		prometheus.GaugeOpts{Name: "indexer_in_flight_bytes", Help: "Bytes of records and requests that are not acknowledged yet."},
		func() float64 { return float64(inFlight()) }))
	for _, reason := range deadReasons {
		m.deadLetters.WithLabelValues(reason)
	}
	for _, status := range []string{"429", "503", "error"} { // the usual ones are there before the first: a panel shows 0 and not nothing
		m.retries.WithLabelValues(status)
	}
	return m
}

// created counts documents and dead letters that Elasticsearch has created.
func (m *metrics) created(items []item, now time.Time) {
	documents, at := 0, now.UnixNano()
	for i := range items {
		if items[i].dead != "" {
			m.deadLetters.WithLabelValues(items[i].dead).Inc()
			continue
		}
		documents++
		if items[i].time != 0 {
			m.delivery.Observe(max(0, float64(at-items[i].time)/1e9))
		}
	}
	m.indexed.Add(float64(documents))
}

func (m *metrics) bulk(status int, err error, bytes int) {
	label := "error"
	if err == nil {
		label = strconv.Itoa(status)
	}
	m.bulkRequests.WithLabelValues(label).Inc()
	m.bulkBytes.Add(float64(bytes))
}

func (m *metrics) retried(status string, documents int) {
	m.retries.WithLabelValues(status).Add(float64(documents))
}

// quiet keeps what happens again and again from filling the log.
type quiet struct {
	mu   sync.Mutex
	last map[string]time.Time
}

const quietTime = 10 * time.Second

// allow tells whether the text was not logged within the last seconds.
func (q *quiet) allow(text string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if time.Since(q.last[text]) < quietTime {
		return false
	}
	if q.last == nil {
		q.last = map[string]time.Time{}
	}
	q.last[text] = time.Now()
	return true
}
