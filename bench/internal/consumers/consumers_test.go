package consumers

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

func job(t *testing.T) Job {
	return Job{Brokers: "kafka:9092", Topic: "bench-t", Group: "bench-g", Elasticsearch: "http://elastic:9200", Index: "logs-bench-1", Dir: t.TempDir(), Port: 18081}
}

// Each reads the topic, in the group, and writes to the index: nothing of another run, or of the release.
func TestCommand(t *testing.T) {
	for _, c := range All() {
		t.Run(c.Name, func(t *testing.T) {
			j := job(t)
			command, err := c.Command(j)
			require.NoError(t, err)
			told := strings.Join(command.Args, " ")
			if c.file != "" {
				text, err := os.ReadFile(filepath.Join(j.Dir, c.file))
				require.NoError(t, err)
				require.Contains(t, told, filepath.Join(j.Dir, c.file))
				told = string(text)
			}
			for _, want := range []string{j.Brokers, j.Topic, j.Group, "elastic", "9200", j.Index} {
				require.Contains(t, told, want)
			}
			require.NotContains(t, told, "{{")
			if strings.HasSuffix(c.file, ".yaml") {
				var parsed map[string]any
				require.NoError(t, yaml.Unmarshal([]byte(told), &parsed))
			}
		})
	}
}

func TestCommandNeedsItsFolder(t *testing.T) {
	j := job(t)
	j.Dir += "/none"
	_, err := All()[0].Command(j)
	require.Error(t, err)
}

func TestChosen(t *testing.T) {
	all, err := Chosen(nil)
	require.NoError(t, err)
	require.Equal(t, Indexer, all[0].Name, "ours is the first: the others are compared with it")
	some, err := Chosen([]string{Rsyslog, Indexer})
	require.NoError(t, err)
	require.Len(t, some, 2)
	require.Equal(t, Indexer, some[0].Name)
	_, err = Chosen([]string{"vector"})
	require.ErrorContains(t, err, `"vector"`)
}

// A slow one must not set how long the others take, nor they how long it takes.
func TestCounts(t *testing.T) {
	all := []Consumer{{Name: "a"}, {Name: "b"}, {Name: "c"}, {Name: "slow", Slow: true}}
	counts := Counts(all, map[string]float64{"a": 30_000, "b": 10_000, "c": 20_000, "slow": 400}, 10*time.Second)
	require.Equal(t, map[string]int{"a": 200_000, "b": 200_000, "c": 200_000, "slow": 4_000}, counts)
	require.Equal(t, 1000, Counts(all[:1], map[string]float64{"a": 1}, time.Second)["a"])
}

func TestResult(t *testing.T) {
	r := Result{Events: 100, Indexed: 98, Distinct: 95, CPUSeconds: 2, ElasticsearchCPU: 4, Memory: []float64{1, 3, 2}}
	require.InDelta(t, 49, r.PerCPU(), 0)
	require.InDelta(t, 24.5, r.ElasticsearchPerCPU(), 0)
	require.InDelta(t, 3, r.MaxMemory(), 0)
	require.EqualValues(t, 5, r.Lost())
	require.EqualValues(t, 3, r.Doubled())
}

func TestScales(t *testing.T) {
	require.Len(t, Scales, 12)
	require.Contains(t, Scales, Scale{8, 4})
}
