package main

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"sluice/bench/internal/consumers"
	"sluice/bench/internal/measure"
)

func TestSummarizeConsumers(t *testing.T) {
	all, err := summarizeConsumers(`indexer: 20000 of 20000 events
{"peer":"indexer","run":0,"partitions":4,"processes":1,"events":1000,"indexed":1000,"distinct":1000,"first":0.5,"seconds":1,"rate":2000,"cpu_seconds":0.01,"memory":[1048576],"elasticsearch_cpu_seconds":0.1}
{"peer":"otel-collector","run":0,"partitions":4,"processes":1,"events":100,"indexed":100,"distinct":98,"again":3,"first":0.5,"seconds":1,"rate":200,"cpu_seconds":0.02,"memory":[1048576],"elasticsearch_cpu_seconds":0.1}
{"peer":"otel-collector","run":1,"partitions":4,"processes":1,"events":100,"indexed":100,"distinct":100,"first":0.5,"seconds":1,"rate":200,"cpu_seconds":0.04,"memory":[1048576],"elasticsearch_cpu_seconds":0.1}
{"peer":"indexer","run":1,"partitions":4,"processes":1,"events":1000,"indexed":1000,"distinct":1000,"first":0.5,"seconds":1,"rate":2000,"cpu_seconds":0.02,"memory":[1048576],"elasticsearch_cpu_seconds":0.1}
{"peer":"indexer","scale":true,"run":0,"partitions":8,"processes":2,"events":1000,"indexed":1000,"distinct":1000,"first":0.5,"seconds":1,"rate":500,"cpu_seconds":0.02,"memory":[1,2],"elasticsearch_cpu_seconds":0.1}
`)
	require.NoError(t, err)
	require.Len(t, all.Peers, 2)
	require.Equal(t, 2, all.Peers["indexer"].EventsPerSecond.Runs, "runs of the other table are not among them")
	other := all.Peers[key(consumers.Collector)]
	require.Equal(t, measure.Figure{Median: 20, Min: 20, Max: 20, Runs: 2}, other.IndexerCPURatio, "by runs of the same number")
	require.Equal(t, measure.Figure{Median: 10, Min: 10, Max: 10, Runs: 2}, other.IndexerRateRatio)
	require.EqualValues(t, 2, other.Lost, "of the worst run")
	require.EqualValues(t, 2, other.Doubled)
	require.EqualValues(t, 3, other.Again)
	require.Equal(t, measure.Figure{Median: 50_000, Min: 50_000, Max: 50_000, Runs: 1}, all.Scale["p8x2"].EventsPerCPUSecond)
	require.InDelta(t, 2, all.Scale["p8x2"].MaxMemoryBytes.Median, 0)

	_, err = summarizeConsumers("no broker\n")
	require.ErrorContains(t, err, "no broker")
}

// What a run left that was killed goes, and only that. Elasticsearch deletes indices by their names only.
func TestRemoveMeasured(t *testing.T) {
	var deleted []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodGet && r.URL.Path == "/logs-bench*/_settings":
			_, _ = w.Write([]byte(`{"logs-bench-a-1-2026.01.01":{}}`))
		case r.Method == http.MethodGet && r.URL.Path == "/_index_template":
			_, _ = w.Write([]byte(`{"index_templates":[{"name":"logs"},{"name":"logs-bench"}]}`))
		case r.Method == http.MethodDelete:
			deleted = append(deleted, r.URL.Path)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(server.Close)
	b := &bench{elastic: server.Client(), url: server.URL, values: values{index: "logs"}}
	require.NoError(t, b.removeMeasured(t.Context()))
	require.Equal(t, []string{"/logs-bench-a-1-2026.01.01", "/_index_template/logs-bench"}, deleted)
}
