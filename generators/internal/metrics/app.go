package metrics

import (
	"container/heap"
	"context"
	"errors"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	// step is how often the simulation moves on.
	step = 100 * time.Millisecond
	// maxStep bounds what is made up for after a pause, such as that of a stopped container.
	maxStep = time.Second
	// stuckTime is how long ago the last step may be.
	stuckTime = 30 * time.Second
)

// App is the simulated service. Step and Run are for one goroutine; Healthy and Ready for any.
type App struct {
	traffic *traffic
	now     func() time.Time
	open    finishing // requests that are not answered yet
	last    time.Time
	stepped atomic.Int64 // time of the last step (Unix ns); 0 = none

	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
	inFlight  prometheus.Gauge
}

// NewApp returns a service that gets cfg's traffic and is measured in reg; cfg must be valid.
func NewApp(cfg Config, reg prometheus.Registerer, now func() time.Time) *App {
	a := &App{
		traffic: newTraffic(cfg),
		now:     now,
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "http_requests_total",
			Help: "Requests that were answered.",
		}, []string{"method", "path", "status"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:                            "http_request_duration_seconds",
			Help:                            "Time from a request to its answer.",
			Buckets:                         prometheus.DefBuckets,
			NativeHistogramBucketFactor:     1.1,
			NativeHistogramMaxBucketNumber:  100,
			NativeHistogramMinResetDuration: time.Hour,
		}, []string{"method", "path"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "http_requests_in_flight",
			Help: "Requests that are not answered yet.",
		}),
	}
	reg.MustRegister(a.requests, a.durations, a.inFlight)
	// A series that first appears with its first error has no rate for it: begin at 0.
	for _, e := range a.traffic.endpoints {
		a.requests.WithLabelValues(e.method, e.path, strconv.Itoa(e.success))
		a.requests.WithLabelValues(e.method, e.path, "500")
		a.durations.WithLabelValues(e.method, e.path)
	}
	return a
}

// Run steps until ctx ends.
func (a *App) Run(ctx context.Context) {
	ticker := time.NewTicker(step)
	defer ticker.Stop()
	for ctx.Err() == nil {
		a.Step()
		select {
		case <-ticker.C:
		case <-ctx.Done():
		}
	}
}

// Step simulates the time since the last step: what came in it, and what was answered.
func (a *App) Step() {
	now := a.now()
	if a.last.IsZero() {
		a.last = now
	}
	dt := min(max(now.Sub(a.last), 0), maxStep)
	begin := now.Add(-dt)
	for range a.traffic.arrivals(begin, dt) {
		// Arrivals of a Poisson process are uniform within a step.
		came := begin.Add(time.Duration(a.traffic.random.Float64() * float64(dt)))
		r := a.traffic.next(came)
		heap.Push(&a.open, finish{came.Add(r.latency), r})
	}
	for len(a.open) > 0 && !a.open[0].at.After(now) {
		a.answer(heap.Pop(&a.open).(finish).request)
	}
	a.inFlight.Set(float64(len(a.open)))
	a.last = now
	a.stepped.Store(now.UnixNano())
}

func (a *App) answer(r request) {
	a.requests.WithLabelValues(r.endpoint.method, r.endpoint.path, strconv.Itoa(r.status)).Inc()
	a.durations.WithLabelValues(r.endpoint.method, r.endpoint.path).Observe(r.latency.Seconds())
}

// Ready tells why the service has nothing to show yet.
func (a *App) Ready() error {
	if a.stepped.Load() == 0 {
		return errors.New("the simulation has not begun")
	}
	return nil
}

// Healthy tells whether the simulation is stuck.
func (a *App) Healthy() error {
	if last := a.stepped.Load(); last != 0 && a.now().Sub(time.Unix(0, last)) > stuckTime {
		return errors.New("the simulation is stuck")
	}
	return nil
}

// finish is when a request is answered; finishing is a heap of them, the next first.
type finish struct {
	at      time.Time
	request request
}

type finishing []finish

func (f finishing) Len() int           { return len(f) }
func (f finishing) Less(i, j int) bool { return f[i].at.Before(f[j].at) }
func (f finishing) Swap(i, j int)      { f[i], f[j] = f[j], f[i] }
func (f *finishing) Push(x any)        { *f = append(*f, x.(finish)) }
func (f *finishing) Pop() any {
	last := len(*f) - 1
	x := (*f)[last]
	*f = (*f)[:last]
	return x
}
