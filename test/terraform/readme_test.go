//go:build terraform

package terraform

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-config-inspect/tfconfig"
	"github.com/stretchr/testify/require"
)

// go test -tags terraform ./test/terraform -run TestReadme -update
var update = flag.Bool("update", false, "write the tables of terraform/README.md anew")

const generated = "<!-- Below: written by `go test -tags terraform ./test/terraform -run TestReadme -update`. -->\n"

// TestReadme holds the tables of inputs and outputs against the configuration.
func TestReadme(t *testing.T) {
	dir := filepath.Join(root, "terraform")
	module, diagnostics := tfconfig.LoadModule(dir)
	require.NoError(t, diagnostics.Err())
	file := filepath.Join(dir, "README.md")
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	written, _, found := strings.Cut(string(content), generated)
	require.True(t, found, "%s has lost the line where the tables begin", file)
	want := written + generated + tables(module)
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(want), 0o644))
		return
	}
	require.Equal(t, want, string(content), "run it with -update")
}

func tables(module *tfconfig.Module) string {
	var b strings.Builder
	b.WriteString("\n| variable | default | |\n|---|---|---|\n")
	for _, v := range slices.SortedFunc(maps.Values(module.Variables), func(a, b *tfconfig.Variable) int { return cmp.Compare(a.Pos.Line, b.Pos.Line) }) {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", v.Name, defaultOf(v), v.Description)
	}
	b.WriteString("\n| output | |\n|---|---|\n")
	for _, o := range slices.SortedFunc(maps.Values(module.Outputs), func(a, b *tfconfig.Output) int { return cmp.Compare(a.Pos.Line, b.Pos.Line) }) {
		fmt.Fprintf(&b, "| `%s` | %s |\n", o.Name, o.Description)
	}
	return b.String()
}

func defaultOf(v *tfconfig.Variable) string {
	if v.Required {
		return "must be set"
	}
	text, err := json.Marshal(v.Default)
	if err != nil || len(text) > 60 {
		return "see variables.tf"
	}
	return "`" + string(text) + "`"
}
