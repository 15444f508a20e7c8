package metrics

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/require"

	"sluice/internal/cli"
)

func testConfig() Config {
	return Config{Rate: 50, Day: 24 * time.Hour, Seed: 1, SpikeRatio: 4, FaultRatio: 0.5, ErrorRatio: 0.01}
}

func midnight() time.Time { return time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC) }

func TestConfigValidate(t *testing.T) {
	require.NoError(t, testConfig().Validate())
	for want, change := range map[string]func(*Config){
		"--rate is -1":            func(c *Config) { c.Rate = -1 },
		"--rate is NaN":           func(c *Config) { c.Rate = math.NaN() },
		"--rate is 5001":          func(c *Config) { c.Rate = 5001 },
		"--day is 0s":             func(c *Config) { c.Day = 0 },
		"--spike-ratio is 0":      func(c *Config) { c.SpikeRatio = 0 },
		"--fault-ratio is 1.1":    func(c *Config) { c.FaultRatio = 1.1 },
		"--error-ratio is NaN":    func(c *Config) { c.ErrorRatio = math.NaN() },
		"--spike-interval is -1s": func(c *Config) { c.Spikes.Interval = -time.Second },
		"--spike-length is 0s":    func(c *Config) { c.Spikes.Interval = time.Second },
		"--fault-length is 2s":    func(c *Config) { c.Faults = Episodes{time.Second, 2 * time.Second} },
	} {
		cfg := testConfig()
		change(&cfg)
		err := cfg.Validate()
		require.ErrorContains(t, err, want)
		require.Equal(t, cli.ExitMisuse, cli.ExitCode(err))
	}
}

func TestDailyCurve(t *testing.T) {
	traffic := newTraffic(testConfig())
	var sum float64
	for hour := range 24 {
		sum += traffic.rateAt(midnight().Add(time.Duration(hour) * time.Hour))
	}
	require.InDelta(t, 50, sum/24, 0.01, "the mean is the rate that was asked for")
	require.InDelta(t, 80, traffic.rateAt(midnight().Add(15*time.Hour)), 0.01)
	require.InDelta(t, 20, traffic.rateAt(midnight().Add(3*time.Hour)), 0.01)
}

func TestEpisodesComeOncePerInterval(t *testing.T) {
	e := Episodes{Interval: time.Hour, Length: 5 * time.Minute}
	begins := map[time.Duration]bool{}
	for hour := range 24 {
		on, changes, begin := 0, 0, time.Duration(0)
		before := false
		for minute := range 60 {
			at := midnight().Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
			_, now := e.at(at, 1)
			if now {
				on++
			}
			if now && !before {
				changes++
				begin = time.Duration(minute)
			}
			before = now
		}
		require.Equal(t, 5, on, "minutes of hour %d", hour)
		require.Equal(t, 1, changes)
		begins[begin] = true
	}
	require.Greater(t, len(begins), 10, "they begin at random moments")

	_, on := Episodes{}.at(midnight(), 1)
	require.False(t, on)
	_, on = Episodes{Interval: time.Hour, Length: time.Hour}.at(midnight(), 1)
	require.True(t, on)
}

func TestSpikesRaiseTheRate(t *testing.T) {
	cfg := testConfig()
	cfg.Spikes = Episodes{Interval: time.Hour, Length: time.Hour}
	require.InEpsilon(t, 4*newTraffic(testConfig()).rateAt(midnight()), newTraffic(cfg).rateAt(midnight()), 1e-9)
}

func TestFaultsHitOnePath(t *testing.T) {
	cfg := testConfig()
	cfg.Faults = Episodes{Interval: time.Hour, Length: time.Hour}
	traffic := newTraffic(cfg)
	failing, on := traffic.faultAt(midnight())
	require.True(t, on)

	all, failed, slow := map[bool]float64{}, map[bool]float64{}, map[bool]float64{}
	for range 50000 {
		r := traffic.next(midnight())
		hit := r.endpoint.path == failing
		all[hit]++
		if r.status >= 500 {
			failed[hit]++
		}
		slow[hit] += float64(r.latency) / float64(r.endpoint.latency)
	}
	require.InDelta(t, 0.5, failed[true]/all[true], 0.02)
	require.InDelta(t, 0.01, failed[false]/all[false], 0.003)
	require.InDelta(t, 8, slow[true]/all[true]/(slow[false]/all[false]), 0.5)
}

func TestPoisson(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for _, mean := range []float64{0, 0.1, 5, 499, 2000} {
		var sum, squares float64
		const n = 3000
		for range n {
			x := float64(poisson(random, mean))
			sum += x
			squares += x * x
		}
		require.InDelta(t, mean, sum/n, 5*math.Sqrt(mean/n)+1e-9)
		require.InDelta(t, mean, squares/n-sum/n*(sum/n), mean*0.15+1e-9, "the variance is the mean")
	}
}

// clock is moved by hand.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

// simulate steps an app through d and returns what it exposes.
func simulate(t *testing.T, cfg Config, d time.Duration) map[string][]*dto.Metric {
	t.Helper()
	reg, c := prometheus.NewPedanticRegistry(), &clock{midnight()}
	app := NewApp(cfg, reg, c.Now)
	require.Error(t, app.Ready())
	for end := c.now.Add(d); !c.now.After(end); c.now = c.now.Add(step) {
		app.Step()
	}
	require.NoError(t, app.Ready())
	require.NoError(t, app.Healthy())
	c.now = c.now.Add(stuckTime + time.Second)
	require.ErrorContains(t, app.Healthy(), "stuck")

	families, err := reg.Gather()
	require.NoError(t, err)
	all := map[string][]*dto.Metric{}
	for _, f := range families {
		all[f.GetName()] = f.GetMetric()
	}
	return all
}

func TestAppMeasuresItsTraffic(t *testing.T) {
	metrics := simulate(t, testConfig(), 10*time.Minute)

	var answered, failed float64
	for _, m := range metrics["http_requests_total"] {
		labels := map[string]string{}
		for _, l := range m.GetLabel() {
			labels[l.GetName()] = l.GetValue()
		}
		require.Len(t, labels, 3)
		require.NotEmpty(t, labels["method"])
		require.NotEmpty(t, labels["path"])
		answered += m.GetCounter().GetValue()
		if labels["status"] >= "500" {
			failed += m.GetCounter().GetValue()
		}
	}
	want := 600 * newTraffic(testConfig()).rateAt(midnight().Add(5*time.Minute))
	require.InEpsilon(t, want, answered, 0.03)
	require.InDelta(t, 0.01, failed/answered, 0.005)

	var measured uint64
	for _, m := range metrics["http_request_duration_seconds"] {
		h := m.GetHistogram()
		measured += h.GetSampleCount()
		require.NotEmpty(t, h.GetBucket(), "classic buckets")
		require.NotEmpty(t, h.GetPositiveSpan(), "native buckets")
	}
	require.Equal(t, answered, float64(measured))
	// By Little's law about rate × mean latency ≈ 29/s × 30 ms are open.
	require.InDelta(t, 1, metrics["http_requests_in_flight"][0].GetGauge().GetValue(), 6)
}

func TestSameSeedSameTraffic(t *testing.T) {
	total := func(seed uint64) (values []float64) {
		cfg := testConfig()
		cfg.Seed = seed
		for _, m := range simulate(t, cfg, time.Minute)["http_requests_total"] {
			values = append(values, m.GetCounter().GetValue())
		}
		return values
	}
	require.Equal(t, total(1), total(1))
	require.NotEqual(t, total(1), total(2))
}

func TestPauseIsNotMadeUpFor(t *testing.T) {
	c := &clock{midnight()}
	app := NewApp(testConfig(), prometheus.NewRegistry(), c.Now)
	app.Step()
	c.now = c.now.Add(time.Hour)
	app.Step()
	require.Less(t, len(app.open), 200, "an hour would be 70,000 requests")
	c.now = c.now.Add(-time.Hour) // a clock can step back
	app.Step()
}

func BenchmarkStep(b *testing.B) {
	c := &clock{midnight()}
	app := NewApp(testConfig(), prometheus.NewRegistry(), c.Now)
	b.ReportAllocs()
	for b.Loop() {
		app.Step()
		c.now = c.now.Add(step)
	}
}
