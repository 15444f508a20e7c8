package main

import (
	"testing"

	"github.com/stretchr/testify/require"
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
