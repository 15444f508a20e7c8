package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"sluice/internal/usage"
)

func TestUsageErrors(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"upp"}, `unknown command "upp" for "sluice": see sluice --help`},
		{[]string{"up", "now"}, `unknown command "now" for "sluice up": see sluice up --help`},
		{[]string{"down", "now"}, `unknown command "now" for "sluice down": see sluice down --help`},
		{[]string{"status", "now"}, `unknown command "now" for "sluice status": see sluice status --help`},
		{[]string{"verify", "now"}, `unknown command "now" for "sluice verify": see sluice verify --help`},
		{[]string{"images", "now"}, `unknown command "now" for "sluice images": see sluice images --help`},
		{[]string{"--bogus"}, "unknown flag: --bogus: see sluice --help"},
		{[]string{"up", "--bogus"}, "unknown flag: --bogus: see sluice up --help"},
		{[]string{"up", "--count", "many"}, `invalid argument "many" for "--count" flag: strconv.ParseInt: parsing "many": invalid syntax: see sluice up --help`},
		{[]string{"up", "--topology", "prod"}, `unknown topology "prod": set --topology to one of dev, zones, sim`},
		{[]string{"down", "--topology", "prod"}, `unknown topology "prod": set --topology to one of dev, zones, sim`},
		{[]string{"up", "--images", "pul"}, `images "pul": set IMAGES or --images to auto, pull or assemble`},
		{[]string{"resize", "--size", "9Gi"}, `component "": set --component to one of alertmanager, elasticsearch, grafana, kafka, logstash, prometheus, spark-master, spark-streaming-job, zookeeper`},
		{[]string{"rebalance"}, "brokers is 0: set --brokers to the number of brokers that shall hold partitions"},
		{[]string{"size"}, "rate is 0: set --rate to the mean number of events a second"},
		{[]string{"size", "--rate", "9", "--set", "event.bytes=x"}, `set "event.bytes=x": "x" is no number above 0: set --set to one such as event.bytes=483`},
		{[]string{"size", "--rate", "9", "--zones", "2", "--out", "x"}, "zones is 2, but terraform/ makes 3: set --zones to 3, or plan without --out"},
		{[]string{"verify", "--rate", "5000"}, "10000 events at 5000 a second are too short a run to measure what they take: set count to at least 300000, or tolerance to 0"},
		{[]string{"images", "--images", "pul"}, `images "pul": set IMAGES or --images to auto, pull or assemble`},
	} {
		err := execute(t, c.args...)
		require.EqualError(t, err, c.want)
		require.Equal(t, 2, usage.ExitCode(err), c.args)
	}
}

func TestImagesFromTheEnvironment(t *testing.T) {
	t.Setenv("IMAGES", "pul")
	require.EqualError(t, execute(t, "up"), `images "pul": set IMAGES or --images to auto, pull or assemble`)
}

func TestHelp(t *testing.T) {
	require.NoError(t, execute(t))
	require.NoError(t, execute(t, "up", "--help"))
}

// execute runs the command with no program on PATH and a home of its own: whatever goes wrong in a test,
// it starts no engine and touches no cluster.
func execute(t *testing.T, args ...string) error {
	t.Helper()
	t.Setenv("PATH", t.TempDir())
	t.Setenv("SLUICE_HOME", t.TempDir())
	root := rootCommand()
	root.SetArgs(args)
	root.SetOut(t.Output())
	root.SetErr(t.Output())
	return root.ExecuteContext(t.Context())
}
