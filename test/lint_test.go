package test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chartutil"

	"sluice/internal/state"
)

// The same as `helm lint --strict charts/sluice -f values/values-<preset>.yaml`.
func TestLint(t *testing.T) {
	root, err := state.Repository()
	require.NoError(t, err)
	for _, preset := range presets {
		t.Run(preset, func(t *testing.T) {
			values, err := Preset(preset).values(root)
			require.NoError(t, err)
			lint := action.NewLint()
			lint.Strict = true
			lint.KubeVersion = &chartutil.KubeVersion{Version: KubeVersion, Major: "1", Minor: "35"}
			result := lint.Run([]string{filepath.Join(root, "charts", "sluice")}, values)
			for _, err := range result.Errors {
				assert.NoError(t, err)
			}
			require.NotEmpty(t, result.Messages, "the chart was not linted")
		})
	}
}
