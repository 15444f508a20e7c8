package kube

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestKubeletsSummary(t *testing.T) {
	const summary = `{"node":{},"pods":[
		{"podRef":{"name":"rel-kafka-0","namespace":"ns"},"containers":[
			{"name":"other","cpu":{"time":"2026-11-27T10:00:00Z","usageCoreNanoSeconds":9}},
			{"name":"kafka","cpu":{"time":"2026-11-27T10:00:01Z","usageNanoCores":7,"usageCoreNanoSeconds":2500000000},"memory":{"workingSetBytes":4096}}]},
		{"podRef":{"name":"rel-kafka-0","namespace":"else"},"containers":[{"name":"kafka","cpu":{"time":"2026-11-27T10:00:02Z","usageCoreNanoSeconds":1}}]},
		{"podRef":{"name":"rel-kafka-1","namespace":"ns"},"containers":[{"name":"kafka"}]},
		{"podRef":{"name":"rel-spark-0","namespace":"ns"},"containers":[{"name":"kafka","cpu":{"time":"2026-11-27T10:00:03Z","usageCoreNanoSeconds":1}}]}]}`
	used, err := parseSummary([]byte(summary), "ns")
	require.NoError(t, err)
	at := func(second int) time.Time { return time.Date(2026, 11, 27, 10, 0, second, 0, time.UTC) }
	assert.Equal(t, []ContainerUsage{
		{"rel-kafka-0", "other", 9e-9, 0, at(0)},
		{"rel-kafka-0", "kafka", 2.5, 4096, at(1)},
		{"rel-spark-0", "kafka", 1e-9, 0, at(3)},
	}, used)
	_, err = parseSummary([]byte("<html>"), "ns")
	assert.Error(t, err)
}
