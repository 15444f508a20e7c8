package logs

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

func testConfig() Config {
	return Config{
		Services: []string{"checkout", "payment"},
		Levels:   Mix{LevelDebug: 5, LevelInfo: 80, LevelWarn: 10, LevelError: 5},
		Seed:     1, RunID: "run", Host: "host", Workers: 4, Batch: 100, Fields: FieldsAll,
	}
}

func testStart() time.Time { return time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC) }

func generate(t *testing.T, g *Generator, sequence uint64, at time.Time) document {
	t.Helper()
	value, key := g.Append(nil, sequence, at)
	d := parseDocument(t, value)
	require.Equal(t, d.Service.Name, string(key))
	require.Equal(t, sequence, d.Event.Sequence)
	return d
}

func TestEventDependsOnSeedAndNumberOnly(t *testing.T) {
	one, other := NewGenerator(testConfig(), testStart()), NewGenerator(testConfig(), testStart())
	other.Append(nil, 99, testStart())
	require.Equal(t, generate(t, one, 5, testStart()), generate(t, other, 5, testStart()))

	cfg := testConfig()
	cfg.Seed++
	require.NotEqual(t, generate(t, one, 5, testStart()).Trace, generate(t, NewGenerator(cfg, testStart()), 5, testStart()).Trace)
}

func TestIDsAreUniqueUUIDv7(t *testing.T) {
	seen := map[string]bool{}
	other := testConfig()
	other.RunID = "another run with the same seed"
	for _, cfg := range []Config{testConfig(), other} {
		g := NewGenerator(cfg, testStart())
		for sequence := range uint64(2000) {
			id := generate(t, g, sequence, testStart()).Event.ID
			parsed, err := uuid.Parse(id)
			require.NoError(t, err)
			require.Equal(t, uuid.Version(7), parsed.Version())
			require.Equal(t, uuid.RFC4122, parsed.Variant())
			seconds, nanos := parsed.Time().UnixTime()
			require.Equal(t, testStart(), time.Unix(seconds, nanos).UTC())
			require.False(t, seen[id], "twice: %s", id)
			seen[id] = true
		}
	}
}

func TestLevelsFollowTheMix(t *testing.T) {
	g := NewGenerator(testConfig(), testStart())
	const n = 20000
	levels, services := map[string]float64{}, map[string]float64{}
	for sequence := range uint64(n) {
		d := generate(t, g, sequence, testStart())
		levels[d.Log.Level] += 100.0 / n
		services[d.Service.Name] += 100.0 / n
		require.Equal(t, d.Log.Level == "error", d.Error != nil)
		require.Equal(t, d.Log.Level == "error", d.HTTP.Response.StatusCode >= 500)
	}
	for level, want := range map[string]float64{"debug": 5, "info": 80, "warn": 10, "error": 5, "fatal": 0} {
		require.InDelta(t, want, levels[level], 1, level)
	}
	require.InDelta(t, 50, services["payment"], 2)
}

func TestDurationsAreLogNormal(t *testing.T) {
	g := NewGenerator(testConfig(), testStart())
	const n = 20000
	var durations []time.Duration
	for sequence := range uint64(n) {
		durations = append(durations, generate(t, g, sequence, testStart()).Event.Duration)
	}
	slices.Sort(durations)
	require.Positive(t, durations[0])
	require.InDelta(t, 20, durations[n/2].Milliseconds(), 1, "the median")
	require.InDelta(t, 54, durations[n*95/100].Milliseconds(), 3, "95 of 100")
}

func TestEventSize(t *testing.T) {
	for _, size := range []int{1, 100, 512, 1024, 100_000} {
		for _, fields := range []string{FieldsAll, FieldsFew} {
			cfg := testConfig()
			cfg.EventSize, cfg.Fields = size, fields
			g := NewGenerator(cfg, testStart())
			for sequence := range uint64(200) {
				value, _ := g.Append(nil, sequence, testStart())
				d := parseDocument(t, value)
				if len(value) != size {
					require.Greater(t, len(value), size)
					require.Empty(t, d.Message, "%d bytes", len(value))
				}
				if size >= 1024 || fields == FieldsFew && size >= 100 {
					require.Len(t, value, size)
				}
			}
		}
	}
}

func TestFewFields(t *testing.T) {
	cfg := testConfig()
	cfg.Fields, cfg.EventSize = FieldsFew, 100
	value, key := NewGenerator(cfg, testStart()).Append(nil, 7, testStart())
	require.Regexp(t, `^{"@timestamp":"2026-11-24T12:00:00.000Z","log":{"level":"[a-z]+"},"message":"[^"]+"}$`, string(value))
	require.NotEmpty(t, key, "a service's events keep their partition")
}

func TestAppendAllocatesNothing(t *testing.T) {
	for _, size := range []int{0, 512, 1024} {
		cfg := testConfig()
		cfg.EventSize = size
		g := NewGenerator(cfg, testStart())
		buf := make([]byte, 0, 4096)
		sequence := uint64(0)
		require.Zero(t, testing.AllocsPerRun(1000, func() {
			buf, _ = g.Append(buf[:0], sequence, testStart())
			sequence++
		}))
	}
}

func TestMessageSize(t *testing.T) {
	for _, size := range []int{1, 10, 100, 5000} {
		cfg := testConfig()
		cfg.Size = size
		g := NewGenerator(cfg, testStart())
		for sequence := range uint64(50) {
			require.Len(t, generate(t, g, sequence, testStart()).Message, size)
		}
	}
	message := generate(t, NewGenerator(testConfig(), testStart()), 0, testStart()).Message
	require.False(t, strings.HasSuffix(message, " "), message)
}

func TestBurst(t *testing.T) {
	services := []string{"a", "b"}
	inTurn := Burst{Interval: time.Minute, Length: 10 * time.Second}
	fixed := Burst{Interval: time.Minute, Length: 10 * time.Second, Service: "b"}
	for _, c := range []struct {
		burst Burst
		at    time.Duration
		want  string
	}{
		{Burst{}, time.Hour, ""},
		{inTurn, 0, ""}, {inTurn, 5 * time.Second, ""}, {inTurn, 59 * time.Second, ""},
		{inTurn, 60 * time.Second, "a"}, {inTurn, 69 * time.Second, "a"}, {inTurn, 70 * time.Second, ""},
		{inTurn, 120 * time.Second, "b"}, {inTurn, 180 * time.Second, "a"},
		{fixed, 60 * time.Second, "b"}, {fixed, 120 * time.Second, "b"},
	} {
		got, on := c.burst.serviceAt(c.at, services)
		require.Equal(t, c.want, got, "%+v at %v", c.burst, c.at)
		require.Equal(t, c.want != "", on)
	}
}

func TestBurstMakesErrorsOfOneService(t *testing.T) {
	cfg := testConfig()
	cfg.Levels = Mix{LevelInfo: 1}
	cfg.Burst = Burst{Interval: time.Minute, Length: time.Second, Service: "payment", Slowdown: 8}
	g := NewGenerator(cfg, testStart())
	for sequence := range uint64(100) {
		before := generate(t, g, sequence, testStart())
		require.Equal(t, "info", before.Log.Level)
		d := generate(t, g, sequence, testStart().Add(time.Minute))
		require.Equal(t, d.Service.Name == "payment", d.Log.Level == "error")
		slower := time.Duration(1)
		if d.Service.Name == "payment" {
			slower = 8
		}
		require.Equal(t, before.Event.Duration*slower, d.Event.Duration)
	}
}

func TestGeneratorAllocatesNothing(t *testing.T) {
	for _, size := range []int{0, 2000} {
		cfg := testConfig()
		cfg.Size = size
		g := NewGenerator(cfg, testStart())
		buf, _ := g.Append(make([]byte, 0, 8192), 0, testStart())
		var sequence uint64
		require.Zero(t, testing.AllocsPerRun(1000, func() {
			sequence++
			buf, _ = g.Append(buf[:0], sequence, testStart())
		}))
	}
}

func BenchmarkGenerator(b *testing.B) {
	for _, size := range []int{0, 512, 1024} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			cfg := testConfig()
			cfg.EventSize = size
			now := testStart()
			g := NewGenerator(cfg, now)
			buf, _ := g.Append(nil, 0, now)
			b.SetBytes(int64(len(buf)))
			b.ReportAllocs()
			var sequence uint64
			for b.Loop() {
				buf, _ = g.Append(buf[:0], sequence, now)
				sequence++
			}
		})
	}
}
