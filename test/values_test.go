package test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
	kubeyaml "sigs.k8s.io/yaml"

	"sluice/internal/state"
)

// order is that of a component's keys, in every sub-chart.
var order = []string{"enabled", "image", "replicas", "autoscaling", "ports", "resources", "storage", "config", "pod"}

func TestValuesHaveOneOrder(t *testing.T) {
	root, err := state.Repository()
	require.NoError(t, err)
	presets, err := filepath.Glob(filepath.Join(root, "values", "*.yaml"))
	require.NoError(t, err)
	files := presets
	for _, chart := range charts(t) {
		files = append(files, filepath.Join(chart.dir, "values.yaml"))
	}
	for _, file := range files {
		var document yaml.Node
		require.NoError(t, yaml.Unmarshal([]byte(read(t, file)), &document), file)
		walk(document.Content[0], "", func(path string, node *yaml.Node) {
			var got []int
			for i := 0; i < len(node.Content); i += 2 {
				if at := slices.Index(order, node.Content[i].Value); at >= 0 {
					got = append(got, at)
				}
			}
			assert.True(t, slices.IsSorted(got), "%s, at %q: the order of keys is %s", file, path, strings.Join(order, ", "))
		})
	}
}

// walk visits every mapping.
func walk(node *yaml.Node, path string, visit func(path string, node *yaml.Node)) {
	if node.Kind != yaml.MappingNode {
		return
	}
	visit(path, node)
	for i := 0; i < len(node.Content); i += 2 {
		walk(node.Content[i+1], strings.TrimPrefix(path+"."+node.Content[i].Value, "."), visit)
	}
}

// A preset holds differences only: what repeats a default hides when the default changes.
func TestPresetsHoldDifferencesOnly(t *testing.T) {
	root, err := state.Repository()
	require.NoError(t, err)
	defaults := table{}
	for _, chart := range charts(t) {
		if chart.name == "sluice" {
			for key, value := range chart.values {
				if own, ok := defaults[key].(table); ok {
					for k, v := range value.(table) {
						own[k] = v
					}
					continue
				}
				defaults[key] = value
			}
			continue
		}
		defaults[chart.key()] = chart.values
	}
	for _, preset := range presets {
		values := table{}
		file := filepath.Join(root, "values", "values-"+preset+".yaml")
		require.NoError(t, kubeyaml.UnmarshalStrict([]byte(read(t, file)), &values))
		assertDiffers(t, preset, values, defaults)
	}
}

func assertDiffers(t *testing.T, at string, values, defaults table) {
	for key, value := range values {
		if strings.HasSuffix(at, ".resources") {
			continue // requests and limits are read together
		}
		if nested, ok := value.(table); ok {
			own, _ := defaults[key].(table)
			assertDiffers(t, at+"."+key, nested, own)
			continue
		}
		assert.NotEqual(t, defaults[key], value, "%s.%s repeats the default", at, key)
	}
}

// Versions are pinned once: a chart's appVersion is its image's tag, and an image that two charts use has one tag.
func TestVersionsAgree(t *testing.T) {
	tags := map[string]string{}
	for _, chart := range charts(t) {
		if image, ok := chart.values["image"].(table); ok {
			var meta struct{ AppVersion string }
			require.NoError(t, kubeyaml.Unmarshal([]byte(read(t, filepath.Join(chart.dir, "Chart.yaml"))), &meta))
			version, _, _ := strings.Cut(image["tag"].(string), "-") // of Spark the tag says more
			assert.Equal(t, strings.TrimPrefix(version, "v"), meta.AppVersion, "appVersion of %s", chart.name)
		}
		for key, value := range chart.values {
			component, _ := value.(table)
			image, ok := component["image"].(table)
			if key == "image" {
				image, ok = component, true
			}
			if !ok {
				continue
			}
			repository, tag := image["repository"].(string), image["tag"].(string)
			if seen, ok := tags[repository]; ok {
				assert.Equal(t, seen, tag, "%s has two tags", repository)
			}
			tags[repository] = tag
		}
	}
	assert.Len(t, tags, 16, "images found")
}
