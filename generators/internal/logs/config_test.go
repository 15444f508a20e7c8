package logs

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice/internal/cli"
)

func TestParseMix(t *testing.T) {
	mix, err := ParseMix("info=85, warn=10,error=5")
	require.NoError(t, err)
	require.Equal(t, Mix{LevelInfo: 85, LevelWarn: 10, LevelError: 5}, mix)
	require.Equal(t, LevelInfo, mix.pick(0))
	require.Equal(t, LevelInfo, mix.pick(84))
	require.Equal(t, LevelWarn, mix.pick(85))
	require.Equal(t, LevelError, mix.pick(99))

	for in, want := range map[string]string{
		"":                 `unknown level ""`,
		"trace=1":          `unknown level "trace": the levels are debug, info, warn, error, fatal`,
		"info":             "level info needs a weight",
		"info=-1":          "level info needs a weight",
		"info=x":           "level info needs a weight",
		"info=70000":       "level info needs a weight",
		"info=0,warn=0":    "at least one level",
		"info=1,,warn=1":   `unknown level ""`,
		"info=1;warn=1":    "level info needs a weight",
		"INFO=1":           `unknown level "INFO"`,
		"info=1,error=1e2": "level error needs a weight",
	} {
		_, err := ParseMix(in)
		require.ErrorContains(t, err, want, in)
	}
}

func FuzzParseMix(f *testing.F) {
	f.Add("info=85,warn=10,error=5", uint32(0))
	f.Fuzz(func(t *testing.T, s string, n uint32) {
		if mix, err := ParseMix(s); err == nil {
			require.NotZero(t, mix[mix.pick(n%mix.total())], "a level of weight 0 was picked")
		}
	})
}

func TestConfigValidate(t *testing.T) {
	require.NoError(t, testConfig().Validate())
	for want, change := range map[string]func(*Config){
		"--rate is -1":          func(c *Config) { c.Rate = -1 },
		"--rate is NaN":         func(c *Config) { c.Rate = math.NaN() },
		"--rate is +Inf":        func(c *Config) { c.Rate = math.Inf(1) },
		"--duration is -1s":     func(c *Config) { c.Duration = -time.Second },
		"--services has":        func(c *Config) { c.Services = nil },
		"--services has an":     func(c *Config) { c.Services = []string{"a", ""} },
		"--levels is empty":     func(c *Config) { c.Levels = Mix{} },
		"--size is -1":          func(c *Config) { c.Size = -1 },
		"--size is 16777217":    func(c *Config) { c.Size = MaxSize + 1 },
		"--event-size is -1":    func(c *Config) { c.EventSize = -1 },
		"--event-size is 16777": func(c *Config) { c.EventSize = MaxSize + 1 },
		"--size is 1 beside":    func(c *Config) { c.Size, c.EventSize = 1, 1 },
		`--fields is "some"`:    func(c *Config) { c.Fields = "some" },
		"--run-id is empty":     func(c *Config) { c.RunID = "" },
		"--workers is 0":        func(c *Config) { c.Workers = 0 },
		"--workers is 65":       func(c *Config) { c.Workers = 65 },
		"--batch-size is 0":     func(c *Config) { c.Batch = 0 },
		"--batch-size is 1000":  func(c *Config) { c.Batch = 10001 },
		"--burst-interval is":   func(c *Config) { c.Burst.Interval = -1 },
		"--burst-length is 0s":  func(c *Config) { c.Burst.Interval = time.Minute },
		"--burst-length is 2m":  func(c *Config) { c.Burst = Burst{Interval: time.Minute, Length: 2 * time.Minute} },
		`--burst-service "x"`:   func(c *Config) { c.Burst = Burst{Interval: 2, Length: 1, Service: "x", Slowdown: 1} },
		"--burst-slowdown is 0": func(c *Config) { c.Burst = Burst{Interval: 2, Length: 1} },
		"--burst-slowdown is N": func(c *Config) { c.Burst = Burst{Interval: 2, Length: 1, Slowdown: math.NaN()} },
	} {
		cfg := testConfig()
		change(&cfg)
		err := cfg.Validate()
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, "set it")
		require.Equal(t, cli.ExitMisuse, cli.ExitCode(err))
	}
}
