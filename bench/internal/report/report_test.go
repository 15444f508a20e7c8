package report

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sluice/bench/internal/measure"
	"sluice/bench/internal/results"
	"sluice/internal/state"
)

func example() results.Results {
	figure := measure.Figure{Median: 2000, Min: 1000, Max: 3000, Runs: 5}
	return results.Results{
		Machine: map[string]results.Machine{"generator": {Cores: 2, MemoryBytes: 8 << 30, Kernel: "6", Date: "2026-01-02", Commit: "abc"}},
		Generator: &results.Generator{Bytes: map[string]map[string]results.Producer{
			"512": {"kcat": {RecordsPerSecond: figure}, "log_generator": {RecordsPerSecond: figure}}, "1024": {"log_generator": {}}, "100": {"log_generator": {}},
		}},
		LeftOut: map[string]string{"generator.x": "no time", "hop.y": "of another part"},
	}
}

func TestFill(t *testing.T) {
	text := "before\n<!-- bench:generator -->\nold\n<!-- /bench -->\nbetween\n<!-- bench:spark -->\n<!-- /bench -->\nafter\n"
	filled, err := Fill(text, example())
	require.NoError(t, err)
	require.Contains(t, filled, "before\n<!-- bench:generator -->\n\nMeasured 2026-01-02 at abc: 2 cores, 8 GiB, Linux 6.")
	require.Contains(t, filled, "| log_generator | 0 | 2,000 (1,000 to 3,000) |")
	require.Regexp(t, `(?s)100 bytes a record.*512 bytes a record.*log_generator.*kcat.*1024 bytes a record`, filled)
	require.Contains(t, filled, "Left out: `generator.x`: no time.")
	require.NotContains(t, filled, "of another part")
	require.NotContains(t, filled, "old")
	require.Contains(t, filled, "<!-- /bench -->\nbetween\n<!-- bench:spark -->\nNot measured yet: `make bench`.\n<!-- /bench -->\nafter\n")
	again, err := Fill(filled, example())
	require.NoError(t, err)
	require.Equal(t, filled, again)

	_, err = Fill("<!-- bench:generator -->\n", example())
	require.ErrorContains(t, err, "has no <!-- /bench -->")
}

func TestIndexerTables(t *testing.T) {
	figure := measure.Figure{Median: 2000, Min: 1000, Max: 3000, Runs: 5}
	tables := indexerTables(results.Indexer{
		EventBytes: 512, Partitions: 4,
		Peers: map[string]results.Consumer{"benthos": {EventsPerSecond: figure}, "indexer": {Events: 120_000}, "rsyslog": {Lost: 3, Doubled: 4}},
		Scale: map[string]results.IndexerScale{"p8x1": {Partitions: 8, Processes: 1}, "p1x4": {Partitions: 1, Processes: 4}, "p1x2": {Partitions: 1, Processes: 2}},
	})
	require.Len(t, tables, 2)
	var first, second []string
	for _, row := range tables[0].Rows {
		first = append(first, row[0])
		require.Len(t, row, len(tables[0].Head))
	}
	for _, row := range tables[1].Rows {
		second = append(second, row[0]+"x"+row[1])
		require.Len(t, row, len(tables[1].Head))
	}
	require.Equal(t, []string{"indexer", "benthos", "rsyslog"}, first, "ours is the first")
	require.Equal(t, []string{"1x2", "1x4", "8x1"}, second)
	require.Contains(t, tables[0].Rows[1], "2,000 (1,000 to 3,000)")
	require.Equal(t, []string{"3", "4"}, tables[0].Rows[2][7:9])
}

func TestPrint(t *testing.T) {
	var out bytes.Buffer
	for _, table := range Tables(example()) {
		require.NoError(t, table.Print(&out))
	}
	require.Contains(t, out.String(), "2,000 (1,000 to 3,000)")
}

const hint = "run make bench, or take both files from one run"

// The document says what the results say: `make bench` writes both.
func TestDocument(t *testing.T) {
	repository, err := state.Repository()
	require.NoError(t, err)
	r, err := results.Load(filepath.Join(repository, "bench", "results.json"))
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(repository, Document))
	require.NoError(t, err)
	filled, err := Fill(string(text), r)
	require.NoError(t, err)
	lines := strings.Split(string(text), "\n") // by the line: the first that differs says enough
	for i, want := range strings.Split(filled, "\n") {
		require.Less(t, i, len(lines), "%s ends early: %s", Document, hint)
		require.Equal(t, want, lines[i], "%s:%d: %s", Document, i+1, hint)
	}
	for name := range Charts(r) {
		require.FileExists(t, filepath.Join(repository, "bench", name+".svg"))
	}
}
