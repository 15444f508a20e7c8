package results

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"sluice/bench/internal/measure"
)

// What one run did not measure stays as it was.
func TestPartsStay(t *testing.T) {
	file := filepath.Join(t.TempDir(), "results.json")
	first, err := Load(file)
	require.NoError(t, err)
	first.Machine["chart"] = Machine{Cores: 2}
	first.Charts = map[string]Rendering{"dev": {Objects: 7}}
	require.NoError(t, first.Save(file))

	second, err := Load(file)
	require.NoError(t, err)
	second.Hop = map[string]Engine{"indexer": {"p4": {EventsPerCPUSecond: measure.Figure{Median: 5, Min: 4, Max: 6, Runs: 5}}}}
	require.NoError(t, second.Save(file))

	third, err := Load(file)
	require.NoError(t, err)
	require.Equal(t, 7, third.Charts["dev"].Objects)
	require.Equal(t, 2, third.Machine["chart"].Cores)

	content, err := os.ReadFile(file)
	require.NoError(t, err)
	var at any
	require.NoError(t, json.Unmarshal(content, &at))
	for _, part := range []string{"hop", "indexer", "p4", "events_per_cpu_second", "median"} {
		at = at.(map[string]any)[part]
	}
	require.InDelta(t, 5, at, 0, "a dotted path leads to a number")
}

func TestLoadRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "results.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"hopp": {}}`), 0o600))
	_, err := Load(file)
	require.ErrorContains(t, err, file)
}
