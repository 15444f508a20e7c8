package test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/pmezard/go-difflib/difflib"
	"github.com/stretchr/testify/require"

	"sluice/internal/state"
)

var update = flag.Bool("update", false, "write the generated files (goldens, READMEs) instead of comparing them")

// presets are the shipped values files; each has a golden.
var presets = []string{"dev", "prod"}

// sealed is dev on a machine that can't pull: the invariants hold for it too.
const sealed = "sealed"

func TestGolden(t *testing.T) {
	for _, preset := range presets {
		t.Run(preset, func(t *testing.T) {
			rendered, err := Preset(preset).Render()
			require.NoError(t, err)
			for i, manifest := range rendered.Manifests {
				rendered.Manifests[i] = withoutDashboards(withoutSecrets(manifest))
			}
			content := "---\n" + strings.Join(rendered.Manifests, "\n---\n") + "\n---\n# NOTES.txt\n" + comment(rendered.Notes)
			compare(t, filepath.Join("test", "testdata", preset+".golden.yaml"), content)
		})
	}
}

var secretData = regexp.MustCompile(`(?m)^(  [\w.-]+): \S+$`)

// withoutSecrets leaves out the values of a Secret: those that the chart makes are others at each rendering.
func withoutSecrets(manifest string) string {
	if !strings.Contains(manifest, "\nkind: Secret\n") {
		return manifest
	}
	before, data, _ := strings.Cut(manifest, "\ndata:\n")
	return before + "\ndata:\n" + secretData.ReplaceAllString(data, "$1: (not shown)")
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
