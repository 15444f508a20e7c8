// Package report makes tables and charts of results, on a terminal and in docs/performance.md.
package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"sluice/bench/internal/chart"
	"sluice/bench/internal/measure"
	"sluice/bench/internal/results"
)

// Table is one of a part.
type Table struct {
	Part, Name string
	Head       []string
	Rows       [][]string
}

// Print writes it for a terminal.
func (t Table) Print(w io.Writer) error {
	fmt.Fprintf(w, "\n%s\n", t.Name)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{t.Head}, t.Rows...) {
		fmt.Fprintln(table, strings.Join(row, "\t")+"\t")
	}
	return table.Flush()
}

// Markdown is the table in a document.
func (t Table) Markdown() string {
	var s strings.Builder
	line := func(cells []string) { s.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	line(t.Head)
	s.WriteString("|" + strings.Repeat("---|", len(t.Head)) + "\n")
	for _, row := range t.Rows {
		line(row)
	}
	return s.String()
}

// Tables are those of all parts that were measured.
func Tables(r results.Results) []Table {
	var all []Table
	if r.Generator != nil {
		all = append(all, generatorTables(*r.Generator)...)
	}
	if r.Storage != nil {
		all = append(all, stored("storage", "Elasticsearch: bytes of an event, primaries in one segment", r.Storage.Elasticsearch),
			stored("storage", "Kafka: bytes of an event, one copy", r.Storage.Kafka))
	}
	if r.Indexer != nil {
		all = append(all, indexerTables(*r.Indexer)...)
	}
	if r.Hop != nil {
		all = append(all, hopTable(r.Hop))
	}
	if r.Broker != nil {
		t := Table{"broker", "CPU of the broker", []string{"events a second", "events per CPU-second"}, nil}
		for _, b := range slices.SortedFunc(maps.Values(r.Broker), func(a, b results.Broker) int { return a.Rate - b.Rate }) {
			rate := "as many as can be sent"
			if b.Rate > 0 {
				rate = chart.Short(float64(b.Rate))
			}
			t.Rows = append(t.Rows, []string{rate, spread(b.EventsPerCPUSecond)})
		}
		all = append(all, t)
	}
	if r.Settings != nil {
		t := Table{"settings", "Settings of the engine", []string{"setting", "times the chart's rate", "events/s", "events per CPU-second of the engine",
			"catch-up, s", "Elasticsearch, CPU-s"}, nil}
		for _, name := range slices.Sorted(maps.Keys(r.Settings)) {
			s := r.Settings[name]
			t.Rows = append(t.Rows, []string{name, spread(s.RateRatio), spread(s.EventsPerSecond), spread(s.EventsPerCPUSecond),
				spread(s.CatchUpSeconds), spread(s.ElasticsearchCPUSeconds)})
		}
		all = append(all, t)
	}
	for _, engine := range slices.Sorted(maps.Keys(r.Steady)) {
		s := r.Steady[engine]
		all = append(all, figures("steady", fmt.Sprintf("%d events a second, with %s", s.Rate, engine), map[string]measure.Figure{
			"events per CPU-second of the engine": s.EventsPerCPUSecond, "events per CPU-second of Elasticsearch": s.ElasticsearchPerCPU,
			"CPUs of a broker for requests": s.KafkaRequestCPUs, "CPUs of the log-generator that sends them": s.GeneratorCPUs,
			"seconds until searchable, p50": s.P50Seconds, "seconds until searchable, p99": s.P99Seconds,
		}))
	}
	if o := r.Outage; o != nil {
		all = append(all, figures("outage", fmt.Sprintf("Engine stopped for %.0f minutes, at %d events a second", o.Seconds/60, o.EventsPerSecond),
			map[string]measure.Figure{
				"events that wait": o.Waiting, "seconds until up to date": o.CatchUpSeconds, "engine's memory then, MiB": mebi(o.EngineMemoryBytes),
			}))
	}
	for _, profile := range slices.Sorted(maps.Keys(r.Prometheus)) {
		p := r.Prometheus[profile]
		all = append(all, figures("prometheus", "Prometheus, profile "+profile, map[string]measure.Figure{
			"series": p.Series, "samples per second": p.SamplesPerSecond, "bytes per sample": p.BytesPerSample,
			"memory, MiB": mebi(p.MemoryBytes), "CPU, cores": p.CPU, "samples per CPU-second": p.SamplesPerCPU, "series of a target": p.SeriesPerTarget,
			"series of a copy of a partition": p.SeriesPerCopy,
		}))
	}
	if s := r.Spark; s != nil {
		all = append(all, figures("spark", "Spark's streaming job", map[string]measure.Figure{
			"rows per second and core, catching up": s.RowsPerSecondPerCore, "rows per second, steady": s.SteadyRate,
			"seconds behind, steady": s.BehindSeconds, "seconds of a batch, steady": s.BatchSeconds,
			"seconds of a batch for its checkpoint, steady": s.CheckpointSeconds,
		}))
	}
	if r.Charts != nil {
		t := Table{"chart", "Rendering of charts", []string{"chart", "objects", "seconds", "seconds per 100 objects", "sluice prod: times its seconds per 100"}, nil}
		for _, name := range slices.Sorted(maps.Keys(r.Charts)) {
			c := r.Charts[name]
			t.Rows = append(t.Rows, []string{name, strconv.Itoa(c.Objects), spread(c.Seconds), spread(c.SecondsPerHundred), spread(c.ProdRatio)})
		}
		all = append(all, t)
	}
	if r.Nodes != nil {
		t := Table{"nodes", "Installation on simulated nodes", []string{"nodes", "pods", "seconds until ready", "seconds per pod"}, nil}
		for _, n := range slices.SortedFunc(maps.Values(r.Nodes), func(a, b results.Installation) int { return a.Nodes - b.Nodes }) {
			t.Rows = append(t.Rows, []string{strconv.Itoa(n.Nodes), strconv.Itoa(n.Pods), spread(n.Seconds), spread(n.SecondsPerPod)})
		}
		all = append(all, t)
	}
	return all
}

func generatorTables(g results.Generator) []Table {
	var all []Table
	for _, size := range sizes(g) {
		t := Table{"generator", size + " bytes a record", []string{"producer", "records", "records/s", "CPU-s per million", "memory, MiB",
			"log-generator: times its rate", "log-generator: times its CPU"}, nil}
		for _, name := range producerNames(g.Bytes[size]) {
			p := g.Bytes[size][name]
			t.Rows = append(t.Rows, []string{name, chart.Short(float64(p.Records)), spread(p.RecordsPerSecond), spread(p.CPUPerMillion),
				spread(mebi(p.MaxMemoryBytes)), spread(p.GeneratorRate), spread(p.GeneratorCPURatio)})
		}
		all = append(all, t)
	}
	e := g.Encoder
	return append(all, Table{"generator", "Encoder of one event", []string{"encoder", "ns", "allocations"}, [][]string{
		{"log-generator's", spread(e.Nanoseconds), chart.Short(e.Allocations.Max)},
		{"encoding/json", spread(e.JSONNanoseconds), ""},
		{"times as fast", spread(e.Ratio), ""},
	}})
}

// sizes in their order.
func sizes(g results.Generator) []string {
	return slices.SortedFunc(maps.Keys(g.Bytes), func(a, b string) int { return len(a)*1000 - len(b)*1000 + strings.Compare(a, b) })
}

// producerNames begin with ours.
func producerNames(peers map[string]results.Producer) []string {
	return slices.SortedFunc(maps.Keys(peers), func(a, b string) int {
		switch own := "log_generator"; {
		case a == b:
			return 0
		case a == own:
			return -1
		case b == own:
			return 1
		default:
			return strings.Compare(a, b)
		}
	})
}

func stored(part, name string, ways map[string]results.Stored) Table {
	t := Table{part, name, []string{"way", "bytes per event", "ratio"}, nil}
	for _, way := range slices.SortedFunc(maps.Keys(ways), func(a, b string) int {
		return int(ways[b].BytesPerEvent.Median*1000) - int(ways[a].BytesPerEvent.Median*1000)
	}) {
		t.Rows = append(t.Rows, []string{way, spread(ways[way].BytesPerEvent), spread(ways[way].Ratio)})
	}
	return t
}

func hopTable(hop map[string]results.Engine) Table {
	t := Table{"hop", "Kafka → engine → Elasticsearch", []string{"engine", "partitions", "events/s", "events per CPU-second of the engine", "engine's memory, MiB",
		"catch-up, s", "Elasticsearch, CPU-s", "Kafka, CPU-s"}, nil}
	for _, engine := range slices.Sorted(maps.Keys(hop)) {
		for _, partitions := range slices.Sorted(maps.Keys(hop[engine])) {
			h := hop[engine][partitions]
			t.Rows = append(t.Rows, []string{engine, strings.TrimPrefix(partitions, "p"), spread(h.EventsPerSecond), spread(h.EventsPerCPUSecond),
				spread(mebi(h.EngineMemoryBytes)), spread(h.CatchUpSeconds), spread(h.ElasticsearchCPUSeconds), spread(h.KafkaCPUSeconds)})
		}
	}
	return t
}

func figures(part, name string, all map[string]measure.Figure) Table {
	t := Table{part, name, []string{"", "median (least to most)"}, nil}
	for _, what := range slices.Sorted(maps.Keys(all)) {
		if all[what].Runs > 0 {
			t.Rows = append(t.Rows, []string{what, spread(all[what])})
		}
	}
	return t
}

func spread(f measure.Figure) string {
	if f.Min == f.Max {
		return chart.Short(f.Median)
	}
	return fmt.Sprintf("%s (%s to %s)", chart.Short(f.Median), chart.Short(f.Min), chart.Short(f.Max))
}

func mebi(f measure.Figure) measure.Figure {
	f.Median, f.Min, f.Max = f.Median/(1<<20), f.Min/(1<<20), f.Max/(1<<20)
	return f
}
