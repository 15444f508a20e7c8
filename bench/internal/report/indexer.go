package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"sluice/bench/internal/chart"
	"sluice/bench/internal/results"
)

// indexerTables are the consumers beside each other, and the indexer with other numbers of partitions and processes.
func indexerTables(all results.Indexer) []Table {
	peers := Table{"indexer", fmt.Sprintf("Kafka → consumer → Elasticsearch, %d partitions, %d bytes an event", all.Partitions, all.EventBytes),
		[]string{"consumer", "events", "events/s", "events per CPU-second", "memory, MiB", "first document after, s", "Elasticsearch, events per CPU-second",
			"lost", "doubled", "indexer: times its events/s", "indexer: times its events per CPU-second"}, nil}
	for _, name := range consumerNames(all.Peers) {
		c := all.Peers[name]
		peers.Rows = append(peers.Rows, []string{name, chart.Short(float64(c.Events)), spread(c.EventsPerSecond), spread(c.EventsPerCPUSecond),
			spread(mebi(c.MaxMemoryBytes)), spread(c.FirstSeconds), spread(c.ElasticsearchPerCPU),
			strconv.FormatInt(c.Lost, 10), strconv.FormatInt(c.Doubled, 10), spread(c.IndexerRateRatio), spread(c.IndexerCPURatio)})
	}
	scale := Table{"indexer", "Indexers that share the partitions", []string{"partitions", "indexers", "events", "events/s",
		"events per CPU-second of all", "memory of the largest, MiB", "lost", "doubled"}, nil}
	for _, s := range slices.SortedFunc(maps.Values(all.Scale), func(a, b results.IndexerScale) int {
		return cmp.Or(a.Partitions-b.Partitions, a.Processes-b.Processes)
	}) {
		scale.Rows = append(scale.Rows, []string{strconv.Itoa(s.Partitions), strconv.Itoa(s.Processes), chart.Short(float64(s.Events)), spread(s.EventsPerSecond),
			spread(s.EventsPerCPUSecond), spread(mebi(s.MaxMemoryBytes)), strconv.FormatInt(s.Lost, 10), strconv.FormatInt(s.Doubled, 10)})
	}
	return []Table{peers, scale}
}

// consumerNames begin with ours.
func consumerNames(peers map[string]results.Consumer) []string {
	names := slices.Sorted(maps.Keys(peers))
	slices.SortStableFunc(names, func(a, b string) int {
		switch own := "indexer"; {
		case a == own:
			return -1
		case b == own:
			return 1
		}
		return strings.Compare(a, b)
	})
	return names
}
