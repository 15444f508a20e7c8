package logs

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
)

func TestQuantiles(t *testing.T) {
	var l Latency
	require.Zero(t, l.Quantile(0.99))

	random := rand.New(rand.NewPCG(1, 2))
	var all []time.Duration
	for range 10000 {
		d := time.Duration((1 + random.ExpFloat64()*50) * float64(time.Millisecond))
		all = append(all, d)
		l.Observe(d, 1)
	}
	slices.Sort(all)
	for _, q := range []float64{0.01, 0.5, 0.9, 0.99, 1} {
		want := all[int(q*float64(len(all)-1))]
		require.InEpsilon(t, want.Seconds(), l.Quantile(q).Seconds(), 0.05, "q=%v", q)
	}
}

func TestLatencyTakesAnyDuration(t *testing.T) {
	for _, d := range []time.Duration{-time.Second, 0, 1, time.Hour, 1 << 62} {
		var l Latency
		l.Observe(d, 3)
		require.Positive(t, l.Quantile(0.5), d)
	}
}

func TestStatsAsMetrics(t *testing.T) {
	var s Stats
	s.Sent.Add(7)
	s.Acknowledged.Add(6)
	s.Failed.Add(1)
	s.Latency.Observe(700*time.Microsecond, 4)
	s.Latency.Observe(time.Millisecond, 1)
	s.Latency.Observe(time.Hour, 1)

	reg := prometheus.NewPedanticRegistry()
	reg.MustRegister(&s)
	families, err := reg.Gather()
	require.NoError(t, err)
	values := map[string]float64{}
	for _, family := range families {
		m := family.GetMetric()[0]
		values[family.GetName()] = m.GetCounter().GetValue()
		if h := m.GetHistogram(); h != nil {
			require.Equal(t, uint64(6), h.GetSampleCount())
			require.InDelta(t, 3600.0038, h.GetSampleSum(), 1e-6)
			counts := map[float64]uint64{}
			for _, b := range h.GetBucket() {
				counts[b.GetUpperBound()] = b.GetCumulativeCount()
			}
			require.Equal(t, uint64(0), counts[0.0005])
			require.Equal(t, uint64(5), counts[0.001])
			require.Equal(t, uint64(5), counts[0.256])
		}
	}
	require.Equal(t, 7.0, values["log_generator_events_total"])
	require.Equal(t, 6.0, values["log_generator_events_acknowledged_total"])
	require.Equal(t, 1.0, values["log_generator_events_failed_total"])
	require.Contains(t, values, "log_generator_retries_total")
	require.Contains(t, values, "log_generator_errors_total")
	require.Contains(t, values, "log_generator_bytes_total")
	require.Contains(t, values, "log_generator_delivery_latency_seconds")
}
