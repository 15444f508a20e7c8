package logs

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// Stats counts what a run does. It is safe for concurrent use, and a prometheus.Collector.
type Stats struct {
	Sent         atomic.Uint64 // events that were made and handed to the sender
	Acknowledged atomic.Uint64
	Failed       atomic.Uint64 // events that were given up
	Bytes        atomic.Uint64 // of the acknowledged events' JSON
	Errors       atomic.Uint64 // attempts that did not deliver everything
	Retries      atomic.Uint64 // events sent once more
	Latency      Latency       // from making an event to its acknowledgement
}

// counters lists the counters with their names and help texts.
func (s *Stats) counters() []counter {
	return []counter{
		{&s.Sent, "events_total", "Events made and handed to the sender."},
		{&s.Acknowledged, "events_acknowledged_total", "Events that the broker acknowledged."},
		{&s.Failed, "events_failed_total", "Events that were given up at the end of the run."},
		{&s.Bytes, "bytes_total", "Bytes of acknowledged events, uncompressed and without keys."},
		{&s.Errors, "errors_total", "Attempts to send that did not deliver everything."},
		{&s.Retries, "retries_total", "Events that were sent once more."},
	}
}

type counter struct {
	value      *atomic.Uint64
	name, help string
}

func (c counter) desc() *prometheus.Desc {
	return prometheus.NewDesc("log_generator_"+c.name, c.help, nil, nil)
}

func latencyDesc() *prometheus.Desc {
	return prometheus.NewDesc("log_generator_delivery_latency_seconds",
		"Time from making an event to its acknowledgement.", nil, nil)
}

// Describe implements prometheus.Collector.
func (s *Stats) Describe(descs chan<- *prometheus.Desc) {
	for _, c := range s.counters() {
		descs <- c.desc()
	}
	descs <- latencyDesc()
}

// Collect implements prometheus.Collector.
func (s *Stats) Collect(metrics chan<- prometheus.Metric) {
	for _, c := range s.counters() {
		metrics <- prometheus.MustNewConstMetric(c.desc(), prometheus.CounterValue, float64(c.value.Load()))
	}
	metrics <- s.Latency.collect(latencyDesc())
}
