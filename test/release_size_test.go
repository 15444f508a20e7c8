package test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"helm.sh/helm/v3/pkg/chart/loader"
	helm "helm.sh/helm/v3/pkg/release"

	"sluice/internal/state"
)

// Helm keeps the chart and what it rendered in one Secret, which can't be larger than this.
const secretLimit = 1_048_576 // bytes

// A release takes less than half of the limit, so that there is room for large values and more dashboards.
func TestReleaseFitsItsSecret(t *testing.T) {
	root, err := state.Repository()
	require.NoError(t, err)
	chart, err := loader.Load(filepath.Join(root, umbrellaDir))
	require.NoError(t, err)
	for _, preset := range presets {
		rendered, err := Preset(preset).Render()
		require.NoError(t, err)
		content, err := json.Marshal(helm.Release{
			Name: "sluice", Chart: chart, Manifest: strings.Join(rendered.Manifests, "\n---\n"),
			Info: &helm.Info{Notes: rendered.Notes},
		})
		require.NoError(t, err)
		// As Helm's storage driver packs it.
		var packed bytes.Buffer
		writer, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
		require.NoError(t, err)
		_, err = writer.Write(content)
		require.NoError(t, err)
		require.NoError(t, writer.Close())
		size := base64.StdEncoding.EncodedLen(packed.Len())
		t.Logf("%s: %d bytes, %d%% of the limit", preset, size, 100*size/secretLimit)
		assert.Less(t, size, secretLimit/2, "bytes of the release Secret of %s", preset)
	}
}
