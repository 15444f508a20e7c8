package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSummarize(t *testing.T) {
	log := `log-generator sent 5 records, and 4 arrived
{"peer":"log-generator","size":100,"run":0,"records":1000000,"seconds":2,"cpu_seconds":1,"max_memory":100}
{"peer":"kafka-go defaults","size":100,"run":0,"records":1000000,"seconds":8,"cpu_seconds":4,"max_memory":300,"steady":250000}
{"peer":"kafka-go defaults","size":100,"run":1,"records":1000000,"seconds":16,"cpu_seconds":8,"max_memory":500,"steady":125000}
{"peer":"log-generator","size":100,"run":1,"records":1000000,"seconds":4,"cpu_seconds":2,"max_memory":100}
`
	sizes, err := summarize(log)
	require.NoError(t, err)
	peer := sizes["100"]["kafka_go_defaults"]
	require.InDelta(t, 187_500, peer.RecordsPerSecond.Median, 1e-6)
	require.InDelta(t, 93_750, peer.WithStart.Median, 1e-6)
	require.InDelta(t, 400, peer.MaxMemoryBytes.Median, 1e-6)
	require.InDelta(t, 2, peer.GeneratorRate.Min, 1e-9)
	require.InDelta(t, 2, peer.GeneratorRate.Max, 1e-9)
	require.InDelta(t, 0.25, peer.GeneratorCPURatio.Median, 1e-9)

	_, err = summarize("nothing\n")
	require.ErrorContains(t, err, "no results")
}
