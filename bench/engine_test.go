package main

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"sluice/internal/release"
	"sluice/internal/state"
)

const indexerConfig = `
kafka:
  topics:
    logs-topic: {index: logs-index} # by the topic
    log-anomalies: {index: logs-index-anomalies, anomalies: true}
elasticsearch: {bulkBytes: 1048576, requests: 2}
`

func TestConfigured(t *testing.T) {
	changed, err := configured(indexerConfig, "logs-topic", "bench-1", map[string]any{"elasticsearch.bulkBytes": 4194304})
	require.NoError(t, err)
	require.YAMLEq(t, `
kafka:
  topics:
    bench-1: {index: logs-index}
    log-anomalies: {index: logs-index-anomalies, anomalies: true}
elasticsearch: {bulkBytes: 4194304, requests: 2}
`, changed)

	_, err = configured(indexerConfig, "events", "bench-1", nil)
	require.EqualError(t, err, "kafka.topics has no events")
	_, err = configured(indexerConfig, "logs-topic", "bench-1", map[string]any{"elasticsearch.bulk.bytes": 1})
	require.EqualError(t, err, "it has no elasticsearch.bulk.bytes")
}

// The chart's configuration has all that is set here.
func TestSettingsAreTheCharts(t *testing.T) {
	root, err := state.Repository()
	require.NoError(t, err)
	manifests, err := release.Manifests(filepath.Join(root, "charts", "sluice"), "sluice", "sluice",
		[]string{filepath.Join(root, "values", "values-dev.yaml")}, []string{"logstash.enabled=false", "indexer.enabled=true"})
	require.NoError(t, err)
	found := false
	for _, manifest := range manifests {
		var object struct {
			Kind     string
			Metadata struct{ Name string }
			Data     map[string]string
		}
		require.NoError(t, yaml.Unmarshal([]byte(manifest), &object))
		if object.Kind != "ConfigMap" || object.Metadata.Name != "sluice-indexer" {
			continue
		}
		found = true
		for _, s := range settings {
			_, err := configured(object.Data[configFile], "logs-topic", "bench-1", s.config)
			require.NoError(t, err, s.name)
		}
	}
	require.True(t, found)
}
