package logs

import (
	"math"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Latencies are counted in slots whose bounds grow by 2^(1/16), about 4 %, from
// a quarter of a millisecond to nine minutes. Each power of two is a bucket bound
// in Prometheus.
const (
	latencyUnit  = 250 * time.Microsecond
	slotsPerStep = 16
	latencySteps = 21
	latencySlots = latencySteps*slotsPerStep + 1
)

// Latency is a histogram of durations, safe for concurrent use.
type Latency struct {
	slots [latencySlots]atomic.Uint64
	nanos atomic.Uint64
}

// Observe counts n durations of d.
func (l *Latency) Observe(d time.Duration, n int) {
	d = max(d, 1) // a clock can step back
	slot := math.Ceil(math.Log2(float64(d)/float64(latencyUnit)) * slotsPerStep)
	l.slots[int(min(max(slot, 0), latencySlots-1))].Add(uint64(n))
	l.nanos.Add(uint64(d) * uint64(n))
}

// Quantile is the upper bound of the slot that holds the q-th part (0 to 1) of all durations; 0 if there are none.
func (l *Latency) Quantile(q float64) time.Duration {
	var counts [latencySlots]uint64
	var total uint64
	for i := range l.slots {
		counts[i] = l.slots[i].Load()
		total += counts[i]
	}
	if total == 0 {
		return 0
	}
	rank := max(1, uint64(math.Ceil(q*float64(total))))
	var seen uint64
	for i, n := range counts {
		if seen += n; seen >= rank {
			return time.Duration(math.Exp2(float64(i)/slotsPerStep) * float64(latencyUnit))
		}
	}
	return 0
}

// collect makes a Prometheus histogram in seconds of what was observed.
func (l *Latency) collect(desc *prometheus.Desc) prometheus.Metric {
	buckets := make(map[float64]uint64, latencySteps+1)
	var total uint64
	for i := range l.slots {
		total += l.slots[i].Load()
		// The last slot also holds what is longer, so it is no bound.
		if i%slotsPerStep == 0 && i < latencySlots-1 {
			buckets[math.Exp2(float64(i)/slotsPerStep)*latencyUnit.Seconds()] = total
		}
	}
	return prometheus.MustNewConstHistogram(desc, total, time.Duration(l.nanos.Load()).Seconds(), buckets)
}
