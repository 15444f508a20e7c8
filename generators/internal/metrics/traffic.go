package metrics

import (
	"math"
	"math/rand/v2"
	"time"
)

// Seeds of the two kinds of episodes, so that they do not coincide.
const (
	spikeSeed = 0x5b1ce
	faultSeed = 0xfa017
)

// endpoint is something that the simulated service answers.
type endpoint struct {
	method, path string
	weight       int           // how often it is asked, against the others
	latency      time.Duration // median
	success      int           // status code
}

func newEndpoints() []endpoint {
	return []endpoint{
		{"GET", "/", 30, 5 * time.Millisecond, 200},
		{"GET", "/api/catalog", 30, 20 * time.Millisecond, 200},
		{"GET", "/api/cart", 15, 15 * time.Millisecond, 200},
		{"POST", "/api/cart", 12, 25 * time.Millisecond, 201},
		{"POST", "/api/checkout", 8, 120 * time.Millisecond, 201},
		{"DELETE", "/api/cart", 5, 18 * time.Millisecond, 204},
	}
}

// request is one simulated request.
type request struct {
	endpoint endpoint
	status   int
	latency  time.Duration
}

// traffic decides how many requests come, and what becomes of them.
type traffic struct {
	cfg       Config
	random    *rand.Rand
	endpoints []endpoint
	weights   int // of all endpoints
}

func newTraffic(cfg Config) *traffic {
	t := &traffic{cfg: cfg, random: rand.New(rand.NewPCG(cfg.Seed, 0)), endpoints: newEndpoints()}
	for _, e := range t.endpoints {
		t.weights += e.weight
	}
	return t
}

// rateAt is the expected requests per second at the given time. The day is a cosine between
// 0.4 and 1.6 of the mean, with its peak at 15:00 UTC of a day of 24 hours.
func (t *traffic) rateAt(now time.Time) float64 {
	day := float64(now.UnixNano()%int64(t.cfg.Day)) / float64(t.cfg.Day)
	rate := t.cfg.Rate * (1 + 0.6*math.Cos(2*math.Pi*(day-15.0/24)))
	if _, on := t.cfg.Spikes.at(now, t.cfg.Seed^spikeSeed); on {
		rate *= t.cfg.SpikeRatio
	}
	return rate
}

// arrivals draws how many requests come within dt.
func (t *traffic) arrivals(now time.Time, dt time.Duration) int {
	return poisson(t.random, t.rateAt(now)*dt.Seconds())
}

// next draws a request that comes at the given time.
func (t *traffic) next(now time.Time) request {
	e := t.pick()
	errors, slowness := t.cfg.ErrorRatio, 1.0
	if path, on := t.faultAt(now); on && path == e.path {
		errors, slowness = t.cfg.FaultRatio, 8
	}
	r := request{endpoint: e, status: e.success}
	switch dice := t.random.Float64(); {
	case dice < errors:
		r.status = []int{500, 502, 503}[t.random.IntN(3)]
	case dice > 0.99:
		r.status = 404
	}
	// Latencies of services are log-normal: most near the median, some many times longer.
	r.latency = time.Duration(float64(e.latency) * slowness * math.Exp(0.5*t.random.NormFloat64()))
	return r
}

// faultAt names the path that fails at the given time.
func (t *traffic) faultAt(now time.Time) (path string, on bool) {
	number, on := t.cfg.Faults.at(now, t.cfg.Seed^faultSeed)
	return t.endpoints[number%uint64(len(t.endpoints))].path, on
}

func (t *traffic) pick() endpoint {
	n := t.random.IntN(t.weights)
	for _, e := range t.endpoints {
		if n < e.weight {
			return e
		}
		n -= e.weight
	}
	return t.endpoints[0]
}

// poisson draws from a Poisson distribution; a large mean is drawn in parts, since e^-mean
// would be zero.
func poisson(r *rand.Rand, mean float64) int {
	const part = 500
	n := 0
	for ; mean > part; mean -= part {
		n += poisson(r, part)
	}
	limit := math.Exp(-mean)
	for p := r.Float64(); p > limit; p *= r.Float64() {
		n++
	}
	return n
}
