package test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"sluice/internal/state"
)

type table = map[string]any

// A value without a schema could be misspelt, and a schema without a value means nothing.
func TestSchemasKnowTheValues(t *testing.T) {
	for _, chart := range charts(t) {
		t.Run(chart.name, func(t *testing.T) {
			schema := table{}
			require.NoError(t, json.Unmarshal([]byte(read(t, filepath.Join(chart.dir, "values.schema.json"))), &schema))
			compareKeys(t, chart.values, schema, schema["definitions"], "")
		})
	}
}

// freeKeys have no fixed content, or one that is the same for all and optional.
var freeKeys = []string{"existingSecrets", "issuerRef", "pod", "ports", "resources", "lib", "monitorLabels"}

func compareKeys(t *testing.T, values, schema table, definitions any, at string) {
	if name, ok := schema["$ref"].(string); ok {
		schema = definitions.(table)[strings.TrimPrefix(name, "#/definitions/")].(table)
	}
	properties, ok := schema["properties"].(table)
	if !ok {
		return // a sub-chart's own schema says more
	}
	assert.Equal(t, false, schema["additionalProperties"], "%s: a misspelt key must be refused", at)
	want := slices.DeleteFunc(slices.Sorted(maps.Keys(properties)), func(key string) bool {
		_, set := values[key]
		return !set && at == "" && slices.Contains([]string{"enabled", "global", "lib", "otelCollector"}, key) // Helm's own, and what is refused with a word of its own
	})
	assert.Equal(t, want, slices.Sorted(maps.Keys(values)), "keys of the schema and of values.yaml at %q", at)
	for key, value := range values {
		if value, ok := value.(table); ok && !slices.Contains(freeKeys, key) {
			compareKeys(t, value, properties[key].(table), definitions, at+"/"+key)
		}
	}
}

// chartDir is a chart of the umbrella, or the umbrella, that has values.
type chartDir struct {
	name, dir string // dir is absolute
	values    table
}

// key is where the umbrella's values have those of the chart.
func (c chartDir) key() string {
	return c.name
}

// charts finds every chart with values.
func charts(t *testing.T) []chartDir {
	t.Helper()
	root, err := state.Repository()
	require.NoError(t, err)
	files, err := filepath.Glob(filepath.Join(root, "charts", "sluice", "charts", "*", "values.yaml"))
	require.NoError(t, err)
	var found []chartDir
	for _, file := range append(files, filepath.Join(root, "charts", "sluice", "values.yaml")) {
		chart := chartDir{name: filepath.Base(filepath.Dir(file)), dir: filepath.Dir(file), values: table{}}
		require.NoError(t, yaml.UnmarshalStrict([]byte(read(t, file)), &chart.values), file)
		found = append(found, chart)
	}
	return found
}

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(content)
}
