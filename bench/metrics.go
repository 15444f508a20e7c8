package main

import (
	"context"
	"fmt"
	"math"
	"time"

	"sluice/bench/internal/measure"
	"sluice/bench/internal/results"
	"sluice/internal/progress"
	"sluice/internal/verify"
)

// query asks the release's Prometheus for one number.
func (b *bench) query(ctx context.Context, expression string) (float64, error) {
	client, address := b.access.HTTP("prometheus", 9090, 30*time.Second)
	value, found, err := verify.Query(ctx, client, address, expression)
	if err == nil && !found {
		err = fmt.Errorf("nothing answers %s", expression)
	}
	return value, err
}

// scrapes is as long as it takes until every target has been scraped again.
const scrapes = 30 * time.Second

// prometheus asks it about itself, once for each run.
func prometheus(ctx context.Context, b *bench, all *results.Results) error {
	const itself = `{job="prometheus"}`
	queries := []string{
		"max(prometheus_tsdb_head_series)",
		"sum(rate(prometheus_tsdb_head_samples_appended_total[5m]))",
		// Compressed chunks of the head that are full, divided by their samples: blocks on the disk are made of these.
		"sum(prometheus_tsdb_compaction_chunk_size_bytes_sum) / sum(prometheus_tsdb_compaction_chunk_samples_sum)",
		"max(process_resident_memory_bytes" + itself + ")",
		"sum(rate(process_cpu_seconds_total" + itself + "[5m]))",
		"max(prometheus_tsdb_head_series) / count(up)",
		// The brokers' own of each copy, and those of lag and offsets.
		`count({__name__!="",partition!=""}) / count(kafka_log_size)`,
	}
	values := make([][]float64, len(queries))
	err := b.out.Do("Prometheus about itself", func(s *progress.Step) error {
		for i := range b.runs {
			s.Detail("run %d of %d", i+1, b.runs)
			for q, expression := range queries {
				value, err := b.query(ctx, expression)
				if err != nil {
					return err
				}
				if !math.IsNaN(value) { // there is no block yet
					values[q] = append(values[q], value)
				}
			}
			if i+1 < b.runs {
				time.Sleep(scrapes)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	p := results.Prometheus{}
	for q, figure := range []*measure.Figure{&p.Series, &p.SamplesPerSecond, &p.BytesPerSample, &p.MemoryBytes, &p.CPU, &p.SeriesPerTarget, &p.SeriesPerCopy} {
		if len(values[q]) > 0 {
			*figure = measure.Of(values[q])
		}
	}
	p.MemoryPerSeries, p.SamplesPerCPU = measure.Ratios(values[3], values[0]), measure.Ratios(values[1], values[4])
	delete(all.LeftOut, "prometheus.bytes_per_sample")
	if p.BytesPerSample.Runs == 0 {
		all.LeftOut["prometheus.bytes_per_sample"] = "no block has been written yet: that takes three hours"
	}
	if all.Prometheus == nil {
		all.Prometheus = map[string]results.Prometheus{}
	}
	all.Prometheus[b.profile] = p
	return nil
}
