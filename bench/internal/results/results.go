// Package results is what bench measured, as it stands in bench/results.json. A part that was not measured keeps what it had.
package results

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"sluice/bench/internal/measure"
)

// Results are all parts.
type Results struct {
	Machine   map[string]Machine `json:"machine"` // by the part that was measured on it
	Generator *Generator         `json:"generator,omitempty"`
	Broker    map[string]Broker  `json:"broker,omitempty"` // by events a second: r2000, full
	Indexer   *Indexer           `json:"indexer,omitempty"`
	Hop       map[string]Engine  `json:"hop,omitempty"`      // by engine
	Settings  map[string]Setting `json:"settings,omitempty"` // by what differs from the chart
	Steady    map[string]Steady  `json:"steady,omitempty"`   // by engine
	Outage    *Outage            `json:"outage,omitempty"`
	Storage   *Storage           `json:"storage,omitempty"`
	Spark     *Spark             `json:"spark,omitempty"`
	// Prometheus is by the profile that the release was installed with: dev, prod.
	Prometheus map[string]Prometheus `json:"prometheus,omitempty"`
	// Charts are how long Helm takes to render each, by name.
	Charts map[string]Rendering `json:"charts,omitempty"`
	// Nodes are installations on simulated nodes, by their number: n12.
	Nodes map[string]Installation `json:"nodes,omitempty"`
	// LeftOut says why something could not be measured, by its path.
	LeftOut map[string]string `json:"left_out,omitempty"`
}

// Machine is what a part was measured on.
type Machine struct {
	Cores       int    `json:"cores"`
	MemoryBytes int64  `json:"memory_bytes"`
	Kernel      string `json:"kernel"`
	Date        string `json:"date"`
	Commit      string `json:"commit"`
}

// Generator is log-generator beside other producers.
type Generator struct {
	Compression string                         `json:"compression"`
	Partitions  int                            `json:"partitions"`
	Bytes       map[string]map[string]Producer `json:"bytes"` // by record size and producer
	Encoder     Encoder                        `json:"encoder"`
}

// Producer is one of them, with records of one size.
type Producer struct {
	Records           int64          `json:"records"` // of each run
	RecordsPerSecond  measure.Figure `json:"records_per_second"`
	WithStart         measure.Figure `json:"records_per_second_with_start"`
	CPUPerMillion     measure.Figure `json:"cpu_seconds_per_million"`
	MaxMemoryBytes    measure.Figure `json:"max_memory_bytes"`
	GeneratorRate     measure.Figure `json:"log_generator_rate_ratio"` // log-generator's, divided by this one's in the same run
	GeneratorCPURatio measure.Figure `json:"log_generator_cpu_ratio"`
}

// Encoder is the event encoder beside encoding/json.
type Encoder struct {
	Nanoseconds     measure.Figure `json:"nanoseconds"`
	JSONNanoseconds measure.Figure `json:"encoding_json_nanoseconds"`
	Ratio           measure.Figure `json:"ratio"` // how many times as fast
	Allocations     measure.Figure `json:"allocations"`
}

// Broker is the CPU that the release's broker takes for events of log-generator that nobody reads.
type Broker struct {
	Rate               int            `json:"rate,omitempty"` // events a second; 0 is as fast as they can be sent
	EventsPerCPUSecond measure.Figure `json:"events_per_cpu_second"`
}

// Engine is the hop through one engine, by the number of partitions: p1, p2, p4.
type Engine map[string]Hop

// Hop is the way of events from Kafka into Elasticsearch.
type Hop struct {
	Events                  int            `json:"events"`
	EventsPerSecond         measure.Figure `json:"events_per_second"`
	EventsPerCPUSecond      measure.Figure `json:"events_per_cpu_second"` // of the engine
	CatchUpSeconds          measure.Figure `json:"catch_up_seconds"`      // from the engine's start until all are searchable
	EngineMemoryBytes       measure.Figure `json:"engine_memory_bytes"`
	ElasticsearchCPUSeconds measure.Figure `json:"elasticsearch_cpu_seconds"`
	ElasticsearchPerCPU     measure.Figure `json:"elasticsearch_events_per_cpu_second"`
	KafkaCPUSeconds         measure.Figure `json:"kafka_cpu_seconds"`
}

// Setting is the hop with one of the engine's settings changed.
type Setting struct {
	Hop
	RateRatio measure.Figure `json:"rate_ratio"` // its events a second, divided by those with the chart's settings in the same run
}

// Steady is the release at work, with all that reads, at a rate that it keeps up with. What it takes when nothing more comes is not counted.
type Steady struct {
	Rate                int            `json:"rate"`
	EventsPerCPUSecond  measure.Figure `json:"events_per_cpu_second"` // of the engine
	ElasticsearchPerCPU measure.Figure `json:"elasticsearch_events_per_cpu_second"`
	KafkaRequestCPUs    measure.Figure `json:"kafka_request_cpus"`  // of a broker, but for what size reckons for the events
	GeneratorCPUs       measure.Figure `json:"generator_cpus"`      // of the log-generator that sends them: how fast a CPU is
	P50Seconds          measure.Figure `json:"latency_p50_seconds"` // from an event's time until it is searchable
	P99Seconds          measure.Figure `json:"latency_p99_seconds"`
}

// Outage is the engine stopped while events go on coming.
type Outage struct {
	Seconds           float64        `json:"seconds"` // without it
	EventsPerSecond   int            `json:"events_per_second"`
	Waiting           measure.Figure `json:"waiting_events"`   // when it starts
	CatchUpSeconds    measure.Figure `json:"catch_up_seconds"` // from its start until two seconds' events at most are not searchable
	EngineMemoryBytes measure.Figure `json:"engine_memory_bytes"`
}

// Storage is what an event takes.
type Storage struct {
	Events        int               `json:"events"` // of each run
	EventBytes    measure.Figure    `json:"event_bytes"`
	Elasticsearch map[string]Stored `json:"elasticsearch"` // by mapping
	Kafka         map[string]Stored `json:"kafka"`         // by compression
	License       string            `json:"license"`
}

// Stored is one way to keep events.
type Stored struct {
	BytesPerEvent measure.Figure `json:"bytes_per_event"`
	Ratio         measure.Figure `json:"ratio"`          // to the first way in the same run
	ShareOfEvent  measure.Figure `json:"share_of_event"` // of its bytes as it was sent
}

// Spark is the streaming job.
type Spark struct {
	RowsPerSecondPerCore measure.Figure `json:"rows_per_second_per_core"` // while it catches up, by the time of its tasks
	Cores                int            `json:"cores"`
	SteadyRate           measure.Figure `json:"steady_rows_per_second"`
	BehindSeconds        measure.Figure `json:"steady_behind_seconds"` // the watermark, with the delay that is set
	BatchSeconds         measure.Figure `json:"steady_batch_seconds"`
	// What a batch waits for its checkpoint: the log before it, the commit after it, and its state, that of all partitions added up.
	CheckpointSeconds measure.Figure `json:"steady_checkpoint_seconds"`
	CheckpointShare   measure.Figure `json:"steady_checkpoint_share"` // of the batch
}

// Prometheus is the scraping of one release.
type Prometheus struct {
	Series           measure.Figure `json:"series"`
	SamplesPerSecond measure.Figure `json:"samples_per_second"`
	BytesPerSample   measure.Figure `json:"bytes_per_sample"`
	MemoryBytes      measure.Figure `json:"memory_bytes"`
	MemoryPerSeries  measure.Figure `json:"memory_bytes_per_series"`
	CPU              measure.Figure `json:"cpu_cores"`
	SamplesPerCPU    measure.Figure `json:"samples_per_cpu_second"`
	SeriesPerTarget  measure.Figure `json:"series_per_target"`         // of all, the server's own among them
	SeriesPerCopy    measure.Figure `json:"series_per_partition_copy"` // of each copy of a partition
}

// Rendering is that of one chart.
type Rendering struct {
	Objects           int            `json:"objects"`
	Seconds           measure.Figure `json:"seconds"`
	SecondsPerHundred measure.Figure `json:"seconds_per_hundred_objects"`
	ProdRatio         measure.Figure `json:"prod_ratio"` // the prod preset's seconds for a hundred objects, divided by this one's in the same run
}

// Installation is that of a stack that grows with the nodes, until everything is ready.
type Installation struct {
	Nodes         int            `json:"nodes"`
	Pods          int            `json:"pods"`
	Seconds       measure.Figure `json:"seconds"`
	SecondsPerPod measure.Figure `json:"seconds_per_pod"`
}

// Load reads a file; one that is not there is empty.
func Load(file string) (Results, error) {
	results := Results{Machine: map[string]Machine{}, LeftOut: map[string]string{}}
	content, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return results, nil
	}
	if err != nil {
		return results, err
	}
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&results); err != nil {
		return results, fmt.Errorf("%s: %w", file, err)
	}
	return results, nil
}

// Save writes the file, all of it or nothing.
func (r Results) Save(file string) error {
	content, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(file+".new", append(content, '\n'), 0o644); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}
