package test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"helm.sh/helm/v3/pkg/chart"
	"sigs.k8s.io/yaml"

	"sluice/internal/images"
	"sluice/internal/state"
)

// One version names everything that is released together: the chart, its sub-charts, and the image of the
// generators with the version that they print.
func TestOneVersion(t *testing.T) {
	root, err := state.Repository()
	require.NoError(t, err)
	umbrella := metadata(t, filepath.Join(root, umbrellaDir))
	version := umbrella.Version
	assert.Equal(t, version, umbrella.AppVersion, "appVersion of %s", umbrella.Name)

	folders, err := filepath.Glob(filepath.Join(root, umbrellaDir, "charts", "*"))
	require.NoError(t, err)
	require.Len(t, umbrella.Dependencies, len(folders), "sub-charts in Chart.yaml, and folders of them")
	for _, folder := range folders {
		sub := metadata(t, folder)
		assert.Equal(t, version, sub.Version, "version of the sub-chart %s", sub.Name)
	}
	for _, dependency := range umbrella.Dependencies {
		assert.Equal(t, version, dependency.Version, "version of the dependency %s", dependency.Name)
	}
	assert.Equal(t, version, metadata(t, filepath.Join(root, umbrellaDir, "charts", "generators")).AppVersion, "appVersion of the generators")

	specs, err := images.Load(root)
	require.NoError(t, err)
	own := 0
	for _, spec := range specs {
		if spec.Origin != images.Own {
			continue
		}
		own++
		name, tag, _ := strings.Cut(spec.Image, ":")
		assert.True(t, strings.HasPrefix(name, "sluice/"), "%s: an image of ours is called sluice/<name>", spec.Image)
		if !carriesOthers(spec) {
			assert.Equal(t, version, tag, "tag of %s, which holds nothing but our programs", name)
		}
		for _, input := range spec.Inputs {
			if input.Go != nil && strings.Contains(input.Go.LDFlags, "main.version=") {
				assert.Contains(t, input.Go.LDFlags, "main.version="+version, "the version that %s prints", name)
			}
		}
	}
	assert.NotZero(t, own, "images of ours")
}

// carriesOthers tells whether an image is there for somebody else's jars, whose version it has then.
func carriesOthers(spec images.Spec) bool {
	for _, input := range spec.Inputs {
		if input.Go == nil {
			return true
		}
	}
	return false
}

// metadata reads a Chart.yaml; a key that Helm does not know fails the test.
func metadata(t *testing.T, dir string) chart.Metadata {
	t.Helper()
	var m chart.Metadata
	require.NoError(t, yaml.UnmarshalStrict([]byte(read(t, filepath.Join(dir, "Chart.yaml"))), &m), dir)
	return m
}
