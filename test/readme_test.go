package test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"sluice/internal/state"
)

// Each chart's README.md is made of its Chart.yaml and the "# --" comments of its values.yaml.
func TestReadme(t *testing.T) {
	root, err := state.Repository()
	require.NoError(t, err)
	for _, chart := range charts(t) {
		t.Run(chart.name, func(t *testing.T) {
			path, err := filepath.Rel(root, filepath.Join(chart.dir, "README.md"))
			require.NoError(t, err)
			compare(t, path, readme(t, chart.dir))
		})
	}
}

func readme(t *testing.T, dir string) string {
	var chart struct{ Name, Description string }
	require.NoError(t, yaml.Unmarshal([]byte(read(t, filepath.Join(dir, "Chart.yaml"))), &chart))
	var values yaml.Node
	require.NoError(t, yaml.Unmarshal([]byte(read(t, filepath.Join(dir, "values.yaml"))), &values))

	var text strings.Builder
	fmt.Fprintf(&text, "<!-- Made from Chart.yaml and values.yaml by `make golden`. -->\n# %s\n\n%s\n\n", chart.Name, chart.Description)
	text.WriteString("| value | default | |\n|---|---|---|\n")
	rows(t, &text, values.Content[0], "")
	return text.String()
}

// rows writes a line for each documented key. A key without a comment is a group: its own keys have them.
func rows(t *testing.T, text *strings.Builder, node *yaml.Node, path string) {
	for i := 0; i < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		name := strings.TrimPrefix(path+"."+key.Value, ".")
		_, comment, documented := strings.Cut(key.HeadComment, "# -- ")
		if !documented {
			if assert.Equal(t, yaml.MappingNode, value.Kind, "the value %s needs a comment: # -- why, or in what unit", name) {
				rows(t, text, value, name)
			}
			continue
		}
		var plain any
		require.NoError(t, value.Decode(&plain))
		shown, err := json.Marshal(plain)
		require.NoError(t, err)
		fmt.Fprintf(text, "| `%s` | `%s` | %s |\n", name, shown, strings.ReplaceAll(comment, "\n# ", " "))
	}
}
