package results

import "sluice/bench/internal/measure"

// Indexer is the indexer beside other programs that bring events from Kafka into Elasticsearch.
type Indexer struct {
	EventBytes int                     `json:"event_bytes"`
	Partitions int                     `json:"partitions"`
	Peers      map[string]Consumer     `json:"peers"`
	Scale      map[string]IndexerScale `json:"scale"` // by partitions and processes: p4x2
}

// Consumer is one of these programs, which finds its events in the topic when it starts.
type Consumer struct {
	Events              int64          `json:"events"` // of each run
	EventsPerSecond     measure.Figure `json:"events_per_second"`
	EventsPerCPUSecond  measure.Figure `json:"events_per_cpu_second"`  // of the program, its start counted
	FirstSeconds        measure.Figure `json:"first_document_seconds"` // from its start
	MaxMemoryBytes      measure.Figure `json:"max_memory_bytes"`
	ElasticsearchPerCPU measure.Figure `json:"elasticsearch_events_per_cpu_second"`
	ElasticsearchCPU    measure.Figure `json:"elasticsearch_cpu_seconds"`
	Lost                int64          `json:"lost"`               // events that are in no document, in the worst run
	Doubled             int64          `json:"doubled"`            // documents of an event that has another one, in the worst run
	Again               int64          `json:"again"`              // writes of a document that was there already, in the worst run
	IndexerRateRatio    measure.Figure `json:"indexer_rate_ratio"` // the indexer's, divided by this one's in the same run
	IndexerCPURatio     measure.Figure `json:"indexer_events_per_cpu_second_ratio"`
}

// IndexerScale is the indexer with a number of partitions, and of processes in one group that wait for the events.
type IndexerScale struct {
	Partitions         int            `json:"partitions"`
	Processes          int            `json:"processes"`
	Events             int64          `json:"events"`
	EventsPerSecond    measure.Figure `json:"events_per_second"`
	EventsPerCPUSecond measure.Figure `json:"events_per_cpu_second"` // of all processes together, without their start
	MaxMemoryBytes     measure.Figure `json:"max_memory_bytes"`      // of the largest process
	Lost               int64          `json:"lost"`
	Doubled            int64          `json:"doubled"`
}
