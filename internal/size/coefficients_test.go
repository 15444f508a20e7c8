package size

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice/internal/state"
	"sluice/internal/usage"
)

func defaults(t *testing.T) Coefficients {
	t.Helper()
	c, err := Defaults()
	require.NoError(t, err)
	return c
}

// Each figure says in what unit it is and where it is from; a measured one, under which key bench/results.json has it.
func TestCoefficientsHaveSources(t *testing.T) {
	results := measured(t)
	names := map[string]bool{}
	for _, c := range defaults(t).All() {
		assert.False(t, names[c.Name], "%s is there twice", c.Name)
		names[c.Name] = true
		assert.Greater(t, c.Value, 0.0, c.Name)
		assert.NotEmpty(t, c.Unit, c.Name)
		assert.NotEmpty(t, c.Source, c.Name)
		assert.Contains(t, []Kind{Measured, Cited, Estimate}, c.Kind, c.Name)
		assert.Equal(t, c.Kind == Measured, c.Result != "", "%s: measured figures have a result, and no others", c.Name)
		if c.Kind == Measured && results != nil {
			value, ok := lookup(results, c.Result)
			require.True(t, ok, "%s: bench/results.json has no number %s", c.Name, c.Result)
			assert.InEpsilon(t, value, c.Value, 0.1, "%s, which bench/results.json has as %s", c.Name, c.Result)
		}
	}
}

// measured is bench/results.json, or nil if there is none.
func measured(t *testing.T) any {
	t.Helper()
	root, err := state.Repository()
	require.NoError(t, err)
	content, err := os.ReadFile(filepath.Join(root, "bench", "results.json"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	require.NoError(t, err)
	var results any
	require.NoError(t, json.Unmarshal(content, &results))
	return results
}

// lookup follows a dotted path to a number.
func lookup(from any, path string) (float64, bool) {
	for key := range strings.SplitSeq(path, ".") {
		table, _ := from.(map[string]any)
		from = table[key]
	}
	value, ok := from.(float64)
	return value, ok
}

func TestLookup(t *testing.T) {
	results := map[string]any{"hop": map[string]any{"indexer": map[string]any{"p4": 7.0}}}
	value, ok := lookup(results, "hop.indexer.p4")
	assert.True(t, ok)
	assert.Equal(t, 7.0, value)
	for _, path := range []string{"hop.indexer", "hop.p4.indexer", ""} {
		_, ok := lookup(results, path)
		assert.False(t, ok, path)
	}
}

func TestSet(t *testing.T) {
	c := defaults(t)
	changed, err := c.With([]string{"event.bytes=1000", "kafka.stored_share=1"})
	require.NoError(t, err)
	assert.Equal(t, 1000.0, changed.Value("event.bytes"))
	assert.Equal(t, 1.0, changed.Value("kafka.stored_share"))
	assert.Equal(t, 483.0, c.Value("event.bytes"), "of the plan before")

	for set, want := range map[string]string{
		"kafka.stored=1":           `there is no coefficient "kafka.stored": set --set to name=value with one of aws.`,
		"event.bytes":              `"" is no number above 0: set --set to one such as event.bytes=483`,
		"event.bytes=many":         `"many" is no number above 0`,
		"event.bytes=0":            `"0" is no number above 0`,
		"event.bytes=-1":           `"-1" is no number above 0`,
		"event.bytes=NaN":          `"NaN" is no number above 0`,
		"event.bytes=Inf":          `"Inf" is no number above 0`,
		"kafka.stored_share=0x":    `"0x" is no number above 0`,
		"elasticsearch.copies= 2 ": `" 2 " is no number above 0`,
	} {
		_, err := c.With([]string{set})
		require.ErrorContains(t, err, want)
		assert.Equal(t, 2, usage.ExitCode(err), set)
	}
}
