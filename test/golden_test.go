package test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pmezard/go-difflib/difflib"
	"github.com/stretchr/testify/require"

	"sluice/internal/state"
)

var update = flag.Bool("update", false, "write the generated files (goldens, READMEs) instead of comparing them")

// presets are the shipped values files; each has a golden.
var presets = []string{"dev", "prod"}

func TestGolden(t *testing.T) {
	for _, preset := range presets {
		t.Run(preset, func(t *testing.T) {
			rendered, err := Preset(preset).Render()
			require.NoError(t, err)
			content := "---\n" + strings.Join(rendered.Manifests, "\n---\n") + "\n---\n# NOTES.txt\n" + comment(rendered.Notes)
			compare(t, filepath.Join("test", "testdata", preset+".golden.yaml"), content)
		})
	}
}

// compare checks a generated file, or writes it with -update.
func compare(t *testing.T, path, content string) {
	t.Helper()
	root, err := state.Repository()
	require.NoError(t, err)
	file := filepath.Join(root, path)
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(content), 0o644))
		return
	}
	old, err := os.ReadFile(file)
	if !os.IsNotExist(err) {
		require.NoError(t, err)
	}
	diff, err := difflib.GetUnifiedDiffString(difflib.UnifiedDiff{
		A: difflib.SplitLines(string(old)), FromFile: path,
		B: difflib.SplitLines(content), ToFile: "what the chart gives now",
		Context: 3,
	})
	require.NoError(t, err)
	if diff != "" {
		t.Errorf("%s has changed. If it should, run `make golden` and commit it:\n%s", path, diff)
	}
}

func comment(text string) string {
	var lines strings.Builder
	for line := range strings.Lines(strings.TrimSpace(text)) {
		lines.WriteString(strings.TrimRight("# "+line, " \n") + "\n")
	}
	return lines.String()
}
